// SPDX-License-Identifier: BSL-1.0
//
// Signed, short-lived tokens that are valid once: a client that brings one has received its page.
//
//     optional<Issued>   issue(Purpose, now, step = 0);  44 characters of base64url; none if it
//                                                 would replace one that is still valid
//     Redeemed    redeem(token, Purpose, now);    its refusal is none if it is this server's, for
//     this purpose,
//                                                 young enough and new
//
// A token is 33 bytes: the purpose and the step, which counts the redirects of one visit from 0 to
// 15, when it was issued, its number, and the first half of their HMAC-SHA256 (RFC 2104, 5) by a
// key that lives as long as the process. It holds nothing about its bearer, and proves nothing of a
// connection: the probe that a connection has to answer is in its own history. That a number was
// redeemed is one bit among those of the last 2^20: a fixed 128 KiB, whatever clients do. The
// challenge's numbers are its own, so that redirects, which cost a client nothing, end no
// challenge.
#ifndef AROMA_EXAMPLES_DEMO_TOKENS_HPP
#define AROMA_EXAMPLES_DEMO_TOKENS_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace demo {

enum class Purpose : std::uint8_t { home, go_on, allowed, live, hop, landing, websocket };

// A person reads the challenge and presses its button; everything else a machine answers at once.
constexpr std::chrono::milliseconds lifetime(Purpose purpose)
{
    return purpose == Purpose::go_on ? std::chrono::minutes{10} : std::chrono::seconds{30};
}

enum class Refusal : std::uint8_t { none, malformed, forged, other_purpose, expired, used };
constexpr std::size_t refusals = 6;

constexpr std::string_view name(Refusal refusal)
{
    constexpr std::string_view names[refusals] = {"none",          "malformed", "forged",
                                                  "other_purpose", "expired",   "used"};
    return names[static_cast<std::size_t>(refusal)];
}

constexpr std::string_view message(Refusal refusal)
{
    switch (refusal) {
    case Refusal::none: return "the token is good";
    case Refusal::malformed: return "the token in this address is missing or incomplete";
    case Refusal::forged:
        return "this server has not made the token in this address, or has been started again "
               "since";
    case Refusal::other_purpose: return "the token in this address was made for another page";
    case Refusal::expired: return "the token in this address is too old";
    case Refusal::used: return "the token in this address has been used, and it is good once";
    }
    return "not a refusal";
}

struct Redeemed {
    Refusal refusal = Refusal::malformed;
    std::uint64_t number = 0; // of a token that is good
    int step = 0;
};

class Tokens {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit Tokens(std::uint64_t window = std::uint64_t{1} << 20)
        : challenges_{window}, others_{window}
    {
        if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
            throw std::runtime_error{"no random numbers"};
    }

    struct Issued {
        std::string text;
        std::uint64_t number; // above 0
    };

    std::optional<Issued> issue(Purpose purpose, Time now, int step = 0)
    {
        std::uint64_t const number = series(purpose).next(now, lifetime(purpose));
        if (number == 0)
            return std::nullopt;
        Bytes bytes{};
        bytes[0] = static_cast<unsigned char>(static_cast<int>(purpose) | step << 4);
        put(bytes, 1, milliseconds(now));
        put(bytes, 9, number);
        sign(bytes, bytes.data() + signed_size);
        unsigned char text[text_size + 1];
        EVP_EncodeBlock(text, bytes.data(), static_cast<int>(bytes.size()));
        std::string url(reinterpret_cast<char const*>(text), text_size);
        for (char& c : url)
            c = c == '+' ? '-' : c == '/' ? '_' : c;
        return Issued{std::move(url), number};
    }

    Redeemed redeem(std::string_view text, Purpose purpose, Time now)
    {
        std::optional<Bytes> const bytes = decode(text);
        if (!bytes)
            return {};
        unsigned char expected[mac_size];
        sign(*bytes, expected);
        if (CRYPTO_memcmp(expected, bytes->data() + signed_size, mac_size) != 0) // in constant time
            return {Refusal::forged};
        if (((*bytes)[0] & 15) != static_cast<int>(purpose))
            return {Refusal::other_purpose};
        std::uint64_t const issued = get(*bytes, 1), number = get(*bytes, 9);
        if (milliseconds(now) - issued > static_cast<std::uint64_t>(lifetime(purpose).count())
            || !series(purpose).has(number))
            return {Refusal::expired};
        if (used(purpose, number))
            return {Refusal::used};
        series(purpose).redeem(number);
        return {Refusal::none, number, (*bytes)[0] >> 4};
    }

    bool used(Purpose purpose, std::uint64_t number)
    {
        return series(purpose).used[number % series(purpose).used.size()];
    }

private:
    // Numbers, of which the last `window` are remembered.
    struct Series {
        static constexpr std::uint64_t blocks = 256;

        explicit Series(std::uint64_t window) : used(window)
        {
            redeemed[0] = 1; // 0, which is no token's number
        }

        bool has(std::uint64_t number) const { return last - number < used.size(); }

        // 0 if numbers whose place is next are still good. They are forgotten by the block, once
        // all of its numbers are too old or redeemed.
        std::uint64_t next(Time now, std::chrono::milliseconds lifetime)
        {
            std::uint64_t const number = last + 1, size = used.size() / blocks;
            std::uint64_t const block = number / size % blocks;
            Time& newest = issued[block];
            if (number >= used.size() && number % size == 0) {
                if (redeemed[block] < size && now - newest <= lifetime)
                    return 0;
                redeemed[block] = 0;
            }
            used[number % used.size()] = false;
            newest = now;
            return last = number;
        }

        void redeem(std::uint64_t number)
        {
            used[number % used.size()] = true;
            ++redeemed[number / (used.size() / blocks) % blocks];
        }

        std::uint64_t last = 0;
        std::vector<bool> used;
        std::array<std::uint64_t, blocks> redeemed{};
        std::array<Time, blocks> issued{}; // the newest of each block
    };

    Series& series(Purpose purpose) { return purpose == Purpose::go_on ? challenges_ : others_; }

    // 33 bytes are 44 characters, and no padding
    static constexpr std::size_t signed_size = 17, mac_size = 16, text_size = 44;
    using Bytes = std::array<unsigned char, signed_size + mac_size>;

    static std::uint64_t milliseconds(Time now)
    {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
    }
    static void put(Bytes& bytes, std::size_t at, std::uint64_t value)
    {
        std::memcpy(bytes.data() + at, &value, sizeof value);
    }
    static std::uint64_t get(Bytes const& bytes, std::size_t at)
    {
        std::uint64_t value;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        return value;
    }

    void sign(Bytes const& bytes, unsigned char* to) const
    {
        unsigned char mac[EVP_MAX_MD_SIZE];
        if (!HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), bytes.data(),
                  signed_size, mac, nullptr))
            throw std::bad_alloc{};
        std::memcpy(to, mac, mac_size);
    }

    // OpenSSL's decoder takes white space and padding too.
    static std::optional<Bytes> decode(std::string_view url)
    {
        constexpr std::string_view base64url =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        if (url.size() != text_size || url.find_first_not_of(base64url) != url.npos)
            return std::nullopt;
        std::string text{url};
        for (char& c : text)
            c = c == '-' ? '+' : c == '_' ? '/' : c;
        Bytes bytes{};
        EVP_DecodeBlock(bytes.data(), reinterpret_cast<unsigned char const*>(text.data()),
                        static_cast<int>(text_size));
        return bytes;
    }

    std::array<unsigned char, 32> key_;
    Series challenges_, others_;
};

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_TOKENS_HPP
