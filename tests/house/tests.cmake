# SPDX-License-Identifier: BSL-1.0
#
# The house: who may know whom, by the folders and the includes; whose tests are whose, by their
# names; what the scripts install; the words, the workflows, the form of the code, and what
# clang-tidy and cppcheck find in it.

aroma_add_test(house "house: one_way"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/one_way.test.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(house "house: namesakes"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/namesakes.test.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(house "house: packages"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/packages.test.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(house "house: words"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/words.test.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(house "house: columns"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/columns.test.sh" "${PROJECT_SOURCE_DIR}"
)
aroma_add_test(house "house: workflows"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/workflows.test.sh" "${PROJECT_SOURCE_DIR}"
        "${CMAKE_CURRENT_BINARY_DIR}/actionlint"
    PROPERTIES TIMEOUT 300
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # the same, whatever compiles
    aroma_add_test(house "house: formatted"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/format.sh" "${PROJECT_SOURCE_DIR}"
    )
    aroma_add_test(house "house: tidy headers"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/tidy.sh" "${PROJECT_SOURCE_DIR}"
    )
    aroma_add_test(house "house: cppcheck headers"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/cppcheck.sh" "${PROJECT_SOURCE_DIR}"
    )
endif()
