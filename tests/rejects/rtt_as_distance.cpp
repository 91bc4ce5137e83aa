// SPDX-License-Identifier: BSL-1.0
//
// A time is not compared with a distance: farthest() makes one of the other.

#include <aroma/decide/distance.hpp>

#ifdef AROMA_EXPECT_FAIL
bool far = aroma::Kilometres{600} > aroma::Microseconds{4000};
#else
bool far = aroma::Kilometres{600} > aroma::farthest(aroma::Microseconds{4000});
#endif
