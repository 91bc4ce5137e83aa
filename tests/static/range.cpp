// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/range.hpp: where a double lies, by its bits.

#include <aroma/detail/range.hpp>

#include <limits>

namespace {

using namespace aroma::detail;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double tiny = std::numeric_limits<double>::denorm_min();
static_assert(is_number(0) && is_number(-1.5) && is_number(infinity) && is_number(-infinity)
              && is_number(tiny) && !is_number(nan) && !is_number(-nan));
static_assert(is_between(0, 0, 1) && is_between(0, -0.0, 1) && is_between(0, 1, 1)
              && is_between(0, tiny, 1) && is_between(0.1, 0.1, 0.7));
static_assert(!is_between(0, -tiny, 1) && !is_between(0, 1.0000000000000002, 1)
              && !is_between(0, nan, 1) && !is_between(0, -nan, 1) && !is_between(0, infinity, 1)
              && !is_between(0, -infinity, 1) && !is_between(0.1, 0.09, 0.7));
static_assert(is_inside(tiny, 1) && is_inside(0.5, 1) && is_inside(1, infinity));
static_assert(!is_inside(0, 1) && !is_inside(-0.0, 1) && !is_inside(1, 1) && !is_inside(-tiny, 1)
              && !is_inside(nan, infinity) && !is_inside(-nan, infinity)
              && !is_inside(infinity, infinity) && !is_inside(-infinity, infinity));

static_assert(equal(0.1, 0.1) && equal(0, -0.0) && equal(infinity, infinity));
static_assert(!equal(0, tiny) && !equal(-tiny, 0) && !equal(nan, nan) && !equal(nan, 0)
              && !equal(infinity, -infinity));

} // namespace
