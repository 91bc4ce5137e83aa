// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as a file for aroma-calibrate: a baseline, JSON lines, an answer of Prometheus', CSV.
// Understood, or named as wrong.

#include "fuzz.hpp"

#include "../../examples/tools/calibrate/input.hpp"

#include <memory>

using calibrate::Everything;
using fuzz::holds;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    // 32 MiB, so that it is used for many inputs; counts stop at their most, and names at theirs.
    static auto const everything = std::make_unique<Everything>();
    auto const read_total = [] { return everything->within("").total(); };
    static std::string const by = "segment";

    std::string const text{reinterpret_cast<char const*>(data), size};
    calibrate::Input input{"any", "", by, *everything};
    std::uint64_t const before = read_total();
    read(text, input);
    holds(read_total() >= before, "no count falls");
    holds(everything->size() <= Everything::most_segments, "segments are bounded");
    everything->for_each([](aroma::SegmentName name, aroma::Segment const&) {
        holds(validate(name) == aroma::NameError::none || name == aroma::name_of_others,
              "every segment's name is valid");
    });
    return 0;
}
