// SPDX-License-Identifier: BSL-1.0
//
// A worse band is not answered more mildly than a better one.

#include <aroma/decide/policy.hpp>

#ifdef AROMA_EXPECT_FAIL
auto policy = aroma::Policy<>::with(
    {.by_band = {.suspicious = aroma::Response::challenge, .proxy = aroma::Response::allow}});
#else
auto policy = aroma::Policy<>::with(
    {.by_band = {.suspicious = aroma::Response::allow, .proxy = aroma::Response::challenge}});
#endif
