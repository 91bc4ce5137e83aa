# SPDX-License-Identifier: BSL-1.0
#
# Examples: the programs that the README shows and that readers copy, run for real.

# The portable one on Windows, against the real TCP_INFO_v0; fmt's headers alone, without the rest
# of their folder.
find_program(AROMA_MINGW x86_64-w64-mingw32-g++-posix)
set(without "")
if(AROMA_MINGW)
    get_target_property(fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
    file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/windows")
    file(CREATE_LINK "${fmt_include}/fmt" "${CMAKE_CURRENT_BINARY_DIR}/windows/fmt" SYMBOLIC)
else()
    set(without "no x86_64-w64-mingw32-g++-posix")
endif()
aroma_add_test(examples "examples: portable for Windows" WITHOUT "${without}"
    COMMAND ${AROMA_MINGW} -std=c++20 -Wall -Wextra -Wconversion -Wsign-conversion -Werror
        -DNTDDI_VERSION=0x0A000003 -D_WIN32_WINNT=0x0A00 -DFMT_HEADER_ONLY -I${aroma_include}
        -isystem "${CMAKE_CURRENT_BINARY_DIR}/windows"
        -o "${CMAKE_CURRENT_BINARY_DIR}/windows/portable.exe"
        "${PROJECT_SOURCE_DIR}/examples/quickstart/portable.cpp"
)

foreach(example IN ITEMS distance evidence portable snippets)
    aroma_add_test(examples "examples: ${example}" NEEDS ${example}
        COMMAND "${CMAKE_COMMAND}" -DPROGRAM=$<TARGET_FILE:${example}>
            -DEXPECTED=${CMAKE_CURRENT_LIST_DIR}/${example}.expected.txt
            -P "${CMAKE_CURRENT_LIST_DIR}/output.cmake"
    )
endforeach()
aroma_add_test(examples "examples: run.sh"
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/run.test.sh" "${PROJECT_SOURCE_DIR}/examples/run.sh"
)

foreach(example IN ITEMS minimal tls_server aroma-vcl aroma-calibrate aroma-top)
    string(REPLACE - _ script ${example})
    aroma_add_test(examples "examples: ${example}" NEEDS ${example}
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/${script}.test.sh" $<TARGET_FILE:${example}>
    )
endforeach()
# Of those that are built.
function(aroma_add_programs_test name script)
    set(programs "")
    foreach(target IN LISTS ARGN)
        if(TARGET ${target})
            list(APPEND programs $<TARGET_FILE:${target}>)
        endif()
    endforeach()
    aroma_add_test(examples "examples: ${name}"
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/${script}.test.sh" ${programs}
    )
endfunction()
set(tools aroma-calibrate aroma-vcl aroma-judge aroma-likelihoods aroma-replay)
list(TRANSFORM aroma_frameworks PREPEND framework- OUTPUT_VARIABLE frameworks)
aroma_add_programs_test("hostile input" hostile_input ${tools})
aroma_add_programs_test("closed descriptors" closed_descriptors ${tools} aroma-top minimal demo
    epoll_server tls_server http2_ping websocket_ping ${frameworks}
)
aroma_add_catch_test(examples vcl-tests examples/vcl.cpp)
target_compile_definitions(vcl-tests PRIVATE
    AROMA_VCL_TEMPLATE="${PROJECT_SOURCE_DIR}/examples/tools/aroma.vcl.in"
)
if(TARGET epoll_server)
    aroma_add_catch_test(examples epoll-server-tests examples/epoll_server.cpp)
    target_compile_definitions(epoll-server-tests PRIVATE
        AROMA_EPOLL_SERVER="$<TARGET_FILE:epoll_server>"
    )
    add_dependencies(epoll-server-tests epoll_server)
endif()

function(aroma_add_ping_tests server)
    foreach(client IN LISTS ARGN)
        set(kinds examples)
        if(client STREQUAL "chromium")
            set(kinds "examples;browser")
        endif()
        aroma_add_test(examples "examples: ${server}: ${client}" NEEDS ${server}
            COMMAND "${CMAKE_CURRENT_LIST_DIR}/pings.test.sh" ${client}
                $<TARGET_FILE:${server}>
        )
        set_tests_properties("examples: ${server}: ${client}" PROPERTIES LABELS "${kinds}")
    endforeach()
endfunction()
aroma_add_ping_tests(http2_ping curl wrong)
aroma_add_ping_tests(websocket_ping websockets chromium wrong)

foreach(part IN ITEMS clients connections browser)
    aroma_add_test(examples "examples: demo: ${part}" NEEDS demo
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/demo.test.sh" ${part} $<TARGET_FILE:demo>
        PROPERTIES TIMEOUT 300
    )
endforeach()
# The longest, so the first.
set_tests_properties("examples: demo: browser" PROPERTIES
    LABELS "examples;browser" TIMEOUT 360 COST 1000
)
foreach(package IN ITEMS Boost OpenSSL nlohmann_json)
    find_package(${package} QUIET)
endforeach()
if(TARGET demo)
    aroma_add_catch_test(examples demo-tests examples/demo_tokens.cpp examples/demo_visit.cpp
        "${PROJECT_SOURCE_DIR}/examples/demo/visit.cpp"
    )
    target_include_directories(demo-tests PRIVATE $<TARGET_PROPERTY:demo,INCLUDE_DIRECTORIES>)
    target_link_libraries(demo-tests PRIVATE Boost::headers OpenSSL::SSL OpenSSL::Crypto
        nlohmann_json::nlohmann_json
    )
    add_dependencies(demo-tests demo-files)
endif()

foreach(name IN LISTS aroma_frameworks)
    aroma_add_test(examples "examples: ${name}" NEEDS framework-${name}
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/framework_clients.test.sh"
            $<TARGET_FILE:framework-${name}>
    )
endforeach()

# All of them in one run, since most of it is waiting.
set(hostile "")
foreach(name IN ITEMS minimal epoll_server tls_server http2_ping websocket_ping demo)
    if(TARGET ${name})
        list(APPEND hostile $<TARGET_FILE:${name}>)
    endif()
endforeach()
foreach(name IN LISTS aroma_frameworks)
    if(TARGET framework-${name})
        list(APPEND hostile $<TARGET_FILE:framework-${name}>)
    endif()
endforeach()
aroma_add_test(examples "examples: hostile clients" NEEDS minimal
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/hostile.test.sh" ${hostile}
    PROPERTIES TIMEOUT 120
)

foreach(part IN ITEMS configuration requests tls reload memory)
    aroma_add_test(examples "examples: nginx: ${part}" NEEDS ngx_http_aroma_module
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/nginx.test.sh" ${part}
            $<TARGET_FILE:ngx_http_aroma_module>
        PROPERTIES TIMEOUT 300
    )
endforeach()
aroma_add_test(examples "examples: nginx: page" NEEDS ngx_http_aroma_module
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/nginx_page.test.sh" "${PROJECT_SOURCE_DIR}"
    PROPERTIES TIMEOUT 300
)
# The module in the system's apache2.
foreach(part IN ITEMS variables probes settings load)
    aroma_add_test(examples "examples: apache: ${part}" NEEDS mod_aroma
        COMMAND "${CMAKE_CURRENT_LIST_DIR}/apache.test.sh" ${part} $<TARGET_FILE:mod_aroma>
        PROPERTIES TIMEOUT 120
    )
endforeach()
