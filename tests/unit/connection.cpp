// SPDX-License-Identifier: BSL-1.0
//
// A Connection that lives long: counts end where their type does, and no number of lucky or unlucky exchanges breaks a promise.

#include "../catch.hpp"

#include <aroma/connection.hpp>

#include <algorithm>
#include <random>

using namespace aroma;

TEST_CASE("a hundred thousand exchanges are as many as can be counted")
{
    Connection connection;
    for (int i = 0; i < 100'000; ++i)
        connection.observe(Moment::reply, RttSample{Microseconds{1}, Microseconds{1}, Microseconds{0}, Microseconds{100}});
    CHECK(connection.exchanges(Moment::reply) == 65'535);
    CHECK(connection.assess().status == Status::ok);
}

TEST_CASE("whatever is observed in whatever order, the lowest excess decides and the worst band takes two")
{
    std::mt19937_64 random{3};
    auto const number = [&] { return static_cast<std::uint32_t>(random() >> (64 - std::uniform_int_distribution{1, 32}(random))); };
    ScoreCalculator<ReferenceOverExcess> const calculate;
    for (int round = 0; round < 20'000; ++round) {
        Connection connection;
        std::uint32_t lowest = ~0u;
        int const exchanges = std::uniform_int_distribution{1, 6}(random);
        int counted = 0;
        RttSample<Microseconds> last{};
        for (int i = 0; i < exchanges; ++i) {
            RttSample<Microseconds> const sample{.minimum = Microseconds{number()}, .smoothed = Microseconds{number()}, .application = Microseconds{number()}};
            connection.observe(Moment::reply, sample);
            if (!measured(sample.minimum) || !measured(sample.application))
                continue;
            std::uint32_t const above = sample.application.count(), below = sample.minimum.count();
            lowest = std::min(lowest, above > below ? above - below : 0);
            ++counted;
            last = sample;
        }
        Assessment const a = connection.assess();
        REQUIRE(a.score.known() == (counted > 0));
        REQUIRE(connection.exchanges(Moment::reply) == counted);
        if (counted == 0)
            continue;
        REQUIRE(connection.lowest_excess(Moment::reply).count() == lowest);
        REQUIRE(a.band == ThresholdClassifier{}(a.score));
        REQUIRE((counted > 1 || a.band != Band::proxy));
        double const expected = calculate(RttSample{Microseconds{1}, Microseconds{1}, Microseconds{0}, Microseconds{std::min(lowest, 4294967293u) + 1}}).value();
        double const overflow_cannot_make_it_worse = a.score.value() - std::max(expected, counted > 1 ? 0 : 0.1);
        REQUIRE(overflow_cannot_make_it_worse > -1e-9);
        if (std::uint64_t{last.minimum.count()} + lowest < 4294967294u)
            REQUIRE(overflow_cannot_make_it_worse < 1e-9);
    }
}
