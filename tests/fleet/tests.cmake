# SPDX-License-Identifier: BSL-1.0
#
# The fleet: its rules and alerts as Prometheus reads them.

aroma_add_test(fleet "fleet: promtool"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/promtool.test.sh" "${PROJECT_SOURCE_DIR}/examples/fleet"
)

add_executable(fleet-pages fleet/pages.cpp)
target_link_libraries(fleet-pages PRIVATE aroma-dev)
aroma_add_test(fleet "fleet: labels" NEEDS fleet-pages
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/labels.test.sh" $<TARGET_FILE:fleet-pages>
)
