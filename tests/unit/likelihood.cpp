// SPDX-License-Identifier: BSL-1.0
//
// Properties of decide/likelihood.hpp: a ratio is a quotient, and likelihoods fall with the score.

#include "../support/catch.hpp"
#include "random_evidence.hpp"

#include <aroma/decide/likelihood.hpp>
#include <aroma/detail/millionths.hpp>

#include <cmath>
#include <cstdint>
#include <random>
#include <utility>

using namespace aroma;
using random_evidence::Random;
using random_evidence::ratio_of;

TEST_CASE("LikelihoodRatio: the quotient of two probabilities")
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

TEST_CASE("ScoreLikelihood: falls with the score")
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

template <std::uint32_t Bins>
void check_parts()
{
    for (std::uint32_t k = 0; k <= Bins; ++k) {
        double const volatile edge = k / static_cast<double>(Bins); // as 0.29 is written
        double const below = std::nextafter(edge, 0.0);
        if (detail::to_parts<Bins>(edge) != k || detail::from_parts<Bins>(k) != edge
            || (k > 0 && detail::to_parts<Bins>(below) != k - 1))
            FAIL(k << "/" << Bins << " is in part " << detail::to_parts<Bins>(edge));
    }
}

} // namespace

TEST_CASE("to_parts: every edge of 1 to 1000 bins is in the bin above it")
{
    []<std::size_t... I>(std::index_sequence<I...>)
    {
        // clang folds no more than 256 at once
        constexpr void (*checks[])() = {check_parts<I + 1>...};
        for (auto const check : checks)
            check();
    }
    (std::make_index_sequence<1000>{});
}

namespace {

// Each bin speaks less for a proxy than the one below it.
template <std::size_t... Bins>
void check_edges()
{
    auto const check = []<std::size_t N>(ScoreCounts<N> counts) {
        for (std::size_t bin = 0; bin < N; ++bin) {
            counts.proxied[bin] = 10 * (N - bin);
            counts.direct[bin] = 10 * (bin + 1);
        }
        ScoreLikelihood<N> likelihood;
        REQUIRE(likelihood.adjust(counts) == EvidenceError::none);
        for (std::size_t k = 1; k < N; ++k) {
            Score const edge{static_cast<double>(k) / N}, below{std::nextafter(edge.value(), 0.0)},
                next{std::nextafter(static_cast<double>(k + 1) / N, 0.0)};
            if (!(likelihood(edge) < likelihood(below)) || likelihood(edge) != likelihood(next))
                FAIL(k << "/" << N << " counts in another bin");
        }
    };
    (check(ScoreCounts<Bins>{}), ...);
}

} // namespace

TEST_CASE("ScoreLikelihood: a score on an edge counts in the bin above it")
{
    check_edges<1, 2, 3, 7, 10, 29, 49, 50, 93, 100, 200, 343, 1000>();
}
