// SPDX-License-Identifier: BSL-1.0
//
// A bare number would not say whether it counts milliseconds or microseconds.

#include <aroma/operate/histogram.hpp>

void count(aroma::RttHistogram& rtts)
{
#ifdef AROMA_EXPECT_FAIL
    rtts.add(5);
#else
    rtts.add(aroma::Microseconds{5});
#endif
}
