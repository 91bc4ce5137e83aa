# SPDX-License-Identifier: BSL-1.0
#
# Run by CPack on what it has installed, before it makes the package: documents under the package's own name, the licence as
# `copyright`, and a changelog in Debian's form.

set(doc "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc")
file(RENAME "${doc}/aroma" "${doc}/${CPACK_PACKAGE_NAME}")
string(APPEND doc "/${CPACK_PACKAGE_NAME}")

file(READ "${doc}/LICENSE" license)
file(REMOVE "${doc}/LICENSE")
string(REGEX REPLACE "\n$" "" license "${license}")
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
file(WRITE "${doc}/copyright"
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: aroma

Files: *
Copyright: the contributors of aroma
License: BSL-1.0
 ${license}
")

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, where it is set
file(WRITE "${doc}/changelog"
"${CPACK_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * aroma ${CPACK_PACKAGE_VERSION}: CHANGELOG.md has what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
foreach(page IN ITEMS changelog CHANGELOG.md README.md)
    execute_process(COMMAND gzip -9n "${doc}/${page}" COMMAND_ERROR_IS_FATAL ANY)
endforeach()

set(overrides "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/lintian/overrides")
file(MAKE_DIRECTORY "${overrides}")
file(COPY_FILE "${CPACK_AROMA_SOURCE}/packaging/debian/lintian-overrides" "${overrides}/${CPACK_PACKAGE_NAME}")
