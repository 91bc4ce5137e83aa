# SPDX-License-Identifier: BSL-1.0
#
# OpenSSL: whole handshakes of real servers and clients, and the header alone.

find_package(OpenSSL 1.1.1 QUIET)
find_package(Threads QUIET)
if(TARGET OpenSSL::SSL AND TARGET Threads::Threads AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    aroma_add_catch_test(openssl openssl-tests openssl/openssl.cpp)
    target_link_libraries(openssl-tests PRIVATE OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
endif()
aroma_add_test(openssl "openssl: the header alone" NEEDS openssl-tests
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/alone.sh" "${CMAKE_CXX_COMPILER}" "${aroma_include}"
        "${OPENSSL_INCLUDE_DIR}"
)
