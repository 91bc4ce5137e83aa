// SPDX-License-Identifier: BSL-1.0
//
// score(fd) against its limit: a bare getsockopt(TCP_INFO) and one division, on the same socket, in
// turn within one run.

#include <aroma/aroma.hpp>

#include "../examples/common/descriptors.hpp"
#include "../tests/support/sockets.hpp"
#include "compare.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

namespace {

[[gnu::always_inline]] inline double bare(int fd)
{
    alignas(8) unsigned char bytes[152];
    socklen_t length = sizeof bytes;
    if (getsockopt(fd, IPPROTO_TCP, 11, bytes, &length) != 0 || length < sizeof bytes)
        return 0;
    std::uint32_t minimum, smoothed;
    std::memcpy(&minimum, bytes + 148, 4);
    std::memcpy(&smoothed, bytes + 68, 4);
    return static_cast<double>(minimum) / smoothed;
}

[[gnu::always_inline]] inline double score(int fd)
{
    return aroma::score(fd).score.value_or(0);
}

[[gnu::always_inline]] inline double score_history(int fd)
{
    static aroma::ConnectionHistory history;
    return aroma::score(fd, history).score.value_or(0);
}

// Where a function and its frame lie makes some per cent of a system call's time, whatever the
// function does. So both are tried at sixteen places of the code, in each turn another, and of the
// stack.
template <double (*score)(int), std::size_t place>
[[gnu::noinline]] double placed(int fd)
{
    asm volatile(".skip %c0, 0x90" : : "i"(place * 4 + 1)); // nops
    auto* const room = static_cast<char volatile*>(__builtin_alloca(place * 48 % 256 + 1));
    room[0] = 0;
    return score(fd);
}

// The time of a score, of two thousand in a row.
template <double (*score)(int)>
auto timed(int fd)
{
    return [fd, turn = 0]() mutable {
        static constexpr auto at = []<std::size_t... place>(std::index_sequence<place...>)
        {
            return std::array{&placed<score, place>...};
        }
        (std::make_index_sequence<16>{});
        auto* const placed_score = at[static_cast<std::size_t>(turn++ * 5 % 16)];
        return benchmarks::nanoseconds(2000,
                                       [&](std::size_t) { benchmarks::keep(placed_score(fd)); });
    };
}

} // namespace

int main()
{
    examples::hold_standard_descriptors();
    live::Connection pair = live::connected();
    for (int i = 0; i < 10; ++i)
        pair.exchange();
    int const server = pair.server.get();
    if (aroma::score(server).status != aroma::Status::ok) {
        std::fprintf(stderr, "benchmark-score-fd: the connection is not scored: %s\n",
                     message(aroma::score(server).status));
        return 1;
    }

    using benchmarks::compare;
    char const* const by_hand = "the same by hand, unguarded";
    auto const bare_score = timed<bare>(server);
    compare("score(fd)", timed<score>(server), by_hand, bare_score, 96);
    compare("score(fd, history)", timed<score_history>(server), by_hand, bare_score, 96);
    compare("the same again", bare_score, by_hand, bare_score, 96);
    compare("score(fd), not a socket", timed<score>(0), by_hand, timed<bare>(0), 96);
}
