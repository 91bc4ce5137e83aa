// SPDX-License-Identifier: BSL-1.0
//
// Counts below zero are none.

#include <aroma/decide/likelihood.hpp>

#ifdef AROMA_EXPECT_FAIL
auto counts(int low)
#else
auto counts(unsigned low)
#endif
{
    return aroma::ScoreCounts<10>{.proxied = {low}, .direct = {1}};
}
