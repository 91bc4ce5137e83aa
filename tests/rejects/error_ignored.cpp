// SPDX-License-Identifier: BSL-1.0
//
// A set of thresholds that may have been refused cannot be ignored.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
void change(aroma::ThresholdClassifier& c, aroma::Thresholds t)
{
    c.adjust(t);
}
#else
void change(aroma::ThresholdClassifier& c, aroma::Thresholds t)
{
    if (c.adjust(t) != aroma::ThresholdError::none)
        throw 1;
}
#endif
