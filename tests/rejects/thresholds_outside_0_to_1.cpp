// SPDX-License-Identifier: BSL-1.0
//
// Constant thresholds in percent do not compile.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::ThresholdClassifier classify = aroma::ThresholdClassifier::with(
    {.unstable_below = 70, .suspicious_below = 30, .proxy_below = 10});
#else
aroma::ThresholdClassifier classify = aroma::ThresholdClassifier::with(
    {.unstable_below = 0.7, .suspicious_below = 0.3, .proxy_below = 0.1});
#endif
