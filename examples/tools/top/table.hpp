// SPDX-License-Identifier: BSL-1.0
//
// aroma-top: from rows to text and JSON.
#ifndef AROMA_EXAMPLES_TOOLS_TOP_TABLE_HPP
#define AROMA_EXAMPLES_TOOLS_TOP_TABLE_HPP

#include "../../common/assessment_json.hpp"
#include "connections.hpp"

#include <aroma/integrations/fmt.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ratio>
#include <string>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace top {

inline char const* state(Row const& row)
{
    return row.state == aroma::TcpState::close_wait ? "close_wait" : "established";
}

inline std::string milliseconds(aroma::Microseconds rtt)
{
    double const ms = aroma::count_in<std::milli>(rtt);
    return measured(rtt) ? fmt::format("{:.{}f}", ms, ms < 1000 ? 3 : 0) : "-";
}

inline std::string idle(Row const& row)
{
    std::uint32_t const s = row.idle_ms / 1000;
    return s < 100  ? fmt::format("{:.1f}s", row.idle_ms / 1000.0)
         : s < 6000 ? fmt::format("{}m", s / 60)
                    : fmt::format("{}h", s / 3600);
}

struct Column {
    char const* title;
    std::size_t width;
    int rank; // the higher the sooner without room
    bool left;
    std::string (*text)(Row const&);
};
constexpr Column columns[]{
    // and wider where there is room
    {"PEER", 21, 0, true, [](Row const& row) { return text(row.ends.remote); }},
    {"DIR", 3, 7, true, [](Row const& row) { return std::string{row.accepted ? "in" : "out"}; }},
    {"PORT", 5, 5, false, [](Row const& row) { return fmt::to_string(row.ends.local.port); }},
    {"MIN ms", 8, 4, false,
     [](Row const& row) { return milliseconds(row.assessment.sample.minimum); }},
    {"RTT ms", 8, 3, false,
     [](Row const& row) { return milliseconds(row.assessment.sample.smoothed); }},
    {"SCORE", 7, 1, false,
     [](Row const& row) {
         return row.assessment.score.known() ? fmt::to_string(row.assessment.score) : "-";
     }},
    {"BAND", 10, 2, true, [](Row const& row) { return fmt::to_string(row.assessment.band); }},
    {"IDLE", 6, 6, false, idle},
    {"OPEN ms", 8, 8, false, [](Row const& row) { return milliseconds(row.opening); }},
    {"BASIS OR STATUS", 17, 9, true,
     [](Row const& row) {
         return std::string{row.assessment.score.known() ? name(row.assessment.basis)
                                                         : name(row.assessment.status)};
     }},
    {"STATE", 11, 10, true, [](Row const& row) { return std::string{state(row)}; }}};
constexpr std::size_t peer_column = 0, direction_column = 1, band_column = 6;
using Widths = std::array<std::size_t, std::size(columns)>; // zero: not shown

inline Widths layout(View const& view, Choice const& choice, std::size_t width)
{
    Widths widths{columns[peer_column].width};
    std::size_t used = widths[peer_column];
    for (int rank = 1; rank < static_cast<int>(std::size(columns)); ++rank) {
        auto const is_next = [rank](Column const& c) { return c.rank == rank; };
        auto const column =
            static_cast<std::size_t>(std::find_if(columns, std::end(columns), is_next) - columns);
        // all of them are accepted
        if (column == direction_column && !choice.all && choice.ports.empty())
            continue;
        if (used + 1 + columns[column].width > width)
            break;
        widths[column] = columns[column].width;
        used += 1 + widths[column];
    }
    widths[peer_column] =
        std::max(widths[peer_column],
                 std::min(view.longest_peer, widths[peer_column] + width - std::min(used, width)));
    return widths;
}

// Of a row, or the title.
inline std::string cell(Row const* row, std::size_t column, std::size_t width)
{
    std::string content = row ? columns[column].text(*row) : columns[column].title;
    // an IPv6 address: its middle gives way, its port stays
    if (column == peer_column && content.size() > width) {
        std::string const port = content.substr(content.rfind(']'));
        content = content.substr(0, width - 2 - port.size()) + ".." + port;
    }
    return columns[column].left ? fmt::format("{:<{}}", content, width)
                                : fmt::format("{:>{}}", content, width);
}

// Such a share has no population of clients, and so many connections no single network.
inline std::string warning(View const& view)
{
    aroma::AccusedKeys const& n = view.networks;
    if (n.implausible())
        return fmt::format("{} of {} networks accused: is a balancer in front of this host?",
                           n.accused, n.all);
    if (n.all == 1 && view.connections >= n.least)
        return "All from one network: a balancer's or Docker's connections, not the clients'?";
    return "TCP's ratio: weak evidence. Far proxies look normal, pausing near clients bad.";
}

inline std::array<std::string, 3> heading(View const& view, Choice const& choice)
{
    std::tm const now = fmt::localtime(std::chrono::system_clock::to_time_t(view.time));
    std::string what = fmt::format("aroma-top  {:%H:%M:%S}  {} connections", now, view.connections);
    if (view.rows.size() < view.connections)
        what +=
            fmt::format(", {}{} listed", view.rows.size(),
                        view.rows.size() < view.listed ? fmt::format(" of {}", view.listed) : "");
    what += fmt::format("  by {}{}", keys[choice.key].name, choice.reverse ? ", reversed" : "");
    what += choice.band ? fmt::format("  band {}", *choice.band) : "";
    what += choice.ports.empty() ? "" : fmt::format("  port {}", fmt::join(choice.ports, ","));
    what += choice.peer.empty() ? "" : "  peer " + choice.peer;

    std::string counts;
    for (Band const band : bands)
        counts += fmt::format("{} {}  ", view.in_band[static_cast<std::size_t>(band)], band);
    if (view.outgoing_hidden + view.local_hidden > 0)
        counts +=
            fmt::format("(hidden: {} outgoing, {} local)", view.outgoing_hidden, view.local_hidden);
    return {what, counts, warning(view)};
}

inline std::string table(View const& view, Choice const& choice, std::size_t width)
{
    std::string all;
    for (std::string const& line : heading(view, choice))
        all += line + '\n';
    Widths const widths = layout(view, choice, width);
    for (std::size_t i = 0; i <= view.rows.size(); ++i) {
        for (std::size_t column = 0; column < widths.size(); ++column)
            all += widths[column] == 0
                     ? ""
                     : cell(i == 0 ? nullptr : &view.rows[i - 1], column, widths[column]) + ' ';
        all.erase(all.find_last_not_of(' ') + 1);
        all += '\n';
    }
    return all;
}

// One object a line.
inline std::string json(View const& view)
{
    auto const ms = std::chrono::floor<std::chrono::milliseconds>(view.time.time_since_epoch());
    std::string all;
    for (Row const& row : view.rows) {
        examples::Json line{{"time", static_cast<double>(ms.count()) / 1000},
                            {"peer", text(row.ends.remote)},
                            {"local", text(row.ends.local)},
                            {"local_port", row.ends.local.port},
                            {"accepted", row.accepted},
                            {"state", state(row)},
                            {"idle_us", std::uint64_t{row.idle_ms} * 1000},
                            {"opening_us", nullptr}};
        if (measured(row.opening))
            line["opening_us"] = row.opening.count();
        line.update(examples::json(row.assessment));
        all += line.dump() + '\n';
    }
    return all;
}

} // namespace top

#endif // AROMA_EXAMPLES_TOOLS_TOP_TABLE_HPP
