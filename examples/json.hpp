// SPDX-License-Identifier: BSL-1.0
//
// An assessment as one JSON object, as all the examples answer it; a connection's with its pings.
#ifndef AROMA_EXAMPLES_JSON_HPP
#define AROMA_EXAMPLES_JSON_HPP

#include <aroma/aroma.hpp>

#include <string>
#include <vector>

#include <fmt/format.h>

namespace examples {

// Names and texts are the library's own constants, so nothing needs escaping. What was not measured is null.
inline std::string to_json(aroma::Assessment const& a)
{
    auto const microseconds = [](aroma::Microseconds rtt) { return measured(rtt) ? fmt::to_string(rtt.count()) : "null"; };
    return fmt::format(R"({{"band":"{}","score":{},"basis":"{}","status":"{}","reason":"{}",)"
                       R"("minimum_us":{},"smoothed_us":{},"variation_us":{},"application_us":{}}})",
                       name(a.band), a.score.known() ? fmt::to_string(a.score.value()) : "null", name(a.basis), name(a.status),
                       describe(a.status), microseconds(a.sample.minimum), microseconds(a.sample.smoothed),
                       microseconds(a.sample.variation), microseconds(a.sample.application));
}

// All that a connection has shown, with the pings among it one by one.
inline std::string to_json(aroma::Connection const& connection, std::vector<aroma::Assessment> const& pings)
{
    std::string each;
    for (aroma::Assessment const& ping : pings)
        each += fmt::format(R"({}{{"status":"{}","rtt_us":{}}})", each.empty() ? "" : ",", name(ping.status),
                            measured(ping.sample.application) ? fmt::to_string(ping.sample.application.count()) : "null");
    std::string json = to_json(connection.assess());
    return json.insert(1, fmt::format(R"("replies":{},"pings":[{}],)", connection.exchanges(aroma::Moment::reply), each));
}

} // namespace examples

#endif // AROMA_EXAMPLES_JSON_HPP
