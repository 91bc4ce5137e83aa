// SPDX-License-Identifier: BSL-1.0
//
// aroma-calibrate: the table that people read.
#ifndef AROMA_EXAMPLES_TOOLS_CALIBRATE_REPORT_HPP
#define AROMA_EXAMPLES_TOOLS_CALIBRATE_REPORT_HPP

#include "thresholds.hpp"

#include <aroma/operate/calibration.hpp>
#include <aroma/operate/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <locale>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace calibrate {

// 10,100
inline std::string grouped(std::uint64_t count)
{
    struct Thousands : std::numpunct<char> {
        std::string do_grouping() const override { return "\3"; }
        char do_thousands_sep() const override { return ','; }
    };
    return fmt::format(std::locale{std::locale::classic(), new Thousands}, "{:L}", count);
}

inline std::string percent(double share)
{
    return share >= 0.9995 ? "100"
         : share >= 0.0995 ? fmt::format("{:.1f}", share * 100)
                           : fmt::format("{:.2g}", share * 100);
}

inline std::string shown(std::string const& name)
{
    return text_of(aroma::SegmentName{name}.in_text());
}

// Whose threshold an edge is, and why.
inline std::string whose(Segments const& segments, std::string const& name,
                         aroma::CalibratedEdge aroma::Calibration::*edge, double published)
{
    aroma::CalibratedEdge const& of = segments.at(name).thresholds.*edge;
    if (of.fallback == aroma::Fallback::none)
        return "its own";
    std::string above = name;
    for (int level = 0; level < of.levels; ++level)
        above = parent_of(above);
    bool const parent = of.fallback == aroma::Fallback::parent;
    double const fallback = parent ? (segments.at(above).thresholds.*edge).threshold : published;
    return fmt::format("{}{}: {} connections too few",
                       parent ? "that of " + shown(above) : "published",
                       of.threshold < fallback ? ", lowered by what was counted" : "",
                       grouped(of.needed - of.connections));
}

inline std::string edges_text(Segments const& segments, std::string const& name,
                              aroma::Thresholds const& usual)
{
    aroma::ScoreHistogram const& scores = segments.at(name).sum.scores;
    using aroma::Calibration;
    struct {
        char const* band;
        double published;
        aroma::CalibratedEdge Calibration::*edge;
    } const edges[]{{"unstable", usual.unstable_below, &Calibration::unstable_below},
                    {"suspicious", usual.suspicious_below, &Calibration::suspicious_below},
                    {"proxy", usual.proxy_below, &Calibration::proxy_below}};
    std::string text;
    double const total = static_cast<double>(std::max<std::uint64_t>(scores.total(), 1));
    for (auto const& [band, published, member] : edges) {
        aroma::CalibratedEdge const& edge = segments.at(name).thresholds.*member;
        text += fmt::format("  {:<12}{:>8} {:>11.3f} {:>8} {:>11.3f} {:>8} {:>9}   {}\n", band,
                            percent(edge.target), published,
                            percent(static_cast<double>(scores.count_below(published)) / total),
                            edge.threshold, percent(edge.share()), percent(edge.upper_bound),
                            whose(segments, name, member, published));
    }
    return text;
}

// How many scores there are in each fiftieth, by the logarithm; below it, where the thresholds are.
inline std::string strip(Calibrated const& segment)
{
    constexpr int columns = 50;
    constexpr std::string_view shades = " .:-=+*#%@";
    aroma::ScoreHistogram const& scores = segment.sum.scores;
    double const total = static_cast<double>(scores.total());
    std::string counts(columns, ' '), marks(columns + 1, ' ');
    for (int i = 0; i < columns; ++i) {
        double const share =
            static_cast<double>(scores.count_below(i + 1 < columns ? (i + 1) / 50.0 : 2.0)
                                - scores.count_below(i / 50.0))
            / std::max(total, 1.0);
        // A shade for each factor of 3, from 1 in 10,000 on; the lightest for anything at all.
        double const shade =
            share > 0 ? std::clamp(10 + std::log(share) / std::log(3.0), 1.0, 9.0) : 0;
        counts[static_cast<std::size_t>(i)] = shades[static_cast<std::size_t>(shade)];
    }
    aroma::Thresholds const t = segment.thresholds.thresholds();
    for (auto const& [mark, at] :
         {std::pair{'u', t.unstable_below}, {'s', t.suspicious_below}, {'p', t.proxy_below}})
        marks[static_cast<std::size_t>(at * columns)] = mark;
    return fmt::format("  0 |{}| 1\n     {}\n", counts,
                       marks.substr(0, marks.find_last_not_of(' ') + 1));
}

inline std::string report(Segments const& segments, aroma::CalibrationOptions const& options)
{
    std::string text = fmt::format(
        R"(Of direct connections, the share in per cent that comes out as that band or a worse one: target; with the published edge; with the
calibrated one, counted, and at most with {}% confidence. What is below u, s and p is unstable, suspicious and proxy.

  band          target   published    share  calibrated    share   at most   whose
)",
        options.confidence * 100);
    for (auto const& [name, segment] : segments) {
        aroma::ScoreHistogram const& scores = segment.sum.scores;
        text += fmt::format("\n{}: {} connections", shown(name), grouped(scores.total()));
        if (segment.sum.unknown.total() > 0)
            text += fmt::format(" and {} without a score", grouped(segment.sum.unknown.total()));
        if (scores.total() > 0)
            text += fmt::format("; p0.1 {:.3f}, p1 {:.3f}, p5 {:.3f}, p50 {:.3f}",
                                scores.quantile(0.001).value(), scores.quantile(0.01).value(),
                                scores.quantile(0.05).value(), scores.quantile(0.5).value());
        text += '\n' + edges_text(segments, name, options.published) + strip(segment);
    }
    return text;
}

} // namespace calibrate

#endif // AROMA_EXAMPLES_TOOLS_CALIBRATE_REPORT_HPP
