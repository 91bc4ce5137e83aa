# SPDX-License-Identifier: BSL-1.0
#
# Which versions the installed package answers to: versions/CMakeLists.txt has them.
#
#     cmake -DBUILD=... -DWORK=... -DVERSION=... -DCOMPILER=... -DGENERATOR=... -P versions.cmake

cmake_minimum_required(VERSION 3.23)

file(REMOVE_RECURSE "${WORK}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --component libaroma-dev
        --prefix "${WORK}/prefix"
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY
)
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/versions"
        -B "${WORK}/build" -G "${GENERATOR}" -DCMAKE_CXX_COMPILER=${COMPILER} -DVERSION=${VERSION}
        -DCMAKE_PREFIX_PATH=${WORK}/prefix
    COMMAND_ERROR_IS_FATAL ANY
)
