// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/millionths.hpp: a number from 0 to 1 to whole millionths or other parts, and back.
#ifndef AROMA_DETAIL_MILLIONTHS_HPP
#define AROMA_DETAIL_MILLIONTHS_HPP

#include <aroma/detail/language.hpp>

#include <cstdint>     // uint32_t
#include <type_traits> // is_constant_evaluated

namespace aroma::detail {

// n / Parts as the nearest double, equal to a literal such as 0.7. The divisor is hidden from
// -ffast-math, which would multiply by its inverse, and the quotient from 32-bit x86, which would
// keep 80 bits of it: both would move edges.
template <std::uint32_t Parts>
[[nodiscard]] constexpr double from_parts(std::uint32_t n) noexcept
{
    if (std::is_constant_evaluated())
        return static_cast<double>(n) / Parts;
    double const volatile divisor = Parts;
    double const volatile quotient = n / divisor;
    return quotient;
}

// The number of whole parts in a value from 0 to 1, rounded down: from_parts() of it is never above
// the value, and an edge belongs to the part above it. A product alone would put 0.29 in the 28th
// hundredth.
template <std::uint32_t Parts>
[[nodiscard]] constexpr std::uint32_t to_parts(double value) noexcept
{
    auto n = static_cast<std::uint32_t>(value * Parts);
    // NaN that -ffast-math has let pass: an edge that accuses no client
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
