// SPDX-License-Identifier: BSL-1.0
//
// score(fd) against its limit: a bare getsockopt(TCP_INFO) and one division, on the same socket, in turn within one run.
// Prints one row per pair: median nanoseconds of each, and the median of the pairwise ratios.

#include <aroma/aroma.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

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

template <class Work>
double nanoseconds(Work work, int times)
{
    auto const begun = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i)
        work();
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begun).count() / times;
}

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

template <class A, class B>
void compare(char const* name, A a, char const* against, B b, int times, int rounds)
{
    std::vector<double> as, bs, ratios;
    for (int round = 0; round < rounds + 10; ++round) {
        double first = 0, second = 0;
        if (round % 2) { // the two take turns at going first
            first = nanoseconds(a, times);
            second = nanoseconds(b, times);
        } else {
            second = nanoseconds(b, times);
            first = nanoseconds(a, times);
        }
        if (round < 10)
            continue;
        as.push_back(first);
        bs.push_back(second);
        ratios.push_back(first / second);
    }
    std::printf("| %s | %.1f ns | %s | %.1f ns | %.3f |\n", name, median(as), against, median(bs), median(ratios));
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

    auto const bare_score = [&] { keep(bare(server)); };
    compare("score(fd)", [&] { keep(aroma::score(server).score.value_or(0)); }, "the same by hand, unguarded", bare_score, 2000, 301);
    compare("score(fd, Moment::reply)", [&] { keep(aroma::score(server, aroma::Moment::reply).score.value_or(0)); }, "the same by hand, unguarded", bare_score, 2000, 301);
    compare("the same again", bare_score, "the same by hand, unguarded", bare_score, 2000, 301);
    compare("score(fd), not a socket", [&] { keep(aroma::score(0).score.value_or(0)); }, "the same by hand, unguarded", [] { keep(bare(0)); }, 2000, 301);
}
