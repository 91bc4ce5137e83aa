// SPDX-License-Identifier: BSL-1.0
//
// A certificate that is made now, signed by itself and kept in memory: ECDSA on P-256, 90 days, for
// localhost, this host's name and both loopback addresses. Browsers warn once about its unknown
// issuer.
#ifndef AROMA_EXAMPLES_CERTIFICATE_HPP
#define AROMA_EXAMPLES_CERTIFICATE_HPP

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace examples {

template <auto free>
struct Free {
    template <class T>
    void operator()(T* object) const
    {
        free(object);
    }
};
template <class T, auto free>
using Owned = std::unique_ptr<T, Free<free>>;

inline Owned<EVP_PKEY, EVP_PKEY_free> make_key()
{
    Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> const generator{
        EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr)};
    EVP_PKEY* key = nullptr;
    if (generator && EVP_PKEY_keygen_init(generator.get()) == 1
        && EVP_PKEY_CTX_set_ec_paramgen_curve_nid(generator.get(), NID_X9_62_prime256v1) == 1)
        EVP_PKEY_keygen(generator.get(), &key);
    return Owned<EVP_PKEY, EVP_PKEY_free>{key};
}

namespace detail {

inline bool add_extension(X509* certificate, int kind, std::string const& value)
{
    Owned<X509_EXTENSION, X509_EXTENSION_free> const extension{
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str())};
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

} // namespace detail

inline Owned<X509, X509_free> make_certificate(EVP_PKEY* key)
{
    char host[256]{};
    gethostname(host, sizeof host - 1);
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    bool const plain = std::string{host}.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")
                    == std::string::npos;
    if (*host && plain)
        names += std::string{",DNS:"} + host;
    Owned<X509, X509_free> certificate{X509_new()};
    X509* const x = certificate.get();
    std::uint64_t serial = 0;
    bool const made =
        x && RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1
        && X509_set_version(x, 2) == 1
        && ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1
        && X509_gmtime_adj(X509_getm_notBefore(x), -3600)
        && X509_gmtime_adj(X509_getm_notAfter(x), 90L * 24 * 3600) && X509_set_pubkey(x, key) == 1
        && X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                      reinterpret_cast<unsigned char const*>("aroma demo"), -1, -1,
                                      0)
               == 1
        && X509_set_issuer_name(x, X509_get_subject_name(x)) == 1
        && detail::add_extension(x, NID_subject_alt_name, names)
        && detail::add_extension(x, NID_basic_constraints, "critical,CA:FALSE")
        && X509_sign(x, key, EVP_sha256()) > 0;
    return made ? std::move(certificate) : nullptr;
}

} // namespace examples

#endif // AROMA_EXAMPLES_CERTIFICATE_HPP
