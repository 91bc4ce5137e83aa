// SPDX-License-Identifier: BSL-1.0
//
// A thousand calls of each operation, for callgrind to count: tests/benchmarks/instructions.test.sh
// has what each may take.

#include "operations.hpp"

#include "../tests/support/sockets.hpp"

#include <cstddef>
#include <cstdio>

int main()
{
    using namespace benchmarks;
    live::Connection pair = live::connected();
    for (int i = 0; i < 5; ++i)
        pair.exchange();
    int const fd = pair.server.get();
    if (aroma::score(fd).status != aroma::Status::ok) {
        std::fprintf(stderr, "instructions: the connection is not scored: %s\n",
                     message(aroma::score(fd).status));
        return 1;
    }
    for (auto const& [name, call] : operations)
        for (std::size_t i = 0; i < 1000; ++i)
            call(fd, i);
}
