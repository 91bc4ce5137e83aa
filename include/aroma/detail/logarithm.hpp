// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/logarithm.hpp: the natural logarithm and its inverse, the same at compile time and
// at run time.
//
// Synopsis
//   double detail::logarithm(x);          ln x, for x finite and above zero; relative error at most
//                                         1e-15
//   double detail::exponential(x);        e^x, for x from -700 to 700; relative error at most 1e-15
//
// <cmath> has no constexpr logarithm in C++20, and costs 155 ms. Arguments outside these ranges are
// clamped; NaN is taken for 1 and 0, whose results are neutral.
#ifndef AROMA_DETAIL_LOGARITHM_HPP
#define AROMA_DETAIL_LOGARITHM_HPP

#include <aroma/detail/bit_cast.hpp>
#include <aroma/detail/range.hpp>

#include <cstdint> // int64_t, uint64_t
#include <limits>  // numeric_limits

namespace aroma::detail {

inline constexpr double ln_2 = 0.693147180559945309417;

// x = m 2^e with m from sqrt(1/2) to sqrt(2), and ln m = 2 artanh((m - 1) / (m + 1)), whose
// argument is at most 0.172: the eleventh power of its square is below 2^-53.
[[nodiscard]] constexpr double logarithm(double x) noexcept
{
    constexpr double smallest = (std::numeric_limits<double>::min)(),
                     largest = (std::numeric_limits<double>::max)();
    std::int64_t exponent = 0;
    if (!is_number(x))
        return 0;
    if (x < smallest) { // a subnormal, whose exponent is in its digits
        x = x > 0 ? x * 18014398509481984.0 : smallest;
        exponent = -54;
    }
    auto const bits = bit_cast<std::uint64_t>(x < largest ? x : largest);
    exponent += static_cast<std::int64_t>(bits >> 52) - 1023;
    double m = bit_cast<double>((bits & 0xF'FFFF'FFFF'FFFFu) | 0x3FF0'0000'0000'0000u);
    if (m > 1.41421356237309505) {
        m /= 2;
        ++exponent;
    }
    double const s = (m - 1) / (m + 1), square = s * s;
    double sum = 0;
    for (int i = 23; i >= 3; i -= 2)
        sum = (sum + 1.0 / i) * square;
    return static_cast<double>(exponent) * ln_2 + 2 * (s + s * sum);
}

// x = k ln 2 + r with r at most half of ln 2, and Taylor's series of e^r, whose fifteenth term is
// below 2^-53.
[[nodiscard]] constexpr double exponential(double x) noexcept
{
    x = !is_number(x) ? 0 : x > 700 ? 700 : x < -700 ? -700 : x;
    auto const k = static_cast<std::int64_t>(x / ln_2 + (x < 0 ? -0.5 : 0.5));
    // ln 2 in two, so that k times high is exact
    constexpr double high = 0.693147180369123816490, low = 1.90821492927058770002e-10;
    double const r = (x - static_cast<double>(k) * high) - static_cast<double>(k) * low;
    double sum = 1;
    for (int i = 15; i >= 1; --i)
        sum = 1 + sum * r / i;
    return sum * bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_LOGARITHM_HPP
