// SPDX-License-Identifier: BSL-1.0
//
// Every rule on the same connections of the lab, as the tables of the README.
//
//     aroma-judge [--half choose|report|both] [--json] [--data DIR] FILE...
//
//     --half    which half of the grid the figures are of (report); thresholds are always set on
//               the half `choose`
//     --json    the figures as one JSON object a line, instead of the tables
//     --data    write what the plots are drawn from into DIR
//
// Exit status: 0; 1 where a line or a file was not understood, which standard error names and the
// rest goes on without; 2 for a wrong call.

#include "figures.hpp"
#include "judged.hpp"
#include "plot_data.hpp"
#include "tables.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

namespace {

int usage()
{
    std::fputs("usage: aroma-judge [--half choose|report|both] [--json] [--data DIR] FILE...\n",
               stderr);
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

    judge::Input input;
    for (char const* file : files)
        judge::read(file, input);
    judge::Chosen choose, report;
    for (judge::Judged const& j : input.connections) {
        if (j.lab.half == "choose")
            choose.push_back(&j);
        if (half == "both" || j.lab.half == half)
            report.push_back(&j);
    }

    auto const all = judge::Figures{input, choose, report}.all();
    if (as_json) {
        for (judge::Json const& f : all)
            fmt::print("{}\n", f.dump());
    } else {
        judge::Tables{all}.print(half);
    }
    if (input.changed > 0)
        fmt::print(stderr,
                   "aroma-judge: {} of {} connections have another band now than when they were "
                   "recorded\n",
                   input.changed, input.connections.size());
    if (!data.empty())
        judge::PlotData{data, report}.write();
    return input.whole ? 0 : 1;
} catch (std::exception const& why) {
    fmt::print(stderr, "aroma-judge: {}\n", why.what());
    return 1;
}
