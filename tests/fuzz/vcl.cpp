// SPDX-License-Identifier: BSL-1.0
//
// Any text as a template of VCL, with any options: refused before anything is written, or written
// without a placeholder left.

#include "fuzz.hpp"

#include <aroma/operate/vcl.hpp>

#include <string>
#include <vector>

using namespace aroma;
using fuzz::holds;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    VclOptions options;
    std::string header;
    if (in.flag()) {
        auto const threshold = [&] {
            return in.flag() ? in.take<std::uint32_t>() % 1'100'000 / 1e6 : in.take<double>();
        };
        options.thresholds = {threshold(), threshold(), threshold()};
        options.challenge_status = in.take<std::int16_t>();
        options.block_status = in.take<std::int16_t>();
        options.suspicious = static_cast<VclResponse>(in.take<std::uint8_t>() % 3);
        header = in.line();
        options.header = header.c_str();
    }
    std::string_view const rest = in.rest();
    std::vector<char> const text(rest.begin(), rest.end());
    std::string out;
    VclResult const result =
        write_vcl(text.data(), text.size(), options, [&](char const* part, std::size_t length) {
            return out.append(part, length), true;
        });
    holds(result.error != VclError::not_written, "what can be written is written");
    if (result.error != VclError::none) {
        holds(out.empty(), "what is refused writes nothing");
        holds(validate(options) == VclError::none
                  ? result.at + 1 < text.size() && text[result.at] == '{'
                        && text[result.at + 1] == '{'
                  : result == VclResult{validate(options), 0},
              "a fault has its place");
        return 0;
    }
    holds(validate(options) == VclError::none && out.find("{{") == std::string::npos,
          "no placeholder is left");
    holds(rest.find("{{") != std::string_view::npos || out == rest,
          "what has no placeholder stays as it is");
    std::string again;
    holds(write_vcl(out.data(), out.size(), options,
                    [&](char const* part, std::size_t length) {
                        return again.append(part, length), true;
                    })
                  == VclResult{}
              && again == out,
          "what is written has nothing to fill in");
    // A disk that is full after half of it.
    std::size_t room = out.size() / 2;
    VclResult const full =
        write_vcl(text.data(), text.size(), options, [&](char const*, std::size_t length) {
            bool const fits = length <= room;
            room -= fits ? length : room;
            return fits;
        });
    holds(out.empty() || full.error == VclError::not_written, "what is not written is said");
    return 0;
}
