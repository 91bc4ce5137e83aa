// SPDX-License-Identifier: BSL-1.0
//
// What evidence promises for every observation: probabilities within (0, 1), caps, no order; and
// that Wald's error rates hold, for independent observations, for dependent ones, and for recorded
// connections.

#include "../catch.hpp"

#include <aroma/connection_history.hpp>
#include <aroma/decide/evidence.hpp>
#include <aroma/decide/likelihood.hpp>
#include <aroma/decide/sequential_test.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace aroma;

namespace {

// Of one's own, since what <random>'s distributions draw differs by library.
struct Random {
    std::mt19937_64 engine;

    double uniform() { return static_cast<double>(engine() >> 11) * 0x1p-53; }
    bool chance(double p) { return uniform() < p; }
    std::uint64_t below(std::uint64_t n) { return engine() % n; }
    LikelihoodRatio ratio() // from worth nothing to worth everything
    {
        return LikelihoodRatio::of_micronats(
            static_cast<std::int64_t>((uniform() - 0.5) * std::pow(10, 1 + 9 * uniform())));
    }
    Signal signal() { return static_cast<Signal>(below(signal_count)); }
    Probability probability(double lowest = 1e-12)
    {
        Probability p;
        double const odds = std::pow(lowest, uniform());
        (void)p.adjust(chance(0.5) ? odds / 2 : 1 - odds / 2);
        return p;
    }
};

LikelihoodRatio ratio_of(double if_proxy, double if_direct)
{
    LikelihoodRatio made;
    REQUIRE(made.adjust({.if_proxy = if_proxy, .if_direct = if_direct}) == EvidenceError::none);
    return made;
}

constexpr std::array<double, detail::group_count> caps{5, 3, 3, 1.1};

double share(int some, int all)
{
    return static_cast<double>(some) / static_cast<double>(all);
}

} // namespace

TEST_CASE("a ratio is the quotient of its two probabilities")
{
    Random random{std::mt19937_64{3}};
    for (int i = 0; i < 20'000; ++i) {
        double const p = random.probability().value(), q = random.probability().value();
        LikelihoodRatio const ratio = ratio_of(p, q);
        if (std::fabs(ratio.nats() - std::log(p / q)) > 1e-6
            || std::fabs(ratio.value() / (p / q) - 1) > 2e-6)
            FAIL(p << " " << q << ": " << ratio.value());
        if (ratio.micronats() != -ratio_of(q, p).micronats())
            FAIL(p << " " << q << ": not symmetric");
    }
}

TEST_CASE("evidence in any order is the same to the last bit, within its caps, and a probability")
{
    Random random{std::mt19937_64{4}};
    for (int i = 0; i < 2000; ++i) {
        std::vector<std::pair<Signal, LikelihoodRatio>> seen(random.below(40));
        for (auto& [signal, ratio] : seen)
            signal = random.signal(), ratio = random.ratio();
        Probability const prior = random.probability();
        Evidence one{prior}, other{prior};
        for (auto const& [signal, ratio] : seen)
            one.add(signal, ratio);
        std::shuffle(seen.begin(), seen.end(), random.engine);
        for (auto const& [signal, ratio] : seen)
            other.add(signal, ratio);

        REQUIRE(one.ratio() == other.ratio());
        REQUIRE(one.probability() == other.probability());
        double const p = one.probability().value();
        REQUIRE((p > 0 && p < 1));
        REQUIRE(std::fabs(one.log_odds()
                          - (std::log(prior.value() / (1 - prior.value())) + one.ratio().nats()))
                < 1e-6);
        REQUIRE(std::fabs(p - 1 / (1 + std::exp(-one.log_odds()))) < 1e-12);

        std::array<double, detail::group_count> counted{};
        std::uint32_t observations = 0;
        one.for_each([&](Contribution const& c) {
            counted[static_cast<std::size_t>(detail::group_of(c.signal))] += c.counted;
            observations += c.observations;
            REQUIRE(std::fabs(c.counted) <= std::fabs(c.sum) + 1e-6);
            REQUIRE(c.counted * c.sum >= 0);
        });
        REQUIRE(observations <= seen.size());
        double sum = 0;
        for (std::size_t group = 0; group < detail::group_count; ++group) {
            REQUIRE(std::fabs(counted[group]) <= caps[group] + 2e-6);
            sum += counted[group];
        }
        REQUIRE(std::fabs(sum - one.ratio().nats()) < 1e-5);
    }
}

TEST_CASE("more for a proxy is never a lower probability")
{
    Random random{std::mt19937_64{5}};
    for (int i = 0; i < 5000; ++i) {
        Evidence evidence{random.probability()};
        for (std::uint64_t n = random.below(10); n > 0; --n)
            evidence.add(random.signal(), random.ratio());
        Signal const signal = random.signal();
        LikelihoodRatio const weak = random.ratio(),
                              strong = weak
                                     * LikelihoodRatio::of_micronats(
                                           static_cast<std::int64_t>(random.below(10'000'000)));
        Evidence less = evidence, more = evidence;
        less.set(signal, weak);
        more.set(signal, strong);
        REQUIRE(less.ratio() <= more.ratio());
        REQUIRE(less.probability() <= more.probability());
    }
}

TEST_CASE("likelihoods fall with the score, whatever was counted")
{
    Random random{std::mt19937_64{6}};
    for (int i = 0; i < 3000; ++i) {
        ScoreCounts<12> counts;
        std::uint64_t proxied = 0, direct = 0;
        for (std::size_t bin = 0; bin < 12; ++bin) {
            proxied += counts.proxied[bin] =
                random.chance(0.3) ? 0 : random.below(1 + random.below(1000));
            direct += counts.direct[bin] =
                random.chance(0.3) ? 0 : random.below(1 + random.below(1000));
        }
        ScoreLikelihood<12> likelihood;
        bool const counted = likelihood.adjust(counts) == EvidenceError::none;
        REQUIRE(counted == (proxied > 0 && direct > 0));
        if (!counted)
            continue;
        // Shares that sum up to one on both sides: then the ratios' mean over direct scores is one
        // (and never an infinity).
        double mean = 0;
        for (std::size_t bin = 0; bin < 12; ++bin) {
            LikelihoodRatio const ratio = likelihood(Score{(static_cast<double>(bin) + 0.5) / 12});
            if (bin > 0)
                REQUIRE(ratio <= likelihood(Score{(static_cast<double>(bin) - 0.5) / 12}));
            mean += ratio.value() * (static_cast<double>(counts.direct[bin]) + 0.5)
                  / (static_cast<double>(direct) + 6);
        }
        REQUIRE(std::fabs(mean - 1) < 1e-4);
    }
}

namespace {

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

TEST_CASE("Wald's error rates hold for independent observations")
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

TEST_CASE("dependent observations keep the false positives by default, and break them where "
          "dependence is ignored")
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

TEST_CASE("a cap stops what repeats for ever")
{
    SequentialTest strict;
    REQUIRE(strict.adjust({0.001, 0.01}) == EvidenceError::none);
    Evidence evidence{Probability{}};
    for (int i = 0; i < 100'000; ++i)
        evidence.add(Signal::other_connections, ratio_of(0.99, 0.01));
    CHECK(evidence.ratio().nats() == 5);
    CHECK(strict.decide(evidence) == Verdict::undecided); // round trips alone cannot say so much
    evidence.add(Signal::ip_intelligence, ratio_of(0.6, 0.03));
    CHECK(strict.decide(evidence) == Verdict::proxy);
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
constexpr std::array<int, 10> report_direct{0, 25, 5, 280, 63, 63, 61, 62, 17, 38};
// legs from 2 to 300 ms
constexpr std::array<int, 10> report_proxied{102, 202, 6, 79, 10, 5, 1, 0, 0, 0};

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

TEST_CASE("the default likelihoods keep their rates on the half that they were not counted on")
{
    Outcome const direct = decide_each(report_direct), proxied = decide_each(report_proxied);
    CHECK(share(direct.proxy, direct.all()) <= ErrorRates{}.false_positive);
    CHECK(share(proxied.direct, proxied.all()) <= ErrorRates{}.miss);
    CHECK(share(proxied.proxy, proxied.all()) > 0.2); // of legs from 2 ms, with two exchanges
}

TEST_CASE(
    "direct clients of the lab's kind are not called proxied, over several connections either")
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

TEST_CASE("recorded connections through residential proxies, opening and then reply")
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
