// SPDX-License-Identifier: BSL-1.0
//
// Error rates that a coin would beat.

#include <aroma/decide/sequential_test.hpp>

#ifdef AROMA_EXPECT_FAIL
auto test = aroma::SequentialTest::with({.false_positive = 0.6, .miss = 0.4});
#else
auto test = aroma::SequentialTest::with({.false_positive = 0.06, .miss = 0.04});
#endif
