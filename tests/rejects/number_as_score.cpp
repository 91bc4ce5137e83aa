// SPDX-License-Identifier: BSL-1.0
//
// A number becomes a score only if the code says so.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Score score = 0.5;
#else
aroma::Score score{0.5};
#endif
