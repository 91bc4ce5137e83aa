// SPDX-License-Identifier: BSL-1.0
//
// Properties of operate/baseline.hpp: merging in every order, with and without room for all names;
// and recorded connections, by their source.

#include "../support/catch.hpp"
#include "baselines.hpp"

#include <aroma/operate/baseline.hpp>
#include <aroma/operate/segment_name.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace aroma;
using baselines::Few;
using baselines::random_baseline;

namespace {

std::map<std::string, Segment> segments_of(std::vector<Few> const& parts)
{
    std::map<std::string, Segment> all;
    for (Few const& part : parts)
        part.for_each([&](SegmentName name, Segment const& segment) {
            all[std::string(name.data(), name.size())].merge(segment);
        });
    return all;
}

std::vector<Few> random_parts(std::mt19937_64& random, std::size_t count)
{
    std::vector<Few> parts;
    while (parts.size() < count)
        parts.push_back(random_baseline(random));
    return parts;
}

} // namespace

TEST_CASE("Baseline: merging is the same in every order if all names fit")
{
    std::mt19937_64 random{7};
    for (int round = 0; round < 60; ++round) {
        std::vector<Few> const parts = random_parts(random, 4);
        auto const expected = segments_of(parts);
        std::vector<std::size_t> order{0, 1, 2, 3};
        auto const first = std::make_unique<Baseline<32>>();
        Few chosen;
        do {
            auto const merged = std::make_unique<Baseline<32>>(),
                       left = std::make_unique<Baseline<32>>();
            auto const add = [&](Baseline<32>& to, Few const& part) {
                part.for_each(
                    [&](SegmentName name, Segment const& segment) { to.merge(name, segment); });
            };
            for (std::size_t const i : order)
                add(*merged, parts[i]);
            add(*left, parts[order[0]]);
            add(*left, parts[order[1]]);
            auto const right = std::make_unique<Baseline<32>>();
            add(*right, parts[order[2]]);
            add(*right, parts[order[3]]);
            left->merge(*right);
            REQUIRE(*left == *merged);
            // and of them those that a smaller one has room for
            Few smaller;
            smaller.merge(*merged);
            if (order == std::vector<std::size_t>{0, 1, 2, 3}) {
                *first = *merged;
                chosen = smaller;
                std::size_t names = 0;
                merged->for_each([&](SegmentName name, Segment const& segment) {
                    ++names;
                    REQUIRE(expected.at(std::string(name.data(), name.size())) == segment);
                });
                REQUIRE(names == expected.size());
            }
            if (!(*merged == *first) || !(smaller == chosen))
                FAIL("round " << round << ": another order gives another result");
        } while (std::next_permutation(order.begin(), order.end()));
    }
}

TEST_CASE("Baseline: of two that are merged the names with the most assessments stay")
{
    std::mt19937_64 random{8};
    int full = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<Few> const parts = random_parts(random, 2);
        auto all = segments_of(parts);
        Segment others = all["(others)"];
        all.erase("(others)");
        std::vector<std::string> names;
        for (auto const& [name, segment] : all)
            names.push_back(name);
        std::stable_sort(names.begin(), names.end(), [&](auto const& a, auto const& b) {
            return all[a].total() > all[b].total();
        });
        full += names.size() > Few::most_segments;
        while (names.size() > Few::most_segments) {
            others.merge(all[names.back()]);
            names.pop_back();
        }
        Few merged = parts[0], other_way = parts[1];
        merged.merge(parts[1]);
        other_way.merge(parts[0]);
        REQUIRE(merged == other_way);
        REQUIRE(merged.size() == names.size());
        REQUIRE(merged.others() == others);
        for (std::string const& name : names)
            REQUIRE((merged.find(name) && *merged.find(name) == all[name]));
    }
    CHECK(full > 100);
}

TEST_CASE("Baseline: of hundreds of names those with the most assessments stay")
{
    using Many = Baseline<101>;
    std::mt19937_64 random{10};
    auto const one = std::make_unique<Many>(), other = std::make_unique<Many>();
    for (int round = 0; round < 20; ++round) {
        std::map<std::string, std::uint64_t> totals;
        *one = *other = Many{};
        for (Many* const part : {one.get(), other.get()})
            while (part->size() < (round % 2 == 0 ? 101 : 60)) {
                std::string const name = fmt::format("s{}", random() % 300);
                auto const count = static_cast<std::uint32_t>(random() % 20); // many are equal
                part->find_or_add(name).unknown.add(Status::no_sample, count);
                totals[name] += count;
            }
        std::vector<std::string> names;
        for (auto const& [name, total] : totals)
            names.push_back(name);
        std::stable_sort(names.begin(), names.end(),
                         [&](auto const& a, auto const& b) { return totals[a] > totals[b]; });
        one->merge(*other);
        REQUIRE(one->size() == std::min<std::size_t>(names.size(), 101));
        std::uint64_t left = 0;
        for (std::size_t i = 0; i < names.size(); ++i) {
            Segment const* const stayed = one->find(names[i]);
            REQUIRE((stayed != nullptr) == (i < 101));
            left += stayed ? 0 : totals[names[i]];
            REQUIRE((!stayed || stayed->total() == totals[names[i]]));
        }
        REQUIRE(one->others().total() == left);
    }
}

TEST_CASE("Baseline: in every order nothing is lost, and a name of many assessments stays")
{
    std::mt19937_64 random{9};
    int many = 0;
    for (int round = 0; round < 200; ++round) {
        std::vector<Few> parts = random_parts(random, 5);
        if (round % 2 == 0)
            for (int i = 0; i < 200; ++i)
                parts[random() % 5].find_or_add("zz/honest").record(Assessment{});
        Segment all;
        for (Few const& part : parts)
            all.merge(part.within(""));
        std::vector<std::size_t> order{0, 1, 2, 3, 4};
        for (int shuffle = 0; shuffle < 10; ++shuffle) {
            std::shuffle(order.begin(), order.end(), random);
            Few merged;
            for (std::size_t const i : order)
                merged.merge(parts[i]);
            REQUIRE(merged.within("") == all);
            for (Few const& part : parts)
                part.for_each([&](SegmentName name, Segment const& segment) {
                    if (segment.total() * (Few::most_segments + 1) > all.total()) {
                        ++many;
                        if (!merged.find(name) || merged.find(name)->total() < segment.total())
                            FAIL("round " << round << ": "
                                          << std::string(name.data(), name.size()));
                    }
                });
        }
    }
    CHECK(many > 500);
}

TEST_CASE("Baseline: names of one client cannot evict a segment of thousands")
{
    auto const honest = std::make_unique<Baseline<64>>(),
               attacked = std::make_unique<Baseline<64>>();
    for (int i = 0; i < 10'000; ++i)
        honest->find_or_add("mobile").record(Assessment{});
    for (int i = 0; i < 64; ++i)
        attacked->find_or_add(fmt::format("a{}", i)).record(Assessment{});
    auto const merged = std::make_unique<Baseline<64>>(*honest);
    merged->merge(*attacked);
    REQUIRE(merged->find("mobile"));
    CHECK(merged->find("mobile")->total() == 10'000);
    CHECK(merged->others().total() == 1);
    attacked->merge(*honest);
    CHECK(*attacked == *merged);
}

TEST_CASE("Baseline: a segment keeps its place")
{
    auto const baseline = std::make_unique<Baseline<300>>();
    std::mt19937_64 random{11};
    std::map<std::string, Segment*> added;
    for (int i = 0; i < 2000; ++i) {
        std::string const name = baselines::random_name(random);
        Segment& segment = baseline->find_or_add(name);
        if (validate(SegmentName{name}) != NameError::none
            || (added.size() == 300 && !added.count(name))) {
            REQUIRE(&segment == &baseline->others());
            continue;
        }
        REQUIRE(added.emplace(name, &segment).first->second == &segment);
        REQUIRE(baseline->find(name) == &segment);
    }
    REQUIRE(added.size() == baseline->size());
    auto expected = added.begin();
    bool in_order = true;
    baseline->for_each([&](SegmentName name, Segment const& segment) {
        in_order = in_order && expected != added.end() && name == expected->first
                && &segment == expected->second;
        ++expected;
    });
    CHECK(in_order);
}

TEST_CASE("Baseline: a segment of its own is merged whole into a full one")
{
    auto const full = std::make_unique<Baseline<1>>();
    full->find_or_add("old/one").unknown.add(Status::no_sample, 5);
    full->merge("new", *full->find("old/one"));
    CHECK(full->within("").total() == 10);
    CHECK(full->find("new")->total() == 5);
    CHECK(full->others().total() == 5);
    // a name that is in the slot that goes
    SegmentName name;
    full->for_each([&](SegmentName one, Segment const&) {
        name = one.size() == 3 ? SegmentName{one.data(), 2} : name;
    });
    full->merge(name, *full->find("new"));
    CHECK(full->within("").total() == 15);
    CHECK(full->find("ne")->total() == 5);
    full->merge(std::string(64, 'x'), *full->find("ne"));
    CHECK(full->others().total() == 15);
}

TEST_CASE("Baseline: recorded connections have their quantiles")
{
    std::ifstream file{AROMA_RECORDINGS "/tcp_info.csv"};
    if (!file)
        return skipped("no recorded connections in " AROMA_RECORDINGS);
    auto const whole = std::make_unique<Baseline<64>>();
    auto const parts = std::make_unique<Baseline<64>[]>(3);
    std::map<std::string, std::vector<std::uint32_t>> minima;
    std::map<std::string, std::vector<double>> scores;
    std::string line, cell;
    std::getline(file, line);
    for (std::size_t i = 0; std::getline(file, line); ++i) {
        std::vector<std::string> row;
        for (std::istringstream cells{line}; std::getline(cells, cell, ',');)
            row.push_back(cell);
        auto const us = [&](std::size_t column) {
            return Microseconds{static_cast<std::uint32_t>(std::stoul("0" + row.at(column)))};
        };
        Assessment const a = assess(RttSample<Microseconds>{.minimum = us(5), .smoothed = us(4)});
        whole->find_or_add(row[0]).record(a);
        parts[i % 3].find_or_add(row[0]).record(a);
        if (a.score.known()) {
            minima[row[0]].push_back(us(5).count());
            scores[row[0]].push_back(a.score.value());
        }
    }
    REQUIRE(minima.size() > 1);
    parts[2].merge(parts[0]);
    parts[2].merge(parts[1]);
    CHECK(parts[2] == *whole);
    for (auto& [source, rtts] : minima) {
        Segment const* const segment = whole->find(source);
        REQUIRE(segment);
        std::sort(rtts.begin(), rtts.end());
        std::sort(scores[source].begin(), scores[source].end());
        CHECK(segment->transport.total() == rtts.size());
        for (double const q : {0.01, 0.1, 0.5, 0.9, 0.99}) {
            auto const at = static_cast<std::size_t>(
                std::max(0.0, std::ceil(q * static_cast<double>(rtts.size())) - 1));
            CHECK(std::abs(static_cast<double>(segment->transport.quantile(q).count()) - rtts[at])
                  <= RttHistogram::error * rtts[at]);
            CHECK(std::abs(segment->scores.quantile(q).value() - scores[source][at])
                  <= ScoreHistogram::error + 1e-12);
        }
        auto const proxies = std::count_if(scores[source].begin(), scores[source].end(),
                                           [](double score) { return score < 0.1; });
        CHECK(segment->scores.count_below(0.1) == static_cast<std::uint64_t>(proxies));
    }
}
