// SPDX-License-Identifier: BSL-1.0
//
// Nothing observed is impossible.

#include <aroma/decide/likelihood.hpp>

#ifdef AROMA_EXPECT_FAIL
auto ratio = aroma::LikelihoodRatio::with({.if_proxy = 0.9, .if_direct = 0});
#else
auto ratio = aroma::LikelihoodRatio::with({.if_proxy = 0.9, .if_direct = 0.001});
#endif
