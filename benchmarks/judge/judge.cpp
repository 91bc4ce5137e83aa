// SPDX-License-Identifier: BSL-1.0
//
// Every rule on the same connections of the lab, as the tables of the README.
//
//     aroma-judge [--half choose|report|both] [--json] [--data DIR] FILE...
//
//     --half    which half of the grid the figures are of (report); thresholds are always set on the half `choose`
//     --json    the figures as one JSON object a line, instead of the tables
//     --data    write what the plots are drawn from into DIR
//
// Exit status: 0; 1 where a line or a file was not understood, which standard error names and the rest goes on without; 2 for a wrong call.

#include "read_lab.hpp"
#include "rules.hpp"
#include "statistics.hpp"

#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <fmt/ostream.h>
#include <nlohmann/json.hpp>

namespace {

using namespace judge;
using aroma::Band;
using Json = nlohmann::ordered_json;
using What = Recorded::What;

constexpr double headline_leg = 15, detected = 0.99; // ms; the share that must be
constexpr std::array rates{0.01, 0.001};
constexpr std::size_t most_rows = 25; // of a list of kinds
// In ms: from where on the library's excess is suspicious.
constexpr double suspicious_excess = aroma::ReferenceOverExcess{}.reference.count() / 1000 * (1 / aroma::Thresholds{}.unstable - 1);

constexpr std::size_t index_of(std::string_view name)
{
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].name == name)
            return i;
    }
    throw "no such rule";
}
constexpr std::size_t by_connection = index_of("connection"), by_ratio = index_of("min_over_smoothed");

// The exchange whose excess decides: the lowest of the replies, or of the openings where there is no reply.
struct Deciding {
    What what{};
    double excess = std::numeric_limits<double>::quiet_NaN(), minimum = excess; // ms
};

struct Judged {
    Lab lab;
    std::array<Verdict, rules.size()> by;
    Deciding deciding;
};

Deciding decide(Recorded const& recorded)
{
    Deciding lowest;
    for (auto const& at : recorded.moments) {
        if (!aroma::measured(at.sample.application))
            continue;
        Deciding const now{at.what, std::max((at.sample.application - at.sample.minimum).count(), 0.0), at.sample.minimum.count()};
        bool const reply = now.what != What::opening, had_reply = lowest.what != What::opening;
        if (std::isnan(lowest.excess) || (reply && !had_reply) || (reply == had_reply && now.excess < lowest.excess))
            lowest = now;
    }
    return lowest;
}

constexpr char const* name_of(What what)
{
    constexpr char const* names[] = {"opening", "TLS", "redirect", "ping", "request"};
    return names[static_cast<std::size_t>(what)];
}

bool accused(Verdict const& v) { return v.band == Band::suspicious || v.band == Band::proxy; }
bool in_headline(Lab const& lab) { return !lab.proxied || (lab.leg_ms >= headline_leg && !lab.evasive()); }

struct Bands {
    Share proxy, suspicious, unknown;

    void add(Verdict const& v)
    {
        proxy.add(v.band == Band::proxy);
        suspicious.add(accused(v));
        unknown.add(v.band == Band::unknown);
    }
};

Json json(Share const& s)
{
    auto const [low, high] = s.interval();
    return {{"hits", s.hits}, {"of", s.of}, {"share", s.value()}, {"low", low}, {"high", high}};
}
Json json(Bands const& b)
{
    return {{"proxy", json(b.proxy)}, {"suspicious", json(b.suspicious)}, {"unknown", json(b.unknown)}};
}

// What the links were, for those who look for what false verdicts have in common.
std::string kind_of(Lab const& lab)
{
    std::string kind = lab.proxied ? fmt::format("{:g} + {:g} ms", lab.near_ms, lab.leg_ms) : fmt::format("{:g} ms", lab.near_ms);
    if (lab.jitter_ms > 0)
        kind += fmt::format(", jitter {:g} ms", lab.jitter_ms);
    if (lab.loss_percent > 0)
        kind += fmt::format(", loss {:g} %", lab.loss_percent);
    for (std::string const& more : {lab.profile, lab.load})
        kind += more.empty() ? "" : ", " + more;
    return kind;
}

struct Input {
    std::vector<Judged> connections;
    std::vector<Lab> failed;
    std::size_t changed = 0; // another band than the server saw
    bool whole = true;
};

void read(char const* path, Input& input)
{
    std::ifstream file{path};
    if (!file) {
        fmt::print(stderr, "{}: cannot be read\n", path);
        input.whole = false;
    }
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        if (line.empty())
            continue;
        try {
            Judged now{read_lab(line), {}, {}};
            if (!now.lab.failed.empty()) {
                input.failed.push_back(std::move(now.lab));
                continue;
            }
            for (std::size_t i = 0; i < rules.size(); ++i)
                now.by[i] = rules[i].judge(now.lab.recorded);
            now.deciding = decide(now.lab.recorded);
            input.changed += !now.lab.band.empty() && now.lab.band != name(now.by[by_connection].band);
            input.connections.push_back(std::move(now));
        } catch (std::exception const& why) {
            fmt::print(stderr, "{}:{}: {}\n", path, number, why.what());
            input.whole = false;
        }
    }
}

// The figures. Both outputs are made of them.

using Chosen = std::vector<Judged const*>;

template <class Is>
Chosen those(Chosen const& all, Is is)
{
    Chosen some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](Judged const* j) { return is(*j); });
    return some;
}

std::vector<double> evidence(Chosen const& all, std::size_t rule)
{
    std::vector<double> values;
    for (Judged const* j : all)
        values.push_back(j->by[rule].evidence);
    return values;
}

Bands bands(Chosen const& all, std::size_t rule)
{
    Bands sum;
    for (Judged const* j : all)
        sum.add(j->by[rule]);
    return sum;
}

bool direct(Judged const& j) { return !j.lab.proxied; }
bool proxied(Judged const& j) { return j.lab.proxied && !j.lab.evasive(); }
bool proxied_headline(Judged const& j) { return proxied(j) && in_headline(j.lab); }

void judged_figures(Input const& input, std::vector<Json>& figures)
{
    std::map<std::pair<bool, std::string>, std::array<std::size_t, 3>> paths;
    for (Judged const& j : input.connections)
        ++paths[{j.lab.proxied, j.lab.path}][j.lab.half == "report"];
    std::map<std::string, std::pair<std::size_t, std::string>> reasons;
    for (Lab const& lab : input.failed) {
        ++paths[{lab.proxied, lab.path}][2];
        auto& [n, first] = reasons[lab.failed];
        if (n++ == 0)
            first = lab.cell;
    }
    figures.push_back({{"table", "input"}, {"connections", input.connections.size()}, {"failed", input.failed.size()}, {"changed", input.changed}});
    for (auto const& [path, n] : paths)
        figures.push_back({{"table", "judged"}, {"truth", path.first ? "proxy" : "direct"}, {"path", path.second},
                           {"choose", n[0]}, {"report", n[1]}, {"failed", n[2]}});
    for (auto const& [why, n] : reasons)
        figures.push_back({{"table", "failed"}, {"reason", why}, {"connections", n.first}, {"first_cell", n.second}});
}

void rule_figures(Chosen const& choose, Chosen const& report, std::vector<Json>& figures)
{
    Chosen const direct_chosen = those(choose, direct), direct_reported = those(report, direct);
    Chosen const headline = those(report, proxied_headline), every_leg = those(report, proxied);
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
        Json at = Json::array();
        for (double const rate : rates) {
            Json now{{"rate", rate}, {"threshold", nullptr}, {"false_positives", nullptr}, {"leg_ms", nullptr}};
            if (auto const edge = threshold(evidence(direct_chosen, rule), rate)) {
                std::map<double, Share> legs;
                for (Judged const* j : every_leg)
                    legs[j->lab.leg_ms].add(j->by[rule].evidence > *edge);
                now["threshold"] = *edge;
                now["false_positives"] = json(above(evidence(direct_reported, rule), *edge));
                if (auto const leg = smallest_leg(legs, detected))
                    now["leg_ms"] = *leg;
            }
            at.push_back(now);
        }
        figures.push_back({{"table", "rule"}, {"rule", rules[rule].name}, {"direct", json(bands(direct_reported, rule))},
                           {"proxied", json(bands(headline, rule))},
                           {"auc", area(roc(evidence(direct_reported, rule), evidence(headline, rule)))}, {"at", at}});
    }
}

void group_figures(Chosen const& report, std::vector<Json>& figures)
{
    // What the connections have in common: the name of the group, and the value within it.
    using Of = std::string (*)(Lab const&);
    constexpr std::pair<char const*, Of> groups[] = {
        {"path", [](Lab const& lab) { return lab.path; }},
        {"client", [](Lab const& lab) { return lab.client; }},
        {"profile", [](Lab const& lab) { return lab.profile; }},
        {"load", [](Lab const& lab) { return lab.load; }},
    };
    auto const add = [&](char const* truth, Chosen const& all) {
        for (auto const& [group, of] : groups) {
            if (truth == std::string_view{"evasive"} && group != groups[0].first)
                break;
            std::map<std::string, Chosen> members;
            for (Judged const* j : all)
                members[of(j->lab)].push_back(j);
            for (auto const& [member, some] : members) {
                if (!member.empty() && (group == groups[0].first || members.size() > 1))
                    figures.push_back({{"table", "group"}, {"truth", truth}, {"by", group}, {"name", member},
                                       {"connection", json(bands(some, by_connection))}, {"min_over_smoothed", json(bands(some, by_ratio))}});
            }
        }
    };
    add("direct", those(report, direct));
    add("proxy", those(report, proxied_headline));
    add("evasive", those(report, [](Judged const& j) { return j.lab.evasive(); }));
}

void leg_figures(Chosen const& report, std::vector<Json>& figures)
{
    std::map<double, Chosen> legs;
    for (Judged const* j : those(report, proxied))
        legs[j->lab.leg_ms].push_back(j);
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
        for (auto const& [leg, all] : legs)
            figures.push_back({{"table", "leg"}, {"rule", rules[rule].name}, {"leg_ms", leg}, {"suspicious", json(bands(all, rule).suspicious)}});
    }
}

// Kinds of direct connections that were accused, kinds of proxied ones that were missed: the worst first.
void kind_figures(Chosen const& report, std::vector<Json>& figures)
{
    auto const add = [&](char const* table, Chosen const& all, bool wanted, double share) {
        std::map<std::string, Chosen> kinds;
        for (Judged const* j : all)
            kinds[kind_of(j->lab)].push_back(j);
        std::vector<std::pair<double, Json>> rows;
        for (auto const& [kind, some] : kinds) {
            Bands const sum = bands(some, by_connection);
            double const wrong = wanted ? 1 - sum.suspicious.value() : sum.suspicious.value();
            if (!(wrong > share))
                continue;
            // The one that looks least like the truth.
            auto const less = [](Judged const* a, Judged const* b) { return a->deciding.excess < b->deciding.excess; };
            auto const known = those(some, [](Judged const& j) { return !std::isnan(j.deciding.excess); });
            Deciding const extreme = known.empty() ? Deciding{}
                                     : wanted      ? (*std::min_element(known.begin(), known.end(), less))->deciding
                                                   : (*std::max_element(known.begin(), known.end(), less))->deciding;
            Json const exchange = known.empty() ? Json{} : Json(name_of(extreme.what));
            std::map<std::string, std::size_t> whose;
            for (Judged const* j : some) {
                if (accused(j->by[by_connection]) != wanted)
                    ++whose[j->lab.path + ' ' + j->lab.client];
            }
            rows.emplace_back(wrong, Json{{"table", table}, {"kind", kind}, {"connection", json(sum)}, {"excess_ms", extreme.excess},
                                   {"minimum_ms", extreme.minimum}, {"exchange", exchange}, {"whose", whose}});
        }
        std::stable_sort(rows.begin(), rows.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
        for (auto& row : rows)
            figures.push_back(std::move(row.second));
    };
    add("accused", those(report, direct), false, 0);
    Chosen const headline = those(report, proxied_headline);
    add("missed", headline, true, 1 - detected);

    std::size_t silent = 0, tick = 0, quick = 0;
    for (Judged const* j : headline) {
        Verdict const& v = j->by[by_connection];
        if (!accused(v))
            ++(v.band == Band::unknown                                       ? silent
               : j->deciding.excess + j->lab.tick_ms >= suspicious_excess ? tick
                                                                            : quick);
    }
    figures.push_back({{"table", "why_missed"}, {"silent", silent}, {"within_a_tick", tick}, {"quicker", quick}});
}

void goal_figures(Chosen const& report, std::vector<Json>& figures)
{
    auto const add = [&](std::string goal, Share share, bool at_least, double wanted) {
        bool const reached = at_least ? share.value() >= wanted : share.value() <= wanted;
        figures.push_back({{"table", "goal"}, {"goal", std::move(goal)}, {"wanted", wanted}, {"at_least", at_least}, {"figure", json(share)}, {"reached", reached}});
    };
    Chosen const headline = those(report, proxied_headline);
    add("proxied, client leg from 15 ms: suspicious or worse", bands(headline, by_connection).suspicious, true, detected);
    std::map<std::string, Share> paths;
    for (Judged const* j : headline)
        paths[j->lab.path].add(accused(j->by[by_connection]));
    auto const less = [](auto const& a, auto const& b) { return a.second.value() < b.second.value(); };
    if (auto const worst = std::min_element(paths.begin(), paths.end(), less); worst != paths.end())
        add("the same of the proxy seen least, " + worst->first, worst->second, true, detected);
    Chosen const all_direct = those(report, direct);
    add("direct, the whole grid: proxy", bands(all_direct, by_connection).proxy, false, 0.001);
    add("direct, the whole grid: suspicious or worse", bands(all_direct, by_connection).suspicious, false, 0.01);
    add("direct, Chromium alone: suspicious or worse",
        bands(those(all_direct, [](Judged const& j) { return j.lab.client == "chromium"; }), by_connection).suspicious, false, 0.01);
}

// The tables.

std::string percent(Json const& share)
{
    if (share.is_null()) // NaN
        return "-";
    double const p = 100 * share.get<double>(), end = std::min(p, 100 - p);
    return end <= 0 ? fmt::format("{:.0f}", p) : end < 0.1 ? fmt::format("{:.3f}", p) : end < 1 ? fmt::format("{:.2f}", p) : fmt::format("{:.1f}", p);
}
std::string share(Json const& s)
{
    return s["of"] == 0 ? "-" : fmt::format("{} [{}, {}]", percent(s["share"]), percent(s["low"]), percent(s["high"]));
}
std::string number(Json const& value, char const* format = "{:.1f}")
{
    return value.is_null() ? "-" : fmt::format(fmt::runtime(format), value.get<double>());
}
std::string text(Json const& value)
{
    std::string plain = value.is_null() ? "-" : value.get<std::string>();
    std::replace_if(plain.begin(), plain.end(), [](char c) { return c == '|' || c == '\n' || c == '\r'; }, ' ');
    return plain;
}

// Those with the most first, and the number of the others.
std::string whose(Json const& counts)
{
    std::vector<std::pair<std::size_t, std::string>> most;
    for (auto const& [who, n] : counts.items())
        most.emplace_back(n.get<std::size_t>(), who);
    std::stable_sort(most.begin(), most.end(), [](auto const& a, auto const& b) { return a.first > b.first; });
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(most.size(), 3); ++i)
        list += fmt::format("{}{} {}", i ? ", " : "", text(most[i].second), most[i].first);
    return most.size() > 3 ? fmt::format("{}, {} more", list, most.size() - 3) : list;
}

class Tables {
public:
    explicit Tables(std::vector<Json> const& figures) : figures_{figures} {}

    void print(std::string_view half) const
    {
        Json const input = of("input").front();
        fmt::print("### What was judged\n\n{} connections; {} more failed and are not judged. Thresholds are set on the half `choose`; every figure is\nof {}.\n",
                   input["connections"].dump(), input["failed"].dump(), half == "both" ? "both halves" : fmt::format("the half `{}`", half));
        if (input["changed"] != 0)
            fmt::print("**{} have another band now than when they were recorded:** the library's constants have changed since.\n", input["changed"].dump());
        table("judged", "| truth | path | choose | report | failed |\n|---|---|---:|---:|---:|", [](Json const& f) {
            return fmt::format("| {} | {} | {} | {} | {} |", text(f["truth"]), text(f["path"]), f["choose"].dump(), f["report"].dump(), f["failed"].dump());
        });
        table("failed", "| failed for | connections | the first |\n|---|---:|---|", [](Json const& f) {
            return fmt::format("| {} | {} | {} |", text(f["reason"]), f["connections"].dump(), text(f["first_cell"]));
        });
        rules_table();
        legs_table();
        for (auto const& [truth, title] : {std::pair{"direct", "Direct connections"}, {"proxy", "Proxied connections, client leg from 15 ms"}, {"evasive", "What cannot be seen, client legs of every length"}})
            groups_table(truth, title);
        kinds_table("accused", "Direct connections that `connection` accused", "highest");
        kinds_table("missed", "Proxied connections, client leg from 15 ms, of which `connection` missed more than 1 %", "lowest");
        Json const why = of("why_missed").front();
        fmt::print("\nOf all that it missed, one tick of the clock more would have shown {}, {} had no verdict, and {} were quicker still.\n",
                   why["within_a_tick"].dump(), why["silent"].dump(), why["quicker"].dump());
        fmt::print("\n### The goals\n");
        table("goal", "| `connection` | wanted | per cent [95 %] | of | |\n|---|---:|---:|---:|---|", [](Json const& f) {
            return fmt::format("| {} | {} {} | {} | {} | {} |", text(f["goal"]), f["at_least"] == true ? ">=" : "<=", percent(f["wanted"]), share(f["figure"]),
                               f["figure"]["of"].dump(), f["figure"]["of"] == 0 ? "-" : f["reached"] == true ? "reached" : "**missed**");
        });
        fmt::print("\n### The rules\n\n| rule | what it is |\n|---|---|\n");
        for (Rule const& rule : rules)
            fmt::print("| `{}` | {} |\n", rule.name, rule.source);
    }

private:
    std::vector<Json> of(std::string_view name) const
    {
        std::vector<Json> some;
        std::copy_if(figures_.begin(), figures_.end(), std::back_inserter(some), [&](Json const& f) { return f["table"] == name; });
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
        fmt::print("\n### Every rule on the same connections\n\n{} direct connections, and {} proxied ones with a client leg of 15 ms or more. Per cent [95 % interval];\n"
                   "s+ is suspicious or proxy. Of direct and proxied ones a rule is silent on so many; then the proxied are missed and the direct not accused.\n"
                   "The last two columns: the client leg from which on 99 % lie above the threshold that accuses 1 % (0.1 %) of the direct connections of\n"
                   "`choose`, and in brackets the per cent that it accuses here.\n\n",
                   rows.front()["direct"]["proxy"]["of"].dump(), rows.front()["proxied"]["proxy"]["of"].dump());
        fmt::print("| rule | direct: proxy | direct: s+ | proxied: proxy | proxied: s+ | silent | AUC | leg at 1 % | leg at 0.1 % |\n"
                   "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        for (Json const& f : rows) {
            fmt::print("| `{}` |", text(f["rule"]));
            for (char const* truth : {"direct", "proxied"})
                fmt::print(" {} | {} |", share(f[truth]["proxy"]), share(f[truth]["suspicious"]));
            fmt::print(" {}, {} | {} |", percent(f["direct"]["unknown"]["share"]), percent(f["proxied"]["unknown"]["share"]), number(f["auc"], "{:.4f}"));
            for (Json const& at : f["at"]) {
                if (at["threshold"].is_null())
                    fmt::print(" too few |");
                else
                    fmt::print(" {} ({}) |", at["leg_ms"].is_null() ? "-" : number(at["leg_ms"], "{:g} ms"), percent(at["false_positives"]["share"]));
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
        fmt::print("\n### {}\n\n| | connections | `connection`: proxy | s+ | none | `min_over_smoothed`: proxy | s+ |\n|---|---:|---:|---:|---:|---:|---:|\n", title);
        for (Json const& f : rows) {
            Json const &c = f["connection"], &m = f["min_over_smoothed"];
            fmt::print("| {}{} | {} | {} | {} | {} | {} | {} |\n", f["by"] == "path" ? "" : text(f["by"]) + ' ', text(f["name"]), c["proxy"]["of"].dump(),
                       share(c["proxy"]), share(c["suspicious"]), percent(c["unknown"]["share"]), percent(m["proxy"]["share"]), percent(m["suspicious"]["share"]));
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
        fmt::print("| links | connections | proxy | s+ | none | {} excess | minimum | exchange | whose |\n|---|---:|---:|---:|---:|---:|---:|---|---|\n", extreme);
        for (Json const& f : std::vector<Json>(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), most_rows)))) {
            Json const& c = f["connection"];
            fmt::print("| {} | {} | {} | {} | {} | {} ms | {} ms | {} | {} |\n", text(f["kind"]), c["proxy"]["of"].dump(), c["proxy"]["hits"].dump(),
                       c["suspicious"]["hits"].dump(), c["unknown"]["hits"].dump(), number(f["excess_ms"]), number(f["minimum_ms"]), text(f["exchange"]),
                       whose(f["whose"]));
        }
        if (rows.size() > most_rows)
            fmt::print("\nand {} kinds more (`--json` names them).\n", rows.size() - most_rows);
    }

    std::vector<Json> const& figures_;
};

// What the plots are drawn from.

class Data {
public:
    Data(std::filesystem::path folder, Chosen const& report) : folder_{std::move(folder)}, report_{report} {}

    void write() const
    {
        std::filesystem::create_directories(folder_);
        rocs();
        scores();
        excesses();
    }

private:
    std::ofstream file(std::string const& name, std::string_view columns) const
    {
        std::ofstream out{folder_ / name};
        out.exceptions(std::ios::failbit | std::ios::badbit);
        fmt::print(out, "# {}\n", columns);
        return out;
    }

    // Corners nearer to each other than can be seen are left out.
    void rocs() const
    {
        Chosen const all_direct = those(report_, direct), headline = those(report_, proxied_headline);
        auto own = file("roc_own.dat", "rule, false and true positives of its band proxy, and of suspicious or worse");
        for (std::size_t rule = 0; rule < rules.size(); ++rule) {
            auto out = file(fmt::format("roc_{}.dat", rules[rule].name), "false positives, true positives");
            RocPoint last{0, -1, -1};
            auto const points = roc(evidence(all_direct, rule), evidence(headline, rule));
            for (RocPoint const& p : points) {
                bool const near = p.false_positives <= last.false_positives * 1.03 && p.true_positives <= last.true_positives + 0.003;
                if (!near || &p == &points.back())
                    fmt::print(out, "{:.6f} {:.6f}\n", p.false_positives, p.true_positives), last = p;
            }
            Bands const d = bands(all_direct, rule), p = bands(headline, rule);
            fmt::print(own, "{} {:.6f} {:.6f} {:.6f} {:.6f}\n", rules[rule].name, d.proxy.value(), p.proxy.value(), d.suspicious.value(), p.suspicious.value());
        }
    }

    // Of proxies near their server, as the transport's ratio sees no others.
    void scores() const
    {
        for (std::string_view const name : {"min_over_smoothed", "opening_ratio", "opening", "reply_ratio", "reply", "connection"}) {
            std::size_t const rule = index_of(name);
            std::map<double, std::vector<double>> legs;
            for (Judged const* j : those(report_, [](Judged const& j) { return proxied(j) && j.lab.near_ms <= 2; })) {
                double const e = j->by[rule].evidence;
                if (!std::isnan(e)) // a connection's evidence is its excess
                    legs[j->lab.leg_ms].push_back(rule == by_connection ? aroma::ReferenceOverExcess{}(Sample{.minimum = Milliseconds{1}, .application = Milliseconds{1 + e}}).value() : 1 - e);
            }
            auto out = file(fmt::format("score_{}.dat", name), "client leg in ms, score: 10 %, median, 90 %, connections");
            for (auto& [leg, values] : legs) {
                std::sort(values.begin(), values.end());
                fmt::print(out, "{:g} {:.6f} {:.6f} {:.6f} {}\n", leg, quantile(values, 0.1), quantile(values, 0.5), quantile(values, 0.9), values.size());
            }
        }
    }

    void excesses() const
    {
        constexpr double edges[] = {0, 15, 30, 60};
        std::map<std::string, std::vector<double>> groups{{"direct", {}}};
        for (double const edge : edges)
            groups[fmt::format("leg_{:g}", edge)];
        for (Judged const* j : report_) {
            double const e = j->deciding.excess;
            if (std::isnan(e) || j->lab.evasive())
                continue;
            groups[j->lab.proxied ? fmt::format("leg_{:g}", *(std::upper_bound(std::begin(edges), std::end(edges), j->lab.leg_ms) - 1)) : "direct"].push_back(e);
        }
        for (auto& [name, values] : groups) {
            std::sort(values.begin(), values.end());
            auto out = file(fmt::format("excess_{}.dat", name), "lowest excess in ms, share of the connections that have at most it");
            double last = -1, last_share = -1;
            for (std::size_t i = 0; i < values.size(); ++i) {
                double const share = Share{i + 1, values.size()}.value();
                bool const visible = values[i] > last * 1.005 + 0.01 || share > last_share + 0.001 || i < 20 || i + 20 >= values.size();
                if (visible)
                    fmt::print(out, "{:.3f} {:.6f}\n", values[i], share), last = values[i], last_share = share;
            }
        }
    }

    std::filesystem::path folder_;
    Chosen const& report_;
};

int usage()
{
    std::fputs("usage: aroma-judge [--half choose|report|both] [--json] [--data DIR] FILE...\n", stderr);
    return 2;
}

} // namespace

int main(int argc, char** argv)
try {
    std::string_view half = "report";
    std::string data;
    bool as_json = false;
    std::vector<char const*> files;
    for (int i = 1; i < argc; ++i) {
        std::string_view const argument = argv[i];
        if (argument == "--json")
            as_json = true;
        else if (argument == "--half" && i + 1 < argc)
            half = argv[++i];
        else if (argument == "--data" && i + 1 < argc)
            data = argv[++i];
        else if (argument.starts_with("--"))
            return usage();
        else
            files.push_back(argv[i]);
    }
    if (files.empty() || (half != "choose" && half != "report" && half != "both"))
        return usage();

    Input input;
    for (char const* file : files)
        read(file, input);
    Chosen choose, report;
    for (Judged const& j : input.connections) {
        if (j.lab.half == "choose")
            choose.push_back(&j);
        if (half == "both" || j.lab.half == half)
            report.push_back(&j);
    }

    std::vector<Json> figures;
    judged_figures(input, figures);
    rule_figures(choose, report, figures);
    leg_figures(report, figures);
    group_figures(report, figures);
    kind_figures(report, figures);
    goal_figures(report, figures);
    if (as_json) {
        for (Json const& f : figures)
            fmt::print("{}\n", f.dump());
    } else {
        Tables{figures}.print(half);
    }
    if (input.changed > 0)
        fmt::print(stderr, "aroma-judge: {} of {} connections have another band now than when they were recorded\n", input.changed, input.connections.size());
    if (!data.empty())
        Data{data, report}.write();
    return input.whole ? 0 : 1;
} catch (std::exception const& why) {
    fmt::print(stderr, "aroma-judge: {}\n", why.what());
    return 1;
}
