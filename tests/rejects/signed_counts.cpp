// SPDX-License-Identifier: BSL-1.0
//
// Counts below zero are none.

#include <aroma/decide/likelihood.hpp>

#ifdef AROMA_EXPECT_FAIL
int counts[10]{};
auto validate(aroma::ScoreLikelihood<>& l)
{
    return l.adjust(counts, counts);
}
#else
unsigned counts[10]{};
auto validate(aroma::ScoreLikelihood<>& l)
{
    return l.adjust(counts, counts);
}
#endif
