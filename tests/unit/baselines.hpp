// SPDX-License-Identifier: BSL-1.0
//
// Baselines at random, with names that are few, so that they meet.
#ifndef AROMA_TESTS_UNIT_BASELINES_HPP
#define AROMA_TESTS_UNIT_BASELINES_HPP

#include <aroma/operate/baseline.hpp>

#include <cstdint>
#include <random>
#include <string>

namespace baselines {

using Few = aroma::Baseline<5>;

inline std::string random_name(std::mt19937_64& random)
{
    static char const* const parts[] = {
        "cdg", "fra", "S\xc3\xa3o Paulo", "mobile", "203.0.113.7", "(others)", "", "4g", "segment"};
    std::string name;
    for (std::uint64_t i = random() % 4; i > 0; --i) {
        if (!name.empty())
            name += '/';
        name += parts[random() % 9];
    }
    if (random() % 50 == 0)
        name.append(random() % 80, 'x');
    return name;
}

inline aroma::Assessment random_assessment(std::mt19937_64& random)
{
    auto const us = [&] {
        return aroma::Microseconds{static_cast<std::uint32_t>(random() >> (38 + random() % 26))};
    };
    aroma::RttSample<aroma::Microseconds> const sample{
        .minimum = us(),
        .smoothed = us(),
        .application = random() % 2 ? us() : aroma::Microseconds{}};
    return assess(sample);
}

inline Few random_baseline(std::mt19937_64& random)
{
    Few baseline;
    for (std::uint64_t names = random() % 9; names > 0; --names) {
        aroma::Segment& segment = baseline.find_or_add(random_name(random));
        for (std::uint64_t i = random() % 40; i > 0; --i)
            segment.record(random_assessment(random));
        if (random() % 20 == 0)
            segment.scores.add(random() % aroma::ScoreHistogram::bins,
                               aroma::ScoreHistogram::most - 3);
    }
    return baseline;
}

} // namespace baselines

#endif // AROMA_TESTS_UNIT_BASELINES_HPP
