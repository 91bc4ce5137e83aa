# SPDX-License-Identifier: BSL-1.0
#
# Benchmarks: their statistics; what they count, on lines written for it and on recorded
# connections; that the judge's figures can be counted by hand; what no load of the machine changes,
# the instructions of each operation and a caller's bytes; and how cost grows with the connections
# of a host.

aroma_add_catch_test(benchmarks statistics-tests benchmarks/statistics.cpp)
aroma_add_test(benchmarks "benchmarks: aroma-replay" NEEDS aroma-replay
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/replay.test.sh" $<TARGET_FILE:aroma-replay>
)
aroma_add_test(benchmarks "benchmarks: aroma-replay of recorded connections" NEEDS aroma-replay
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/replay.test.sh" $<TARGET_FILE:aroma-replay>
        "${AROMA_RECORDINGS}"
)
aroma_add_test(benchmarks "benchmarks: instructions" NEEDS instructions
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/instructions.test.sh" $<TARGET_FILE:instructions>
        ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}
)
aroma_add_test(benchmarks "benchmarks: bytes"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/bytes.test.sh" "${CMAKE_CXX_COMPILER}"
        ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}
)
aroma_add_test(benchmarks "benchmarks: judge" NEEDS aroma-judge
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/judge.test.sh" $<TARGET_FILE:aroma-judge>
)
aroma_add_test(benchmarks "benchmarks: likelihoods" NEEDS aroma-likelihoods
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/likelihoods.test.sh" $<TARGET_FILE:aroma-likelihoods>
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # the same, whatever compiles
    aroma_add_test(benchmarks "benchmarks: growth" NEEDS benchmark-growth aroma-top
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/growth.test.sh" "${PROJECT_SOURCE_DIR}"
            $<TARGET_FILE:benchmark-growth> $<TARGET_FILE:aroma-top>
    )
    aroma_add_test(benchmarks "benchmarks: published" NEEDS aroma-judge aroma-likelihoods
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/published.test.sh" "${PROJECT_SOURCE_DIR}"
            $<TARGET_FILE:aroma-judge> $<TARGET_FILE:aroma-likelihoods> "${AROMA_RECORDINGS}"
    )
endif()
