// SPDX-License-Identifier: BSL-1.0
//
// The figures as Markdown, as docs/accuracy.md shows them.
//
// Synopsis
//   Tables{figures}.print(half);
#ifndef AROMA_BENCHMARKS_JUDGE_TABLES_HPP
#define AROMA_BENCHMARKS_JUDGE_TABLES_HPP

#include "../../examples/common/printable.hpp"
#include "figures.hpp"
#include "rules.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace judge {

class Tables {
public:
    explicit Tables(std::vector<Json> const& figures) : figures_{figures} {}

    void print(std::string_view half) const
    {
        Json const input = of("input").front();
        fmt::print("### What was judged\n\n{} connections; {} more failed and are not judged. "
                   "Thresholds are set on the half `choose`; every figure is\n"
                   "of {}.\n",
                   input["connections"].dump(), input["failed"].dump(),
                   half == "both" ? "both halves" : fmt::format("the half `{}`", half));
        if (input["changed"] != 0)
            fmt::print(
                "**{} with another band here than the server gave:** the library's constants "
                "have changed since, or a void probe,\n"
                "of which a row has no numbers, said more to the server.\n",
                input["changed"].dump());
        table("judged", "| truth | path | choose | report | failed |\n|---|---|---:|---:|---:|",
              [](Json const& f) {
                  return fmt::format("| {} | {} | {} | {} | {} |", text(f["truth"]),
                                     text(f["path"]), f["choose"].dump(), f["report"].dump(),
                                     f["failed"].dump());
              });
        table("failed", "| failed for | connections | the first |\n|---|---:|---|",
              [](Json const& f) {
                  return fmt::format("| {} | {} | {} |", text(f["reason"]), f["connections"].dump(),
                                     text(f["first_cell"]));
              });
        rules_table();
        legs_table();
        groups_table("direct", "Direct connections");
        groups_table("proxy", "Proxied connections, client leg from 15 ms");
        groups_table("evasive",
                     "Proxies that delay or hold back their ACKs, client legs of every length");
        kinds_table("accused", "Direct connections that `connection_history` accused", "highest");
        kinds_table(
            "missed",
            "Proxied connections, client leg from 15 ms, of which `connection_history` missed more "
            "than 1 %",
            "lowest");
        Json const why = of("why_missed").front();
        fmt::print("\nOf all that it missed, one tick of the clock more would have shown {}, {} "
                   "had no verdict, {} were long enough and excused (one exchange\n"
                   "alone, or TCP's own sample as long), and {} were quicker still.\n",
                   why["within_a_tick"].dump(), why["silent"].dump(), why["excused"].dump(),
                   why["quicker"].dump());
        fmt::print("\n### The goals\n");
        table(
            "goal",
            "| `connection_history` | wanted | per cent [95 %] | of | |\n|---|---:|---:|---:|---|",
            [](Json const& f) {
                Json const& figure = f["figure"];
                return fmt::format("| {} | {} {} | {} | {} | {} |", text(f["goal"]),
                                   f["at_least"] == true ? ">=" : "<=", percent(f["wanted"]),
                                   share(figure), figure["of"].dump(),
                                   figure["of"] == 0      ? "-"
                                   : f["reached"] == true ? "reached"
                                                          : "**missed**");
            });
        fmt::print("\n### The rules\n\n| rule | what it is |\n|---|---|\n");
        for (Rule const& rule : rules)
            fmt::print("| `{}` | {} |\n", rule.name, rule.source);
    }

private:
    static constexpr std::size_t most_rows = 25; // of a list of kinds

    static std::string number(Json const& value, char const* format = "{:.1f}")
    {
        return value.is_null() || std::isnan(value.get<double>())
                 ? "-"
                 : fmt::format(fmt::runtime(format), value.get<double>());
    }
    // With more digits near both ends.
    static std::string percent(Json const& share)
    {
        double const p = 100 * share.get<double>(), end = std::min(p, 100 - p);
        return number(p, end <= 0    ? "{:.0f}"
                         : end < 0.1 ? "{:.3f}"
                         : end < 1   ? "{:.2f}"
                                     : "{:.1f}");
    }
    static std::string share(Json const& s)
    {
        return s["of"] == 0 ? "-"
                            : fmt::format("{} [{}, {}]", percent(s["share"]), percent(s["low"]),
                                          percent(s["high"]));
    }
    static std::string text(Json const& value)
    {
        std::string plain = value.is_null() ? "-" : value.get<std::string>();
        std::replace_if(
            plain.begin(), plain.end(), [](char c) { return c == '|' || c == '\n' || c == '\r'; },
            ' ');
        return examples::printable(plain);
    }

    // Those with the most first, and the number of the others.
    static std::string whose(Json const& counts)
    {
        std::vector<std::pair<std::size_t, std::string>> most;
        for (auto const& [who, n] : counts.items())
            most.emplace_back(n.get<std::size_t>(), who);
        std::stable_sort(most.begin(), most.end(),
                         [](auto const& a, auto const& b) { return a.first > b.first; });
        std::string list;
        for (std::size_t i = 0; i < std::min<std::size_t>(most.size(), 3); ++i)
            list += fmt::format("{}{} {}", i ? ", " : "", text(most[i].second), most[i].first);
        return most.size() > 3 ? fmt::format("{}, {} more", list, most.size() - 3) : list;
    }

    std::vector<Json> of(std::string_view name) const
    {
        std::vector<Json> some;
        std::copy_if(figures_.begin(), figures_.end(), std::back_inserter(some),
                     [&](Json const& f) { return f["table"] == name; });
        return some;
    }

    template <class Row>
    void table(std::string_view name, std::string_view head, Row row) const
    {
        auto const rows = of(name);
        if (rows.empty())
            return;
        fmt::print("\n{}\n", head);
        for (Json const& f : rows)
            fmt::print("{}\n", row(f));
    }

    void rules_table() const
    {
        auto const rows = of("rule");
        fmt::print("\n### Every rule on the same connections\n\n"
                   "{} direct connections, and {} proxied ones with a client leg of 15 ms or more. "
                   "Per cent [95 % interval]; s+ is suspicious or proxy.\n"
                   "On so many direct and proxied ones a rule is silent: the proxied are missed "
                   "then, and the direct not accused. The last two columns:\n"
                   "the client leg from which on 99 % lie above the threshold that accuses 1 % "
                   "(0.1 %) of the direct connections of `choose`, and in\n"
                   "brackets the per cent that it accuses here.\n\n",
                   rows.front()["direct"]["proxy"]["of"].dump(),
                   rows.front()["proxied"]["proxy"]["of"].dump());
        fmt::print("| rule | direct: proxy | direct: s+ | proxied: proxy | proxied: s+ | silent | "
                   "AUC | leg at 1 % | leg at 0.1 % |\n"
                   "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        for (Json const& f : rows) {
            fmt::print("| `{}` |", text(f["rule"]));
            for (char const* truth : {"direct", "proxied"})
                fmt::print(" {} | {} |", share(f[truth]["proxy"]), share(f[truth]["suspicious"]));
            fmt::print(" {}, {} | {} |", percent(f["direct"]["unknown"]["share"]),
                       percent(f["proxied"]["unknown"]["share"]), number(f["auc"], "{:.4f}"));
            for (Json const& at : f["at"]) {
                if (at["threshold"].is_null())
                    fmt::print(" too few |");
                else
                    fmt::print(" {} ({}) |", number(at["leg_ms"], "{:g} ms"),
                               percent(at["false_positives"]["share"]));
            }
            fmt::print("\n");
        }
    }

    void legs_table() const
    {
        std::map<double, std::map<std::string, Json>> shares;
        std::string rule_row = "|---|";
        for (Json const& f : of("leg"))
            shares[f["leg_ms"]][f["rule"]] = f["suspicious"];
        if (shares.empty())
            return;
        fmt::print("\n### Suspicious or worse, by client leg\n\n| per cent; leg in ms |");
        for (auto const& [leg, by] : shares) {
            fmt::print(" {:g} |", leg);
            rule_row += "---:|";
        }
        fmt::print("\n{}\n| connections |", rule_row);
        for (auto const& [leg, by] : shares)
            fmt::print(" {} |", by.begin()->second["of"].dump());
        for (Rule const& rule : rules) {
            fmt::print("\n| `{}` |", rule.name);
            for (auto& [leg, by] : shares)
                fmt::print(" {} |", percent(by[std::string{rule.name}]["share"]));
        }
        fmt::print("\n");
    }

    void groups_table(std::string_view truth, std::string_view title) const
    {
        auto rows = of("group");
        std::erase_if(rows, [&](Json const& f) { return f["truth"] != truth; });
        if (rows.empty())
            return;
        fmt::print("\n### {}\n\n| | connections | `connection_history`: proxy | s+ | none | "
                   "`min_over_smoothed`: proxy | s+ |\n"
                   "|---|---:|---:|---:|---:|---:|---:|\n",
                   title);
        for (Json const& f : rows) {
            Json const &c = f["connection_history"], &m = f["min_over_smoothed"];
            fmt::print("| {}{} | {} | {} | {} | {} | {} | {} |\n",
                       f["by"] == "path" ? "" : text(f["by"]) + ' ', text(f["name"]),
                       c["proxy"]["of"].dump(), share(c["proxy"]), share(c["suspicious"]),
                       percent(c["unknown"]["share"]), percent(m["proxy"]["share"]),
                       percent(m["suspicious"]["share"]));
        }
    }

    void kinds_table(std::string_view name, std::string_view title, std::string_view extreme) const
    {
        auto const rows = of(name);
        fmt::print("\n### {}\n\n", title);
        if (rows.empty()) {
            fmt::print("None.\n");
            return;
        }
        fmt::print("| links | connections | proxy | s+ | none | {} excess, ms | minimum, ms | "
                   "exchange | whose |\n"
                   "|---|---:|---:|---:|---:|---:|---:|---|---|\n",
                   extreme);
        for (std::size_t i = 0; i < std::min(rows.size(), most_rows); ++i) {
            Json const &f = rows[i], &c = f["connection_history"];
            fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", text(f["kind"]),
                       c["proxy"]["of"].dump(), c["proxy"]["hits"].dump(),
                       c["suspicious"]["hits"].dump(), c["unknown"]["hits"].dump(),
                       number(f["excess_ms"]), number(f["minimum_ms"]), text(f["exchange"]),
                       whose(f["whose"]));
        }
        if (rows.size() > most_rows)
            fmt::print("\nand {} kinds more (`--json` names them).\n", rows.size() - most_rows);
    }

    std::vector<Json> const& figures_;
};

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_TABLES_HPP
