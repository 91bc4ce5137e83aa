// SPDX-License-Identifier: BSL-1.0
//
// The figures that the judge gives, each a JSON object with the name of its table; the tables are
// made of nothing else.
//
// Synopsis
//   Figures{input, choose, report}.all();
#ifndef AROMA_BENCHMARKS_JUDGE_FIGURES_HPP
#define AROMA_BENCHMARKS_JUDGE_FIGURES_HPP

#include "judged.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace judge {

using Json = nlohmann::ordered_json;

class Figures {
public:
    Figures(Input const& input, Chosen const& choose, Chosen const& report)
        : input_{input}, choose_{choose}, report_{report}
    {
    }

    std::vector<Json> all()
    {
        all_.clear();
        judged();
        rules_on_all();
        legs();
        groups();
        kinds();
        goals();
        return all_;
    }

private:
    static constexpr double detected = 0.99; // the share that must be
    static constexpr std::array rates{0.01, 0.001};
    // In ms: from where on the library's excess is suspicious.
    static constexpr double suspicious_excess = aroma::ReferenceOverExcess{}.reference.count()
                                              / 1000
                                              * (1 / aroma::Thresholds{}.suspicious_below - 1);

    static Json json(Share const& s)
    {
        auto const [low, high] = s.interval();
        return {{"hits", s.hits}, {"of", s.of}, {"share", s.value()}, {"low", low}, {"high", high}};
    }
    static Json json(Bands const& b)
    {
        return {{"proxy", json(b.proxy)},
                {"suspicious", json(b.suspicious)},
                {"unknown", json(b.unknown)}};
    }

    // What the links were, for those who look for what false verdicts have in common.
    static std::string kind_of(Lab const& lab)
    {
        std::string kind = lab.proxied ? fmt::format("{:g} + {:g} ms", lab.near_ms, lab.leg_ms)
                                       : fmt::format("{:g} ms", lab.near_ms);
        if (lab.jitter_ms > 0)
            kind += fmt::format(", jitter {:g} ms", lab.jitter_ms);
        if (lab.loss_percent > 0)
            kind += fmt::format(", loss {:g} %", lab.loss_percent);
        for (std::string const& more : {lab.profile, lab.load})
            kind += more.empty() ? "" : ", " + more;
        return kind;
    }

    void judged()
    {
        std::map<std::pair<bool, std::string>, std::array<std::size_t, 3>> paths;
        for (Judged const& j : input_.connections)
            ++paths[{j.lab.proxied, j.lab.path}][j.lab.half == "report"];
        std::map<std::string, std::pair<std::size_t, std::string>> reasons;
        for (Lab const& lab : input_.failed) {
            ++paths[{lab.proxied, lab.path}][2];
            auto& [n, first] = reasons[lab.failed];
            if (n++ == 0)
                first = lab.cell;
        }
        all_.push_back({{"table", "input"},
                        {"connections", input_.connections.size()},
                        {"failed", input_.failed.size()},
                        {"changed", input_.changed}});
        for (auto const& [path, n] : paths)
            all_.push_back({{"table", "judged"},
                            {"truth", path.first ? "proxy" : "direct"},
                            {"path", path.second},
                            {"choose", n[0]},
                            {"report", n[1]},
                            {"failed", n[2]}});
        for (auto const& [why, n] : reasons)
            all_.push_back({{"table", "failed"},
                            {"reason", why},
                            {"connections", n.first},
                            {"first_cell", n.second}});
    }

    void rules_on_all()
    {
        Chosen const direct_chosen = those(choose_, direct),
                     direct_reported = those(report_, direct);
        Chosen const headline = those(report_, proxied_headline),
                     every_leg = those(report_, on_a_leg);
        for (std::size_t rule = 0; rule < rules.size(); ++rule) {
            Json at = Json::array();
            for (double const rate : rates) {
                Json now{{"rate", rate},
                         {"threshold", nullptr},
                         {"false_positives", nullptr},
                         {"leg_ms", nullptr}};
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
            all_.push_back(
                {{"table", "rule"},
                 {"rule", rules[rule].name},
                 {"direct", json(bands(direct_reported, rule))},
                 {"proxied", json(bands(headline, rule))},
                 {"auc", area(roc(evidence(direct_reported, rule), evidence(headline, rule)))},
                 {"at", at}});
        }
    }

    void groups()
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
                        all_.push_back({{"table", "group"},
                                        {"truth", truth},
                                        {"by", group},
                                        {"name", member},
                                        {"connection_history", json(bands(some, by_history))},
                                        {"min_over_smoothed", json(bands(some, by_ratio))}});
                }
            }
        };
        add("direct", those(report_, direct));
        add("proxy", those(report_, proxied_headline));
        add("evasive", those(report_, [](Judged const& j) { return j.lab.evasive(); }));
    }

    void legs()
    {
        std::map<double, Chosen> legs;
        for (Judged const* j : those(report_, on_a_leg))
            legs[j->lab.leg_ms].push_back(j);
        for (std::size_t rule = 0; rule < rules.size(); ++rule) {
            for (auto const& [leg, all] : legs)
                all_.push_back({{"table", "leg"},
                                {"rule", rules[rule].name},
                                {"leg_ms", leg},
                                {"suspicious", json(bands(all, rule).suspicious)}});
        }
    }

    // Kinds of direct connections that were accused, kinds of proxied ones that were missed: the
    // worst first.
    void kinds()
    {
        auto const add = [&](char const* table, Chosen const& all, bool wanted, double share) {
            std::map<std::string, Chosen> kinds;
            for (Judged const* j : all)
                kinds[kind_of(j->lab)].push_back(j);
            std::vector<std::pair<double, Json>> rows;
            for (auto const& [kind, some] : kinds) {
                Bands const sum = bands(some, by_history);
                double const wrong = wanted ? 1 - sum.suspicious.value() : sum.suspicious.value();
                if (!(wrong > share))
                    continue;
                // The one that looks least like the truth.
                auto const less = [](Judged const* a, Judged const* b) {
                    return a->deciding.excess < b->deciding.excess;
                };
                auto const known =
                    those(some, [](Judged const& j) { return !std::isnan(j.deciding.excess); });
                Deciding const extreme =
                    known.empty() ? Deciding{}
                    : wanted      ? (*std::min_element(known.begin(), known.end(), less))->deciding
                                  : (*std::max_element(known.begin(), known.end(), less))->deciding;
                Json const exchange = known.empty() ? Json{} : Json(name_of(extreme.what));
                std::map<std::string, std::size_t> whose;
                for (Judged const* j : some) {
                    if (accused(j->by[by_history]) != wanted)
                        ++whose[j->lab.path + ' ' + j->lab.client];
                }
                rows.emplace_back(wrong, Json{{"table", table},
                                              {"kind", kind},
                                              {"connection_history", json(sum)},
                                              {"excess_ms", extreme.excess},
                                              {"minimum_ms", extreme.minimum},
                                              {"exchange", exchange},
                                              {"whose", whose}});
            }
            std::stable_sort(rows.begin(), rows.end(),
                             [](auto const& a, auto const& b) { return a.first > b.first; });
            for (auto& row : rows)
                all_.push_back(std::move(row.second));
        };
        add("accused", those(report_, direct), false, 0);
        Chosen const headline = those(report_, proxied_headline);
        add("missed", headline, true, 1 - detected);

        std::size_t silent = 0, excused = 0, tick = 0, quick = 0;
        for (Judged const* j : headline) {
            Verdict const& v = j->by[by_history];
            double const excess = j->deciding.excess;
            if (accused(v))
                continue;
            if (v.band == aroma::Band::unknown)
                ++silent;
            else if (excess >= suspicious_excess)
                ++excused;
            else if (excess + j->lab.tick_ms >= suspicious_excess)
                ++tick;
            else
                ++quick;
        }
        all_.push_back({{"table", "why_missed"},
                        {"silent", silent},
                        {"excused", excused},
                        {"within_a_tick", tick},
                        {"quicker", quick}});
    }

    void goals()
    {
        auto const add = [&](std::string goal, Share share, bool at_least, double wanted) {
            bool const reached = at_least ? share.value() >= wanted : share.value() <= wanted;
            all_.push_back({{"table", "goal"},
                            {"goal", std::move(goal)},
                            {"wanted", wanted},
                            {"at_least", at_least},
                            {"figure", json(share)},
                            {"reached", reached}});
        };
        Chosen const headline = those(report_, proxied_headline);
        add("proxied, client leg from 15 ms: suspicious or worse",
            bands(headline, by_history).suspicious, true, detected);
        add("the same, of two exchanges or more",
            bands(those(headline, two_exchanges), by_history).suspicious, true, detected);
        std::map<std::string, Share> paths;
        for (Judged const* j : those(headline, two_exchanges))
            paths[j->lab.path].add(accused(j->by[by_history]));
        auto const less = [](auto const& a, auto const& b) {
            return a.second.value() < b.second.value();
        };
        if (auto const worst = std::min_element(paths.begin(), paths.end(), less);
            worst != paths.end())
            add("of those, the proxy seen least, " + worst->first, worst->second, true, detected);
        Chosen const all_direct = those(report_, direct);
        add("direct, the whole grid: proxy", bands(all_direct, by_history).proxy, false, 0.001);
        add("direct, the whole grid: suspicious or worse", bands(all_direct, by_history).suspicious,
            false, 0.01);
        add("direct, Chromium alone: suspicious or worse",
            bands(those(all_direct,
                        [](Judged const& j) { return j.lab.client.starts_with("chromium"); }),
                  by_history)
                .suspicious,
            false, 0.01);
    }

    Input const& input_;
    Chosen const &choose_, &report_;
    std::vector<Json> all_;
};

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_FIGURES_HPP
