// SPDX-License-Identifier: BSL-1.0
//
// See samples.hpp. AROMA_LOOPS is what this translation unit defines; all is inlined into it, so
// that the linker has no other unit's copy to take.

#include "samples.hpp"

namespace benchmarks {
namespace {

[[gnu::flatten]] void score(Sample const* samples, std::size_t count, aroma::Score* scores)
{
    aroma::ScoreCalculator<>{}(samples, count, scores);
}

void move(Sample const* samples, std::size_t count, double* values)
{
    for (std::size_t i = 0; i < count; ++i)
        values[i] = static_cast<double>(
            static_cast<std::int32_t>(samples[i].minimum.count() ^ samples[i].smoothed.count()));
}

// Nothing but the division: what the processor's divider takes.
void divide(Sample const* samples, std::size_t count, double* values)
{
    for (std::size_t i = 0; i < count; ++i)
        values[i] = static_cast<double>(static_cast<std::int32_t>(samples[i].minimum.count()))
                  / static_cast<double>(static_cast<std::int32_t>(samples[i].smoothed.count()));
}

} // namespace

Loops const AROMA_LOOPS{score, move, divide};

} // namespace benchmarks
