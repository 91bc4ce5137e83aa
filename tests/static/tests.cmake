# SPDX-License-Identifier: BSL-1.0
#
# Static facts: to compile is to pass. Without exceptions and RTTI; and that all headers compile, in
# GNU's dialect too, where `linux` is a macro.

file(GLOB static_facts CONFIGURE_DEPENDS static/*.cpp layout/*.cpp)
file(GLOB static_includes CONFIGURE_DEPENDS includes/*.cpp)
function(aroma_add_static_test name extensions)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE aroma-dev)
    target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/every")
    target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
    set_target_properties(${name} PROPERTIES CXX_STANDARD 20 CXX_EXTENSIONS ${extensions})
    aroma_add_test(static ${name} COMMAND ${name})
endfunction()
aroma_add_static_test(static-c++20 OFF ${static_includes} ${static_facts})
aroma_add_static_test(static-gnu++20 ON ${static_includes})
