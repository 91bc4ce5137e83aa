// SPDX-License-Identifier: BSL-1.0
//
// Two pieces of work against each other within one run: they take turns, and the turns at going
// first; medians, and the median of the pairwise ratios, as one row of a Markdown table. And what
// the benchmarks time a piece of work by.
#ifndef AROMA_BENCHMARKS_COMPARE_HPP
#define AROMA_BENCHMARKS_COMPARE_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace benchmarks {

// The compiler takes it for used, and for changed behind it.
template <class T>
void keep(T const& value)
{
    asm volatile("" : : "m"(value) : "memory");
}

// The time of one piece of work, of many in a row: work(i).
template <class Work>
double nanoseconds(std::size_t times, Work work)
{
    auto const begun = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < times; ++i)
        work(i);
    std::chrono::duration<double, std::nano> const all = std::chrono::steady_clock::now() - begun;
    return all.count() / static_cast<double>(times);
}

// The same as something to call.
template <class Work>
auto timed(std::size_t times, Work work)
{
    return [=] { return nanoseconds(times, work); };
}

inline double median(std::vector<double> values)
{
    std::nth_element(values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

inline std::string shown(double nanoseconds)
{
    char text[64];
    if (nanoseconds < 10'000)
        std::snprintf(text, sizeof text, "%.1f ns", nanoseconds);
    else
        std::snprintf(text, sizeof text, "%.1f us, %.0f/s", nanoseconds / 1e3, 1e9 / nanoseconds);
    return text;
}

// a() and b() do their work and say how many nanoseconds one piece of it took.
template <class A, class B>
void compare(char const* name, A a, char const* against, B b, int rounds = 301)
{
    constexpr int warm_up = 10;
    std::vector<double> as, bs, ratios;
    for (int round = 0; round < rounds + warm_up; ++round) {
        double first = 0, second = 0;
        if (round % 2) {
            first = a();
            second = b();
        } else {
            second = b();
            first = a();
        }
        if (round < warm_up)
            continue;
        as.push_back(first);
        bs.push_back(second);
        ratios.push_back(first / second);
    }
    std::printf("| %s | %s | %s | %s | %.3f |\n", name, shown(median(as)).c_str(), against,
                shown(median(bs)).c_str(), median(ratios));
    if (std::fflush(stdout) != 0) {
        std::perror("the output is not complete");
        std::exit(1);
    }
}

} // namespace benchmarks

#endif // AROMA_BENCHMARKS_COMPARE_HPP
