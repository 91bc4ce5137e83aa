// SPDX-License-Identifier: BSL-1.0
//
// aroma-vcl: Fastly VCL from a template and the current thresholds. EDGE.md has the way from here
// to a service.
//
//     aroma-vcl [OPTION...] >aroma.vcl
//
//     --thresholds FILE        what aroma-calibrate writes (aroma/operate/threshold_table.hpp)
//     --segment NAME           whose line of it; a segment without one has that of the nearest
//                              above it. Default: the root's, *
//     --unstable-below X, --suspicious-below X, --proxy-below X
//                              one of them, of at most six decimals
//     --respond BAND=RESPONSE  BAND: unstable, suspicious, proxy; RESPONSE: observe, challenge,
//                              block. Default: proxy=challenge
//     --header PREFIX          of the request headers; Aroma
//     --challenge-status N, --block-status N             codes of VCL's error statement; 618, 619
//     --template FILE          instead of the built-in one
//     --print-template         prints that one, to be edited
//
// Options count in their order, the last one wins. What is wrong is named with its file and line,
// and nothing is written.

#include <aroma/operate/threshold_table.hpp>
#include <aroma/operate/threshold_text.hpp>
#include <aroma/operate/vcl.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <fmt/core.h>

namespace {

using aroma::VclError;
using aroma::VclOptions;
using aroma::VclResponse;

struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <class Number>
Number number(std::string_view text, std::string_view what)
{
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        throw Wrong{fmt::format("{} \"{}\" is not a number: give one such as {}", what, text,
                                std::is_same_v<Number, int> ? "618" : "0.1")};
    return value;
}

double* threshold(aroma::Thresholds& thresholds, std::string_view name)
{
    return name == "--unstable-below"   ? &thresholds.unstable_below
         : name == "--suspicious-below" ? &thresholds.suspicious_below
         : name == "--proxy-below"      ? &thresholds.proxy_below
                                        : nullptr;
}

aroma::Thresholds read_thresholds(std::string const& text, std::string_view path,
                                  std::string_view segment)
{
    auto const table = std::make_unique<aroma::ThresholdTable<4096>>();
    if (auto const parsed = load(text.data(), text.size(), *table);
        parsed.error != aroma::TableError::none)
        throw Wrong{fmt::format("{}:{}: {}", path, parsed.line, message(parsed.error))};
    if (auto const why = validate(aroma::SegmentName{segment});
        !segment.empty() && why != aroma::NameError::none)
        throw Wrong{fmt::format("--segment {}: {}", segment, message(why))};
    return table->thresholds(segment);
}

std::string whole(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    if (!file || file.peek() == std::ifstream::traits_type::eof())
        throw Wrong{fmt::format("{}: cannot be read, or is empty", path)};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void respond(VclOptions& options, std::string_view text)
{
    std::size_t const equal = std::min(text.find('='), text.size());
    std::string_view const band = text.substr(0, equal),
                           response = text.substr(std::min(equal + 1, text.size()));
    VclResponse* const of = band == "unstable"   ? &options.unstable
                          : band == "suspicious" ? &options.suspicious
                          : band == "proxy"      ? &options.proxy
                                                 : nullptr;
    if (!of)
        throw Wrong{fmt::format("--respond {}: normal and unknown are never stopped; give "
                                "unstable=, suspicious= or proxy=",
                                text)};
    for (VclResponse const one : {VclResponse::observe, VclResponse::challenge, VclResponse::block})
        if (response == name(one)) {
            *of = one;
            return;
        }
    throw Wrong{fmt::format("--respond {}: there are observe, challenge and block", text)};
}

// [vcl]
std::string vcl_of(std::string_view text, VclOptions const& options, std::string_view path)
{
    std::string vcl;
    auto const append = [&](char const* part, std::size_t size) {
        return vcl.append(part, size), true;
    };
    aroma::VclResult const result = write_vcl(text.data(), text.size(), options, append);
    if (result.error == VclError::thresholds)
        throw Wrong{message(validate(options.thresholds))};
    if (result.error == VclError::unknown_placeholder || result.error == VclError::open_placeholder)
        throw Wrong{fmt::format(
            "{}:{}: {}", path,
            1
                + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(result.at),
                             '\n'),
            message(result.error))};
    if (result.error != VclError::none)
        throw Wrong{message(result.error)};
    return vcl;
}
// [vcl]

std::string run(int argc, char** argv)
{
    VclOptions options;
    std::string header = options.header;
    std::string text = aroma::vcl_template, path = "the built-in template", thresholds, segment;
    for (int i = 1; i < argc; ++i) {
        std::string_view const option = argv[i];
        if (option == "--print-template")
            return aroma::vcl_template;
        std::string_view const names[] = {
            "--thresholds",   "--segment", "--unstable-below", "--suspicious-below",
            "--proxy-below",  "--respond", "--header",         "--challenge-status",
            "--block-status", "--template"};
        if (std::find(std::begin(names), std::end(names), option) == std::end(names))
            throw Wrong{fmt::format("\"{}\" is not an option: the first lines of "
                                    "examples/tools/aroma_vcl.cpp and EDGE.md have them",
                                    option)};
        if (++i == argc)
            throw Wrong{fmt::format("{} needs a value", option)};
        std::string const value = argv[i];
        if (option == "--thresholds") {
            options.thresholds = read_thresholds(whole(value), value, segment);
            thresholds = value;
        } else if (option == "--segment") {
            segment = value;
            if (!thresholds.empty())
                options.thresholds = read_thresholds(whole(thresholds), thresholds, segment);
        } else if (option == "--template") {
            text = whole(value);
            path = value;
        } else if (option == "--respond") {
            respond(options, value);
        } else if (option == "--header") {
            header = value;
        } else if (option == "--challenge-status") {
            options.challenge_status = number<int>(value, option);
        } else if (option == "--block-status") {
            options.block_status = number<int>(value, option);
        } else {
            *threshold(options.thresholds, option) = number<double>(value, option);
        }
    }
    options.header = header.c_str();
    return vcl_of(text, options, path);
}

} // namespace

int main(int argc, char** argv)
{
    try {
        std::string const vcl = run(argc, argv);
        if (std::fwrite(vcl.data(), 1, vcl.size(), stdout) == vcl.size()
            && std::fflush(stdout) == 0)
            return 0;
        std::perror("aroma-vcl: the output is not complete, discard it");
    } catch (Wrong const& wrong) {
        fmt::print(stderr, "aroma-vcl: {}\n", wrong.what());
    }
    return 1;
}
