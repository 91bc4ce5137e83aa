// SPDX-License-Identifier: BSL-1.0
//
// A constant threshold that is not a number does not compile.

#include <aroma/aroma.hpp>
#include <limits>

#ifdef AROMA_EXPECT_FAIL
aroma::ThresholdClassifier classify =
    aroma::ThresholdClassifier::with({.proxy_below = std::numeric_limits<double>::quiet_NaN()});
#else
aroma::ThresholdClassifier classify = aroma::ThresholdClassifier::with({.proxy_below = 0.2});
#endif
