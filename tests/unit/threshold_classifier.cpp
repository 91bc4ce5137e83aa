// SPDX-License-Identifier: BSL-1.0
//
// Properties of threshold_classifier.hpp: edges are where they belong, and bands fall with scores.

#include "../support/catch.hpp"

#include <aroma/aroma.hpp>

#include <algorithm>
#include <iterator>
#include <random>

using namespace aroma;

TEST_CASE("ThresholdClassifier: an edge is of the better band")
{
    ScoreCalculator<> const calculate;
    ThresholdClassifier const classify;
    for (std::uint32_t n = 1; n <= 100'000; ++n) {
        auto const band = [&](std::uint32_t part, std::uint32_t whole) {
            return classify(calculate(RttSample{Microseconds{part}, Microseconds{whole}}));
        };
        if (band(n, 10 * n) != Band::suspicious || band(n, 10 * n + 1) != Band::proxy
            || band(3 * n, 10 * n) != Band::unstable || band(3 * n, 10 * n + 1) != Band::suspicious
            || band(7 * n, 10 * n) != Band::normal || band(7 * n, 10 * n + 1) != Band::unstable)
            FAIL(n);
    }
    SUCCEED();
}

TEST_CASE("ThresholdClassifier: bands fall with scores")
{
    ThresholdClassifier const classify;
    Band last = Band::normal;
    for (int i = 1'000'000; i > 0; --i) {
        Band const band = classify(Score{i / 1e6});
        if (band < last)
            FAIL(i);
        last = band;
    }
    CHECK(last == Band::proxy);
}

TEST_CASE("ThresholdClassifier: monotone for any thresholds")
{
    std::mt19937_64 random{7};
    auto const number = [&] {
        return random() % 4 == 0 ? static_cast<double>(random() % 11) / 10
                                 : static_cast<double>(random() >> 11) * 0x1p-53;
    };
    for (int i = 0; i < 100'000; ++i) {
        double edges[3]{number(), number(), number()};
        std::sort(std::begin(edges), std::end(edges));
        ThresholdClassifier classify, stricter;
        REQUIRE(classify.adjust({edges[2], edges[1], edges[0]}) == ThresholdError::none);
        REQUIRE(stricter.adjust({edges[2] + (1 - edges[2]) / 2, edges[2], edges[1]})
                == ThresholdError::none);
        Score const one{number()}, other{number()};
        if (!one.known() || !other.known())
            continue;
        bool const in_order = one.value() <= other.value() ? classify(one) >= classify(other)
                                                           : classify(one) <= classify(other);
        if (!in_order || stricter(one) < classify(one))
            FAIL(one.value() << " " << other.value() << " by " << edges[0] << " " << edges[1] << " "
                             << edges[2]);
    }
    SUCCEED();
}
