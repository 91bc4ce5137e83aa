# SPDX-License-Identifier: BSL-1.0
#
# Included by consume.cmake: makes the Debian package as its packager would, looks at it from outside, and leaves its path in `deb`.

must("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/deb" -G "${GENERATOR}" -DCMAKE_CXX_COMPILER=${COMPILER}
    -DAROMA_BUILD_TESTS=OFF -DAROMA_BUILD_EXAMPLES=OFF -DAROMA_BUILD_BENCHMARKS=OFF)
must("${CMAKE_COMMAND}" -E chdir "${WORK}/deb" "${CMAKE_CPACK_COMMAND}" -G DEB)
file(GLOB deb "${WORK}/deb/*.deb")
must("${DPKG_DEB}" --field "${deb}" Version)
set(version "${output}")
cmake_path(GET deb FILENAME name)
if(NOT name STREQUAL "libaroma-dev_${version}_all.deb")
    message(FATAL_ERROR "the package is called ${name}")
endif()
must("${DPKG_DEB}" --field "${deb}")
foreach(wanted IN ITEMS "Package: libaroma-dev" "Architecture: all" "Section: libdevel")
    if(NOT output MATCHES "(^|\n)${wanted}(\n|$)")
        message(FATAL_ERROR "the package does not say ${wanted}:\n${output}")
    endif()
endforeach()
if(output MATCHES "\n(Depends|Recommends|Suggests|Pre-Depends):")
    message(FATAL_ERROR "the package wants others:\n${output}")
endif()
must("${DPKG_DEB}" --contents "${deb}")
foreach(wanted IN ITEMS include/aroma/aroma.hpp share/doc/libaroma-dev/copyright share/doc/libaroma-dev/changelog.gz)
    if(NOT output MATCHES "-rw-r--r-- root/root [^\n]* \\./usr/${wanted}(\n|$)")
        message(FATAL_ERROR "the package has no ${wanted} that root owns and all may read:\n${output}")
    endif()
endforeach()
