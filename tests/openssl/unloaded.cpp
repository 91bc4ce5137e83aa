// SPDX-License-Identifier: BSL-1.0
//
// A plugin observes a context and is closed: the context outlives it, and so must the hook. The
// header is in the plugin alone.

#include "../support/catch.hpp"

#include <memory>

#include <dlfcn.h>

#include <openssl/ssl.h>

TEST_CASE("openssl: a closed plugin stays while it is called")
{
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> const context{SSL_CTX_new(TLS_method()),
                                                                    SSL_CTX_free};
    REQUIRE(context);
    void* const plugin = dlopen(AROMA_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    INFO((plugin ? "" : dlerror()));
    REQUIRE(plugin);
    auto const observe = reinterpret_cast<bool (*)(SSL_CTX*)>(dlsym(plugin, "plugin_observe"));
    auto const counted = reinterpret_cast<int (*)(SSL const*)>(dlsym(plugin, "plugin_counted"));
    REQUIRE((observe && counted));
    REQUIRE(observe(context.get()));
    REQUIRE(SSL_CTX_get_info_callback(context.get()));
    REQUIRE(dlclose(plugin) == 0);

    // A handshake's beginning calls the hook, and SSL_free and SSL_CTX_free what frees its memory.
    std::unique_ptr<SSL, decltype(&SSL_free)> const ssl{SSL_new(context.get()), SSL_free};
    REQUIRE(ssl);
    SSL_set_accept_state(ssl.get());
    BIO* const nothing = BIO_new(BIO_s_mem());
    REQUIRE(nothing);
    SSL_set_bio(ssl.get(), nothing, nothing);
    CHECK(SSL_do_handshake(ssl.get()) == -1); // waits for a ClientHello
    CHECK(counted(ssl.get()) == -1);
}
