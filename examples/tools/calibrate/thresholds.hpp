// SPDX-License-Identifier: BSL-1.0
//
// aroma-calibrate: the thresholds of every segment and of all of its parents; (others) is within
// the root only.
#ifndef AROMA_EXAMPLES_TOOLS_CALIBRATE_THRESHOLDS_HPP
#define AROMA_EXAMPLES_TOOLS_CALIBRATE_THRESHOLDS_HPP

#include "../../common/tool.hpp"
#include "input.hpp"

#include <aroma/operate/baseline.hpp>
#include <aroma/operate/calibration.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/operate/threshold_table.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include <fmt/format.h>

namespace calibrate {

using Table = aroma::ThresholdTable<>;

struct Calibrated {
    aroma::Segment sum; // all that is within it
    aroma::Calibration thresholds;
};
using Segments = std::map<std::string, Calibrated>; // a parent comes before what is within it

inline std::string text_of(aroma::SegmentName name)
{
    return {name.data(), name.size()};
}
inline std::string parent_of(std::string const& name)
{
    return text_of(aroma::SegmentName{name}.parent());
}

inline Segments calibrate_all(Everything const& everything,
                              aroma::CalibrationOptions const& options)
{
    constexpr std::size_t most = 16'384; // some 200 MB
    Segments all;
    all[""];
    everything.for_each([&](aroma::SegmentName name, aroma::Segment const& segment) {
        if (name == aroma::name_of_others)
            name = "";
        for (; name.size() > 0; name = name.parent())
            all[text_of(name)].sum.merge(segment);
        all[""].sum.merge(segment);
        if (all.size() > most)
            throw examples::Wrong(
                fmt::format("more than {} segments with those that they are within: write fewer "
                            "parts between slashes",
                            most));
    });
    for (auto& [name, segment] : all)
        segment.thresholds = name.empty() ? aroma::calibrate(segment.sum.scores, options)
                                          : aroma::calibrate(segment.sum.scores, options,
                                                             all.at(parent_of(name)).thresholds);
    return all;
}

// A line for the root, and for each segment whose thresholds differ from its parent's.
inline std::unique_ptr<Table> table_of(Segments const& segments)
{
    auto table = std::make_unique<Table>();
    for (auto const& [name, segment] : segments) {
        aroma::Thresholds const thresholds = segment.thresholds.thresholds();
        if (!name.empty() && table->thresholds(name) == thresholds)
            continue;
        if (aroma::TableError const why = table->set(name, thresholds);
            why == aroma::TableError::too_many)
            throw examples::Wrong(fmt::format(
                "more than {} segments with thresholds of their own, which a table of a server has "
                "no room for: give --by a coarser field, or write fewer parts between slashes",
                Table::most_rows));
        else if (why != aroma::TableError::none)
            throw examples::Wrong(fmt::format("{}: {}", name, message(why)));
    }
    return table;
}

} // namespace calibrate

#endif // AROMA_EXAMPLES_TOOLS_CALIBRATE_THRESHOLDS_HPP
