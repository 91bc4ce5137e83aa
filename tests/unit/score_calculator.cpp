// SPDX-License-Identifier: BSL-1.0
//
// Properties of score_calculator.hpp: a span is scored as its samples are.

#include "../support/catch.hpp"
#include "rtts.hpp"

#include <aroma/score_calculator.hpp>

#include <vector>

using namespace aroma;

TEST_CASE("ScoreCalculator: a span as its samples")
{
    Rtts rtt;
    std::vector<RttSample<Microseconds>> samples;
    for (int i = 0; i < 10'007; ++i)
        samples.push_back({.minimum = Microseconds{i % 11 ? rtt() : 0},
                           .smoothed = Microseconds{i % 13 ? rtt() : 0},
                           .application = Microseconds{rtt()}});
    std::vector<Score> scores(samples.size());
    auto const check = [&](auto calculate) {
        REQUIRE(calculate(samples, scores) == samples.size());
        for (std::size_t i = 0; i < samples.size(); ++i)
            if (!(scores[i] == calculate(samples[i])))
                FAIL(i);
    };
    check(ScoreCalculator<MinOverSmoothed>{});
    check(ScoreCalculator<TransportOverApplication>{});
    check(ScoreCalculator<ReferenceOverExcess>{});
    CHECK_FALSE(scores[0].known());
}
