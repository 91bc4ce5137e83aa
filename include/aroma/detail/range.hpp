// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/range.hpp: whether a double is a number and within a range, under any compiler
// flags.
#ifndef AROMA_DETAIL_RANGE_HPP
#define AROMA_DETAIL_RANGE_HPP

#include <aroma/detail/bit_cast.hpp>

#include <cstdint> // uint64_t

namespace aroma::detail {

// By its bits: -ffast-math may take a comparison with NaN for either.
[[nodiscard]] constexpr bool is_number(double x) noexcept
{
    return (bit_cast<std::uint64_t>(x) & 0x7FFF'FFFF'FFFF'FFFFu) <= 0x7FF0'0000'0000'0000u;
}

// low <= x <= high, for low >= 0: the bits of these numbers are in the same order, except -0.
[[nodiscard]] constexpr bool is_between(double low, double x, double high) noexcept
{
    auto const bits = [](double number) {
        auto const all = bit_cast<std::uint64_t>(number);
        return all == 0x8000'0000'0000'0000u ? 0 : all;
    };
    return bits(x) >= bits(low) && bits(x) <= bits(high);
}

// 0 < x < end, for end > 0: neither zero nor NaN, and not infinity.
[[nodiscard]] constexpr bool is_inside(double x, double end) noexcept
{
    auto const bits = bit_cast<std::uint64_t>(x);
    return bits > 0 && bits < bit_cast<std::uint64_t>(end);
}

// a == b, without the operator that -Wfloat-equal warns of.
[[nodiscard]] constexpr bool equal(double a, double b) noexcept
{
    return a <= b && a >= b;
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_RANGE_HPP
