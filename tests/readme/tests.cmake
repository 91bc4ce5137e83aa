# SPDX-License-Identifier: BSL-1.0
#
# The pages, README.md and the others: what they show is what is there.

aroma_add_test(readme "readme: the code of the pages is the examples'"
    COMMAND "${CMAKE_COMMAND}" -DSOURCE=${PROJECT_SOURCE_DIR}
        -P "${CMAKE_CURRENT_LIST_DIR}/code.cmake"
)
aroma_add_test(readme "readme: the frameworks' calls are the examples'"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/calls.sh" "${PROJECT_SOURCE_DIR}/examples"
)
aroma_add_test(readme "readme: the figures of the pages are those of the last full run"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/figures.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(readme "readme: the names and links of the pages are there"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/names.sh" "${PROJECT_SOURCE_DIR}"
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
    aroma_add_test(readme "readme: sizes are those of the types"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/sizes.sh" "${PROJECT_SOURCE_DIR}" "${CMAKE_CXX_COMPILER}"
    )
endif()
aroma_add_test(readme "readme: the statuses of the pages are the library's"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/statuses.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(readme "readme: the commands of the pages can be pasted"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/commands.sh" "${PROJECT_SOURCE_DIR}"
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # the same, whatever compiles
    aroma_add_test(readme "readme: the lines of the pages install the library"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/library.sh" "${PROJECT_SOURCE_DIR}"
            "${CMAKE_CXX_COMPILER}"
    )
endif()
aroma_add_test(readme "readme: README is short, and leads to every page"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/short.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(readme "readme: the page about nginx has what the module has"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/nginx.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(readme "readme: the tables of Apache's page are the module's"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/apache.sh" "${PROJECT_SOURCE_DIR}"
)
