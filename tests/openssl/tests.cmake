# SPDX-License-Identifier: BSL-1.0
#
# OpenSSL: whole handshakes of real servers and clients, and the header alone.

find_package(OpenSSL 1.1.1 QUIET)
find_package(Threads QUIET)
if(TARGET OpenSSL::SSL AND TARGET Threads::Threads AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(openssl_libraries OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
    add_library(openssl-first SHARED openssl/shared_object.cpp)
    add_library(openssl-second SHARED openssl/shared_object.cpp)
    add_library(openssl-plugin MODULE openssl/shared_object.cpp)
    foreach(name IN ITEMS first second plugin)
        target_link_libraries(openssl-${name} PRIVATE aroma-dev ${openssl_libraries})
        target_compile_definitions(openssl-${name} PRIVATE
            NAME_observe=${name}_observe NAME_counted=${name}_counted
        )
        set_target_properties(openssl-${name} PROPERTIES
            CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
        )
    endforeach()
    aroma_add_catch_test(openssl openssl-tests openssl/openssl.cpp openssl/shared_objects.cpp)
    target_link_libraries(openssl-tests PRIVATE openssl-first openssl-second ${openssl_libraries})
    aroma_add_catch_test(openssl openssl-unloaded-tests openssl/unloaded.cpp)
    target_link_libraries(openssl-unloaded-tests PRIVATE ${openssl_libraries} ${CMAKE_DL_LIBS})
    target_compile_definitions(openssl-unloaded-tests PRIVATE
        AROMA_PLUGIN="$<TARGET_FILE:openssl-plugin>"
    )
    add_dependencies(openssl-unloaded-tests openssl-plugin)
endif()
aroma_add_test(openssl "openssl: the header alone" NEEDS openssl-tests
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/alone.sh" "${CMAKE_CXX_COMPILER}" "${aroma_include}"
        "${OPENSSL_INCLUDE_DIR}"
)
