// SPDX-License-Identifier: BSL-1.0
//
// score(fd) against its limit: a bare getsockopt(TCP_INFO) and one division, on the same socket, in turn within one run.

#include <aroma/aroma.hpp>

#include "compare.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

void keep(double value)
{
    asm volatile("" : : "m"(value) : "memory");
}

[[gnu::noinline]] double bare(int fd)
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

// The time of a score, of two thousand in a row.
template <class Score>
auto timed(Score score)
{
    return [score] {
        constexpr int times = 2000;
        auto const begun = std::chrono::steady_clock::now();
        for (int i = 0; i < times; ++i)
            keep(score());
        return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun).count() / times;
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
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener, 1) != 0
        || getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0
        || connect(client, reinterpret_cast<sockaddr*>(&address), length) != 0) {
        std::perror("benchmark-score-fd: no loopback connection");
        return 1;
    }
    int const server = accept(listener, nullptr, nullptr);
    for (int i = 0; i < 10; ++i) {
        char byte = 'x';
        if (send(server, &byte, 1, 0) != 1 || recv(client, &byte, 1, 0) != 1 || send(client, &byte, 1, 0) != 1 || recv(server, &byte, 1, 0) != 1)
            return 1;
    }
    if (aroma::score(server).status != aroma::Status::ok || aroma::score(server, aroma::Moment::reply).status != aroma::Status::ok) {
        std::fprintf(stderr, "benchmark-score-fd: the connection is not scored: %s\n", describe(aroma::score(server).status));
        return 1;
    }

    using benchmarks::compare;
    char const* const by_hand = "the same by hand, unguarded";
    auto const bare_score = timed([=] { return bare(server); });
    compare("score(fd)", timed([=] { return aroma::score(server).score.value_or(0); }), by_hand, bare_score);
    compare("score(fd, Moment::reply)", timed([=] { return aroma::score(server, aroma::Moment::reply).score.value_or(0); }), by_hand, bare_score);
    compare("the same again", bare_score, by_hand, bare_score);
    compare("score(fd), not a socket", timed([] { return aroma::score(0).score.value_or(0); }), by_hand, timed([] { return bare(0); }));
}
