// SPDX-License-Identifier: BSL-1.0
//
// The server's counters, and their text for Prometheus (exposition format 0.0.4). No label comes
// from a client. Written by hand: prometheus-cpp gives a metric's series in no order, and its
// package needs a web server and curl.
#ifndef AROMA_EXAMPLES_DEMO_METRICS_HPP
#define AROMA_EXAMPLES_DEMO_METRICS_HPP

#include <aroma/assessment.hpp>
#include <aroma/decide/policy.hpp>

#include "routes.hpp"
#include "tokens.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace demo {

struct Metrics {
    std::uint64_t connections = 0, connections_open = 0, handshakes_failed = 0, websockets_open = 0,
                  pings = 0, probes_counted = 0, probes_void = 0, dropped = 0, requests_refused = 0,
                  http2 = 0, floods = 0;
    std::array<std::uint64_t, std::size(routes)> requests{};
    std::array<std::uint64_t, refusals> tokens{};
    static constexpr std::size_t bands = static_cast<std::size_t>(aroma::Band::proxy) + 1,
                                 bases = static_cast<std::size_t>(aroma::Basis::custom) + 1;
    std::array<std::array<std::uint64_t, bases>, bands> assessments{};
    std::array<std::uint64_t, 4> responses{};

    void request(Route const& route) { ++requests[static_cast<std::size_t>(&route - routes)]; }

    // A connection has ended, and this was said of it last.
    void ended(aroma::Assessment const& a, int counted, int voided)
    {
        probes_counted += static_cast<std::uint64_t>(counted);
        probes_void += static_cast<std::uint64_t>(voided);
        ++assessments[static_cast<std::size_t>(a.band)][static_cast<std::size_t>(a.basis)];
    }

    std::string text() const
    {
        std::string out;
        auto const head = [&](std::string_view metric, std::string_view type,
                              std::string_view help) {
            fmt::format_to(std::back_inserter(out),
                           "# HELP aroma_demo_{0} {2}\n# TYPE aroma_demo_{0} {1}\n", metric, type,
                           help);
        };
        auto const one = [&](std::string_view metric, std::string_view type, std::string_view help,
                             std::uint64_t value) {
            head(metric, type, help);
            fmt::format_to(std::back_inserter(out), "aroma_demo_{} {}\n", metric, value);
        };
        one("connections_open", "gauge", "TCP connections that are open", connections_open);
        one("connections_total", "counter", "TCP connections accepted", connections);
        one("connections_dropped_total", "counter",
            "connections closed in a handshake, since too many others were in theirs", dropped);
        one("handshakes_failed_total", "counter",
            "connections that ended before their TLS handshake did", handshakes_failed);
        one("http2_total", "counter", "connections that have chosen HTTP/2", http2);
        one("floods_total", "counter", "connections ended for too many frames of HTTP/2", floods);
        one("websockets_open", "gauge", "WebSockets that are open", websockets_open);
        one("pings_total", "counter", "pings of HTTP/2 and the WebSocket answered", pings);
        one("probes_counted_total", "counter",
            "probes whose answers counted, of connections that have ended", probes_counted);
        one("probes_void_total", "counter", "probes that were void, of connections that have ended",
            probes_void);
        one("requests_refused_total", "counter",
            "requests that were not HTTP, too large or too slow", requests_refused);
        head("requests_total", "counter", "requests answered, by path");
        for (std::size_t i = 0; i < std::size(routes); ++i)
            fmt::format_to(std::back_inserter(out), "aroma_demo_requests_total{{path=\"{}\"}} {}\n",
                           routes[i].path, requests[i]);
        head("tokens_refused_total", "counter", "tokens refused, by reason");
        for (std::size_t i = 1; i < refusals; ++i)
            fmt::format_to(std::back_inserter(out),
                           "aroma_demo_tokens_refused_total{{reason=\"{}\"}} {}\n",
                           name(static_cast<Refusal>(i)), tokens[i]);
        head("responses_total", "counter", "pages, by what the policy answered");
        for (std::size_t i = 0; i < responses.size(); ++i)
            fmt::format_to(std::back_inserter(out),
                           "aroma_demo_responses_total{{response=\"{}\"}} {}\n",
                           aroma::name(static_cast<aroma::Response>(i)), responses[i]);
        head("assessments_total", "counter",
             "connections that have ended, by what was said of them last");
        for (std::size_t band = 0; band < assessments.size(); ++band)
            for (std::size_t basis = 0; basis < assessments[band].size(); ++basis)
                if (assessments[band][basis] > 0)
                    fmt::format_to(std::back_inserter(out),
                                   "aroma_demo_assessments_total{{band=\"{}\",basis=\"{}\"}} {}\n",
                                   aroma::name(static_cast<aroma::Band>(band)),
                                   aroma::name(static_cast<aroma::Basis>(basis)),
                                   assessments[band][basis]);
        return out;
    }
};

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_METRICS_HPP
