// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/millionths.hpp: a number from 0 to 1 as whole millionths, and back.
#ifndef AROMA_DETAIL_MILLIONTHS_HPP
#define AROMA_DETAIL_MILLIONTHS_HPP

#include <aroma/detail/language.hpp>

#include <cstdint>     // uint32_t
#include <type_traits> // is_constant_evaluated

namespace aroma::detail {

// The double nearest to so many millionths, as 0.7 is written in a program. The divisor is hidden
// from -ffast-math, which would multiply by 0.000001 instead, and the quotient from 32-bit x86,
// which would keep 80 bits of it: both move edges.
[[nodiscard]] constexpr double from_millionths(std::uint32_t millionths) noexcept
{
    if (std::is_constant_evaluated())
        return millionths / 1e6;
    double const volatile million = 1e6;
    double const volatile quotient = millionths / million;
    return quotient;
}

// Rounded down, so that from_millionths() of it is never above the value; value from 0 to 1.
[[nodiscard]] constexpr std::uint32_t to_millionths(double value) noexcept
{
    auto millionths = static_cast<std::uint32_t>(value * 1e6);
    // not a number, and -ffast-math has let it pass: an edge that accuses nobody
    if (millionths > 1'000'000)
        return 0;
    if (from_millionths(millionths) > value)
        --millionths;
    else if (from_millionths(millionths + 1) <= value)
        ++millionths;
    return millionths;
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_MILLIONTHS_HPP
