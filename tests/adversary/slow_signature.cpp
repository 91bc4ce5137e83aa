// SPDX-License-Identifier: BSL-1.0
//
// Preloaded into a TLS server, it has each signature take 34 ms, as one of a key that is elsewhere:
// in a hardware module, or with a service.
#include <chrono>
#include <cstddef>
#include <thread>

#include <dlfcn.h>
#include <openssl/evp.h>

extern "C" int EVP_DigestSign(EVP_MD_CTX* context, unsigned char* signature, std::size_t* size,
                              unsigned char const* text, std::size_t text_size)
{
    static auto const sign =
        reinterpret_cast<decltype(&EVP_DigestSign)>(::dlsym(RTLD_NEXT, "EVP_DigestSign"));
    if (signature)
        std::this_thread::sleep_for(std::chrono::milliseconds{34});
    return sign(context, signature, size, text, text_size);
}
