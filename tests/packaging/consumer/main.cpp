// SPDX-License-Identifier: BSL-1.0
//
// What a first user writes.

#include <aroma/aroma.hpp>

#include <cstdio>

int main()
{
    aroma::Assessment const a = aroma::score(-1);
    std::printf("aroma %d.%d.%d: %s, %s\n", aroma::version[0], aroma::version[1], aroma::version[2],
                name(a.band), message(a.status));
    return a.status == aroma::Status::bad_descriptor ? 0 : 1;
}
