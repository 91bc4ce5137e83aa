# SPDX-License-Identifier: BSL-1.0
#
# Live: real sockets and files.

set(thresholds AROMA_THRESHOLDS="${CMAKE_CURRENT_LIST_DIR}/thresholds.txt")
file(GLOB live_tests CONFIGURE_DEPENDS live/*.cpp)
aroma_add_catch_test(live live-tests ${live_tests})
# Two thirds of the time to compile.
set_source_files_properties(live/socket_faults.cpp PROPERTIES
    COMPILE_OPTIONS $<$<CONFIG:Release>:-O1>
)
target_compile_definitions(live-tests PRIVATE ${thresholds})
add_executable(allocations allocations/allocations.cpp)
target_link_libraries(allocations PRIVATE aroma-dev)
target_compile_definitions(allocations PRIVATE ${thresholds})
aroma_add_test(live "live: no allocation" COMMAND allocations)
aroma_add_test(live "live: errno of every function and system call is looked at"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/errno_kept.sh" "${PROJECT_SOURCE_DIR}"
)
