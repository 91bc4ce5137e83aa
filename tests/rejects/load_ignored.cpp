// SPDX-License-Identifier: BSL-1.0
//
// Whether a text was loaded has to be looked at.

#include <aroma/operate/baseline_text.hpp>

#ifdef AROMA_EXPECT_FAIL
void read(char const* data, std::size_t size, aroma::Baseline<4>& into)
{
    load(data, size, into);
}
#else
bool read(char const* data, std::size_t size, aroma::Baseline<4>& into)
{
    return load(data, size, into).error == aroma::LoadError::none;
}
#endif
