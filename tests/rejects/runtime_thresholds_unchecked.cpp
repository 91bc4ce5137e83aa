// SPDX-License-Identifier: BSL-1.0
//
// Thresholds that are known only at run time go through adjust(), which answers; with() cannot.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::ThresholdClassifier make(aroma::Thresholds t)
{
    return aroma::ThresholdClassifier::with(t);
}
#else
aroma::ThresholdError change(aroma::ThresholdClassifier& c, aroma::Thresholds t)
{
    return c.adjust(t);
}
#endif
