# SPDX-License-Identifier: BSL-1.0
#
# Builds and runs the consumer one way, in a folder of its own.
#
#     cmake -DFROM=... -DSOURCE=... -DBUILD=... -DWORK=... -DCOMPILER=... -DGENERATOR=... [-DVERSION=... [-DREFUSED=ON]] -P consume.cmake

cmake_minimum_required(VERSION 3.23)

file(REMOVE_RECURSE "${WORK}")
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    set(result ${result} PARENT_SCOPE)
    set(output "${output}" PARENT_SCOPE)
endfunction()
macro(must)
    run(${ARGN})
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "${ARGN} ended with ${result}:\n${output}")
    endif()
endmacro()

if(FROM STREQUAL "find_package")
    must("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
    file(GLOB_RECURSE installed RELATIVE "${WORK}/prefix" "${WORK}/prefix/*")
    foreach(wanted IN ITEMS include/aroma/aroma.hpp include/aroma/linux/tcp_info.hpp include/aroma/fmt.hpp share/cmake/aroma/aroma-config.cmake)
        if(NOT wanted IN_LIST installed)
            message(FATAL_ERROR "${wanted} is not installed; what is: ${installed}")
        endif()
    endforeach()
endif()
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/build" -G "${GENERATOR}" -DCMAKE_CXX_COMPILER=${COMPILER} -DAROMA_FROM=${FROM}
    -DAROMA_SOURCE=${SOURCE} -DAROMA_VERSION_WANTED=${VERSION} -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON)
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

# The consumer's own installation holds the consumer, and nothing of a library that it only builds against.
must("${CMAKE_COMMAND}" --install "${WORK}/build" --prefix "${WORK}/consumed")
file(GLOB_RECURSE installed RELATIVE "${WORK}/consumed" "${WORK}/consumed/*")
if(NOT installed STREQUAL "bin/consumer")
    message(FATAL_ERROR "the consumer's installation holds: ${installed}")
endif()
