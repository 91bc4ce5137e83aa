// SPDX-License-Identifier: BSL-1.0
//
// aroma/exchange.hpp: what is timed above the transport, a stopwatch for it, and the token that
// proves it.
//
// Synopsis
//   enum class Exchange {
//       opening,      the client's first bytes, before anything was sent to it
//       reply         the client's answer to what its own machine answers at once: a TLS flight, a
//                     redirect, an HTTP/2 PING, a WebSocket ping
//   };
//   class Stopwatch {                     an application RTT by the server's own clock, finer than
//                                         the kernel's stamps
//       void         sent(now);           the last byte of what the client answers at once has been
//                                         written
//       Microseconds answered(now);       the answer has been read: the time since, once; zero if
//                                         nothing was sent
//       bool         running();
//   };
//   std::uint64_t token_of(text);         the token of a question's random part: a path, a payload
//   std::uint64_t token_of(data, size);
//
// A short opening does not rule out a proxy: many accept their client before they connect upstream.
//
// now is any monotonic clock's: a time point (std::chrono::steady_clock::now()), or the time since
// any fixed moment. Such a clock also counts the server's own delays, a blocked event loop's above
// all; Options::stopwatch of linux/score.hpp lets it refine the kernel's figure within one tick,
// and no further.
//
// A token is 64 bits that the client cannot guess, fresh for each probe; 0 is none. token_of()
// keeps what is random and adds nothing: 64 random bits in a path are at least 11 characters of
// base64, or 16 hexadecimal digits. random_token() of linux/score.hpp makes one.
#ifndef AROMA_EXCHANGE_HPP
#define AROMA_EXCHANGE_HPP

#include <aroma/detail/hash.hpp>
#include <aroma/duration.hpp>

#include <concepts> // convertible_to
#include <cstddef>  // size_t
#include <cstdint>  // uint8_t, uint64_t
#include <ratio>    // micro

namespace aroma {

// What an application RTT was measured on.
enum class Exchange : std::uint8_t { opening, reply };

[[nodiscard]] constexpr char const* name(Exchange exchange) noexcept
{
    return exchange == Exchange::opening ? "opening" : "reply";
}

// Times one exchange after the other; 16 bytes.
class Stopwatch {
public:
    template <duration_like D>
    constexpr void sent(D now) noexcept
    {
        sent_ = count_in<std::micro>(now);
        running_ = true;
    }

    template <duration_like D>
    [[nodiscard]] constexpr Microseconds answered(D now) noexcept
    {
        double const taken = count_in<std::micro>(now) - sent_;
        bool const counts = running_;
        running_ = false;
        return counts ? to_microseconds(Duration<double, std::micro>{taken}) : Microseconds{};
    }

    // clang-format off
    template <class TimePoint>
        requires requires(TimePoint const now) { { now.time_since_epoch() } -> duration_like; }
    // clang-format on
    constexpr void sent(TimePoint now) noexcept { sent(now.time_since_epoch()); }

    // clang-format off
    template <class TimePoint>
        requires requires(TimePoint const now) { { now.time_since_epoch() } -> duration_like; }
    // clang-format on
    [[nodiscard]] constexpr Microseconds answered(TimePoint now) noexcept
    {
        return answered(now.time_since_epoch());
    }

    // was something sent, and not answered yet?
    [[nodiscard]] constexpr bool running() const noexcept { return running_; }

private:
    double sent_ = 0; // microseconds of the caller's clock: 0.25 us fine for 140 years
    bool running_ = false;
};

// Of so many bytes, by FNV-1a; never 0.
template <class Byte>
    requires(sizeof(Byte) == 1)
[[nodiscard]] constexpr std::uint64_t token_of(Byte const* data, std::size_t size) noexcept
{
    std::uint64_t const hash = detail::fnv1a(data, size);
    return hash == 0 ? 1 : hash;
}

// Up to the first zero byte.
[[nodiscard]] constexpr std::uint64_t token_of(char const* text) noexcept
{
    std::size_t size = 0;
    while (text[size] != '\0')
        ++size;
    return token_of(text, size);
}

namespace detail {

// clang-format off
template <class Bytes>
concept bytes_like = requires(Bytes const& bytes) {
    requires sizeof(*bytes.data()) == 1;
    { bytes.size() } -> std::convertible_to<std::size_t>;
};
// clang-format on

} // namespace detail

// Of a std::string, a std::array of bytes, and what else has data() and size().
template <detail::bytes_like Bytes>
[[nodiscard]] constexpr std::uint64_t token_of(Bytes const& bytes) noexcept
{
    return token_of(bytes.data(), bytes.size());
}

} // namespace aroma

#endif // AROMA_EXCHANGE_HPP
