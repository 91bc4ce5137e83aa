// SPDX-License-Identifier: BSL-1.0
//
// A number becomes a probability only if the code says so.

#include <aroma/decide/evidence.hpp>
#include <aroma/decide/likelihood.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Evidence evidence{0.01};
#else
aroma::Evidence evidence{aroma::Probability::with(0.01)};
#endif
