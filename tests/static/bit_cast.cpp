// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/bit_cast.hpp: the same bytes, there and back.

#include <aroma/detail/bit_cast.hpp>

#include <bit>
#include <cstdint>
#include <limits>

namespace {

using namespace aroma;

constexpr bool as_of_std(double value)
{
    auto const bits = detail::bit_cast<std::uint64_t>(value);
    return bits == std::bit_cast<std::uint64_t>(value)
        && std::bit_cast<std::uint64_t>(detail::bit_cast<double>(bits)) == bits;
}
static_assert(as_of_std(0.1) && as_of_std(-0.0)
              && as_of_std(std::numeric_limits<double>::infinity())
              && as_of_std(std::numeric_limits<double>::quiet_NaN())
              && as_of_std(std::numeric_limits<double>::denorm_min()));
static_assert(noexcept(detail::bit_cast<std::uint64_t>(0.1)));

} // namespace
