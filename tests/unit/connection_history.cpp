// SPDX-License-Identifier: BSL-1.0
//
// A ConnectionHistory that lives long: counts end where their type does, and no number of lucky or
// unlucky exchanges breaks a promise.

#include "../support/catch.hpp"

#include <aroma/connection_history.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

using namespace aroma;

TEST_CASE("ConnectionHistory: counts stop at 65,535")
{
    ConnectionHistory connection;
    for (int i = 0; i < 100'000; ++i)
        connection.observe(Exchange::reply, RttSample{Microseconds{1}, Microseconds{1},
                                                      Microseconds{0}, Microseconds{100}});
    CHECK(connection.counted() == 65'535);
    CHECK(connection.assess().status == Status::ok);
}

TEST_CASE("ConnectionHistory: the lowest reply over the lowest RTT decides")
{
    std::mt19937_64 random{3};
    auto const number = [&] {
        return static_cast<std::uint32_t>(random()
                                          >> (64 - std::uniform_int_distribution{1, 32}(random)));
    };
    ScoreCalculator<ReferenceOverExcess> const calculate;
    int fell = 0, late = 0;
    for (int round = 0; round < 20'000; ++round) {
        ConnectionHistory connection;
        std::uint32_t minimum = ~0u, reply = ~0u, minimum_then = ~0u;
        bool const smoothed = round % 2 != 0; // without, TCP says nothing of an exchange
        int const exchanges = std::uniform_int_distribution{1, 6}(random);
        int counted = 0;
        for (int i = 0; i < exchanges; ++i) {
            RttSample<Microseconds> const sample{.minimum = Microseconds{number()},
                                                 .smoothed = Microseconds{smoothed ? number() : 0},
                                                 .application = Microseconds{number()}};
            bool const alone = i % 3 == 2; // TCP's numbers without an exchange
            if (alone)
                connection.observe(sample);
            else
                connection.observe(Exchange::reply, sample);
            if (!measured(sample.minimum) || (!alone && !measured(sample.application)))
                continue;
            minimum = std::min(minimum, sample.minimum.count());
            if (alone)
                continue;
            reply = std::min(reply, std::max(sample.application.count(), minimum));
            minimum_then = minimum;
            ++counted;
        }
        Assessment const a = connection.assess();
        REQUIRE(connection.counted() == counted);
        if (counted == 0) {
            REQUIRE_FALSE(a.score.known());
            continue;
        }
        REQUIRE(connection.reply_excess().count() == reply - minimum);
        if (a.status == Status::minimum_fell) {
            REQUIRE(a.band == Band::unknown);
            ++fell;
            continue;
        }
        if (a.status == Status::late_acks) { // TCP explains all but the first
            REQUIRE((smoothed && a.band == Band::unknown));
            REQUIRE(reply - minimum > 40'000);
            ++late;
            continue;
        }
        REQUIRE(a.score.known());
        REQUIRE(a.band == ThresholdClassifier{}(a.score));
        REQUIRE((counted > 1 || a.band != Band::proxy));
        double const expected =
            calculate(RttSample{Microseconds{1}, Microseconds{1}, Microseconds{0},
                                Microseconds{std::min(reply - minimum, 4294967292u) + 1}})
                .value();
        double const cautious = counted > 1 || expected >= 0.3 ? expected
                              : expected < 0.1                 ? 0.1
                                                               : 0.3;
        double const excused = std::max(cautious, 0.3);
        bool const as_expected = a.score.value() == Approx(cautious);
        bool const as_excused = smoothed && a.score.value() <= excused + 1e-9
                             && a.score.value() >= cautious - 1e-9 && a.band != Band::proxy;
        // The minimum has fallen since: no worse than it was.
        bool const as_before = minimum + 2400ull < minimum_then && a.band == Band::suspicious
                            && a.score.value() >= cautious - 1e-9;
        REQUIRE((as_expected || as_excused || as_before));
    }
    CHECK(fell > 100);
    CHECK(late > 100);
}

TEST_CASE("ConnectionHistory: two exchanges of recorded residential proxies")
{
    std::ifstream file{AROMA_RECORDINGS "/two_exchanges.csv"};
    if (!file)
        return skipped("no recorded connections in " AROMA_RECORDINGS);
    std::string line;
    std::getline(file, line);
    REQUIRE(line == "label,gap_ms,reply_excess_ms");
    int proxies = 0, accused = 0, all = 0;
    for (; std::getline(file, line); ++all) {
        std::istringstream cells{line.substr(line.find(',') + 1)};
        double gap = 0, excess = 0;
        char comma = 0;
        REQUIRE(cells >> gap >> comma >> excess);
        ConnectionHistory connection;
        auto const observe = [&](Exchange exchange, double above) {
            constexpr double path = 50'000; // which was not recorded, and does not matter
            connection.observe(
                exchange,
                RttSample<Microseconds>{.minimum = Microseconds{static_cast<std::uint32_t>(path)},
                                        .application = Microseconds{static_cast<std::uint32_t>(
                                            std::max(path + above * 1000, 1.0))}});
        };
        observe(Exchange::opening, gap);
        CHECK(connection.assess().band != Band::proxy);
        observe(Exchange::reply, excess);
        proxies += connection.assess().band == Band::proxy;
        accused += accuses(connection.assess().band);
    }
    INFO(proxies << " proxy, " << accused << " suspicious or worse, of " << all);
    REQUIRE(all == 2537);
    CHECK(proxies >= 0.955 * all); // 96.9 % have one exchange beyond 50 ms
    CHECK(accused >= 0.968 * all);
}
