# SPDX-License-Identifier: BSL-1.0
#
# The adversary: clients of our own that try to talk themselves clear behind a real proxy. The test
# is the short form; `sh build/gcc/adversary.sh` is the long one.

if(NOT TARGET aroma-lab AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    add_subdirectory(lab)
endif()
find_package(OpenSSL 1.1.1 QUIET)
if(TARGET OpenSSL::Crypto AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    if(TARGET CLI11::CLI11)
        add_executable(tls-adversary adversary/tls_adversary.cpp)
        target_link_libraries(tls-adversary PRIVATE aroma-dev CLI11::CLI11 OpenSSL::Crypto)
        set(tls_adversary $<TARGET_FILE:tls-adversary>)
    else()
        message(STATUS "aroma: tls-adversary is not built: CLI11::CLI11 was not found")
    endif()
    if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize") # whose libraries have to be the first
        add_library(slow-signature MODULE adversary/slow_signature.cpp)
        target_link_libraries(slow-signature PRIVATE aroma-dev OpenSSL::Crypto ${CMAKE_DL_LIBS})
        set(slow_signature --slow-signature $<TARGET_FILE:slow-signature>)
    endif()
endif()

set(servers "")
foreach(server IN ITEMS epoll_server tls_server http2_ping websocket_ping demo
        ngx_http_aroma_module mod_aroma)
    if(TARGET ${server})
        list(APPEND servers $<TARGET_FILE:${server}>)
    endif()
endforeach()
foreach(name IN LISTS aroma_frameworks)
    if(TARGET framework-${name} AND NOT name STREQUAL "asio_standalone") # which is asio's program
        list(APPEND servers $<TARGET_FILE:framework-${name}>)
    endif()
endforeach()
set(bench "${CMAKE_CURRENT_LIST_DIR}/adversary.sh")
if(TARGET aroma-link AND TARGET tls-adversary)
    list(JOIN servers "' '" all_servers)
    list(JOIN slow_signature " " command)
    string(PREPEND command "exec '${bench}' \"$@\" ")
    file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/adversary.sh" CONTENT
        "${command} '$<TARGET_FILE:aroma-link>' '${tls_adversary}' '${all_servers}'\n"
    )
endif()
aroma_add_test(adversary "adversary: no client clears itself"
    NEEDS aroma-link tls-adversary tls_server websocket_ping framework-threads
    COMMAND "${bench}" --short ${slow_signature}
        $<TARGET_FILE:aroma-link> ${tls_adversary} ${servers}
    PROPERTIES RUN_SERIAL ON TIMEOUT 300
)
