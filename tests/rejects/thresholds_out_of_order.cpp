// SPDX-License-Identifier: BSL-1.0
//
// Constant thresholds in the wrong order do not compile.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::ThresholdClassifier classify =
    aroma::ThresholdClassifier::with({.normal = 0.1, .unstable = 0.3, .suspicious = 0.7});
#else
aroma::ThresholdClassifier classify =
    aroma::ThresholdClassifier::with({.normal = 0.7, .unstable = 0.3, .suspicious = 0.1});
#endif
