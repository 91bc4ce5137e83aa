# SPDX-License-Identifier: BSL-1.0
#
# A program's output against a file of it.

cmake_minimum_required(VERSION 3.23)

execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE output RESULT_VARIABLE result)
file(READ "${EXPECTED}" expected)
if(NOT result EQUAL 0 OR NOT output STREQUAL expected)
    message(FATAL_ERROR "${PROGRAM} ended with ${result} and said\n${output}\ninstead of ${EXPECTED}:\n${expected}")
endif()
