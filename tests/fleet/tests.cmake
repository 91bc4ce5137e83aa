# SPDX-License-Identifier: BSL-1.0
#
# The fleet: its rules and alerts as Prometheus reads them.

aroma_add_test(fleet "fleet: promtool"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/promtool.test.sh" "${PROJECT_SOURCE_DIR}/examples/fleet"
)
