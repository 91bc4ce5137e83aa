// SPDX-License-Identifier: BSL-1.0
//
// score(fd) against its limit: a bare getsockopt(TCP_INFO) and one division, on the same socket, in
// turn within one run.

#include <aroma/aroma.hpp>

#include "compare.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

void keep(double value)
{
    asm volatile("" : : "m"(value) : "memory");
}

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
        constexpr int times = 2000;
        auto const begun = std::chrono::steady_clock::now();
        for (int i = 0; i < times; ++i)
            keep(placed_score(fd));
        return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun)
                   .count()
             / times;
    };
}

} // namespace

int main()
{
    int const listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    int const client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0
        || listen(listener, 1) != 0
        || getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0
        || connect(client, reinterpret_cast<sockaddr*>(&address), length) != 0) {
        std::perror("benchmark-score-fd: no loopback connection");
        return 1;
    }
    int const server = accept(listener, nullptr, nullptr);
    for (int i = 0; i < 10; ++i) {
        char byte = 'x';
        if (send(server, &byte, 1, 0) != 1 || recv(client, &byte, 1, 0) != 1
            || send(client, &byte, 1, 0) != 1 || recv(server, &byte, 1, 0) != 1)
            return 1;
    }
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
