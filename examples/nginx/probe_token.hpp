// SPDX-License-Identifier: BSL-1.0
//
// The token of a redirect: the last argument of its URI, 8 random bytes and 8 of their HMAC-SHA256.
//
//     make_key()                   in the master, before it starts the workers of a configuration
//     make_token(text)             token_size characters; false if the system has no randomness
//     take_token(request)          takes one of ours off the URI, and returns its hash, or 0
//
// A token holds nothing about its bearer. Its signature says that this server has appended it to a
// URI, which is then served; whether a connection has answered its own probe is in its history.
#ifndef AROMA_EXAMPLES_NGINX_PROBE_TOKEN_HPP
#define AROMA_EXAMPLES_NGINX_PROBE_TOKEN_HPP

#include <aroma/aroma.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

extern "C" {
#include <ngx_config.h> // before nginx's others

#include <ngx_core.h>
#include <ngx_http.h>
}

namespace nginx_module {

inline constexpr char argument[] = "aroma_probe=";
inline constexpr std::size_t argument_size = sizeof argument - 1, half = 8, token_size = 4 * half,
                             tail_size = argument_size + token_size;

// The one before is good too, so that links of before a reload are served.
struct Key {
    u_char bytes[32];
    bool good;
};
inline Key keys[2]{};

inline bool make_key() noexcept
{
    keys[1] = keys[0];
    keys[0].good = RAND_bytes(keys[0].bytes, sizeof keys[0].bytes) == 1;
    return keys[0].good;
}

inline bool sign(Key const& key, u_char const* random, u_char* signature) noexcept
{
    u_char whole[EVP_MAX_MD_SIZE];
    unsigned size = sizeof whole;
    if (!key.good || !HMAC(EVP_sha256(), key.bytes, sizeof key.bytes, random, half, whole, &size))
        return false;
    std::memcpy(signature, whole, half);
    return true;
}

inline bool make_token(u_char* text) noexcept
{
    u_char bytes[2 * half];
    std::uint64_t const random = aroma::random_token();
    static_assert(sizeof random == half);
    std::memcpy(bytes, &random, half);
    if (random == 0 || !sign(keys[0], bytes, bytes + half))
        return false;
    ngx_hex_dump(text, bytes, sizeof bytes);
    return true;
}

inline bool is_ours(u_char* text) noexcept
{
    u_char bytes[2 * half];
    for (std::size_t i = 0; i < sizeof bytes; ++i) {
        ngx_int_t const value = ngx_hextoi(text + 2 * i, 2);
        if (value < 0)
            return false;
        bytes[i] = static_cast<u_char>(value);
    }
    for (Key const& key : keys) {
        u_char expected[half];
        if (sign(key, bytes, expected) && CRYPTO_memcmp(expected, bytes + half, half) == 0)
            return true;
    }
    return false;
}

inline bool ends_in(ngx_str_t const& text, u_char const* tail) noexcept
{
    return text.len > tail_size
        && ngx_memcmp(text.data + text.len - tail_size, tail, tail_size) == 0;
}

// 0: the argument is the application's, or forged, and the URI stays as it is.
inline std::uint64_t take_token(ngx_http_request_t* r) noexcept
{
    if (r->args.len < tail_size)
        return 0;
    u_char* const tail = r->args.data + r->args.len - tail_size;
    bool const whole = r->args.len == tail_size;
    if (ngx_memcmp(tail, argument, argument_size) != 0 || (!whole && tail[-1] != '&')
        || !is_ours(tail + argument_size))
        return 0;
    std::uint64_t const token = aroma::token_of(tail + argument_size, token_size);
    if (ends_in(r->unparsed_uri, tail))
        r->unparsed_uri.len -= tail_size + 1; // and '?' or '&'
    else
        r->valid_unparsed_uri = 0; // nginx makes it again of the parts
    r->args.len -= whole ? tail_size : tail_size + 1;
    return token;
}

} // namespace nginx_module

#endif // AROMA_EXAMPLES_NGINX_PROBE_TOKEN_HPP
