// SPDX-License-Identifier: BSL-1.0
//
// Scores are written into scores.

#include <aroma/aroma.hpp>
#include <span>

#ifdef AROMA_EXPECT_FAIL
void all(std::span<aroma::RttSample<aroma::Microseconds> const> in, std::span<double> out)
{
    aroma::ScoreCalculator<>{}(in, out);
}
#else
void all(std::span<aroma::RttSample<aroma::Microseconds> const> in, std::span<aroma::Score> out)
{
    aroma::ScoreCalculator<>{}(in, out);
}
#endif
