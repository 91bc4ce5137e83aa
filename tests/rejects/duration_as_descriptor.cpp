// SPDX-License-Identifier: BSL-1.0
//
// A number with a point is no descriptor.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Band look(double rtt)
{
    return aroma::score(rtt).band;
}
#else
aroma::Band look(int fd)
{
    return aroma::score(fd).band;
}
#endif
