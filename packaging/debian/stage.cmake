# SPDX-License-Identifier: BSL-1.0
#
# Run by CPack on what it has installed, before it makes the packages: documents under each
# package's own name, the licence as `copyright`, a changelog in Debian's form, and manual pages.

cmake_policy(VERSION 3.23)

if(NOT CPACK_GENERATOR STREQUAL "DEB") # an archive takes what is installed as it is
    return()
endif()

file(READ "${CPACK_AROMA_SOURCE}/LICENSE" license)
string(REGEX REPLACE "\n$" "" license "${license}")
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, where it is set
string(TIMESTAMP day "%Y-%m-%d" UTC)

foreach(package IN LISTS CPACK_COMPONENTS_ALL)
    set(usr "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${package}${CPACK_PACKAGING_INSTALL_PREFIX}")
    set(doc "${usr}/share/doc/${package}")
    if(package STREQUAL "libaroma-dev")
        file(RENAME "${usr}/share/doc/aroma" "${doc}")
        file(REMOVE "${doc}/LICENSE")
    endif()
    file(WRITE "${doc}/copyright"
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: aroma

Files: *
Copyright: the contributors of aroma
License: BSL-1.0
 ${license}
")
    file(WRITE "${doc}/changelog"
"${package} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * aroma ${CPACK_PACKAGE_VERSION}: CHANGELOG.md has what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")

    # A tool is stripped as dh_strip would, and its manual page is what its --help prints.
    file(GLOB tools "${usr}/bin/*")
    foreach(tool IN LISTS tools)
        execute_process(COMMAND strip --remove-section=.comment --remove-section=.note "${tool}"
            COMMAND_ERROR_IS_FATAL ANY
        )
        execute_process(COMMAND "${tool}" --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
        cmake_path(GET tool FILENAME name)
        string(REPLACE "\\" "\\e" help "${help}")
        string(REPLACE "-" "\\-" help "${help}")
        string(REPLACE "\n." "\n\\&." help "${help}")
        string(REPLACE "\n'" "\n\\&'" help "${help}")
        string(FIND "${help}" "\n" end)
        string(SUBSTRING "${help}" 0 ${end} first)
        string(SUBSTRING "${help}" ${end} -1 help)
        string(TOUPPER "${name}" title)
        file(WRITE "${usr}/share/man/man1/${name}.1"
".TH ${title} 1 ${day} \"aroma ${CPACK_PACKAGE_VERSION}\"
.SH NAME
${name} \\- ${first}
.SH DESCRIPTION
.nf${help}.fi
")
    endforeach()

    file(GLOB pages "${doc}/changelog" "${doc}/*.md" "${usr}/share/man/man1/*")
    foreach(page IN LISTS pages)
        execute_process(COMMAND gzip -9n "${page}" COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
    file(WRITE "${usr}/share/lintian/overrides/${package}"
"# The Boost Software License is granted without a notice: no file names a year or a holder.
${package}: copyright-without-copyright-notice
")
endforeach()
