# SPDX-License-Identifier: BSL-1.0
#
# Static facts: to compile is to pass. In both dialects (`linux` is a macro in GNU's), without
# exceptions and RTTI.

file(GLOB static_facts CONFIGURE_DEPENDS static/*.cpp layout/*.cpp includes/*.cpp)
foreach(extensions IN ITEMS OFF ON)
    set(name static-c++20)
    if(extensions)
        set(name static-gnu++20)
    endif()
    add_executable(${name} ${static_facts})
    target_link_libraries(${name} PRIVATE aroma-dev)
    target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/every")
    target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
    set_target_properties(${name} PROPERTIES CXX_STANDARD 20 CXX_EXTENSIONS ${extensions})
    aroma_add_test(static ${name} COMMAND ${name})
endforeach()
