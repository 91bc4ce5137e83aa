// SPDX-License-Identifier: BSL-1.0
//
// aroma-calibrate: a picture by gnuplot: the share of scores below each, of the segments with the
// most connections, and their edges on it. gnuplot gets numbers and valid names of segments alone;
// the file is written here, as the library writes files.
#ifndef AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP
#define AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP

#include "../../common/output_file.hpp"
#include "report.hpp"
#include "thresholds.hpp"

#include <aroma/operate/histogram.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/mman.h>

namespace calibrate {

// What gnuplot draws; empty if it does not.
inline std::string drawn(std::string const& script)
{
    std::FILE* const in = ::fdopen(::memfd_create("plot", 0), "w"); // gnuplot inherits it
    if (!in)
        return {};
    bool const whole =
        std::fwrite(script.data(), 1, script.size(), in) == script.size() && std::fflush(in) == 0;
    std::FILE* const out = ::popen(fmt::format("gnuplot /dev/fd/{}", ::fileno(in)).c_str(), "r");
    std::string picture;
    std::array<char, 65536> part;
    for (std::size_t size = 1; out && size > 0; picture.append(part.data(), size))
        size = std::fread(part.data(), 1, part.size(), out);
    bool const ended = out && ::pclose(out) == 0;
    std::fclose(in);
    return whole && ended ? picture : std::string{};
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

    std::string script =
        "set terminal svg size 800,500 background rgb 'white' noenhanced\n"
        "set xlabel 'score'\nset ylabel 'per cent of connections below'\nset logscale y\n"
        "set format y '%g'\nset xrange [0:1]\nset yrange [0.001:100]\nset key bottom right\n"
        "set grid\n";
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
        curves +=
            fmt::format("{0}$curve{1} using 1:2 with steps lc {1} title '{2}', $edges{1} using "
                        "1:2 with points pt 7 lc {1} notitle",
                        color > 1 ? ", " : "plot ", color, shown(name));
        ++color;
    }
    script += curves.empty() ? "plot 2 notitle\n" : curves + '\n';

    std::string const picture = drawn(script);
    if (picture.empty())
        throw std::runtime_error(
            fmt::format("{}: no picture: gnuplot is needed (package gnuplot-nox)", file));
    examples::save_text(file, picture);
}

} // namespace calibrate

#endif // AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP
