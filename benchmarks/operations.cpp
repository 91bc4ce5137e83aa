// SPDX-License-Identifier: BSL-1.0
//
// What a connection costs between the kernel's numbers and the answer: each operation against a
// call of a function that divides one RTT by another, in turn within one run.

#include "operations.hpp"

#include "compare.hpp"

#include <cstddef>
#include <string>

namespace {

extern "C" [[gnu::noinline]] void divide(int, std::size_t i)
{
    auto const& sample = benchmarks::connections.samples[i % benchmarks::few];
    benchmarks::keep(static_cast<double>(sample.minimum.count()) / sample.smoothed.count());
}

auto timed(void (*call)(int, std::size_t))
{
    return benchmarks::timed(20 * benchmarks::few, [call](std::size_t i) { call(-1, i); });
}

} // namespace

int main()
{
    for (auto const& [name, call] : benchmarks::operations) {
        if (call == benchmarks::op_score || call == benchmarks::op_score_history
            || call == benchmarks::op_probe)
            continue; // they wait for the kernel: score_fd.cpp
        std::string row{"`"};
        row.append(name).append("`");
        benchmarks::compare(row.c_str(), timed(call), "a division of two RTTs", timed(divide), 101);
    }
}
