// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as names of segments, and as a prefix and labels of metrics: what Prometheus is given
// is text that it takes, and from which the names can be had back.

#include "fuzz.hpp"

#include <aroma/operate/baseline.hpp>
#include <aroma/operate/prometheus.hpp>
#include <aroma/operate/segment_name.hpp>

#include <memory>
#include <set>
#include <string>

using namespace aroma;
using fuzz::holds;

namespace {

void check_name(SegmentName name)
{
    NameError const why = validate(name);
    holds((why == NameError::too_long) == (name.size() > 63), "a name has at most 63 bytes");
    std::size_t steps = 0;
    for (SegmentName above = name; above.size() > 0; above = above.parent()) {
        holds(name.is_within(above) && ++steps <= name.size(),
              "a name is within all of its parents, and they come to an end");
        holds(above.parent().size() < above.size(), "a parent is shorter");
    }
    holds(name.is_within("") && !(name < name) && name == name, "all is within the root");
    holds(why != NameError::none || SegmentName::from_text(name.in_text()) == name,
          "a valid name comes back from text");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    using Few = Baseline<3>;
    fuzz::Input in{data, size};
    // up to a zero
    auto const terminated = [&] { return std::string{std::string{in.line()}.c_str()}; };
    std::string const prefix = terminated(), labels = terminated();
    auto const baseline = std::make_unique<Few>();
    std::set<std::string> valid;
    while (in.left() > 0) {
        std::string const name{in.line()};
        check_name(name);
        Segment& segment = baseline->find_or_add(name);
        segment.unknown.add(Status::no_sample, 1);
        bool const known = valid.count(name) > 0, room = valid.size() < Few::most_segments;
        bool const others = validate(name) != NameError::none || (!known && !room);
        holds((&segment == &baseline->others()) == others,
              "a name that must not be, or too many of them, are others");
        if (!others) {
            valid.insert(name);
            holds(baseline->find(name) == &segment, "a segment is found by its name");
        }
    }
    holds(baseline->size() == valid.size(), "each name once");

    PrometheusOptions const options{.prefix = prefix.empty() ? "aroma" : prefix.c_str(),
                                    .labels = labels.c_str()};
    std::string out;
    std::size_t lines = 0;
    PrometheusError const why =
        write_prometheus(*baseline, options, [&](char const* text, std::size_t length) {
            holds(length > 0 && text[length - 1] == '\n'
                      && std::string_view{text, length}.find('\n') == length - 1,
                  "a line at a time");
            ++lines;
            out.append(text, length);
            return true;
        });
    holds(why == validate(options), "what is valid is written");
    if (why != PrometheusError::none) {
        holds(out.empty(), "what is refused writes nothing");
        return 0;
    }
    bool const others = !(baseline->others() == Segment{});
    holds(lines == 8 + prometheus_series * (valid.size() + (others ? 1 : 0)),
          "as many series as are promised");
    holds(detail::is_utf8(out), "all of it is UTF-8");
    std::set<std::string> told;
    constexpr std::string_view before = "segment=\"";
    // at the beginning of a line
    std::string const counter = std::string{"\n"} + options.prefix + "_unknown_total{";
    for (std::size_t at = out.find(counter); at != std::string::npos;
         at = out.find(counter, at + 1)) {
        std::size_t const end = out.find('\n', at + 1),
                          begin = at + counter.size() + labels.size() + (labels.empty() ? 0 : 1);
        holds(out.compare(begin, before.size(), before) == 0,
              "the segment's label is behind the others");
        std::string_view const label =
            std::string_view{out}.substr(begin + before.size(), end - begin - before.size());
        told.emplace(label.substr(0, label.rfind("\",status=\"")));
    }
    if (others)
        valid.insert("(others)");
    if (valid.erase("") > 0)
        valid.insert("*");
    holds(told == valid, "the names stand as they are");
    return 0;
}
