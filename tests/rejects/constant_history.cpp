// SPDX-License-Identifier: BSL-1.0
//
// score() writes the history that it takes, which may not be constant.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Band look(int fd, aroma::ConnectionHistory const& history)
{
    return aroma::score(fd, history).band;
}
#else
aroma::Band look(int fd, aroma::ConnectionHistory& history)
{
    return aroma::score(fd, history).band;
}
#endif
