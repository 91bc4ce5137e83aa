// SPDX-License-Identifier: BSL-1.0
//
// A number does not become microseconds by itself.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Microseconds rtt = 5000;
#else
aroma::Microseconds rtt{5000};
#endif
