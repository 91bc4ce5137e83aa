# SPDX-License-Identifier: BSL-1.0
#
# `cpack -G DEB` in a build folder makes libaroma-dev_VERSION_all.deb, headers for any architecture
# that depend on no package, and, if the three tools are built,
# aroma-tools_VERSION_ARCHITECTURE.deb.

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL libaroma-dev)
if(TARGET aroma-calibrate AND TARGET aroma-top AND TARGET aroma-vcl)
    list(APPEND CPACK_COMPONENTS_ALL aroma-tools)
endif()
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "aroma's packagers <packagers@aroma.invalid>"
    CACHE STRING "Who answers for a package: name <mail address>"
)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each has its own

set(CPACK_DEBIAN_LIBAROMA-DEV_PACKAGE_NAME libaroma-dev)
set(CPACK_DEBIAN_LIBAROMA-DEV_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_LIBAROMA-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBAROMA-DEV_DESCRIPTION
"header-only C++20 library that tells TCP proxies by round-trip times
Tells a server, from round-trip times alone, whether a TCP proxy stands
between it and its client: the kernel's numbers of an accepted socket
(TCP_INFO) give a score from 0 to 1, and the score a band.
.
The headers need a C++20 compiler. CMake finds them as aroma::aroma,
pkg-config as aroma. aroma/integrations/fmt.hpp needs libfmt-dev, and
aroma/integrations/openssl.hpp libssl-dev."
)

set(CPACK_DEBIAN_AROMA-TOOLS_PACKAGE_NAME aroma-tools)
set(CPACK_DEBIAN_AROMA-TOOLS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_AROMA-TOOLS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_AROMA-TOOLS_PACKAGE_SUGGESTS gnuplot-nox)
set(CPACK_DEBIAN_AROMA-TOOLS_DESCRIPTION
"tells TCP proxies by round-trip times: tools
aroma-top lists the TCP connections of this host with their round-trip
times and scores. aroma-calibrate makes thresholds for the scores from
recorded connections, and aroma-vcl Fastly VCL that scores at the edge.
.
libaroma-dev has the library that a server calls itself."
)

# What Debian's policy asks of a package and not of an installation.
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/debian/stage.cmake")
set(CPACK_AROMA_SOURCE "${PROJECT_SOURCE_DIR}")
include(CPack)
