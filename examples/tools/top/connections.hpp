// SPDX-License-Identifier: BSL-1.0
//
// aroma-top: from the kernel's numbers to rows, in order.
#ifndef AROMA_EXAMPLES_TOOLS_TOP_CONNECTIONS_HPP
#define AROMA_EXAMPLES_TOOLS_TOP_CONNECTIONS_HPP

#include "../../common/network.hpp"
#include "../../common/tool.hpp"
#include "../../common/with_reason.hpp"

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/accused_share.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <vector>

namespace top {

using aroma::Band;

// of any number of connections, those that come first in the chosen order
constexpr std::size_t most_rows = 10'000;
constexpr std::array bands{Band::proxy, Band::suspicious, Band::unstable, Band::normal,
                           Band::unknown};

struct Row {
    aroma::EndpointPair ends;
    aroma::TcpState state;
    bool accepted;         // its local port has a listener
    std::uint32_t idle_ms; // since the last data, either way
    aroma::Assessment assessment;
    aroma::Microseconds opening; // what the first data took beyond TCP's RTT; zero: not known
};

inline double longest_first(aroma::Microseconds rtt)
{
    return measured(rtt) ? -aroma::count_in<std::milli>(rtt) : std::nan("");
}

struct Key {
    std::string_view name;
    double (*place)(Row const&); // the smaller comes first; not a number where nothing was measured
};
constexpr Key keys[]{
    {"score", [](Row const& row) { return row.assessment.score.value(); }},
    {"rtt", [](Row const& row) { return longest_first(row.assessment.sample.smoothed); }},
    {"minimum", [](Row const& row) { return longest_first(row.assessment.sample.minimum); }},
    {"idle", [](Row const& row) -> double { return row.idle_ms; }},
    {"port", [](Row const& row) -> double { return row.ends.local.port; }},
    // by which all that are equal are ordered
    {"peer", [](Row const&) { return 0.0; }}};

struct Choice {
    std::vector<std::uint16_t> ports; // none: all
    std::optional<Band> band;
    std::string peer; // a part of its text
    std::size_t key = 0;
    bool reverse = false;
    bool all = false;

    bool is_first(Row const& a, Row const& b) const
    {
        double const x = keys[key].place(a), y = keys[key].place(b);
        if (std::isnan(x) != std::isnan(y)) // what was not measured comes last, either way round
            return std::isnan(y);
        if (x < y || y < x)
            return (x < y) != reverse;
        aroma::Endpoint const &p = a.ends.remote, &q = b.ends.remote;
        int const address = std::memcmp(p.address, q.address, sizeof p.address);
        int const order = address != 0     ? address
                        : p.port != q.port ? p.port - q.port
                                           : a.ends.local.port - b.ends.local.port;
        return reverse && keys[key].name == "peer" ? order > 0 : order < 0;
    }
};

struct View {
    std::chrono::system_clock::time_point time = std::chrono::system_clock::now();
    std::vector<Row> rows;
    std::size_t connections = 0; // in all bands
    std::size_t listed = 0;      // in the chosen one; not all of them have a row
    std::size_t outgoing_hidden = 0, local_hidden = 0;
    std::size_t in_band[bands.size()]{};
    std::size_t longest_peer = 0; // in characters
    aroma::AccusedKeys networks;  // an IPv4 /24 or IPv6 /48 each
    aroma::DiagResult result;
};

inline std::string text(aroma::Endpoint const& end)
{
    char buffer[72];
    return end.text(buffer);
}

inline bool of_this_host(aroma::EndpointPair const& ends)
{
    unsigned char const(&remote)[16] = ends.remote.address;
    bool const loopback = ends.remote.ipv4()
                            ? remote[12] == 127
                            : std::count(remote, remote + 15, 0) == 15 && remote[15] == 1;
    return loopback || std::equal(remote, remote + 16, ends.local.address);
}

inline View look(aroma::DiagSocket& kernel, Choice const& choice)
{
    constexpr aroma::Options<aroma::MinOverSmoothed> by_ratio{
        .method = {.floor = aroma::MinOverSmoothed::near_floor}};
    auto const is_first = [&choice](Row const& a, Row const& b) { return choice.is_first(a, b); };
    View view;
    aroma::AccusedShare networks;
    std::bitset<65536> listening;
    auto const listener = [&](aroma::DiagConnection const& c) { listening.set(c.ends.local.port); };
    aroma::DiagResult const listeners =
        for_each_connection({.states = aroma::TcpState::listen}, listener, kernel);

    auto const each = [&](aroma::DiagConnection const& c) {
        bool const accepted = listening[c.ends.local.port];
        if (!choice.ports.empty()) { // with --port, all connections of that port are wanted
            if (std::find(choice.ports.begin(), choice.ports.end(), c.ends.local.port)
                == choice.ports.end())
                return;
        } else if (!choice.all && (!accepted || of_this_host(c.ends))) {
            ++(accepted ? view.local_hidden : view.outgoing_hidden);
            return;
        }
        char peer[72];
        if (!choice.peer.empty() && !std::strstr(c.ends.remote.text(peer), choice.peer.c_str()))
            return;
        Row const row{c.ends,
                      c.info.state,
                      accepted,
                      std::min(c.info.last_data_recv, c.info.last_data_sent),
                      assess(c.info, by_ratio),
                      opening_by_time_stamp(c.info)};
        ++view.connections;
        ++view.in_band[static_cast<std::size_t>(row.assessment.band)];
        if (row.assessment.score.known())
            networks.count(examples::network_of(c.ends.remote), accuses(row.assessment.band));
        if (choice.band && row.assessment.band != *choice.band)
            return;
        ++view.listed;
        // A heap, whose front is the row that the next one displaces.
        if (view.rows.size() == most_rows) {
            if (!is_first(row, view.rows.front()))
                return;
            std::pop_heap(view.rows.begin(), view.rows.end(), is_first);
            view.rows.pop_back();
        }
        view.rows.push_back(row);
        std::push_heap(view.rows.begin(), view.rows.end(), is_first);
    };
    std::uint16_t const only_port = choice.ports.size() == 1 ? choice.ports[0] : std::uint16_t{0};
    view.result = for_each_connection({.local_port = only_port}, each, kernel);
    if (view.result.error == aroma::SockDiagError::none)
        view.result = listeners;
    std::sort_heap(view.rows.begin(), view.rows.end(), is_first);
    view.networks = networks.keys();
    for (Row const& row : view.rows)
        view.longest_peer = std::max(view.longest_peer, text(row.ends.remote).size());
    return view;
}

inline std::string trouble(aroma::DiagResult const& result)
{
    return examples::with_reason(message(result.error), result.error_number);
}

} // namespace top

#endif // AROMA_EXAMPLES_TOOLS_TOP_CONNECTIONS_HPP
