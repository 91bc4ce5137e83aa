# SPDX-License-Identifier: BSL-1.0
#
# `cpack -G DEB` in a build folder makes libaroma-dev_VERSION_all.deb: headers for any architecture, which depend on no package.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME libaroma-dev)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "aroma's packagers <packagers@aroma.invalid>" CACHE STRING "Who answers for a package: name <mail address>")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "header-only C++20 library that tells TCP proxies by round-trip times")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Tells a server, from round-trip times alone, whether a TCP proxy stands
between it and its client: the kernel's numbers of an accepted socket
(TCP_INFO) give a score from 0 to 1, and the score a band.
.
The headers need a C++20 compiler. CMake finds them as aroma::aroma,
pkg-config as aroma. aroma/integrations/fmt.hpp needs libfmt-dev, and
aroma/integrations/openssl.hpp libssl-dev."
)
# What Debian's policy asks of a package and not of an installation.
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/debian/stage.cmake")
set(CPACK_AROMA_SOURCE "${PROJECT_SOURCE_DIR}")
include(CPack)
