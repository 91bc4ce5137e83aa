// SPDX-License-Identifier: BSL-1.0
//
// The measurements of a connection, as JSON.
#ifndef AROMA_EXAMPLES_DEMO_JSON_HPP
#define AROMA_EXAMPLES_DEMO_JSON_HPP

#include "../common/assessment_json.hpp"
#include "peer.hpp"
#include "words.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace demo {

using examples::json;
using examples::Json;

// {"tls":{"count":1,"lowest_us":61900,"last_us":61900,"excess_us":60800},...}; kinds without a
// measurement are left out.
inline Json json(Exchanges const& exchanges)
{
    Json all = Json::object();
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (auto const& [count, lowest, last, excess] = exchanges[i]; count > 0)
            all[std::string{kinds[i]}] = {
                {"count", count}, {"lowest_us", lowest}, {"last_us", last}, {"excess_us", excess}};
    return all;
}

// How many probes count, and what follows from them.
inline Json counts_json(Peer const& peer)
{
    return {{"counted", peer.counted()},
            {"voided", peer.voided()},
            {"last_void", name(peer.last_void())},
            {"cleared", peer.cleared()},
            {"excess_us", excess(peer.assess()).count()}};
}

// All measurements of this connection, for the live page and others.
inline Json json(Peer const& peer)
{
    aroma::Assessment const a = peer.assess();
    Words const said = words(peer);
    Json all{{"connection", peer.number()}};
    all.update(counts_json(peer));
    all.update({{"finished", peer.measured_enough()},
                {"same_machine", peer.same_machine()},
                {"tcp",
                 {{"minimum_us", json(a.sample.minimum)},
                  {"smoothed_us", json(a.sample.smoothed)},
                  {"variation_us", json(a.sample.variation)}}},
                {"exchanges", json(peer.exchanges())},
                {"headline", said.headline},
                {"text", said.reason},
                {"distance", said.distance},
                {"assessment", json(a)}});
    return all;
}

// The kernel's numbers of a connection beside what was measured above TCP.
inline Json request_json(Peer const& peer, int fd, std::string_view protocol)
{
    aroma::TcpInfo const info = aroma::read(fd);
    return {{"protocol", protocol},
            {"min_rtt_us", info.rtt.minimum.count()},
            {"rtt_us", info.rtt.smoothed.count()},
            {"rttvar_us", info.rtt.variation.count()},
            {"advmss", info.advmss},
            {"snd_mss", info.snd_mss},
            {"rcv_mss", info.rcv_mss},
            {"application", json(peer.exchanges())}};
}

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_JSON_HPP
