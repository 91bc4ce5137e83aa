// SPDX-License-Identifier: BSL-1.0
//
// Thresholds for target false-positive rates, from baselines and recorded connections: a file that
// aroma::ThresholdFile loads, and a table and a plot to read before you apply it. Nothing is
// written unless all input is valid.

#include "../common/output_file.hpp"
#include "../common/text_file.hpp"
#include "../common/tool.hpp"
#include "calibrate/input.hpp"
#include "calibrate/plot.hpp"
#include "calibrate/report.hpp"
#include "calibrate/thresholds.hpp"

#include <aroma/operate/calibration.hpp>
#include <aroma/operate/threshold_file.hpp>
#include <aroma/operate/threshold_text.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace {

using examples::Wrong;

struct Options {
    aroma::CalibrationOptions calibration;
    std::string output, plot, by = "segment";
    struct File {
        std::string name, segment;
    };
    std::vector<File> files;
};

constexpr char about[] = R"(Connections are taken for direct. A FILE, or - for standard input, is

  a baseline      as aroma::save_file() writes it; several add up
  JSON lines      one for each connection, as the examples' servers print
                  with --json: score, or null, and optionally segment; or as
                  benchmarks/lab.sh records them, without those behind a
                  proxy
  Prometheus      its JSON answer to a query for buckets:
                  sum by (segment, le) (increase(aroma_score_bucket[7d]))
  CSV             with a header that names score, from 0 to 1, or minimum_us
                  and application_us; and optionally segment

A line may have 65535 bytes, a baseline 256 MiB, and an answer of Prometheus
16 MiB; JSON lines and CSV may have any length.

Exit status: 0 if thresholds were written; 1 if a system call failed, as on a
full disk; 2 if the options or the input are wrong.)";

void read_all(Options const& options, calibrate::Everything& everything)
{
    bool wrong = false;
    std::uint64_t left_out = 0;
    for (Options::File const& file : options.files) {
        examples::TextFile text{file.name};
        calibrate::Input input{text.name(), file.segment, options.by, everything};
        read(text, input);
        wrong = wrong || input.is_wrong();
        left_out += input.left_out;
    }
    if (wrong)
        throw Wrong("nothing is written: correct what is named above");
    if (left_out > 0)
        examples::complain(
            fmt::format("aroma-calibrate: {} connections behind a proxy are left out", left_out));
    if (auto const others = everything.others().scores.total(); others > 0)
        examples::complain(fmt::format("aroma-calibrate: {} connections have no segment of their "
                                       "own, and count for the root only",
                                       others));
}

int write_thresholds(Options const& options)
{
    if (auto const why = validate(options.calibration); why != aroma::CalibrationError::none)
        throw Wrong(message(why));
    std::vector<std::string> read, read_or_plotted;
    for (Options::File const& file : options.files)
        read.push_back(file.name);
    read_or_plotted = read;
    if (!options.plot.empty()) {
        examples::is_apart(options.plot, read);
        read_or_plotted.push_back(options.plot);
        read_or_plotted.push_back(options.plot + ".new");
    }
    if (!options.output.empty())
        examples::is_apart(options.output, read_or_plotted);
    static calibrate::Everything everything;
    read_all(options, everything);
    calibrate::Segments const segments = calibrate::calibrate_all(everything, options.calibration);
    if (segments.at("").sum.scores.total() == 0)
        throw Wrong("no connections with a score");
    std::unique_ptr<calibrate::Table> const table = calibrate::table_of(segments);

    examples::print(options.output.empty() ? stderr : stdout,
                    calibrate::report(segments, options.calibration));
    if (!options.plot.empty())
        calibrate::plot(segments, options.plot);
    if (options.output.empty()) {
        (void)save(*table, [](char const* data, std::size_t size) {
            return examples::print(stdout, {data, size}), true;
        });
    } else {
        examples::is_saved(options.output, save_file(*table, options.output.c_str()));
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    std::vector<double> rates;
    std::vector<std::string> names, segments;
    examples::CommandLine line{"aroma-calibrate",
                               "Thresholds by segment for target false-positive rates."};
    CLI::Option* const files =
        line.add_option("FILE", names, "Connections, in any of the forms below")
            ->type_name("")
            ->required();
    CLI::Option* const segment =
        line.add_option("--segment", segments,
                        "The segment of connections without one, in the FILEs that follow\n"
                        "(the root)")
            ->type_name("NAME")
            ->allow_extra_args(false);
    line.add_option("--by", options.by, "The column or field that names the segment (segment)")
        ->type_name("FIELD");
    line.add_option("-o,--output", options.output,
                    "Save the thresholds there, atomically, and print the table;\n"
                    "otherwise print the thresholds, and the table on standard error")
        ->type_name("FILE")
        ->check(examples::file_name);
    line.add_option("--plot", options.plot,
                    "Draw scores and thresholds as a picture; needs gnuplot")
        ->type_name("FILE.svg")
        ->check(examples::file_name);
    line.add_option("--rates", rates,
                    "The shares of direct connections that may come out as proxy, as\n"
                    "suspicious or worse, as unstable or worse (0.0004,0.01,0.1)")
        ->type_name("P,S,U")
        ->delimiter(',')
        ->check(examples::decimal)
        ->allow_extra_args(false);
    line.add_option("--confidence", options.calibration.confidence,
                    "How surely each rate is kept (0.95)")
        ->type_name("C")
        ->check(examples::decimal);
    line.add_flag("--may-raise", options.calibration.may_raise,
                  "Raise thresholds above Aroma's published ones too; otherwise they are\n"
                  "only lowered")
        ->disable_flag_override();
    line.add_option("--proxied", options.calibration.proxied,
                    "The share of connections believed to be proxied: leaves out the\n"
                    "lowest scores. If fewer are proxied, more direct clients are called\n"
                    "proxies than --rates says (0)")
        ->type_name("SHARE")
        ->check(examples::decimal);
    line.footer(about);
    return examples::run(line, argc, argv, [&] {
        if (!rates.empty() && rates.size() != 3)
            throw Wrong("--rates: three are needed, as 0.0004,0.01,0.1");
        if (!rates.empty())
            options.calibration.rates = {rates[0], rates[1], rates[2]};
        std::string current; // of the files that follow
        auto name = names.begin(), of = segments.begin();
        for (CLI::Option const* const option : line.parse_order()) {
            if (option == segment)
                current = *of++;
            else if (option == files)
                options.files.push_back({*name++, current});
        }
        return write_thresholds(options);
    });
}
