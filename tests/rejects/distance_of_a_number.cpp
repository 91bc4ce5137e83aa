// SPDX-License-Identifier: BSL-1.0
//
// An RTT has a unit, or it is none.

#include <aroma/decide/distance.hpp>

#ifdef AROMA_EXPECT_FAIL
auto distance = aroma::farthest(4.0);
#else
auto distance = aroma::farthest(aroma::Duration<double, std::milli>{4.0});
#endif
