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
    // How many comparisons a score takes depends on the RTTs, so these are of the most usual kind.
    auto const usual = [](int fd) {
        aroma::Assessment const a = aroma::score(fd);
        return a.band == aroma::Band::normal && a.sample.minimum < a.sample.smoothed;
    };
    live::Connection pair;
    for (int i = 0; i < 10'000 && !usual(pair.server.get()); ++i) {
        if (i % 12 == 0) // later a client may delay what it acknowledges
            pair = live::connected();
        live::send_and_receive(pair.server, pair.client, "an answer");
    }
    int const fd = pair.server.get();
    if (!usual(fd)) {
        std::fprintf(stderr, "instructions: no connection is scored as normal: %s\n",
                     message(aroma::score(fd).status));
        return 1;
    }
    for (auto const& [name, call] : operations)
        for (std::size_t i = 0; i < 1000; ++i)
            call(fd, i);
}
