// SPDX-License-Identifier: BSL-1.0
//
// A score that nobody reads is a mistake.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
void look(int fd)
{
    aroma::score(fd);
}
#else
aroma::Band look(int fd)
{
    return aroma::score(fd).band;
}
#endif
