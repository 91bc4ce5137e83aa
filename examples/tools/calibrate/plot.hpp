// SPDX-License-Identifier: BSL-1.0
//
// aroma-calibrate: a picture by gnuplot: the share of scores below each, of the segments with the
// most connections, and their edges on it.
#ifndef AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP
#define AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP

#include "report.hpp"
#include "thresholds.hpp"

#include <aroma/operate/histogram.hpp>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace calibrate {

inline std::string quoted(std::string const& text) // for gnuplot
{
    std::string all = "'";
    for (char const c : text)
        all += c == '\'' ? "''" : std::string(1, c);
    return all + "'";
}

inline void plot(Segments const& segments, std::string const& file)
{
    constexpr std::size_t most_curves = 8;
    std::vector<Segments::const_pointer> most;
    for (auto const& one : segments)
        if (one.second.sum.scores.total() > 0)
            most.push_back(&one);
    std::stable_sort(most.begin(), most.end(), [](auto a, auto b) {
        return a->second.sum.scores.total() > b->second.sum.scores.total();
    });
    most.resize(std::min(most.size(), most_curves));

    std::string script = fmt::format(
        "set terminal svg size 800,500 background rgb 'white' noenhanced\nset output {}\n"
        "set xlabel 'score'\nset ylabel 'per cent of connections below'\nset logscale y\nset "
        "format y '%g'\n"
        "set xrange [0:1]\nset yrange [0.001:100]\nset key bottom right\nset grid\n",
        quoted(file));
    std::string curves;
    int color = 1;
    for (auto const one : most) {
        auto const& [name, segment] = *one;
        aroma::ScoreHistogram const& scores = segment.sum.scores;
        auto const share = [&](double edge) {
            return 100 * static_cast<double>(scores.count_below(edge))
                 / static_cast<double>(scores.total());
        };
        script += fmt::format("$curve{} << EOD\n", color);
        for (std::size_t bin = 0; bin < aroma::ScoreHistogram::bins; ++bin)
            script += fmt::format("{} {}\n", aroma::ScoreHistogram::lower_edge(bin),
                                  share(aroma::ScoreHistogram::lower_edge(bin)));
        script += fmt::format("EOD\n$edges{} << EOD\n", color);
        aroma::Thresholds const t = segment.thresholds.thresholds();
        for (double const edge : {t.unstable_below, t.suspicious_below, t.proxy_below})
            script += fmt::format("{} {}\n", edge, std::max(share(edge), 0.001));
        script += "EOD\n";
        curves += fmt::format("{0}$curve{1} using 1:2 with steps lc {1} title {2}, $edges{1} using "
                              "1:2 with points pt 7 lc {1} notitle",
                              color > 1 ? ", " : "plot ", color, quoted(shown(name)));
        ++color;
    }
    script += curves.empty() ? "plot 2 notitle\n" : curves + '\n';

    std::signal(SIGPIPE, SIG_IGN);
    std::FILE* const gnuplot = ::popen("gnuplot 2>&1", "w");
    bool const sent =
        gnuplot && std::fwrite(script.data(), 1, script.size(), gnuplot) == script.size();
    if ((gnuplot ? ::pclose(gnuplot) : -1) != 0 || !sent)
        throw std::runtime_error(
            fmt::format("{}: no picture: gnuplot is needed (package gnuplot-nox), and its "
                        "folder must be writable",
                        file));
}

} // namespace calibrate

#endif // AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP
