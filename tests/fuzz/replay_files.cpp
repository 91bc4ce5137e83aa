// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as a file of recorded connections, read as aroma-replay reads it: line by line, each
// understood or named as malformed.

#include "fuzz.hpp"

#define main aroma_replay_main // its functions are its own, so it is part of this one
#include "../../benchmarks/judge/replay.cpp"
#undef main

#include <optional>
#include <utility>

using fuzz::holds;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    Options options;
    options.by = in.flag() ? "country" : "";
    options.json = in.flag();
    std::string const text{in.rest()};

    // The lines by themselves first.
    std::optional<examples::TextFile> lines;
    try {
        lines.emplace(fuzz::file_of(text.data(), text.size()), "any");
    } catch (examples::Wrong const&) { // UTF-16
        return 0;
    }
    Csv csv{*lines};
    std::size_t before = 0;
    bool more = true, header = true;
    while (more) {
        try {
            more = csv.next();
            if (!std::exchange(header, false) && more) {
                holds(examples::is_plain(csv.text("label")) && csv.has("label") >= 0,
                      "a text can be shown");
                if (auto const value = csv.milliseconds("gap_ms", -1e6))
                    holds(*value >= -1e6 && *value <= 1e6, "a time is within its range");
                (void)csv.integer<std::uint32_t>("rtt_us");
            }
        } catch (Malformed const& why) {
            holds(why.what()[0] != '\0' && examples::is_plain(why.what()),
                  "errors are reported as text that can be shown");
            if (header) // without one, nothing is read
                break;
        }
        if (more) {
            holds(csv.line() > before, "it goes on to the next line");
            before = csv.line();
        }
    }

    options.files.emplace_back("any");
    Replay replay{options};
    examples::TextFile file{fuzz::file_of(text.data(), text.size()), "any"};
    replay.read(file);
    int const status = replay.report();
    holds(status >= 0 && status <= 2, "a status that is documented");
    return 0;
}
