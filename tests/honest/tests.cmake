# SPDX-License-Identifier: BSL-1.0
#
# Honest clients: direct people, whatever they do, are not accused. The test is the short form;
# `sh build/clang/honest.sh [RESULTS]` is the long one. The examples are built once more, as they
# are, with spy.hpp before them.

if(NOT TARGET aroma-lab AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    add_subdirectory(lab)
endif()

# What the examples link to is imported in their folder alone.
foreach(package IN ITEMS Boost OpenSSL Threads fmt nlohmann_json)
    find_package(${package} QUIET)
endforeach()
set(needed CLI11::CLI11 Threads::Threads fmt::fmt nlohmann_json::nlohmann_json)
set(spy "${CMAKE_CURRENT_LIST_DIR}/spy.hpp")
function(aroma_add_spied name)
    if(NOT TARGET ${name})
        return()
    endif()
    get_target_property(folder ${name} SOURCE_DIR)
    get_target_property(sources ${name} SOURCES)
    list(FILTER sources INCLUDE REGEX "\\.cpp$")
    list(TRANSFORM sources PREPEND "${folder}/")
    add_executable(honest-${name} ${sources})
    get_target_property(libraries ${name} LINK_LIBRARIES)
    list(TRANSFORM libraries REPLACE "^nghttp2::nghttp2$" "${NGHTTP2_LIBRARY}")
    target_link_libraries(honest-${name} PRIVATE ${libraries} honest-spy)
    foreach(property IN ITEMS INCLUDE_DIRECTORIES COMPILE_DEFINITIONS)
        get_target_property(value ${name} ${property})
        if(value)
            set_target_properties(honest-${name} PROPERTIES ${property} "${value}")
        endif()
    endforeach()
    target_compile_options(honest-${name} PRIVATE "SHELL:-include \"${spy}\"")
    if(NOT "examples" IN_LIST AROMA_TESTS) # nothing runs the one without spy.hpp
        set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
    if(TARGET ${name}-files)
        add_dependencies(honest-${name} ${name}-files)
    endif()
endfunction()

set(spied epoll_server framework-threads tls_server http2_ping websocket_ping demo)
foreach(target IN LISTS needed)
    if(NOT TARGET ${target})
        message(STATUS "aroma: honest-server is not built: ${target} was not found")
        set(needed "")
    endif()
endforeach()
if(needed AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    add_library(honest-spy OBJECT honest/spy.cpp)
    target_link_libraries(honest-spy PUBLIC aroma-dev fmt::fmt nlohmann_json::nlohmann_json)
    add_executable(honest-server honest/server.cpp)
    target_link_libraries(honest-server PRIVATE CLI11::CLI11 Threads::Threads honest-spy)
    target_compile_options(honest-server PRIVATE "SHELL:-include \"${spy}\"")
    foreach(name IN LISTS spied)
        aroma_add_spied(${name})
    endforeach()
endif()
list(TRANSFORM spied PREPEND honest-)
set(bench "${CMAKE_CURRENT_LIST_DIR}/honest.sh")
if(TARGET aroma-link AND TARGET honest-server)
    file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/honest.sh" CONTENT
        "exec '${bench}' '$<TARGET_FILE:aroma-link>' '$<TARGET_FILE_DIR:honest-server>' \"$@\"\n"
    )
endif()
aroma_add_test(honest "honest: no natural use accuses anybody"
    NEEDS aroma-link honest-server ${spied}
    COMMAND "${bench}" --short $<TARGET_FILE:aroma-link>
        $<TARGET_FILE_DIR:honest-server>
    PROPERTIES RUN_SERIAL ON TIMEOUT 180
)
