// SPDX-License-Identifier: BSL-1.0
//
// What the plots are drawn from: columns, separated by spaces.
//
// Synopsis
//   PlotData{folder, report, files}.write();    files: what was read, which is not written over
//
//   roc_RULE.dat      the curve                         roc_own.dat
//                                where each rule's own thresholds lie
//   score_RULE.dat    score by client leg               excess_*.dat
//                                distributions, direct and by client leg
#ifndef AROMA_BENCHMARKS_JUDGE_PLOT_DATA_HPP
#define AROMA_BENCHMARKS_JUDGE_PLOT_DATA_HPP

#include "../../examples/common/output_file.hpp"
#include "../../examples/common/wrong.hpp"
#include "judged.hpp"
#include "rules.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace judge {

class PlotData {
public:
    PlotData(std::filesystem::path folder, Chosen const& report,
             std::vector<std::string> const& files)
        : folder_{std::move(folder)}, report_{report}, files_{files}
    {
    }

    void write() const
    {
        std::error_code error;
        if (exists(folder_, error) && !is_directory(folder_, error))
            throw examples::Wrong(fmt::format("{}: no folder: name one", folder_.string()));
        if (std::filesystem::create_directories(folder_, error); error)
            throw std::system_error{error, folder_.string()};
        rocs();
        scores();
        excesses();
    }

private:
    static std::string begun(std::string_view columns) { return fmt::format("# {}\n", columns); }

    template <class... Values>
    static void add(std::string& text, fmt::format_string<Values...> row, Values&&... values)
    {
        fmt::format_to(std::back_inserter(text), row, std::forward<Values>(values)...);
    }

    void save(std::string const& name, std::string const& text) const
    {
        std::string const path = folder_ / name;
        examples::is_apart(path, files_);
        examples::save_text(path, text);
    }

    // Corners nearer to each other than can be seen are left out.
    void rocs() const
    {
        Chosen const all_direct = those(report_, direct),
                     headline = those(report_, proxied_headline);
        std::string own =
            begun("rule, false and true positives of its band proxy, and of suspicious or worse");
        for (std::size_t rule = 0; rule < rules.size(); ++rule) {
            std::string out = begun("false positives, true positives");
            RocPoint last{0, -1, -1};
            auto const points = roc(evidence(all_direct, rule), evidence(headline, rule));
            for (RocPoint const& p : points) {
                bool const near = p.false_positives <= last.false_positives * 1.03
                               && p.true_positives <= last.true_positives + 0.003;
                if (!near || &p == &points.back()) {
                    add(out, "{:.6f} {:.6f}\n", p.false_positives, p.true_positives);
                    last = p;
                }
            }
            save(fmt::format("roc_{}.dat", rules[rule].name), out);
            Bands const d = bands(all_direct, rule), p = bands(headline, rule);
            add(own, "{} {:.6f} {:.6f} {:.6f} {:.6f}\n", rules[rule].name, d.proxy.value(),
                p.proxy.value(), d.suspicious.value(), p.suspicious.value());
        }
        save("roc_own.dat", own);
    }

    // The library's evidence is 1 - score. Of proxies near their server, as the transport's ratio
    // sees no others.
    void scores() const
    {
        for (std::string_view const name : {"min_over_smoothed", "opening_ratio", "opening",
                                            "reply_ratio", "reply", "connection_history"}) {
            std::size_t const rule = index_of(name);
            std::map<double, std::vector<double>> legs;
            for (Judged const* j : those(
                     report_, [](Judged const& j) { return on_a_leg(j) && j.lab.near_ms <= 2; })) {
                double const e = j->by[rule].evidence;
                if (!std::isnan(e))
                    legs[j->lab.leg_ms].push_back(1 - e);
            }
            std::string out = begun("client leg in ms, score: 10 %, median, 90 %, connections");
            for (auto& [leg, values] : legs) {
                std::sort(values.begin(), values.end());
                add(out, "{:g} {:.6f} {:.6f} {:.6f} {}\n", leg, quantile(values, 0.1),
                    quantile(values, 0.5), quantile(values, 0.9), values.size());
            }
            save(fmt::format("score_{}.dat", name), out);
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
            double const edge =
                *(std::upper_bound(std::begin(edges), std::end(edges), j->lab.leg_ms) - 1);
            groups[j->lab.proxied ? fmt::format("leg_{:g}", edge) : "direct"].push_back(e);
        }
        for (auto& [name, values] : groups) {
            std::sort(values.begin(), values.end());
            std::string out =
                begun("lowest excess in ms, share of the connections that have at most it");
            double last = -1, last_share = -1;
            for (std::size_t i = 0; i < values.size(); ++i) {
                double const share = Share{i + 1, values.size()}.value();
                bool const visible = values[i] > last * 1.005 + 0.01 || share > last_share + 0.001
                                  || i < 20 || i + 20 >= values.size();
                if (visible) {
                    add(out, "{:.3f} {:.6f}\n", values[i], share);
                    last = values[i];
                    last_share = share;
                }
            }
            save(fmt::format("excess_{}.dat", name), out);
        }
    }

    std::filesystem::path folder_;
    Chosen const& report_;
    std::vector<std::string> const& files_;
};

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_PLOT_DATA_HPP
