// SPDX-License-Identifier: BSL-1.0
//
// Many samples at once against their limit, the memory: their scores against the same bytes read
// and written without a score, in turn within one run; with the vectors of every x86-64, and with
// AVX2.

#include "samples.hpp"

#include "compare.hpp"

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

// The time of each of so many, which one call of `work` does.
template <class Work>
auto each_of(std::size_t count, Work work)
{
    return [count, work] {
        return benchmarks::nanoseconds(1,
                                       [&](std::size_t) {
                                           work();
                                           asm volatile("" : : : "memory");
                                       })
             / static_cast<double>(count);
    };
}

} // namespace

int main()
{
    using namespace benchmarks;
    std::mt19937 random{46386878};
    std::uniform_int_distribution<std::uint32_t> rtt{500, 300'000};
    auto const sample = [&](std::uint32_t unmeasured) {
        std::uint32_t const a = rtt(random), b = rtt(random);
        return Sample{aroma::Microseconds{a % 64 < unmeasured ? 0 : std::min(a, b)},
                      aroma::Microseconds{std::max(a, b)},
                      aroma::Microseconds{a / 8},
                      {}};
    };
    // 128 MiB, and what fits in a core's own caches
    constexpr std::size_t many = std::size_t{1} << 23, few = 1024;
    std::vector<Sample> samples(many), small(few);
    for (Sample& one : samples)
        one = sample(4); // one in sixteen is not measured
    small.assign(samples.begin(), samples.begin() + few);
    std::vector<aroma::Score> scores(many);
    std::vector<double> values(many);

    for (auto const& [loops, vectors] :
         {std::pair{&loops_for_all, ""}, std::pair{&loops_for_avx2, ", AVX2"}}) {
        if (loops == &loops_for_avx2 && !__builtin_cpu_supports("avx2")) {
            std::puts("aroma: skipped: AVX2: this processor has none");
            continue;
        }
        auto const row = [&, vectors = vectors](char const* what) {
            return what + std::string{vectors};
        };
        auto const* const these = loops;
        compare(row("8.4 million samples to scores, each").c_str(),
                each_of(many, [&] { these->score(samples.data(), many, scores.data()); }),
                "the same memory read and written",
                each_of(many, [&] { these->move(samples.data(), many, values.data()); }), 31);
        auto const often = [&](auto work) {
            return each_of(few * 200, [&, work] {
                for (int i = 0; i < 200; ++i)
                    work();
            });
        };
        compare(row("1,024 samples to scores, in cache, each").c_str(),
                often([&] { these->score(small.data(), few, scores.data()); }),
                "the same memory read and written",
                often([&] { these->move(small.data(), few, values.data()); }), 101);
        compare(row("the same").c_str(),
                often([&] { these->score(small.data(), few, scores.data()); }),
                "as many bare divisions",
                often([&] { these->divide(small.data(), few, values.data()); }), 101);
    }
}
