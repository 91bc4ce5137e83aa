// SPDX-License-Identifier: BSL-1.0
//
// Whether a text was loaded has to be looked at.

#include <aroma/operate/baseline_text.hpp>

#ifdef AROMA_EXPECT_FAIL
void read(char const* data, std::size_t size, aroma::Baseline<4>& into)
{
    merge_text(data, size, into);
}
#else
bool read(char const* data, std::size_t size, aroma::Baseline<4>& into)
{
    return merge_text(data, size, into).error == aroma::BaselineError::none;
}
#endif
