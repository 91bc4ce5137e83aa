// SPDX-License-Identifier: BSL-1.0
//
// A number becomes a score only where somebody says so.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Score score = 0.5;
#else
aroma::Score score{0.5};
#endif
