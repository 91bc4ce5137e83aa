# SPDX-License-Identifier: BSL-1.0
#
# vcpkg's recipe, as an overlay port of a checkout: vcpkg install aroma
# --overlay-ports=packaging/vcpkg. A registry would take the sources with vcpkg_from_git instead, of
# a tag.

set(VCPKG_BUILD_TYPE release) # headers alone
cmake_path(SET SOURCE_PATH NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DAROMA_BUILD_TESTS=OFF
        -DAROMA_BUILD_EXAMPLES=OFF
        -DAROMA_BUILD_BENCHMARKS=OFF
        -DAROMA_INSTALL=ON
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/aroma)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/doc")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
