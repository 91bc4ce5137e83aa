// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/millionths.hpp: there and back, and rounded down between two.

#include <aroma/detail/millionths.hpp>

#include <cstdint>

namespace {

using namespace aroma::detail;

static_assert(from_millionths(700'000) == 0.7 && from_millionths(300'000) == 0.3
              && from_millionths(1'000'000) == 1 && from_millionths(1) == 1e-6);
constexpr bool back(std::uint32_t from, std::uint32_t to)
{
    for (std::uint32_t millionths = from; millionths <= to; ++millionths)
        if (to_millionths(from_millionths(millionths)) != millionths)
            return false;
    return true;
}
static_assert(back(0, 1000) && back(299'500, 300'500) && back(699'500, 700'500)
              && back(999'000, 1'000'000));
static_assert(to_millionths(0.0999999) == 99'999 && to_millionths(1e-7) == 0
              && to_millionths(0.9999999) == 999'999);

// Of other parts too: 0.29 * 100, 0.57 * 100 and 0.58 * 100 are below 29, 57 and 58.
static_assert(from_parts<100>(29) == 0.29 && to_parts<100>(0.29) == 29 && to_parts<100>(0.57) == 57
              && to_parts<100>(0.58) == 58 && to_parts<50>(0.58) == 29);
static_assert(to_parts<3>(0) == 0 && to_parts<3>(1) == 3 && to_parts<100>(0.2899999) == 28
              && to_parts<1>(0.999999) == 0);

} // namespace
