# SPDX-License-Identifier: BSL-1.0
#
# vcpkg's recipe with vcpkg's functions as its documentation describes them, since vcpkg itself is
# not packaged everywhere: it installs every header and the licence, from where the functions look
# for them, in the project's version.
#
#     cmake -DSOURCE=... -DWORK=... -DVERSION=... -DCOMPILER=... -DGENERATOR=... -P vcpkg.cmake

cmake_minimum_required(VERSION 3.23)
file(REMOVE_RECURSE "${WORK}")
set(CURRENT_PACKAGES_DIR "${WORK}/packages")

file(READ "${SOURCE}/packaging/vcpkg/vcpkg.json" manifest)
string(JSON version GET "${manifest}" version)
string(JSON name GET "${manifest}" name)
if(NOT version STREQUAL "${VERSION}" OR NOT name STREQUAL "aroma")
    message(FATAL_ERROR "packaging/vcpkg/vcpkg.json is of ${name} ${version}, and the project of aroma ${VERSION}")
endif()

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
    execute_process(COMMAND "${CMAKE_COMMAND}" -S "${arg_SOURCE_PATH}" -B "${WORK}/build" -G
        "${GENERATOR}" -DCMAKE_CXX_COMPILER=${COMPILER}
        "-DCMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR}" ${arg_OPTIONS} OUTPUT_QUIET
        COMMAND_ERROR_IS_FATAL ANY)
endfunction()
function(vcpkg_cmake_install)
    execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build" --target install OUTPUT_QUIET
        COMMAND_ERROR_IS_FATAL ANY)
endfunction()
function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
    file(RENAME "${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}" "${WORK}/config")
    file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/cmake")
    file(RENAME "${WORK}/config" "${CURRENT_PACKAGES_DIR}/share/aroma")
endfunction()
function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
    file(COPY_FILE ${arg_FILE_LIST} "${CURRENT_PACKAGES_DIR}/share/aroma/copyright")
endfunction()

set(recipe "${SOURCE}/packaging/vcpkg/portfile.cmake")
include("${recipe}")

file(GLOB_RECURSE installed RELATIVE "${CURRENT_PACKAGES_DIR}" "${CURRENT_PACKAGES_DIR}/*")
file(GLOB_RECURSE headers RELATIVE "${SOURCE}" "${SOURCE}/include/*")
set(wanted ${headers} share/aroma/aroma-config.cmake share/aroma/aroma-config-version.cmake
    share/aroma/aroma-targets.cmake share/aroma/copyright share/pkgconfig/aroma.pc
)
list(SORT installed)
list(SORT wanted)
if(NOT installed STREQUAL wanted)
    message(FATAL_ERROR "the recipe installs\n${installed}\nand not\n${wanted}")
endif()
