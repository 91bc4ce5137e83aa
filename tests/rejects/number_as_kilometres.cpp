// SPDX-License-Identifier: BSL-1.0
//
// A number does not say whether it counts kilometres or miles.

#include <aroma/decide/distance.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Kilometres far = 600.0;
#else
aroma::Kilometres far{600.0};
#endif
