// SPDX-License-Identifier: BSL-1.0
//
// A segment is looked up in order to record in it.

#include <aroma/operate/baseline.hpp>

#ifdef AROMA_EXPECT_FAIL
void add(aroma::Baseline<4>& baseline, aroma::Assessment const&)
{
    baseline.find_or_add("cdg");
}
#else
void add(aroma::Baseline<4>& baseline, aroma::Assessment const& assessment)
{
    baseline.find_or_add("cdg").record(assessment);
}
#endif
