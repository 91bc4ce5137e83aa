// SPDX-License-Identifier: BSL-1.0
//
// How often each tenth of the scores came out, direct and behind a proxy: the counts that
// decide/likelihood.hpp has its default likelihoods from.
//
//     aroma-likelihoods [--half choose|report|both] LAB.jsonl [RECORDED.csv]
//
// The first tenth holds the scores below 0.1. `within one path` is the intraclass correlation of
// the score between connections of one cell (one-way analysis of variance): how much of what one
// connection shows the next one over the same path shows again.

#include "../../examples/common/csv.hpp"
#include "../../examples/common/text_file.hpp"
#include "../../examples/common/tool.hpp"
#include "judged.hpp"
#include "read_recorded.hpp"
#include "rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/math/statistics/univariate_statistics.hpp>
#include <fmt/core.h>
#include <fmt/format.h>

namespace {

using Tenths = std::array<int, 10>;

void print(std::string_view rule, std::string_view truth, std::vector<double> const& evidence)
{
    Tenths counts{};
    for (double const e : evidence)
        if (!std::isnan(e))
            ++counts[std::min<std::size_t>(static_cast<std::size_t>((1 - e) * 10 + 1e-9), 9)];
    fmt::print("{:22} {:18} {}\n", rule, truth, fmt::join(counts, ", "));
}

// (MSB - MSW) / (MSB + (n - 1) MSW), with cells of unequal size by their mean (Donner 1986).
double correlation(judge::Chosen const& those, std::size_t rule)
{
    std::map<std::string, std::vector<double>> cells;
    double sum = 0, count = 0, squares = 0;
    for (judge::Judged const* j : those)
        if (double const e = j->by[rule].evidence; !std::isnan(e)) {
            cells[j->lab.cell].push_back(e);
            sum += e;
            ++count;
        }
    double between = 0, within = 0;
    for (auto const& [cell, values] : cells) {
        auto const size = static_cast<double>(values.size());
        double const mean = boost::math::statistics::mean(values);
        between += size * (mean - sum / count) * (mean - sum / count);
        within += size * boost::math::statistics::variance(values);
        squares += size * size;
    }
    auto const groups = static_cast<double>(cells.size());
    double const n = (count - squares / count) / (groups - 1);
    between /= groups - 1;
    within /= count - groups;
    return (between - within) / (between + (n - 1) * within);
}

std::string shown(double correlation) // none of too few connections
{
    return std::isnan(correlation) ? "-" : fmt::format("{:.2f}", correlation);
}

std::vector<judge::Recorded> recorded(std::string const& path, std::string_view half)
{
    examples::TextFile file{path};
    examples::Csv csv{file};
    constexpr std::size_t most = 1'000'000;
    std::vector<judge::Recorded> all;
    try {
        if (!csv.next() || !csv.has("gap_ms") || !csv.has("reply_excess_ms"))
            throw examples::Wrong(fmt::format("{}: no columns gap_ms and reply_excess_ms", path));
        for (bool choose = true; csv.next();) {
            if (all.size() == most)
                throw examples::Wrong(fmt::format("{}: more than {} connections", path, most));
            auto const gap = csv.milliseconds("gap_ms", 0),
                       excess = csv.milliseconds("reply_excess_ms", -1e6);
            if (!gap || !excess)
                throw examples::Wrong(fmt::format("{}:{}: a time is missing", path, csv.line()));
            if (half == "both" || choose == (half == "choose"))
                all.push_back(judge::read_recorded(gap, excess));
            choose = !choose;
        }
    } catch (examples::Malformed const& why) {
        throw examples::Wrong(fmt::format("{}:{}: {}", path, csv.line(), why.what()));
    }
    return all;
}

} // namespace

int main(int argc, char** argv)
{
    std::string half = "choose", lab, recordings;
    examples::CommandLine line{"aroma-likelihoods",
                               "How often each tenth of the scores came out, direct and proxied."};
    line.add_option("--half", half, "the half that is counted")
        ->check(CLI::IsMember(judge::halves))
        ->capture_default_str();
    line.add_option("LAB.jsonl", lab, "what benchmarks/lab.sh recorded")->required();
    line.add_option("RECORDED.csv", recordings,
                    "gap_ms and reply_excess_ms of proxied connections with both exchanges "
                    "(two_exchanges.csv); every second line is of the half `report`");
    return examples::run(line, argc, argv, [&] {
        judge::Input input;
        judge::read(lab, input);
        if (input.connections.empty())
            throw examples::Wrong("no connections to count");
        judge::Chosen all;
        for (judge::Judged const& j : input.connections)
            if (half == "both" || j.lab.half == half)
                all.push_back(&j);
        auto const direct = judge::those(all, judge::direct),
                   proxied = judge::those(all, judge::proxied);
        auto const seen =
            recordings.empty() ? std::vector<judge::Recorded>{} : recorded(recordings, half);

        for (std::string_view const name : {"opening", "reply", "echo", "connection_history",
                                            "connection_history_tls", "min_over_smoothed"}) {
            std::size_t const rule = judge::index_of(name);
            print(name, "direct", judge::evidence(direct, rule));
            print(name, "behind a proxy", judge::evidence(proxied, rule));
            std::vector<double> of_recorded;
            of_recorded.reserve(seen.size());
            for (judge::Recorded const& r : seen)
                of_recorded.push_back(judge::rules[rule].judge(r).evidence);
            if (!seen.empty() && name != "min_over_smoothed" && name != "echo")
                print(name, "recorded, proxied", of_recorded);
            fmt::print("{:22} within one path: direct {}, behind a proxy {}\n", name,
                       shown(correlation(direct, rule)), shown(correlation(proxied, rule)));
        }
        return input.whole ? 0 : 1;
    });
}
