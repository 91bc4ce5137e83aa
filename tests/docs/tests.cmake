# SPDX-License-Identifier: BSL-1.0
#
# The reference: it can be made, and has no gaps. It is the same whatever compiles.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    aroma_add_test(docs "docs: the reference has no gaps"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/reference.test.sh" "${PROJECT_SOURCE_DIR}"
            "${CMAKE_CURRENT_BINARY_DIR}/docs"
    )
endif()
