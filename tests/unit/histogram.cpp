// SPDX-License-Identifier: BSL-1.0
//
// Properties of operate/histogram.hpp against a sorted list of the same values: quantiles within
// their bounds, counts below an edge exact, and merging the same as counting in one.

#include "../support/catch.hpp"

#include <aroma/operate/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

using namespace aroma;

namespace {

std::mt19937_64 random_of(std::uint64_t seed)
{
    return std::mt19937_64{seed};
}

// The nearest-rank method, on all of them.
template <class T>
T exact_quantile(std::vector<T> const& sorted, double q)
{
    auto const rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
    return sorted[rank > 0 ? rank - 1 : 0];
}

std::vector<std::vector<std::uint32_t>> rtt_mixtures()
{
    std::mt19937_64 random = random_of(1);
    std::lognormal_distribution<double> path{std::log(30'000), 0.9}, near{std::log(400), 0.5},
        satellite{std::log(620'000), 0.1};
    auto const us = [](double value) {
        return static_cast<std::uint32_t>(std::clamp(value, 1.0, 67'108'863.0));
    };
    std::vector<std::vector<std::uint32_t>> mixtures(5);
    for (int i = 0; i < 20'000; ++i) {
        mixtures[0].push_back(us(i % 20 < 15   ? path(random)
                                 : i % 20 < 19 ? near(random)
                                               : satellite(random)));
        mixtures[1].push_back(static_cast<std::uint32_t>(random() % 67'108'863 + 1));
        // every octave alike
        mixtures[2].push_back(us(std::exp2(static_cast<double>(random() % 26'000) / 1000)));
        mixtures[3].push_back(i % 2 ? 100 : 5'000'000);
        mixtures[4].push_back(us(near(random) / 20));
    }
    mixtures.push_back({123'456});
    return mixtures;
}

std::vector<std::vector<double>> score_mixtures()
{
    std::mt19937_64 random = random_of(2);
    std::uniform_real_distribution<double> uniform{1e-9, 1};
    std::vector<std::vector<double>> mixtures(4);
    for (int i = 0; i < 20'000; ++i) {
        mixtures[0].push_back(uniform(random));
        mixtures[1].push_back(i % 3 ? 1 : uniform(random) * uniform(random));
        // on edges and between them
        mixtures[2].push_back(static_cast<double>(random() % 1000 + 1) / 1000);
        mixtures[3].push_back(0.9 + uniform(random) / 1000);
    }
    mixtures.push_back({0.1});
    return mixtures;
}

constexpr double qs[] = {0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.333, 0.5, 0.75, 0.9, 0.99, 0.999, 1};

} // namespace

TEST_CASE("RttHistogram: quantiles within 1/64")
{
    for (std::vector<std::uint32_t>& rtts : rtt_mixtures()) {
        RttHistogram histogram;
        for (std::uint32_t const us : rtts)
            histogram.add(Microseconds{us});
        std::sort(rtts.begin(), rtts.end());
        REQUIRE(histogram.total() == rtts.size());
        for (double const q : qs) {
            double const exact = exact_quantile(rtts, q), answer = histogram.quantile(q).count();
            CHECK(std::abs(answer - exact) <= RttHistogram::error * exact);
        }
        for (std::size_t bin = 0; bin <= RttHistogram::bins; bin += 5) {
            std::uint32_t const edge = RttHistogram::lower_edge(bin).count();
            if (bin < RttHistogram::bins)
                CHECK(histogram.count_below(Microseconds{edge})
                      == static_cast<std::size_t>(std::lower_bound(rtts.begin(), rtts.end(), edge)
                                                  - rtts.begin()));
        }
    }
}

TEST_CASE("ScoreHistogram: quantiles within 0.001")
{
    for (std::vector<double>& scores : score_mixtures()) {
        ScoreHistogram histogram;
        for (double const score : scores)
            histogram.add(Score{score});
        std::sort(scores.begin(), scores.end());
        REQUIRE(histogram.total() == scores.size());
        for (double const q : qs)
            CHECK(std::abs(histogram.quantile(q).value() - exact_quantile(scores, q))
                  <= ScoreHistogram::error + 1e-12);
        for (std::size_t bin = 0; bin < ScoreHistogram::bins; ++bin) {
            double const edge = ScoreHistogram::lower_edge(bin);
            if (histogram.count_below(edge)
                != static_cast<std::size_t>(std::lower_bound(scores.begin(), scores.end(), edge)
                                            - scores.begin()))
                FAIL("count_below(" << edge << ")");
        }
    }
}

TEST_CASE("RttHistogram: every microsecond is in its bin")
{
    std::size_t before = 0;
    for (std::uint32_t us = 0; us < 1u << 26; us += 1 + us / 4096) {
        std::size_t const bin = RttHistogram::bin(Microseconds{us});
        if (bin < before || bin > before + 1 || us < RttHistogram::lower_edge(bin).count()
            || us >= RttHistogram::lower_edge(bin + 1).count())
            FAIL(us << " us is in bin " << bin);
        before = bin;
    }
    CHECK(before == RttHistogram::bins - 1);
}

TEST_CASE("histogram: merging is counting in one")
{
    std::mt19937_64 random = random_of(3);
    for (int round = 0; round < 200; ++round) {
        // Counts whose sums stop at most, in half of the rounds.
        std::uint32_t const top = round % 2 ? RttHistogram::most : 5;
        std::vector<RttHistogram> parts(5);
        std::vector<std::uint64_t> expected(RttHistogram::bins);
        for (RttHistogram& part : parts) {
            for (int i = 0; i < 300; ++i) {
                std::size_t const bin = random() % RttHistogram::bins;
                auto const count = static_cast<std::uint32_t>(random() % top + 1);
                std::uint64_t const before = part.count(bin);
                part.add(bin, count);
                REQUIRE(part.count(bin)
                        == std::min<std::uint64_t>(before + count, RttHistogram::most));
                expected[bin] += part.count(bin) - before;
            }
        }
        std::shuffle(parts.begin(), parts.end(), random);
        RttHistogram in_turn, by_pairs, right = parts[3];
        for (RttHistogram const& part : parts)
            in_turn.merge(part);
        by_pairs.merge(parts[2]);
        by_pairs.merge(parts[0]);
        right.merge(parts[4]);
        right.merge(parts[1]);
        by_pairs.merge(right);
        REQUIRE(in_turn == by_pairs);
        std::uint64_t total = 0;
        for (std::size_t bin = 0; bin < RttHistogram::bins; ++bin) {
            if (in_turn.count(bin) != std::min<std::uint64_t>(expected[bin], RttHistogram::most))
                FAIL("bin " << bin);
            total += in_turn.count(bin);
        }
        REQUIRE(in_turn.total() == total);
    }
}
