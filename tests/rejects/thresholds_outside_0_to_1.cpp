// SPDX-License-Identifier: BSL-1.0
//
// Constant thresholds in percent do not compile.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::ThresholdClassifier classify =
    aroma::ThresholdClassifier::with({.normal = 70, .unstable = 30, .suspicious = 10});
#else
aroma::ThresholdClassifier classify =
    aroma::ThresholdClassifier::with({.normal = 0.7, .unstable = 0.3, .suspicious = 0.1});
#endif
