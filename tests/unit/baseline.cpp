// SPDX-License-Identifier: BSL-1.0
//
// Properties of operate/baseline.hpp: merging in every order, the limit of segments included; and
// recorded connections, by their source.

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

using namespace aroma;
using baselines::Few;
using baselines::random_baseline;

namespace {

std::uint64_t counted(Segment const& segment)
{
    return segment.scores.total() + segment.unknown;
}

} // namespace

TEST_CASE("Baseline: merging is the same in every order")
{
    std::mt19937_64 random{7};
    for (int round = 0; round < 60; ++round) {
        std::vector<Few> parts;
        std::uint64_t all = 0;
        for (int i = 0; i < 4; ++i)
            parts.push_back(random_baseline(random));
        std::set<std::string> names;
        for (Few const& part : parts) {
            all += counted(part.within(""));
            part.for_each(
                [&](SegmentName name, Segment const&) { names.emplace(name.data(), name.size()); });
        }
        names.erase("(others)");

        Few merged = parts[0];
        for (std::size_t i = 1; i < parts.size(); ++i)
            merged.merge(parts[i]);
        REQUIRE(counted(merged.within("")) == all);

        // Of all names, those that sort first.
        std::vector<std::string> kept;
        merged.for_each(
            [&](SegmentName name, Segment const&) { kept.emplace_back(name.data(), name.size()); });
        if (!kept.empty() && kept.back() == "(others)")
            kept.pop_back();
        REQUIRE(kept.size() == std::min(names.size(), Few::most_segments));
        REQUIRE(std::equal(kept.begin(), kept.end(), names.begin()));

        // Each of these with all that any of them had under its name.
        for (std::string const& name : kept) {
            Segment expected;
            for (Few const& part : parts)
                if (Segment const* const found = part.find(name))
                    expected.merge(*found);
            REQUIRE(*merged.find(name) == expected);
        }

        std::vector<std::size_t> order{0, 1, 2, 3};
        do {
            Few left = parts[order[0]], right = parts[order[2]], from_none;
            for (std::size_t const i : order)
                from_none.merge(parts[i]);
            left.merge(parts[order[1]]);
            right.merge(parts[order[3]]);
            left.merge(right);
            if (!(from_none == merged) || !(left == merged))
                FAIL("round " << round << ": another order gives another result");
        } while (std::next_permutation(order.begin(), order.end()));
    }
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
