// SPDX-License-Identifier: BSL-1.0
//
// What is neither a descriptor nor has one is named in one line.

#include <aroma/aroma.hpp>

struct Socket {
    int native_handle() { return -1; }
};
struct Stream {
    void* native_handle() { return nullptr; }
};

#ifdef AROMA_EXPECT_FAIL
aroma::Band look(Stream& stream)
{
    return aroma::score(stream).band;
}
#else
aroma::Band look(Socket& socket)
{
    return aroma::score(socket).band;
}
#endif
