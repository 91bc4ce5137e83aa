// SPDX-License-Identifier: BSL-1.0
//
// A bare number is no duration: it does not say whether it counts milliseconds or microseconds.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::RttSample<int> sample{5, 50};
#else
aroma::RttSample<aroma::Microseconds> sample{aroma::Microseconds{5}, aroma::Microseconds{50}};
#endif
