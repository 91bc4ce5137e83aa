// SPDX-License-Identifier: BSL-1.0
//
// aroma/methods.hpp: the formulas from a sample to a score.
//
// Synopsis
//   struct MinOverSmoothed;               minimum / smoothed: Aroma's score, from TCP alone;
//                                         with an optional floor
//   struct TransportOverApplication;      minimum / application: the same quotient across layers
//   struct ReferenceOverExcess;           R / (R + excess): only the proxy leg counts
//                                         excess = application - minimum - allowance
//   enum class Basis;                     which formula a score came from
//
// Every method returns an unknown score if a duration that it needs is not measured().
#ifndef AROMA_METHODS_HPP
#define AROMA_METHODS_HPP

#include <aroma/detail/bit_cast.hpp>
#include <aroma/detail/range.hpp>
#include <aroma/duration.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score.hpp>

#include <cstdint>     // uint8_t, uint32_t
#include <limits>      // numeric_limits
#include <ratio>       // micro
#include <type_traits> // is_same_v

namespace aroma {

// The method that a score came from.
enum class Basis : std::uint8_t {
    none,                       // there is no score
    min_over_smoothed,          // MinOverSmoothed
    transport_over_application, // TransportOverApplication
    reference_over_excess,      // ReferenceOverExcess
    // the peer acknowledged nothing by itself, though more than an initial window was sent
    withheld_acks,
    custom, // a method that names no basis of its own
};

[[nodiscard]] constexpr char const* name(Basis basis) noexcept
{
    switch (basis) {
    case Basis::none: return "none";
    case Basis::min_over_smoothed: return "min_over_smoothed";
    case Basis::transport_over_application: return "transport_over_application";
    case Basis::reference_over_excess: return "reference_over_excess";
    case Basis::withheld_acks: return "withheld_acks";
    case Basis::custom: return "custom";
    default: break;
    }
    return "none";
}

namespace detail {

// part / whole of 32-bit counts without a branch, so that compilers can vectorize it
// (benchmarks/samples.cpp measures the gain).
struct CountRatio {
    [[nodiscard]] static constexpr Score of(std::uint32_t part, std::uint32_t whole,
                                            bool known) noexcept
    {
        // an unknown part becomes 0, and a whole of 0 becomes 1
        auto const all = static_cast<std::uint32_t>(-static_cast<std::int32_t>(known));
        Score score;
        score.value_ = as_double(exactly((part < whole ? part : whole) & all)
                                 / exactly(whole + static_cast<std::uint32_t>(whole == 0)));
        return score;
    }

private:
    // As a double, through the bits of 2^52 + count: few processors convert several unsigned
    // integers at once.
    static constexpr double exactly(std::uint32_t count) noexcept
    {
        return bit_cast<double>(0x4330'0000'0000'0000U | count) - 0x1p52;
    }
};

// part / whole of two durations of one type, so that no unit can be wrong.
template <duration_like D>
[[nodiscard]] constexpr Score ratio_of(D part, D whole) noexcept
{
    if constexpr (std::is_same_v<typename D::rep, std::uint32_t>)
        return CountRatio::of(part.count(), whole.count(),
                              (int{measured(part)} & int{measured(whole)}) != 0);
    else if (!measured(part) || !measured(whole))
        return Score{};
    else
        return Score::ratio(static_cast<double>(part.count()), static_cast<double>(whole.count()));
}

} // namespace detail

// Aroma's score to the letter: tcpi_min_rtt / tcpi_rtt (Sakura-sx/Aroma, 2025). It falls while a
// proxy's delayed ACKs lift the smoothed RTT: the client must answer within the proxy's delayed-ACK
// timer (40 ms on Linux), and the proxy must be near the server.
struct MinOverSmoothed {
    static constexpr Basis basis = Basis::min_over_smoothed; // for Assessment::basis

    // A smoothed RTT less than this above the minimum scores 1. Zero, the default, gives Aroma's
    // score; near_floor is for clients that may be near the server. If below zero or not a number,
    // all scores are unknown.
    Duration<double, std::micro> floor{0.0};

    // Differences of a few ms come from the client's machine or a scheduler. Lab
    // (benchmarks/README.md): of 28 direct connections of Chromium, 1 to 5 ms away, 3 scored below
    // 0.3, with a smoothed RTT up to 6.0 ms above the minimum. With this floor the ratio misses a
    // third of the clients 5 to 39 ms behind a near proxy that it detects without, mostly the
    // nearest.
    static constexpr Duration<double, std::micro> near_floor{6000.0};

    // The quotient of minimum and smoothed; 1 below the floor.
    template <duration_like D>
    [[nodiscard]] constexpr Score operator()(RttSample<D> const& sample) const noexcept
    {
        Score const ratio = detail::ratio_of(sample.minimum, sample.smoothed);
        if (!ratio.known() || detail::is_between(0, floor.count(), 0))
            return ratio;
        if (!detail::is_number(floor.count()) || floor.count() < 0)
            return Score{};
        return count_in<std::micro>(sample.smoothed) - count_in<std::micro>(sample.minimum)
                     < floor.count()
                 ? Score{1.0}
                 : ratio;
    }
};

// TCP's RTT over the RTT above it (of TLS, HTTP, a ping). It depends on the near leg, from the
// proxy to the server, as much as on the proxy leg.
struct TransportOverApplication {
    static constexpr Basis basis = Basis::transport_over_application; // for Assessment::basis

    // The quotient of minimum and application.
    template <duration_like D>
    [[nodiscard]] constexpr Score operator()(RttSample<D> const& sample) const noexcept
    {
        return detail::ratio_of(sample.minimum, sample.application);
    }
};

// The quotient for a proxy at a fixed distance R from the server, so that only the excess matters.
//
// The excess is relative to the minimum RTT. In the lab (tests/lab), the lowest of seven replies
// gave at most 2.9 ms for direct clients 2 to 200 ms away with up to 40 ms of jitter and 1 % of
// loss, and the proxy leg for proxied ones. Relative to the smoothed RTT, which a near proxy's
// delayed ACKs lift, a leg of 10 ms vanished and one of 20 ms became 4 ms.
struct ReferenceOverExcess {
    static constexpr Basis basis = Basis::reference_over_excess; // for Assessment::basis

    // R: an excess of nine times R scores 0.1. The default, 50 ms / 9, puts the published rule "TLS
    // RTT minus TCP RTT is 50 ms" (BADPASS: 0.04 % false positives, 1.93 % false negatives on 92.7
    // M connections) on the edge of the worst band. An excess of 13 ms then scores 0.3, and 2.4 ms
    // scores 0.7. If not above zero, all scores are unknown.
    Duration<double, std::micro> reference{50'000.0 / 9};

    // The time that the client itself may need before it answers, subtracted from the excess. If
    // below zero, infinite or not a number, all scores are unknown.
    Duration<double, std::micro> allowance{0.0};

    // R / (R + excess); the excess is zero if the application RTT is shorter than the minimum.
    template <duration_like D>
    [[nodiscard]] constexpr Score operator()(RttSample<D> const& sample) const noexcept
    {
        constexpr double largest = (std::numeric_limits<double>::max)();
        if (!measured(sample.minimum) || !measured(sample.application) || !measured(reference)
            || !detail::is_between(0, allowance.count(), largest))
            return Score{};
        double const excess = count_in<std::micro>(sample.application)
                            - count_in<std::micro>(sample.minimum) - allowance.count();
        double const whole = reference.count() + (excess > 0 ? excess : 0);
        return Score::ratio(reference.count(), detail::is_inside(whole, largest) ? whole : largest);
    }
};

} // namespace aroma

#endif // AROMA_METHODS_HPP
