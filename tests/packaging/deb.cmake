# SPDX-License-Identifier: BSL-1.0
#
# Included by consume.cmake: makes the Debian packages of BUILD, looks at them from outside, and
# leaves the path of the library's in `deb`.

foreach(generator IN ITEMS TGZ ZIP) # what else CPack makes, of the same installation
    must("${CMAKE_CPACK_COMMAND}" -G ${generator} --config "${BUILD}/CPackConfig.cmake"
        -B "${WORK}/archive"
    )
endforeach()
file(GLOB archives "${WORK}/archive/*.tar.gz" "${WORK}/archive/*.zip")
list(LENGTH archives count)
if(NOT count EQUAL 2)
    message(FATAL_ERROR "CPack made no two archives: ${archives}")
endif()
foreach(archive IN LISTS archives)
    must("${CMAKE_COMMAND}" -E tar tf "${archive}")
    if(NOT output MATCHES "/include/aroma/aroma.hpp\n" OR NOT output MATCHES "/aroma/LICENSE(\n|$)")
        message(FATAL_ERROR "${archive} is no installation:\n${output}")
    endif()
endforeach()
must("${CMAKE_CPACK_COMMAND}" -G DEB --config "${BUILD}/CPackConfig.cmake" -B "${WORK}/opt"
    -D CPACK_PACKAGING_INSTALL_PREFIX=/opt/aroma
)
file(GLOB deb "${WORK}/opt/libaroma-dev_*.deb")
must("${DPKG_DEB}" --contents "${deb}")
if(NOT output MATCHES "\\./opt/aroma/share/doc/libaroma-dev/copyright" OR output MATCHES "\\./usr/")
    message(FATAL_ERROR "the package with another prefix has:\n${output}")
endif()

must("${CMAKE_CPACK_COMMAND}" -G DEB --config "${BUILD}/CPackConfig.cmake" -B "${WORK}/deb")

# Leaves the file of that name in `deb`, its fields, which must be these among others, in `fields`,
# and what is in it in `output`.
function(look_into package)
    file(GLOB deb "${WORK}/deb/${package}")
    must("${DPKG_DEB}" --field "${deb}")
    foreach(wanted IN LISTS ARGN)
        if(NOT output MATCHES "(^|\n)(${wanted})(\n|$)")
            message(FATAL_ERROR "${package} does not say ${wanted}:\n${output}")
        endif()
    endforeach()
    set(deb "${deb}" PARENT_SCOPE)
    set(fields "${output}" PARENT_SCOPE)
    must("${DPKG_DEB}" --contents "${deb}")
    set(output "${output}" PARENT_SCOPE)
endfunction()
function(contains mode)
    foreach(wanted IN LISTS ARGN)
        if(NOT output MATCHES "-${mode} root/root [^\n]* \\./usr/${wanted}(\n|$)")
            message(FATAL_ERROR "the package has no ${wanted} that root owns, ${mode}:\n${output}")
        endif()
    endforeach()
endfunction()

if(TOOLS)
    look_into("aroma-tools_*.deb" "Package: aroma-tools" "Section: net"
        "Depends: [^\n]*libfmt9[^\n]*"
    )
    if(fields MATCHES "Architecture: all")
        message(FATAL_ERROR "programs are said to be for any architecture:\n${fields}")
    endif()
    contains(rwxr-xr-x bin/aroma-calibrate bin/aroma-top bin/aroma-vcl)
    contains(rw-r--r-- share/aroma/aroma.vcl.in share/man/man1/aroma-top.1.gz
        share/doc/aroma-tools/copyright share/doc/aroma-tools/changelog.gz
    )
    if(output MATCHES "include|cmake")
        message(FATAL_ERROR "the tools' package has what is the library's:\n${output}")
    endif()
endif()
look_into("libaroma-dev_*_all.deb" "Package: libaroma-dev" "Architecture: all" "Section: libdevel")
if(fields MATCHES "\n(Depends|Recommends|Suggests|Pre-Depends):")
    message(FATAL_ERROR "the package wants others:\n${fields}")
endif()
contains(rw-r--r-- include/aroma/aroma.hpp share/doc/libaroma-dev/copyright
    share/doc/libaroma-dev/changelog.gz share/doc/libaroma-dev/docs/usage.md
)
if(output MATCHES "/bin/|aroma.vcl")
    message(FATAL_ERROR "the library's package has what is the tools':\n${output}")
endif()
