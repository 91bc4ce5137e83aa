// SPDX-License-Identifier: BSL-1.0
//
// aroma-calibrate: a picture by gnuplot, with the cumulative distributions of scores of the largest
// segments, and their edges. gnuplot gets only numbers and valid names of segments; the file is
// saved here, as the library saves files.
#ifndef AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP
#define AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP

#include "../../common/output_file.hpp"
#include "report.hpp"
#include "thresholds.hpp"

#include <aroma/operate/histogram.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace calibrate {

// Runs gnuplot and returns the picture. Throws the purpose of the file, and why it failed;
// gnuplot's text is untrusted, for complain().
inline std::string drawn(std::string const& script, std::string const& file)
{
    auto const failed = [&](std::string const& why) {
        return std::runtime_error(fmt::format("{}: no picture: {}", file, why));
    };
    std::FILE* const in = ::fdopen(::memfd_create("plot", 0), "w"); // gnuplot inherits it
    int const said = ::memfd_create("said", 0);
    if (!in || said < 0)
        throw failed(std::strerror(errno));
    bool const whole =
        std::fwrite(script.data(), 1, script.size(), in) == script.size() && std::fflush(in) == 0;
    std::FILE* const out =
        ::popen(fmt::format("gnuplot /dev/fd/{} 2>/dev/fd/{}", ::fileno(in), said).c_str(), "r");
    std::string picture;
    std::array<char, 65536> part;
    for (std::size_t size = 1; out && size > 0; picture.append(part.data(), size))
        size = std::fread(part.data(), 1, part.size(), out);
    int const status = out ? ::pclose(out) : -1;
    std::fclose(in);
    std::string why(1000, '\0');
    why.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(said, why.data(), 1000, 0), 0)));
    ::close(said);
    constexpr int not_found = 127; // of the shell
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_found)
        throw failed("gnuplot is needed (package gnuplot-nox)");
    if (!whole || status != 0 || picture.empty())
        throw failed("gnuplot fails: " + (why.empty() ? "it says nothing" : why));
    return picture;
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

    examples::save_text(file, drawn(script, file));
}

} // namespace calibrate

#endif // AROMA_EXAMPLES_TOOLS_CALIBRATE_PLOT_HPP
