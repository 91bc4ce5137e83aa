// SPDX-License-Identifier: BSL-1.0
//
// aroma-vcl: Fastly VCL from a template and the current thresholds. EDGE.md has the way from here to a service.
//
//     aroma-vcl [OPTION...] >aroma.vcl
//
//     --thresholds FILE        lines "normal 0.7", "unstable 0.3", "suspicious 0.1", all three; # begins a comment
//     --normal X, --unstable X, --suspicious X           one of them, of at most six decimals
//     --respond BAND=RESPONSE  BAND: unstable, suspicious, proxy; RESPONSE: observe, challenge, block. Default: proxy=challenge
//     --header PREFIX          of the request headers; Aroma
//     --challenge-status N, --block-status N             codes of VCL's error statement; 618, 619
//     --template FILE          instead of the built-in one
//     --print-template         prints that one, to be edited
//
// Options count in their order, the last one wins. What is wrong is named with its file and line, and nothing is written.

#include <aroma/vcl.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <istream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <fmt/core.h>

namespace {

using aroma::VclFault;
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
        throw Wrong{fmt::format("{} \"{}\" is not a number: give one such as {}", what, text, std::is_same_v<Number, int> ? "618" : "0.1")};
    return value;
}

double* threshold(aroma::Thresholds& thresholds, std::string_view name)
{
    return name == "normal"       ? &thresholds.normal
           : name == "unstable"   ? &thresholds.unstable
           : name == "suspicious" ? &thresholds.suspicious
                                  : nullptr;
}

// The one place that knows what a file of thresholds looks like.
aroma::Thresholds read_thresholds(std::istream& file, std::string_view path)
{
    aroma::Thresholds thresholds;
    std::string seen, line;
    for (int number_of_line = 1; std::getline(file, line); ++number_of_line) {
        std::string_view text = line;
        text = text.substr(0, text.find('#'));
        auto const word = [&] {
            text.remove_prefix(std::min(text.find_first_not_of(" \t\r"), text.size()));
            std::string_view const first = text.substr(0, text.find_first_of(" \t\r"));
            text.remove_prefix(first.size());
            return first;
        };
        std::string_view const name = word(), value = word(), more = word();
        if (name.empty())
            continue;
        try {
            double* const one = threshold(thresholds, name);
            if (!one)
                throw Wrong{fmt::format("\"{}\" is not a threshold: there are normal, unstable and suspicious", name)};
            if (seen.find(name) != seen.npos)
                throw Wrong{fmt::format("{} is there twice: keep one of them", name)};
            if (!more.empty())
                throw Wrong{fmt::format("\"{}\" follows the value: one threshold a line", more)};
            *one = number<double>(value, name);
            seen.append(name).append(" ");
        } catch (Wrong const& wrong) {
            throw Wrong{fmt::format("{}:{}: {}", path, number_of_line, wrong.what())};
        }
    }
    for (std::string_view const name : {"normal", "unstable", "suspicious"})
        if (seen.find(name) == seen.npos)
            throw Wrong{fmt::format("{}: no line for {}: give all three", path, name)};
    if (auto const why = fault(thresholds); why != aroma::ThresholdFault::none)
        throw Wrong{fmt::format("{}: {}", path, describe(why))};
    return thresholds;
}

std::ifstream open(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    if (!file || file.peek() == std::ifstream::traits_type::eof())
        throw Wrong{fmt::format("{}: cannot be read, or is empty", path)};
    return file;
}

void respond(VclOptions& options, std::string_view text)
{
    std::size_t const equal = std::min(text.find('='), text.size());
    std::string_view const band = text.substr(0, equal), response = text.substr(std::min(equal + 1, text.size()));
    VclResponse* const of = band == "unstable"     ? &options.unstable
                            : band == "suspicious" ? &options.suspicious
                            : band == "proxy"      ? &options.proxy
                                                   : nullptr;
    if (!of)
        throw Wrong{fmt::format("--respond {}: normal and unknown are never stopped; give unstable=, suspicious= or proxy=", text)};
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
    auto const append = [&](char const* part, std::size_t size) { return vcl.append(part, size), true; };
    aroma::VclResult const result = write_vcl(text.data(), text.size(), options, append);
    if (result.fault == VclFault::thresholds)
        throw Wrong{describe(fault(options.thresholds))};
    if (result.fault == VclFault::unknown_placeholder || result.fault == VclFault::open_placeholder)
        throw Wrong{fmt::format("{}:{}: {}", path, 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(result.at), '\n'),
                                describe(result.fault))};
    if (result.fault != VclFault::none)
        throw Wrong{describe(result.fault)};
    return vcl;
}
// [vcl]

std::string run(int argc, char** argv)
{
    VclOptions options;
    std::string header = options.header;
    std::string text = aroma::vcl_template, path = "the built-in template";
    for (int i = 1; i < argc; ++i) {
        std::string_view const option = argv[i];
        if (option == "--print-template")
            return aroma::vcl_template;
        std::string_view const names[] = {"--thresholds", "--normal", "--unstable", "--suspicious", "--respond", "--header", "--challenge-status",
                                          "--block-status", "--template"};
        if (std::find(std::begin(names), std::end(names), option) == std::end(names))
            throw Wrong{fmt::format("\"{}\" is not an option: the first lines of examples/aroma_vcl.cpp and EDGE.md have them", option)};
        if (++i == argc)
            throw Wrong{fmt::format("{} needs a value", option)};
        std::string const value = argv[i];
        if (option == "--thresholds") {
            std::ifstream file = open(value);
            options.thresholds = read_thresholds(file, value);
        } else if (option == "--template") {
            std::ifstream file = open(value);
            text.assign(std::istreambuf_iterator<char>{file}, {});
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
            *threshold(options.thresholds, option.substr(2)) = number<double>(value, option);
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
        if (std::fwrite(vcl.data(), 1, vcl.size(), stdout) == vcl.size() && std::fflush(stdout) == 0)
            return 0;
        std::perror("aroma-vcl: the output is not complete, discard it");
    } catch (Wrong const& wrong) {
        fmt::print(stderr, "aroma-vcl: {}\n", wrong.what());
    }
    return 1;
}
