// SPDX-License-Identifier: BSL-1.0
//
// Any text as a template of VCL, with any options: refused before anything is written, or written
// without a placeholder left.

#include "fuzz.hpp"

#include "../../examples/tools/vcl.hpp"

#include <algorithm>
#include <string>

using fuzz::holds;
using tools::VclOptions;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    VclOptions options;
    if (in.flag()) {
        auto const threshold = [&] {
            return in.flag() ? in.take<std::uint32_t>() % 1'100'000 / 1e6 : in.take<double>();
        };
        options.thresholds = {threshold(), threshold(), threshold()};
        options.challenge_status = in.take<std::int16_t>();
        options.block_status = in.take<std::int16_t>();
        options.suspicious = static_cast<aroma::Response>(1 + in.take<std::uint8_t>() % 3);
        options.header = in.line();
    }
    std::string_view const text = in.rest();
    std::string out;
    try {
        out = write_vcl(text, options);
    } catch (std::invalid_argument const& wrong) {
        holds(!validate(options).empty() && validate(options) == wrong.what(),
              "wrong options are named");
        return 0;
    } catch (examples::TemplateError const& wrong) {
        holds(validate(options).empty(), "options are looked at first");
        std::size_t at = 0;
        for (std::size_t line = 1; line < wrong.line; ++line)
            at = text.find('\n', at) + 1;
        at += wrong.column - 1;
        holds(text.substr(at, 2) == "{{", "an error has its place");
        std::string_view const before = text.substr(0, at);
        holds(std::count(before.begin(), before.end(), '\n')
                  == static_cast<std::ptrdiff_t>(wrong.line - 1),
              "the place is within its line");
        return 0;
    }
    holds(validate(options).empty() && out.find("{{") == std::string::npos,
          "no placeholder is left");
    holds(text.find("{{") != std::string_view::npos || out == text,
          "what has no placeholder stays as it is");
    holds(write_vcl(out, options) == out, "what is written has nothing to fill in");
    return 0;
}
