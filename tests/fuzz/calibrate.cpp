// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as a file for aroma-calibrate: a baseline, JSON lines, an answer of Prometheus', CSV.
// Understood, or named as wrong.

#include "fuzz.hpp"

#include "../../examples/tools/calibrate/input.hpp"

#include <memory>
#include <optional>

using calibrate::Everything;
using fuzz::holds;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // 32 MiB, so that it is used for many inputs; counts stop at their most, and names at theirs.
    static auto const everything = std::make_unique<Everything>();
    auto const read_total = [] { return everything->within("").total(); };
    static std::string const by = "segment";

    std::optional<examples::TextFile> text;
    try {
        text.emplace(fuzz::file_of(data, size), "any");
    } catch (examples::Wrong const&) { // UTF-16
        return 0;
    }
    calibrate::Input input{"any", "", by, *everything};
    std::uint64_t const before = read_total();
    try {
        read(*text, input);
    } catch (examples::Wrong const&) { // too much
    }
    holds(read_total() >= before, "no count falls");
    holds(everything->size() <= Everything::most_segments, "segments are bounded");
    everything->for_each([](aroma::SegmentName name, aroma::Segment const&) {
        holds(validate(name) == aroma::NameError::none || name == aroma::name_of_others,
              "every segment's name is valid");
    });
    return 0;
}
