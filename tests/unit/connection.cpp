// SPDX-License-Identifier: BSL-1.0
//
// A ConnectionHistory that lives long: counts end where their type does, and no number of lucky or
// unlucky exchanges breaks a promise.

#include "../catch.hpp"

#include <aroma/connection_history.hpp>

#include <algorithm>
#include <random>

using namespace aroma;

TEST_CASE("a hundred thousand exchanges are as many as can be counted")
{
    ConnectionHistory connection;
    for (int i = 0; i < 100'000; ++i)
        connection.observe(Exchange::reply, RttSample{Microseconds{1}, Microseconds{1},
                                                      Microseconds{0}, Microseconds{100}});
    CHECK(connection.exchanges(Exchange::reply) == 65'535);
    CHECK(connection.assess().status == Status::ok);
}

TEST_CASE("whatever is observed in whatever order, the lowest excess decides, two are needed for "
          "an accusation, and TCP itself may excuse it")
{
    std::mt19937_64 random{3};
    auto const number = [&] {
        return static_cast<std::uint32_t>(random()
                                          >> (64 - std::uniform_int_distribution{1, 32}(random)));
    };
    ScoreCalculator<ReferenceOverExcess> const calculate;
    for (int round = 0; round < 20'000; ++round) {
        ConnectionHistory connection;
        std::uint32_t lowest = ~0u;
        bool const smoothed = round % 2 != 0; // without, TCP says nothing of an exchange
        int const exchanges = std::uniform_int_distribution{1, 6}(random);
        int counted = 0;
        RttSample<Microseconds> last{};
        for (int i = 0; i < exchanges; ++i) {
            RttSample<Microseconds> const sample{.minimum = Microseconds{number()},
                                                 .smoothed = Microseconds{smoothed ? number() : 0},
                                                 .application = Microseconds{number()}};
            connection.observe(Exchange::reply, sample);
            if (!measured(sample.minimum) || !measured(sample.application))
                continue;
            std::uint32_t const above = sample.application.count(), below = sample.minimum.count();
            lowest = std::min(lowest, above > below ? above - below : 0);
            ++counted;
            last = sample;
        }
        Assessment const a = connection.assess();
        REQUIRE(a.score.known() == (counted > 0));
        REQUIRE(connection.exchanges(Exchange::reply) == counted);
        if (counted == 0)
            continue;
        REQUIRE(connection.lowest_excess(Exchange::reply).count() == lowest);
        REQUIRE(a.band == ThresholdClassifier{}(a.score));
        REQUIRE((counted > 1 || a.band != Band::proxy));
        double const expected =
            calculate(RttSample{Microseconds{1}, Microseconds{1}, Microseconds{0},
                                Microseconds{std::min(lowest, 4294967293u) + 1}})
                .value();
        double const cautious = counted > 1 || expected >= 0.3 ? expected
                              : expected < 0.1                 ? 0.1
                                                               : 0.3;
        double const excused = std::max(cautious, 0.3);
        if (std::uint64_t{last.minimum.count()} + lowest < 4294967294u)
            REQUIRE((a.score.value() == Approx(cautious)
                     || (smoothed
                         && (a.score.value() <= excused + 1e-9 && a.score.value() >= cautious - 1e-9
                             && a.band != Band::proxy))));
        else // overflow cannot make it worse
            REQUIRE(a.score.value() >= cautious - 1e-9);
    }
}
