// SPDX-License-Identifier: BSL-1.0
//
// OpenSSL limits empty records and warnings, but neither KeyUpdates nor, with TLS 1.2, hellos for
// another handshake: each costs new keys or an alert, as often as the client sends them.
//
//     bound_tls(context)      its connections take 32 records that carry no data, and end at the
//     next
#ifndef AROMA_EXAMPLES_TLS_BOUNDS_HPP
#define AROMA_EXAMPLES_TLS_BOUNDS_HPP

#include <cstddef>
#include <cstdint>

#include <openssl/ssl.h>

namespace examples {

// behind the handshake, of a whole connection; BoringSSL takes as many KeyUpdates in a row
constexpr std::uintptr_t most_without_data = 32;

namespace detail {

inline int records_index()
{
    static int const index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

// OpenSSL shows each record's header, and of TLS 1.3 the type that is encrypted.
inline void on_record(int written, int, int what, void const* bytes, std::size_t size, SSL* ssl,
                      void*)
{
    bool const old = SSL_version(ssl) < TLS1_3_VERSION;
    if (written || size == 0 || what != (old ? SSL3_RT_HEADER : SSL3_RT_INNER_CONTENT_TYPE)
        || *static_cast<unsigned char const*>(bytes) == SSL3_RT_APPLICATION_DATA
        || !SSL_is_init_finished(ssl))
        return;
    auto const count = reinterpret_cast<std::uintptr_t>(SSL_get_ex_data(ssl, records_index())) + 1;
    SSL_set_ex_data(ssl, records_index(), reinterpret_cast<void*>(count)); // the number itself
    if (count > most_without_data) // as if the client had closed: SSL_read() would go on by itself
        SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

} // namespace detail

inline void bound_tls(SSL_CTX* context)
{
    // a handshake is at the beginning or nowhere
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_msg_callback(context, detail::on_record);
}

} // namespace examples

#endif // AROMA_EXAMPLES_TLS_BOUNDS_HPP
