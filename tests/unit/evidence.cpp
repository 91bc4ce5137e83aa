// SPDX-License-Identifier: BSL-1.0
//
// What evidence promises for every observation: probabilities within (0, 1), caps, no order.

#include "../support/catch.hpp"
#include "random_evidence.hpp"

#include <aroma/decide/evidence.hpp>
#include <aroma/decide/sequential_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

using namespace aroma;
using random_evidence::Random;
using random_evidence::ratio_of;

namespace {

constexpr std::array<double, detail::group_count> caps{5, 3, 3, 1.1};

} // namespace

TEST_CASE("Evidence: any order, same bits, within caps")
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

TEST_CASE("Evidence: a higher ratio never lowers the probability")
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

TEST_CASE("Evidence: a cap stops what repeats for ever")
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
