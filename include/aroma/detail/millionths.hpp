// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/millionths.hpp: a number from 0 to 1 to whole millionths or other parts, and back.
#ifndef AROMA_DETAIL_MILLIONTHS_HPP
#define AROMA_DETAIL_MILLIONTHS_HPP

#include <aroma/detail/language.hpp>

#include <cstdint>     // uint32_t
#include <type_traits> // is_constant_evaluated

namespace aroma::detail {

// n / Parts as a double, the one that is nearest, as 0.7 is written in a program. The divisor is
// hidden from -ffast-math, which would multiply by its inverse instead, and the quotient from
// 32-bit x86, which would keep 80 bits of it: both move edges.
template <std::uint32_t Parts>
[[nodiscard]] constexpr double from_parts(std::uint32_t n) noexcept
{
    if (std::is_constant_evaluated())
        return static_cast<double>(n) / Parts;
    double const volatile divisor = Parts;
    double const volatile quotient = n / divisor;
    return quotient;
}

// How many whole parts are in the value, which is from 0 to 1: rounded down, so that from_parts()
// of them is never above it, and an edge is in the part above. A product alone puts 0.29 in the
// 28th hundredth.
template <std::uint32_t Parts>
[[nodiscard]] constexpr std::uint32_t to_parts(double value) noexcept
{
    auto n = static_cast<std::uint32_t>(value * Parts);
    // not a number, and -ffast-math has let it pass: an edge that accuses nobody
    if (n > Parts)
        return 0;
    if (from_parts<Parts>(n) > value)
        --n;
    else if (from_parts<Parts>(n + 1) <= value)
        ++n;
    return n;
}

[[nodiscard]] constexpr double from_millionths(std::uint32_t millionths) noexcept
{
    return from_parts<1'000'000>(millionths);
}

[[nodiscard]] constexpr std::uint32_t to_millionths(double value) noexcept
{
    return to_parts<1'000'000>(value);
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_MILLIONTHS_HPP
