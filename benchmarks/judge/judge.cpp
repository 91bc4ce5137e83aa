// SPDX-License-Identifier: BSL-1.0
//
// Every rule on the same connections of the lab, as docs/accuracy.md has them.
//
//     aroma-judge [--half choose|report|both] [--json] [--data DIR] FILE...
//
// Exit status: 0; 1 where a line was not understood, which standard error names and the rest goes
// on without; 2 for a wrong call, a file that cannot be read, or no connections, and nothing is
// written.

#include "../../examples/common/tool.hpp"
#include "figures.hpp"
#include "judged.hpp"
#include "plot_data.hpp"
#include "tables.hpp"

#include <cstdio>
#include <string>
#include <vector>

#include <fmt/core.h>

int main(int argc, char** argv)
{
    std::string half = "report", data;
    bool as_json = false;
    std::vector<std::string> files;
    examples::CommandLine line{"aroma-judge", "Every rule on the same connections of the lab."};
    line.add_option("--half", half,
                    "which half of the grid the figures are of; thresholds are always set on the "
                    "half `choose`")
        ->check(CLI::IsMember(judge::halves))
        ->capture_default_str();
    line.add_flag("--json", as_json,
                  "the figures as one JSON object a line, instead of the tables");
    line.add_option("--data", data, "write what the plots are drawn from into this folder")
        ->check(examples::file_name);
    line.add_option("FILE", files, "what benchmarks/lab.sh recorded")->required();
    return examples::run(line, argc, argv, [&] {
        judge::Input input;
        for (std::string const& file : files)
            judge::read(file, input);
        if (input.connections.empty())
            throw examples::Wrong("no connections to judge");
        judge::Chosen choose, report;
        for (judge::Judged const& j : input.connections) {
            if (j.lab.half == "choose")
                choose.push_back(&j);
            if (half == "both" || j.lab.half == half)
                report.push_back(&j);
        }

        if (!data.empty() && report.empty())
            throw examples::Wrong("--data: no connections of the half " + half);
        if (!data.empty())
            judge::PlotData{data, report, files}.write();

        auto const all = judge::Figures{input, choose, report}.all();
        if (as_json) {
            for (judge::Json const& f : all)
                fmt::print("{}\n", f.dump());
        } else {
            judge::Tables{all}.print(half);
        }
        if (input.changed > 0)
            fmt::print(
                stderr,
                "aroma-judge: {} of {} connections have another band here than the server gave\n",
                input.changed, input.connections.size());
        return input.whole ? 0 : 1;
    });
}
