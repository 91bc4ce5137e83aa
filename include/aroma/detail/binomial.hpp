// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/binomial.hpp: bounds of a true share from a counted one.
#ifndef AROMA_DETAIL_BINOMIAL_HPP
#define AROMA_DETAIL_BINOMIAL_HPP

#include <aroma/detail/bisect.hpp>

#include <cstdint> // uint64_t

namespace aroma::detail {

// The largest count that is at most this share (0 to 1) of all. By the quotient, since the product
// of 0.29 and 100 is below 29.
[[nodiscard]] constexpr std::uint64_t most_within(double share, std::uint64_t all) noexcept
{
    auto const share_of = [all](std::uint64_t some) {
        return static_cast<double>(some) / static_cast<double>(all);
    };
    auto most = static_cast<std::uint64_t>(share * static_cast<double>(all));
    if (most > 0 && share_of(most) > share)
        --most;
    else if (most < all && share_of(most + 1) <= share)
        ++most;
    return most;
}

// The probability that at most k of n events happen, each with probability p in (0, 1). Sums the
// terms of the binomial distribution relative to its largest, by the quotient of neighbours,
// outwards until they no longer matter: no term overflows or vanishes, and no logarithm or gamma
// function is needed. For 10^10 connections these are some 10^5 terms.
[[nodiscard]] constexpr double binomial_at_most(std::uint64_t k, std::uint64_t n, double p) noexcept
{
    if (k >= n)
        return 1;
    constexpr double negligible = 1e-30;
    double const odds = p / (1 - p);
    auto const real = [](std::uint64_t count) { return static_cast<double>(count); };
    auto mode = static_cast<std::uint64_t>(real(n) * p);
    mode = mode < n ? mode : n;
    double all = 1, lower = mode <= k ? 1 : 0;
    double term = 1;
    for (std::uint64_t i = mode; i > 0 && term > negligible; --i) {
        term *= real(i) / (real(n - i + 1) * odds);
        all += term;
        lower += i - 1 <= k ? term : 0;
    }
    term = 1;
    for (std::uint64_t i = mode; i < n && term > negligible; ++i) {
        term *= real(n - i) * odds / real(i + 1);
        all += term;
        lower += i + 1 <= k ? term : 0;
    }
    return lower / all;
}

// Whether at most this many of all show, with this confidence, that the share is at most the rate.
[[nodiscard]] constexpr bool shows_rate(std::uint64_t below, std::uint64_t of, double rate,
                                        double confidence) noexcept
{
    return of > 0 && below < of && binomial_at_most(below, of, rate) <= 1 - confidence;
}

// Clopper and Pearson's exact one-sided upper bound of a share, from `below` of `of`, to about 12
// digits; 1 if `of` is 0. confidence: 0.5 to 0.9999.
[[nodiscard]] constexpr double share_upper_bound(std::uint64_t below, std::uint64_t of,
                                                 double confidence = 0.95) noexcept
{
    if (below >= of)
        return 1;
    double low = static_cast<double>(below) / static_cast<double>(of), high = low,
           step = 1 / static_cast<double>(of);
    do {
        low = high;
        high += step;
        step *= 2;
    } while (high < 1 && !shows_rate(below, of, high, confidence));
    high = high < 1 ? high : 1;
    for (int i = 0; i < 45; ++i) {
        double const middle = low + (high - low) / 2;
        (shows_rate(below, of, middle, confidence) ? high : low) = middle;
    }
    return high;
}

// The number of connections needed to show a rate (0.000001 to 0.5): the smallest n with (1 -
// rate)^n <= 1 - confidence.
[[nodiscard]] constexpr std::uint64_t connections_needed(double rate,
                                                         double confidence = 0.95) noexcept
{
    std::uint64_t few = 0, enough = 1;
    while (!shows_rate(0, enough, rate, confidence) && enough < (std::uint64_t{1} << 40)) {
        few = enough;
        enough *= 2;
    }
    return first_without(few + 1, enough, [&](std::uint64_t connections) {
        return !shows_rate(0, connections, rate, confidence);
    });
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_BINOMIAL_HPP
