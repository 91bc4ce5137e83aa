// SPDX-License-Identifier: BSL-1.0
//
// The size of a part, or the -1 of a write that failed, would be taken for true.

#include <aroma/operate/threshold_text.hpp>

long write_some(char const* data, std::size_t size);
bool write_all(char const* data, std::size_t size);

#ifdef AROMA_EXPECT_FAIL
bool keep(aroma::ThresholdTable<4> const& table)
{
    return save(table, write_some);
}
#else
bool keep(aroma::ThresholdTable<4> const& table)
{
    return save(table, write_all);
}
#endif
