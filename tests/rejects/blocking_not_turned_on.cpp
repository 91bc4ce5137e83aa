// SPDX-License-Identifier: BSL-1.0
//
// A rule that blocks does not compile where nobody has turned blocking on.

#include <aroma/decide/policy.hpp>

#ifdef AROMA_EXPECT_FAIL
auto policy = aroma::Policy<>::with({.by_band = {.proxy = aroma::Response::block}});
#else
auto policy =
    aroma::Policy<>::with({.by_band = {.proxy = aroma::Response::block}}, aroma::AllowBlocking{});
#endif
