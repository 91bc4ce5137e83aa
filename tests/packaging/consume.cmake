# SPDX-License-Identifier: BSL-1.0
#
# Builds and runs the consumer one way, in a folder of its own.
#
#     cmake -DFROM=... -DSOURCE=... -DBUILD=... -DWORK=... -DCOMPILER=... -DGENERATOR=... [-DDEB=ON
#     [-DTOOLS=ON]] [-DVERSION=... [-DREFUSED=ON]] -P consume.cmake
#
# FROM is find_package or pkg-config, of an installation (with DEB=ON: of the unpacked Debian
# package) that was moved since; add_subdirectory or FetchContent, of the sources; or several of
# them with + between. CMAKE_SAYS is the version that CMake gives as its own. INCLUDEDIR is where
# headers are installed, below WORK/first, and BUILT ends the path of that build; COMPONENT is asked
# for; with EXPORTED=ON a library of the consumer is exported.

cmake_minimum_required(VERSION 3.23)

file(REMOVE_RECURSE "${WORK}")
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output
        ERROR_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(result ${result} PARENT_SCOPE)
    set(output "${output}" PARENT_SCOPE)
endfunction()
macro(must)
    run(${ARGN})
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGN} ended with ${result}:\n${output}")
    endif()
endmacro()

if(FROM STREQUAL "pkg-config")
    find_program(PKG_CONFIG pkg-config)
    if(NOT PKG_CONFIG)
        message("aroma: skipped: no pkg-config")
        return()
    endif()
endif()

set(prefix "${WORK}/moved/prefix")
if(DEB)
    find_program(DPKG_DEB dpkg-deb)
    find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
    if(NOT DPKG_DEB OR NOT DPKG_SHLIBDEPS)
        message("aroma: skipped: no dpkg-deb or dpkg-shlibdeps (package dpkg-dev)")
        return()
    endif()
    include("${CMAKE_CURRENT_LIST_DIR}/deb.cmake")
    set(prefix "${WORK}/moved/usr")
    must("${DPKG_DEB}" -x "${deb}" "${WORK}/root")
    file(RENAME "${WORK}/root" "${WORK}/moved")
elseif(FROM MATCHES "find_package|pkg-config")
    if(INCLUDEDIR)
        set(BUILD "${WORK}/aroma${BUILT}")
        must("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${BUILD}" -G "${GENERATOR}"
            -DCMAKE_CXX_COMPILER=${COMPILER} -DAROMA_BUILD_TESTS=OFF -DAROMA_BUILD_EXAMPLES=OFF
            -DAROMA_BUILD_BENCHMARKS=OFF -DCMAKE_INSTALL_PREFIX=${WORK}/first/prefix
            -DCMAKE_INSTALL_INCLUDEDIR=${WORK}/first/${INCLUDEDIR})
    endif()
    must("${CMAKE_COMMAND}" --install "${BUILD}" --component libaroma-dev
        --prefix "${WORK}/first/prefix"
    )
    file(RENAME "${WORK}/first" "${WORK}/moved")
endif()
if(FROM MATCHES "find_package|pkg-config" AND NOT INCLUDEDIR)
    file(GLOB_RECURSE installed RELATIVE "${prefix}" "${prefix}/*")
    file(GLOB_RECURSE headers RELATIVE "${SOURCE}" "${SOURCE}/include/*")
    foreach(wanted IN ITEMS ${headers} share/cmake/aroma/aroma-config.cmake
        share/cmake/aroma/aroma-config-version.cmake share/pkgconfig/aroma.pc)
        if(NOT wanted IN_LIST installed)
            message(FATAL_ERROR "${wanted} is not installed; what is: ${installed}")
        endif()
    endforeach()
    list(FILTER installed EXCLUDE REGEX
        "^(share/(cmake/aroma|pkgconfig|doc/(aroma|libaroma-dev)|lintian/overrides)/)")
    list(REMOVE_ITEM installed ${headers})
    if(installed)
        message(FATAL_ERROR "more than the library is installed: ${installed}")
    endif()
endif()

if(FROM STREQUAL "pkg-config")
    set(ENV{PKG_CONFIG_PATH} "${prefix}/share/pkgconfig")
    must("${PKG_CONFIG}" --modversion aroma)
    if(NOT output STREQUAL "${VERSION}")
        message(FATAL_ERROR "aroma.pc is of version ${output}, and not ${VERSION}")
    endif()
    run("${PKG_CONFIG}" --exists "aroma > ${VERSION}")
    if(result EQUAL 0)
        message(FATAL_ERROR "a later version than ${VERSION} was not refused")
    endif()
    must("${PKG_CONFIG}" --cflags --libs aroma)
    separate_arguments(flags UNIX_COMMAND "${output}")
    list(LENGTH flags count)
    if(NOT count EQUAL 1)
        message(FATAL_ERROR "aroma.pc carries more than an include path: ${flags}")
    endif()
    must("${COMPILER}" -std=c++20 -Wall -Wextra -Werror ${flags}
        "${CMAKE_CURRENT_LIST_DIR}/consumer/main.cpp" -o "${WORK}/consumer")
    must("${WORK}/consumer")
    message("${output}")
    return()
endif()

run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/build" -G "${GENERATOR}"
    -DCMAKE_CXX_COMPILER=${COMPILER} -DAROMA_FROM=${FROM}
    -DAROMA_SOURCE=${SOURCE} -DAROMA_VERSION_WANTED=${VERSION} -DCMAKE_PREFIX_PATH=${prefix}
    -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON
    -DAROMA_CMAKE_VERSION=${CMAKE_SAYS} -DAROMA_COMPONENT=${COMPONENT} -DAROMA_INSTALL=${EXPORTED})
if(COMPONENT)
    if(result EQUAL 0 OR NOT output MATCHES "aroma has no component ${COMPONENT}")
        message(FATAL_ERROR "component ${COMPONENT} was not refused:\n${output}")
    endif()
    return()
endif()
if(REFUSED)
    if(result EQUAL 0 OR NOT output MATCHES "aroma" OR NOT output MATCHES "requested version")
        message(FATAL_ERROR "version ${VERSION} was not refused for its number:\n${output}")
    endif()
    return()
endif()
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the consumer does not configure:\n${output}")
endif()
must("${CMAKE_COMMAND}" --build "${WORK}/build")
must("${WORK}/build/consumer")
message("${output}")

if(EXPORTED) # aroma is installed with it
    file(READ "${WORK}/build/library.cmake" library)
    if(NOT library MATCHES "aroma::aroma")
        message(FATAL_ERROR "the exported library does not link aroma::aroma:\n${library}")
    endif()
    return()
endif()

# The consumer's own installation holds the consumer, and nothing of a library that it only builds
# against.
must("${CMAKE_COMMAND}" --install "${WORK}/build" --prefix "${WORK}/consumed")
file(GLOB_RECURSE installed RELATIVE "${WORK}/consumed" "${WORK}/consumed/*")
if(NOT installed STREQUAL "bin/consumer")
    message(FATAL_ERROR "the consumer's installation holds: ${installed}")
endif()
