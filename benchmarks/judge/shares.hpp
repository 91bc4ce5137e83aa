// SPDX-License-Identifier: BSL-1.0
//
// What every rule says about many connections: the shares of the bands, by label.
//
// Synopsis
//   class Shares {
//       explicit Shares(std::string by = {});              with a name: split by a second column of
//                                                          that name
//       Row& row(label, by = {});                         row.count(Recorded) judges one more
//                                                         connection; throws Wrong for too many
//       std::string for_people();                         percent of all connections of the
//                                                         label; rules that know none are left out
//       std::string for_machines();                       counts: a JSON object for every label and
//                                                         rule, one a line
//   };
//   std::string sources();                                every rule's name and where it is from
#ifndef AROMA_BENCHMARKS_JUDGE_SHARES_HPP
#define AROMA_BENCHMARKS_JUDGE_SHARES_HPP

#include "../../examples/common/wrong.hpp"
#include "rules.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace judge {

struct Row {
    std::string label, by;
    std::uint64_t connections = 0;
    std::array<std::array<std::uint64_t, 5>, rules.size()> bands{}; // by rule and band

    void count(Recorded const& recorded)
    {
        ++connections;
        for (std::size_t rule = 0; rule < rules.size(); ++rule)
            ++bands[rule][static_cast<std::size_t>(rules[rule].judge(recorded).band)];
    }
};

inline constexpr std::size_t width_of_names = [] {
    std::size_t width = 0;
    for (Rule const& rule : rules)
        width = std::max(width, rule.name.size());
    return width;
}();

inline std::string sources()
{
    std::string text;
    for (Rule const& rule : rules)
        fmt::format_to(std::back_inserter(text), "{:{}}  {}\n", rule.name, width_of_names,
                       rule.source);
    return text;
}

class Shares {
public:
    static constexpr std::size_t most_rows = 10'000;

    explicit Shares(std::string by = {}) : by_{std::move(by)} {}

    Row& row(std::string_view label, std::string_view by = {})
    {
        std::pair const key{std::string{label}, std::string{by}};
        if (rows_.size() == most_rows && !index_.contains(key))
            throw examples::Wrong(
                fmt::format("more than {} labels: has each connection its own?", most_rows));
        auto const [found, is_new] = index_.try_emplace(key, nullptr);
        if (is_new)
            found->second =
                &rows_.emplace_back(Row{.label = std::string{label}, .by = std::string{by}});
        return *found->second;
    }

    bool empty() const { return rows_.empty(); }

    std::string for_people() const
    {
        auto const heading = [this](Row const& row) {
            return fmt::format("{}{}{}, n = {}", row.label, by_.empty() ? "" : ", ",
                               by_.empty() || !row.by.empty() ? row.by : "-", row.connections);
        };
        std::size_t width = width_of_names + 2;
        for (Row const& row : rows_)
            width = std::max(width, heading(row).size());
        std::string text;
        for (Row const& row : rows_) {
            fmt::format_to(std::back_inserter(text),
                           "{}{:{}}   normal %  unstable %  suspicious %   proxy %   unknown\n",
                           text.empty() ? "" : "\n", heading(row), width);
            for (std::size_t rule = 0; rule < rules.size(); ++rule) {
                auto const& [unknown, normal, unstable, suspicious, proxy] = row.bands[rule];
                auto const share = [&](std::uint64_t part) { return shown(part, row.connections); };
                if (unknown < row.connections)
                    fmt::format_to(std::back_inserter(text),
                                   "  {:{}}   {:>8}  {:>10}  {:>12}  {:>8}  {:>8}\n",
                                   rules[rule].name, width - 2, share(normal), share(unstable),
                                   share(suspicious), share(proxy), unknown);
            }
        }
        return text;
    }

    std::string for_machines() const
    {
        std::string text;
        for (Row const& row : rows_) {
            for (std::size_t rule = 0; rule < rules.size(); ++rule) {
                auto const& [unknown, normal, unstable, suspicious, proxy] = row.bands[rule];
                nlohmann::ordered_json line{{"label", row.label}};
                if (!by_.empty())
                    line[by_] = row.by;
                line.update({{"rule", rules[rule].name},
                             {"n", row.connections},
                             {"normal", normal},
                             {"unstable", unstable},
                             {"suspicious", suspicious},
                             {"proxy", proxy},
                             {"unknown", unknown}});
                text += line.dump() + '\n';
            }
        }
        return text;
    }

private:
    // One of twenty thousand is not none.
    static std::string shown(std::uint64_t part, std::uint64_t whole)
    {
        double const percent = 100 * static_cast<double>(part) / static_cast<double>(whole);
        return part > 0 && percent < 0.05       ? "<0.1"
             : part < whole && percent >= 99.95 ? ">99.9"
                                                : fmt::format("{:.1f}", percent);
    }

    std::string by_;
    std::deque<Row> rows_; // in the order of their first connections; a row stays where it is
    std::map<std::pair<std::string, std::string>, Row*> index_;
};

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_SHARES_HPP
