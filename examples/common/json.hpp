// SPDX-License-Identifier: BSL-1.0
//
// An assessment as one JSON object, for the servers' answers. Written by hand, so that they need
// only fmt; assessment_json.hpp uses a library.
#ifndef AROMA_EXAMPLES_JSON_HPP
#define AROMA_EXAMPLES_JSON_HPP

#include <aroma/aroma.hpp>

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace examples {

// Names and texts are the library's own constants, so nothing needs escaping. Unmeasured values are
// null. `more` has further fields, as JSON.
inline std::string to_json(aroma::Assessment const& a, std::string_view more = {})
{
    auto const microseconds = [](aroma::Microseconds rtt) {
        return measured(rtt) ? fmt::to_string(rtt.count()) : "null";
    };
    return fmt::format(
        R"({{"band":"{}","score":{},"basis":"{}","status":"{}","reason":"{}",)"
        R"("minimum_us":{},"smoothed_us":{},"variation_us":{},"application_us":{}{}{}}})",
        name(a.band), a.score.known() ? fmt::to_string(a.score.value()) : "null", name(a.basis),
        name(a.status), message(a.status), microseconds(a.sample.minimum),
        microseconds(a.sample.smoothed), microseconds(a.sample.variation),
        microseconds(a.sample.application), more.empty() ? "" : ",", more);
}

} // namespace examples

#endif // AROMA_EXAMPLES_JSON_HPP
