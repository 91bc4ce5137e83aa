// SPDX-License-Identifier: BSL-1.0
//
// Wald's error rates hold, for independent observations, for dependent ones, for simulated clients
// and for recorded connections.

#include "../support/catch.hpp"
#include "random_evidence.hpp"

#include <aroma/connection_history.hpp>
#include <aroma/decide/likelihood.hpp>
#include <aroma/decide/sequential_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

using namespace aroma;
using random_evidence::Random;
using random_evidence::ratio_of;

namespace {

double share(int some, int all)
{
    return static_cast<double>(some) / static_cast<double>(all);
}

struct Outcome {
    int proxy = 0, direct = 0, undecided = 0;

    int all() const { return proxy + direct + undecided; }
};

// One client after another, each observed until there is a verdict, at most so many times.
template <class Observe>
Outcome run(SequentialTest const& test, int clients, int most, Evidence const& before,
            Observe observe)
{
    Outcome outcome;
    for (int client = 0; client < clients; ++client) {
        Evidence evidence = before;
        Verdict verdict = Verdict::undecided;
        auto next = observe();
        for (int i = 0; i < most && verdict == Verdict::undecided; ++i) {
            evidence.add(Signal::other_connections, next());
            verdict = test.decide(evidence);
        }
        ++(verdict == Verdict::proxy    ? outcome.proxy
           : verdict == Verdict::direct ? outcome.direct
                                        : outcome.undecided);
    }
    return outcome;
}

struct Kind {
    double if_proxy, if_direct;
};
// NDSS 2025 at 15 ms: 1 in 20 windows is inflated directly, 1 in 2 behind a proxy
constexpr Kind windows{0.5, 0.05};
constexpr Kind connections{0.9, 0.02}; // and something that says more

// Each observation is the client's own with probability sqrt(correlation), and a new one otherwise:
// any two have that correlation.
auto observe(Random& random, Kind kind, bool proxied, double correlation)
{
    LikelihoodRatio const yes = ratio_of(kind.if_proxy, kind.if_direct),
                          no = ratio_of(1 - kind.if_proxy, 1 - kind.if_direct);
    double const inflated = proxied ? kind.if_proxy : kind.if_direct;
    return [&random, inflated, own = std::sqrt(correlation), yes, no] {
        bool const clients = random.chance(inflated);
        return [&random, inflated, own, yes, no, clients] {
            return (random.chance(own) ? clients : random.chance(inflated)) ? yes : no;
        };
    };
}

} // namespace

TEST_CASE("SequentialTest: Wald's rates for independent observations")
{
    Random random{std::mt19937_64{7}};
    for (ErrorRates const rates : {ErrorRates{}, ErrorRates{0.001, 0.01}, ErrorRates{0.05, 0.2}}) {
        SequentialTest test;
        REQUIRE(test.adjust(rates) == EvidenceError::none);
        Evidence independent{Probability{}};
        REQUIRE(independent.adjust({.round_trips = {700, 0}}) == EvidenceError::none);
        constexpr int clients = 20'000;
        Outcome const direct =
            run(test, clients, 10'000, independent, observe(random, windows, false, 0));
        Outcome const proxied =
            run(test, clients, 10'000, independent, observe(random, windows, true, 0));
        INFO(rates.false_positive << ": " << share(direct.proxy, clients) << ", " << rates.miss
                                  << ": " << share(proxied.direct, clients));
        CHECK(direct.undecided + proxied.undecided == 0);
        CHECK(share(direct.proxy, clients) <= rates.false_positive / (1 - rates.miss));
        CHECK(share(proxied.direct, clients) <= rates.miss / (1 - rates.false_positive));
        // thresholds that are too high would hold any rate
        CHECK(share(direct.proxy, clients) > rates.false_positive / 8);
        CHECK(share(proxied.direct, clients) > rates.miss / 8);
    }
}

TEST_CASE("SequentialTest: dependent observations keep the rate")
{
    Random random{std::mt19937_64{8}};
    constexpr int clients = 20'000, most = 200;
    SequentialTest const test;
    Evidence ignored{Probability{}}, by_default{Probability{}};
    REQUIRE(ignored.adjust({.round_trips = {700, 0}}) == EvidenceError::none);
    for (Kind const kind : {windows, connections}) {
        for (double const correlation : {0.05, 0.25, 0.5}) {
            Outcome const wrong =
                run(test, clients, most, ignored, observe(random, kind, false, correlation));
            Outcome const direct =
                run(test, clients, most, by_default, observe(random, kind, false, correlation));
            INFO(kind.if_direct << ", " << correlation << ": " << share(direct.proxy, clients)
                                << ", ignored " << share(wrong.proxy, clients));
            // At the correlation that is assumed, half as many again: decide/evidence.hpp says so.
            CHECK(share(direct.proxy, clients)
                  <= ErrorRates{}.false_positive * (correlation < 0.5 ? 1 : 1.5));
            CHECK(direct.proxy <= wrong.proxy);
            if (correlation == 0.5)
                CHECK(share(wrong.proxy, clients) > 1.5 * ErrorRates{}.false_positive);
        }
    }
    // A rate below e^-cap no repetition reaches, however dependent.
    SequentialTest rare;
    REQUIRE(rare.adjust({.false_positive = 0.005}) == EvidenceError::none);
    CHECK(run(rare, clients, most, by_default, observe(random, connections, false, 0.99)).proxy
          == 0);
    // And it still decides.
    CHECK(
        share(run(test, clients, most, by_default, observe(random, connections, true, 0.25)).proxy,
              clients)
        > 0.8);
}

namespace {

using Microsecond = Duration<double, std::micro>;

// A direct client of the lab's kind: a path from 1 to 300 ms, jitter of up to 40 ms on every
// packet, each way its own, a segment lost in a hundred, and a machine that takes a while for its
// TLS handshake.
Assessment direct_client(Random& random)
{
    double const path = std::pow(300, random.uniform()) * 1000,
                 jitter = std::array{0., 0., 5000., 20'000., 40'000.}[random.below(5)];
    auto const trip = [&] {
        return path + jitter * (random.uniform() + random.uniform())
             + (random.chance(0.02) ? 220'000 : 0);
    };
    double minimum = trip(), smoothed = minimum, variation = minimum / 2;
    auto const acknowledged = [&](double sample) { // RFC 6298
        variation += (std::fabs(smoothed - sample) - variation) / 4;
        smoothed += (sample - smoothed) / 8;
        minimum = std::min(minimum, sample);
    };
    auto const sample = [&](double application) {
        return RttSample{Microsecond{minimum}, Microsecond{smoothed}, Microsecond{variation},
                         Microsecond{application}};
    };
    ConnectionHistory connection;
    connection.observe(Exchange::opening, sample(minimum + 500 + jitter * random.uniform()));
    for (int exchange = 0; exchange < 3; ++exchange) {
        double const application =
            trip()
            + (exchange == 0 ? 3000 + 20'000 * random.uniform() * random.uniform()
                             : 500 + 3000 * random.uniform());
        acknowledged(trip());
        connection.observe(Exchange::reply, sample(application));
    }
    return connection.assess();
}

// The lab's half `report`, on which nothing was set: how its Connections with opening and TLS reply
// fall into the tenths.
constexpr std::array<int, 10> report_direct{0, 36, 3, 807, 188, 213, 214, 498, 282, 227};
// legs from 2 to 300 ms
constexpr std::array<int, 10> report_proxied{326, 578, 31, 353, 61, 31, 24, 0, 0, 0};

Outcome decide_each(std::array<int, 10> const& counts)
{
    Outcome outcome;
    for (std::size_t bin = 0; bin < 10; ++bin) {
        Evidence evidence{Probability{}};
        evidence.set(Signal::this_connection,
                     connection_likelihood(Score{(static_cast<double>(bin) + 0.5) / 10}));
        Verdict const verdict = SequentialTest{}.decide(evidence);
        (verdict == Verdict::proxy    ? outcome.proxy
         : verdict == Verdict::direct ? outcome.direct
                                      : outcome.undecided) += counts[bin];
    }
    return outcome;
}

} // namespace

TEST_CASE("SequentialTest: default likelihoods on the other half")
{
    Outcome const direct = decide_each(report_direct), proxied = decide_each(report_proxied);
    CHECK(share(direct.proxy, direct.all()) <= ErrorRates{}.false_positive);
    CHECK(share(proxied.direct, proxied.all()) <= ErrorRates{}.miss);
    CHECK(share(proxied.proxy, proxied.all()) > 0.2); // of legs from 2 ms, with two exchanges
}

TEST_CASE("SequentialTest: the lab's direct clients stay direct")
{
    Random random{std::mt19937_64{9}};
    constexpr int clients = 4000;
    Outcome const outcome = run(SequentialTest{}, clients, 6, Evidence{Probability{}}, [&] {
        return [&] { return connection_ratio(direct_client(random)); };
    });
    INFO(outcome.proxy << " proxy, " << outcome.direct << " direct, " << outcome.undecided
                       << " undecided");
    CHECK(share(outcome.proxy, clients) <= ErrorRates{}.false_positive);
    CHECK(share(outcome.direct, clients) > 0.5);
}

TEST_CASE("SequentialTest: recorded residential proxies")
{
    std::ifstream file{AROMA_RECORDINGS "/two_exchanges.csv"};
    if (!file)
        return skipped("no recorded connections in " AROMA_RECORDINGS);
    std::string line;
    std::getline(file, line);
    REQUIRE(line.rfind("label,gap_ms,reply_excess_ms", 0) == 0);
    Outcome outcome;
    int after_opening = 0;
    for (int number = 0; std::getline(file, line); ++number) {
        if (number % 2 == 0)
            continue; // of the half that was counted
        std::istringstream cells{line.substr(line.find(',') + 1)};
        double gap = 0, excess = 0;
        char comma = 0;
        REQUIRE(cells >> gap >> comma >> excess);
        constexpr double path = 50'000; // which was not recorded, and does not matter
        ConnectionHistory connection;
        connection.observe(Exchange::opening,
                           RttSample{Microsecond{path}, Microsecond{0}, Microsecond{0},
                                     Microsecond{path + gap * 1000}});
        Evidence evidence{Probability::with(0.01)};
        evidence.set(Signal::this_connection, connection_ratio(connection.assess()));
        after_opening += SequentialTest{}.decide(evidence) == Verdict::proxy;
        connection.observe(Exchange::reply,
                           RttSample{Microsecond{path}, Microsecond{0}, Microsecond{0},
                                     Microsecond{std::max(path + excess * 1000, 1.0)}});
        evidence.set(Signal::this_connection, connection_ratio(connection.assess()));
        Verdict const verdict = SequentialTest{}.decide(evidence);
        ++(verdict == Verdict::proxy    ? outcome.proxy
           : verdict == Verdict::direct ? outcome.direct
                                        : outcome.undecided);
    }
    INFO(outcome.proxy << " proxy, " << outcome.direct << " direct, " << outcome.undecided
                       << " undecided");
    INFO(after_opening << " after the opening");
    REQUIRE(outcome.all() > 1200);
    CHECK(after_opening == 0); // one exchange alone calls nobody a proxy
    CHECK(share(outcome.proxy, outcome.all()) > 0.88);
    CHECK(share(outcome.direct, outcome.all()) <= ErrorRates{}.miss);
}
