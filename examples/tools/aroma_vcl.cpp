// SPDX-License-Identifier: BSL-1.0
//
// aroma-vcl: Fastly VCL from a template and the current thresholds. docs/edge.md shows how to
// deploy it.

#include "../common/text_file.hpp"
#include "../common/tool.hpp"
#include "vcl.hpp"

#include <aroma/operate/threshold_table.hpp>
#include <aroma/operate/threshold_text.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "tools_files.hpp" // made of aroma.vcl.in by embed.cmake

namespace {

using aroma::Response;
using examples::Wrong;

struct Options {
    tools::VclOptions vcl;
    std::string thresholds, segment, template_file;
    std::optional<double> unstable_below, suspicious_below, proxy_below;
    bool print_template = false;
};

aroma::Thresholds read_thresholds(std::string const& path, std::string_view segment)
{
    std::string const text = examples::TextFile{path}.all(1, "file of thresholds");
    auto const table = std::make_unique<aroma::ThresholdTable<4096>>();
    if (auto const parsed = load(text.data(), text.size(), *table);
        parsed.error != aroma::TableError::none)
        throw Wrong{fmt::format("{}:{}: {}", path, parsed.line, message(parsed.error))};
    return table->thresholds(segment);
}

void respond(tools::VclOptions& options, std::string const& text)
{
    auto const wrong = [&](std::string const& why) {
        return CLI::ValidationError{"--respond " + text, why};
    };
    std::size_t const equal = text.find('=');
    std::string const band = text.substr(0, equal);
    Response* const of = band == "unstable"   ? &options.unstable
                       : band == "suspicious" ? &options.suspicious
                       : band == "proxy"      ? &options.proxy
                                              : nullptr;
    if (!of)
        throw wrong("normal and unknown are never stopped; give unstable=, suspicious= or proxy=");
    for (Response const one : {Response::observe, Response::challenge, Response::block})
        if (equal != text.npos && text.substr(equal + 1) == name(one)) {
            *of = one;
            return;
        }
    throw wrong("there are observe, challenge and block");
}

std::string vcl_of(Options const& options)
{
    tools::VclOptions vcl = options.vcl;
    if (auto const why = validate(aroma::SegmentName{options.segment});
        !options.segment.empty() && why != aroma::NameError::none)
        throw Wrong{fmt::format("--segment {}: {}", options.segment, message(why))};
    if (!options.thresholds.empty())
        vcl.thresholds = read_thresholds(options.thresholds, options.segment);
    aroma::Thresholds& t = vcl.thresholds;
    t.unstable_below = options.unstable_below.value_or(t.unstable_below);
    t.suspicious_below = options.suspicious_below.value_or(t.suspicious_below);
    t.proxy_below = options.proxy_below.value_or(t.proxy_below);
    std::string text{tools::files::aroma_vcl_in};
    if (!options.template_file.empty())
        text = examples::TextFile{options.template_file}.all(1, "template");
    if (text.empty())
        throw Wrong{fmt::format("{}: it is empty", options.template_file)};
    try {
        return write_vcl(text, vcl);
    } catch (std::invalid_argument const& wrong) {
        throw Wrong{wrong.what()};
    } catch (examples::TemplateError const& wrong) {
        throw Wrong{fmt::format("{}:{}:{}: {}", options.template_file, wrong.line, wrong.column,
                                wrong.what())};
    }
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    examples::CommandLine line{"aroma-vcl",
                               "Fastly VCL that scores with TCP's own ratio, on standard output."};
    line.add_option("--thresholds", options.thresholds, "The file that aroma-calibrate saved")
        ->type_name("FILE")
        ->check(examples::file_name);
    line.add_option("--segment", options.segment,
                    "The segment whose thresholds to use, or its nearest parent's (*)")
        ->type_name("NAME")
        ->needs("--thresholds");
    line.add_option("--unstable-below", options.unstable_below,
                    "Overrides the file's, or 0.7; at most six decimals")
        ->type_name("X")
        ->check(examples::decimal);
    line.add_option("--suspicious-below", options.suspicious_below, "Overrides the file's, or 0.3")
        ->type_name("X")
        ->check(examples::decimal);
    line.add_option("--proxy-below", options.proxy_below, "Overrides the file's, or 0.1")
        ->type_name("X")
        ->check(examples::decimal);
    line.add_option_function<std::vector<std::string>>(
            "--respond",
            [&](std::vector<std::string> const& all) {
                std::set<std::string> bands;
                for (std::string const& one : all) {
                    respond(options.vcl, one);
                    if (std::string const band = one.substr(0, one.find('='));
                        !bands.insert(band).second)
                        throw CLI::ValidationError{"--respond " + one,
                                                   band + " has a response already: give one"};
                }
            },
            "BAND is unstable, suspicious or proxy;\n"
            "RESPONSE is observe, challenge or block (proxy=challenge)")
        ->type_name("BAND=RESPONSE")
        ->allow_extra_args(false);
    line.add_option("--header", options.vcl.header,
                    "The prefix of the request headers' names (Aroma)")
        ->type_name("PREFIX");
    line.add_option("--challenge-status", options.vcl.challenge_status,
                    "The code of VCL's error statement for a challenge (618)")
        ->type_name("N")
        ->check(examples::decimal);
    line.add_option("--block-status", options.vcl.block_status, "The code for a block (619)")
        ->type_name("N")
        ->check(examples::decimal);
    line.add_option("--template", options.template_file, "Used instead of the built-in template")
        ->type_name("FILE")
        ->check(examples::file_name);
    line.add_flag("--print-template", options.print_template,
                  "Print the built-in template, for editing")
        ->disable_flag_override();
    line.footer("Errors are reported with file, line and column; nothing is written then.");
    return examples::run(line, argc, argv, [&] {
        examples::print(stdout, options.print_template ? std::string{tools::files::aroma_vcl_in}
                                                       : vcl_of(options));
        return 0;
    });
}
