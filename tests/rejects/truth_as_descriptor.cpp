// SPDX-License-Identifier: BSL-1.0
//
// A truth is no descriptor.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Band look(bool fd)
{
    return aroma::score(fd).band;
}
#else
aroma::Band look(int fd)
{
    return aroma::score(fd).band;
}
#endif
