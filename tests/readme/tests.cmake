# SPDX-License-Identifier: BSL-1.0
#
# README: what it shows is what is there.

foreach(page IN ITEMS README.md examples/README.md examples/OPERATIONS.md)
    aroma_add_test(readme "readme: the code of ${page} is the examples'"
        COMMAND "${CMAKE_COMMAND}" -DSOURCE=${PROJECT_SOURCE_DIR} -DPAGE=${page}
            -P "${CMAKE_CURRENT_LIST_DIR}/code.cmake"
    )
endforeach()
aroma_add_test(readme "readme: the frameworks' calls are the examples'"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/calls.sh" "${PROJECT_SOURCE_DIR}/examples"
)
aroma_add_test(readme "readme: its figures are those of the last full run"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/figures.sh" "${PROJECT_SOURCE_DIR}" README.md
        benchmarks/README.md
)
aroma_add_test(readme "readme: the names that its pages have are there"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/names.sh" "${PROJECT_SOURCE_DIR}" SECURITY.md README.md
        docs/HOUSE.md tests/README.md examples/OPERATIONS.md examples/PRIVACY.md
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
    aroma_add_test(readme "readme: sizes are those of the types"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/sizes.sh" "${PROJECT_SOURCE_DIR}" "${CMAKE_CXX_COMPILER}"
    )
endif()
aroma_add_test(readme "readme: its statuses are the library's"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/statuses.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(readme "readme: the commands of the pages can be pasted"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/commands.sh" "${PROJECT_SOURCE_DIR}"
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # the same, whatever compiles
    aroma_add_test(readme "readme: its lines install the library"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/library.sh" "${PROJECT_SOURCE_DIR}"
            "${CMAKE_CXX_COMPILER}"
    )
endif()
