// SPDX-License-Identifier: BSL-1.0
//
// Nor one that blocks by a probability.

#include <aroma/decide/policy.hpp>

#ifdef AROMA_EXPECT_FAIL
auto policy = aroma::Policy<>::with({.by_probability = {.block = 0.999}});
#else
auto policy = aroma::Policy<>::with({.by_probability = {.block = 1}});
#endif
