// SPDX-License-Identifier: BSL-1.0
//
// The demo's TLS context, with a certificate of its own.
#ifndef AROMA_EXAMPLES_DEMO_CONTEXT_HPP
#define AROMA_EXAMPLES_DEMO_CONTEXT_HPP

#include "../common/certificate.hpp"
#include "../common/tls_bounds.hpp"

#include <openssl/ssl.h>

namespace demo {

using Context = examples::Owned<SSL_CTX, SSL_CTX_free>;

namespace detail {

// The best common protocol; a client without one gets an alert (RFC 7301, 3.2).
template <bool http2>
int choose_protocol(SSL*, unsigned char const** chosen, unsigned char* size,
                    unsigned char const* offered, unsigned offered_size, void*)
{
    static constexpr unsigned char known[] = "\x02h2\x08http/1.1\x08http/1.0";
    constexpr unsigned skipped = http2 ? 0 : 3;
    unsigned char* found = nullptr;
    int const result = SSL_select_next_proto(&found, size, known + skipped,
                                             sizeof known - 1 - skipped, offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

} // namespace detail

// Null if OpenSSL fails; its error queue says why.
template <bool http2>
Context make_context()
{
    auto const key = examples::make_key();
    auto const certificate = key ? examples::make_certificate(key.get()) : nullptr;
    Context context{SSL_CTX_new(TLS_server_method())};
    if (!context || !certificate
        || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1
        || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1
        || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1)
        return nullptr;
    examples::bound_tls(context.get());
    // tickets resume, and nothing is kept here
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    // 32 KiB less for each connection that rests
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(context.get(), 1024); // no client is asked for one
    SSL_CTX_set_alpn_select_cb(context.get(), detail::choose_protocol<http2>, nullptr);
    return context;
}

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_CONTEXT_HPP
