// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/binomial.hpp: the tail, and the fewest connections that show a rate.

#include "facts.hpp"

#include <aroma/detail/binomial.hpp>

namespace {

using namespace aroma::detail;
using facts::near;

static_assert(near(binomial_at_most(0, 1, 0.25), 0.75, 1e-12)
              && near(binomial_at_most(1, 2, 0.5), 0.75, 1e-12)
              && near(binomial_at_most(2, 4, 0.5), 11.0 / 16, 1e-12));
static_assert(binomial_at_most(3, 3, 0.5) == 1 && binomial_at_most(9, 3, 0.5) == 1);
static_assert(connections_needed(0.01) == 299 && shows_rate(0, 299, 0.01, 0.95)
                  && !shows_rate(0, 298, 0.01, 0.95),
              "the rule of three");
static_assert(share_upper_bound(3, 3) == 1 && share_upper_bound(0, 0) == 1
              && near(share_upper_bound(0, 1), 0.95, 1e-12));
static_assert(most_within(0.29, 100) == 29 && most_within(0.14, 100) == 14
                  && most_within(0.289, 100) == 28,
              "0.29 * 100 is below 29, and 0.14 * 100 above 14");
static_assert(most_within(0, 100) == 0 && most_within(1, 100) == 100 && most_within(0.5, 0) == 0);

} // namespace
