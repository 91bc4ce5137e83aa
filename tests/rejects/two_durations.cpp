// SPDX-License-Identifier: BSL-1.0
//
// What an expert adds has a name each, so that no two can change places.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Band look(int fd, aroma::ConnectionHistory& history)
{
    return aroma::score(fd, history, aroma::Microseconds{1}, aroma::Microseconds{2}).band;
}
#else
aroma::Band look(int fd, aroma::ConnectionHistory& history)
{
    return aroma::score(fd, history, {.tick = aroma::Microseconds{2}}).band;
}
#endif
