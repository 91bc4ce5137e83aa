// SPDX-License-Identifier: BSL-1.0
//
// A score may be unknown, so it is not compared with a number: take value(), or better the band.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
bool low(aroma::Assessment const& a)
{
    return a.score < 0.1;
}
#else
bool low(aroma::Assessment const& a)
{
    return a.score.value() < 0.1;
}
#endif
