// SPDX-License-Identifier: BSL-1.0
//
// The -1 of a write that failed would be taken for true.

#include <aroma/operate/baseline_text.hpp>

long write_some(char const* data, std::size_t size);

#ifdef AROMA_EXPECT_FAIL
bool keep(aroma::Baseline<4> const& baseline)
{
    return save(baseline, write_some);
}
#else
bool keep(aroma::Baseline<4> const& baseline)
{
    return save(baseline, [](char const* data, std::size_t size) {
        return write_some(data, size) == static_cast<long>(size);
    });
}
#endif
