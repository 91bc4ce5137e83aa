// SPDX-License-Identifier: BSL-1.0
//
// Thresholds are of scores: RTTs below some number of microseconds say nothing about them.

#include <aroma/operate/calibration.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Thresholds usual(aroma::Segment const& segment)
{
    return calibrate(segment.transport).thresholds();
}
#else
aroma::Thresholds usual(aroma::Segment const& segment)
{
    return calibrate(segment.scores).thresholds();
}
#endif
