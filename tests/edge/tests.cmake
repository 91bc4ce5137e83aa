# SPDX-License-Identifier: BSL-1.0
#
# The edge: its configurations as the programs that they are for read them, and requests through
# those that run here.

aroma_add_test(edge "edge: falco lints the VCL" NEEDS aroma-vcl
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/falco.test.sh" $<TARGET_FILE:aroma-vcl>
        "${CMAKE_CURRENT_BINARY_DIR}/edge/falco"
    PROPERTIES TIMEOUT 300
)
foreach(proxy IN ITEMS haproxy nginx)
    aroma_add_test(edge "edge: ${proxy}"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/proxy.test.sh" ${proxy}
    )
endforeach()
