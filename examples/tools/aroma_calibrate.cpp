// SPDX-License-Identifier: BSL-1.0
//
// Thresholds for target false-positive rates, from baselines and from recorded connections: a file
// that aroma::ThresholdFile loads, and a table and a plot to read before it is applied. Nothing is
// written unless all input is understood.

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

constexpr char about[] = R"(Connections are taken to be direct. A FILE, - for standard input, is

  a baseline      as aroma::save_file() writes it; several add up
  JSON lines      one connection each, as the examples' servers print with
                  --json: score, or null for none, and segment if there is one;
                  or as benchmarks/lab.sh records, of which those behind a
                  proxy are left out
  Prometheus      the JSON that it answers to a query of buckets:
                  sum by (segment, le) (increase(aroma_score_bucket[7d]))
  CSV             with a header that names score, from 0 to 1, or minimum_us
                  and application_us; and segment, if there is one

A line has at most 65535 bytes, a baseline 256 MiB, an answer of Prometheus'
16 MiB; JSON lines and CSV may be of any length.

Exit status: 0; 1 if the system does not do as it is asked, such as a full disk;
2 if the options or the input are wrong. No thresholds were written then.)";

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
        throw Wrong("nothing is written: put right what is named above");
    if (left_out > 0)
        examples::complain(
            fmt::format("aroma-calibrate: {} connections behind a proxy are left out", left_out));
    if (auto const others = everything.others().scores.total(); others > 0)
        examples::complain(fmt::format("aroma-calibrate: {} connections are of no segment of their "
                                       "own, and count for the root alone",
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
                        "The segment of connections that name none, in the FILEs behind it\n"
                        "(the root)")
            ->type_name("NAME")
            ->allow_extra_args(false);
    line.add_option("--by", options.by, "The column or field that names the segment (segment)")
        ->type_name("FIELD");
    line.add_option("-o,--output", options.output,
                    "Write the thresholds there, all at once, and the table to standard\n"
                    "output; else they go to standard output, and it to standard error")
        ->type_name("FILE")
        ->check(examples::file_name);
    line.add_option("--plot", options.plot, "The scores and thresholds as a picture; needs gnuplot")
        ->type_name("FILE.svg")
        ->check(examples::file_name);
    line.add_option("--rates", rates,
                    "Of direct connections, the shares that may come out as proxy, as\n"
                    "suspicious or worse, as unstable or worse (0.0004,0.01,0.1)")
        ->type_name("P,S,U")
        ->delimiter(',')
        ->check(examples::decimal)
        ->allow_extra_args(false);
    line.add_option("--confidence", options.calibration.confidence, "That each rate is kept (0.95)")
        ->type_name("C")
        ->check(examples::decimal);
    line.add_flag("--may-raise", options.calibration.may_raise,
                  "Raise thresholds above Aroma's published ones too; otherwise they are\n"
                  "only lowered")
        ->disable_flag_override();
    line.add_option("--proxied", options.calibration.proxied,
                    "The share of connections believed to be proxied, and left out from\n"
                    "the lowest scores on; if fewer are, direct clients will be called\n"
                    "proxies more often than you ask for (0)")
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
