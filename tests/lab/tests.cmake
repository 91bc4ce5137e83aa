# SPDX-License-Identifier: BSL-1.0
#
# The lab: links whose truth is known. One at a time, so that none measures another's load.

if(NOT TARGET aroma-lab AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    add_subdirectory(lab)
endif()
function(aroma_add_lab_test test)
    cmake_parse_arguments(PARSE_ARGV 1 lab "" "" "NEEDS;ARGUMENTS;PROPERTIES")
    aroma_add_test(lab "lab: ${test}" NEEDS aroma-link ${lab_NEEDS}
        COMMAND "${PROJECT_SOURCE_DIR}/tests/lab/${test}.test.sh" ${lab_ARGUMENTS}
        PROPERTIES RUN_SERIAL ON ${lab_PROPERTIES}
    )
endfunction()

set(link $<TARGET_FILE:aroma-link>)
set(evasive_proxy $<TARGET_FILE:aroma-evasive-proxy>)
set(calibrate $<TARGET_FILE:aroma-calibrate>)
aroma_add_lab_test(link NEEDS epoll_server ARGUMENTS $<TARGET_FILE:epoll_server> ${link})
aroma_add_lab_test(proxy NEEDS tls_server ARGUMENTS $<TARGET_FILE:tls_server> ${link})
aroma_add_lab_test(cross_layer NEEDS tls_server aroma-evasive-proxy
    ARGUMENTS $<TARGET_FILE:tls_server> ${link} ${evasive_proxy}
)
aroma_add_lab_test(demo NEEDS demo ARGUMENTS $<TARGET_FILE:demo> ${link})
aroma_add_lab_test(fleet NEEDS demo aroma-calibrate
    ARGUMENTS $<TARGET_FILE:demo> ${link} ${calibrate} "${PROJECT_SOURCE_DIR}/examples/fleet"
)
aroma_add_lab_test(operations NEEDS demo aroma-calibrate
    ARGUMENTS $<TARGET_FILE:demo> ${link} ${calibrate} "${PROJECT_SOURCE_DIR}"
)
aroma_add_lab_test(calibrated NEEDS tls_server aroma-calibrate
    ARGUMENTS $<TARGET_FILE:tls_server> ${link} ${calibrate}
)
aroma_add_lab_test(pings NEEDS http2_ping websocket_ping
    ARGUMENTS $<TARGET_FILE:http2_ping> $<TARGET_FILE:websocket_ping> ${link}
)
aroma_add_lab_test(nginx NEEDS ngx_http_aroma_module
    ARGUMENTS ${link} $<TARGET_FILE:ngx_http_aroma_module>
)

set(servers "")
foreach(name IN LISTS aroma_frameworks)
    if(TARGET framework-${name})
        list(APPEND servers $<TARGET_FILE:framework-${name}>)
    endif()
endforeach()
foreach(server IN ITEMS epoll_server http2_ping websocket_ping)
    if(TARGET ${server})
        list(APPEND servers $<TARGET_FILE:${server}>)
    endif()
endforeach()
find_package(Threads QUIET)
find_package(Boost 1.74 QUIET)
if(TARGET Boost::headers AND TARGET Threads::Threads)
    add_executable(balanced "${CMAKE_CURRENT_LIST_DIR}/balanced.cpp")
    target_link_libraries(balanced PRIVATE aroma-dev fmt::fmt Boost::headers Threads::Threads)
endif()
aroma_add_lab_test(balancer NEEDS balanced ARGUMENTS $<TARGET_FILE:balanced> ${link})
aroma_add_lab_test(frameworks NEEDS framework-threads ARGUMENTS ${link} ${servers})

aroma_add_lab_test(apache NEEDS mod_aroma ARGUMENTS ${link} "${PROJECT_SOURCE_DIR}")
aroma_add_test(lab "lab: edge: haproxy" NEEDS aroma-link
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/edge.test.sh" haproxy ${link} "${PROJECT_SOURCE_DIR}"
    PROPERTIES RUN_SERIAL ON
)
aroma_add_test(lab "lab: edge: trafficserver" NEEDS aroma-link aroma-trafficserver
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/edge.test.sh" trafficserver ${link} "${PROJECT_SOURCE_DIR}"
    PROPERTIES RUN_SERIAL ON
)

aroma_add_lab_test(grid
    NEEDS tls_server http2_ping websocket_ping aroma-evasive-proxy aroma-judge
    ARGUMENTS $<TARGET_FILE_DIR:tls_server> ${link} ${evasive_proxy} $<TARGET_FILE:aroma-judge>
    PROPERTIES TIMEOUT 900
)
aroma_add_test(lab "lab: left_behind" NEEDS aroma-link
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/left_behind.test.sh" ${link}
)

if(TARGET aroma-evasive-proxy AND TARGET Threads::Threads)
    aroma_add_catch_test(lab evasive-proxy-tests lab/evasive_proxy.test.cpp)
    target_link_libraries(evasive-proxy-tests PRIVATE Threads::Threads)
    target_compile_definitions(evasive-proxy-tests PRIVATE AROMA_EVASIVE_PROXY="${evasive_proxy}")
    add_dependencies(evasive-proxy-tests aroma-evasive-proxy)
endif()
