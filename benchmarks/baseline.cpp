// SPDX-License-Identifier: BSL-1.0
//
// A baseline against its limits, in turn within one run: recording against bare increments of
// arrays whose indices are known, and merging against the sum of the same counts in plain arrays,
// which a compiler is free to vectorise and nobody may write meanwhile.

#include <aroma/operate/baseline.hpp>

#include "compare.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace aroma;

// Connections as they come: RTTs log-normal about 30 ms, a queue that adds to TCP's smoothed RTT,
// and a rest above TCP.
struct Connections {
    std::mt19937_64 random{46386878};
    std::lognormal_distribution<double> path{std::log(30'000), 0.9}, queue{std::log(3'000), 1.5},
        above{std::log(1'000), 2.0};

    Assessment operator()()
    {
        auto const us = [](double length) {
            return Microseconds{static_cast<std::uint32_t>(length) + 1};
        };
        double const minimum = path(random), smoothed = minimum + queue(random),
                     application = minimum + above(random);
        RttSample<Microseconds> const sample{
            .minimum = us(minimum), .smoothed = us(smoothed), .application = us(application)};
        return random() % 2 != 0 ? assess(sample)
                                 : assess(sample, ScoreCalculator<MinOverSmoothed>{});
    }
};

// The same counts without bins to find, saturation or threads, padded to whole cache lines.
struct Bare {
    alignas(64) std::uint32_t counts[512 + 2 * 704]{};
};
struct Indices {
    std::size_t score, transport, application;
};

template <std::size_t Counts>
[[gnu::noinline]] void sum(std::uint32_t* __restrict to, std::uint32_t const* __restrict from)
{
    for (std::size_t i = 0; i < Counts; ++i)
        to[i] += from[i];
}

template <class Mergeable>
[[gnu::noinline]] void merge(Mergeable& to, Mergeable const& from)
{
    to.merge(from);
}

} // namespace

int main()
{
    using benchmarks::compare, benchmarks::keep, benchmarks::timed;

    constexpr std::size_t few = 1024; // that fit in a core's own caches
    static Assessment assessments[few];
    static Indices indices[few];
    Connections connection;
    for (std::size_t i = 0; i < few; ++i) {
        assessments[i] = connection();
        indices[i] = {ScoreHistogram::bin(assessments[i].score),
                      512 + RttHistogram::bin(assessments[i].sample.minimum),
                      512 + 704 + RttHistogram::bin(assessments[i].sample.application)};
    }
    static Segment segment;
    static Bare bare, bare_sum;
    auto const three = timed(20 * few, [](std::size_t i) {
        Indices const& at = indices[i % few];
        ++bare.counts[at.score];
        ++bare.counts[at.transport];
        ++bare.counts[at.application];
        keep(bare);
    });
    auto const one = timed(20 * few, [](std::size_t i) {
        ++bare.counts[indices[i % few].transport];
        keep(bare);
    });
    compare("`segment.record(assessment)`",
            timed(20 * few,
                  [](std::size_t i) {
                      segment.record(assessments[i % few]);
                      keep(segment);
                  }),
            "three increments of an array", three);
    compare("`scores.add(score)`",
            timed(20 * few,
                  [](std::size_t i) {
                      segment.scores.add(assessments[i % few].score);
                      keep(segment);
                  }),
            "one increment of an array", one);
    compare("`transport.add(rtt)`",
            timed(20 * few,
                  [](std::size_t i) {
                      segment.transport.add(assessments[i % few].sample.minimum);
                      keep(segment);
                  }),
            "one increment of an array", one);

    static Segment all, usual, worst;
    for (int i = 0; i < 100'000; ++i)
        usual.record(connection());
    for (std::size_t bin = 0; bin < RttHistogram::bins; ++bin) {
        worst.scores.add(bin, 1);
        worst.transport.add(bin, 1);
        worst.application.add(bin, 1);
    }
    auto const plain_rtts = timed(400, [](std::size_t) {
        sum<704>(bare_sum.counts, bare.counts);
        keep(bare_sum);
    });
    auto const plain = timed(200, [](std::size_t) {
        sum<std::size(Bare{}.counts)>(bare_sum.counts, bare.counts);
        keep(bare_sum);
    });
    compare("`transport.merge()`, 10^5 connections",
            timed(400,
                  [](std::size_t) {
                      merge(all.transport, usual.transport);
                      keep(all);
                  }),
            "the sum of as many plain counts", plain_rtts);
    compare("`segment.merge()`, 10^5 connections",
            timed(200,
                  [](std::size_t) {
                      merge(all, usual);
                      keep(all);
                  }),
            "the sum of as many plain counts", plain);
    compare("the same, a count in every bin",
            timed(200,
                  [](std::size_t) {
                      merge(all, worst);
                      keep(all);
                  }),
            "the sum of as many plain counts", plain);

    static Baseline<64> baseline;
    static std::unordered_map<std::string, std::unique_ptr<Segment>> map;
    static std::vector<std::string> names;
    for (int i = 0; i < 64; ++i) {
        names.push_back((i % 2 ? "cdg/mobile/" : "fra/fixed/") + std::to_string(i * 7919 % 64));
        (void)baseline.find_or_add(names.back());
        map.emplace(names.back(), std::make_unique<Segment>());
    }
    compare("`baseline.find_or_add(name)`, of 64",
            timed(2048, [](std::size_t i) { keep(baseline.find_or_add(names[i * 31 % 64])); }),
            "find() of an unordered_map",
            timed(2048, [](std::size_t i) { keep(*map.find(names[i * 31 % 64])->second); }));
}
