// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/logarithm.hpp: both functions, and that no input gives an infinity.

#include "facts.hpp"

#include <aroma/detail/logarithm.hpp>

#include <limits>

namespace {

using namespace aroma;
using facts::near;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double denormal = std::numeric_limits<double>::denorm_min();

static_assert(detail::logarithm(1) == 0 && detail::exponential(0) == 1);
static_assert(near(detail::logarithm(2.718281828459045), 1, 1e-15)
              && near(detail::exponential(1), 2.718281828459045, 1e-15));
static_assert(detail::logarithm(infinity) < 710 && detail::exponential(infinity) < infinity
              && detail::exponential(-infinity) > 0);
static_assert(near(detail::logarithm(denormal), -744.4400719213812, 1e-12)
              && detail::logarithm(0) < -708 && detail::logarithm(-1) < -708);
static_assert(detail::logarithm(nan) == 0 && detail::exponential(nan) == 1);

} // namespace
