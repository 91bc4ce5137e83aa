// SPDX-License-Identifier: BSL-1.0
//
// An assessment as JSON by nlohmann-json, with its keys in the order written, for programs that are
// not meant to be copied. The servers that users copy have json.hpp.
#ifndef AROMA_EXAMPLES_ASSESSMENT_JSON_HPP
#define AROMA_EXAMPLES_ASSESSMENT_JSON_HPP

#include <aroma/assessment.hpp>

#include <nlohmann/json.hpp>

namespace examples {

using Json = nlohmann::ordered_json;

// null if not measured.
inline Json json(aroma::Microseconds t)
{
    return measured(t) ? Json(t.count()) : Json{};
}

inline Json json(aroma::Assessment const& a)
{
    return {{"band", name(a.band)},
            {"score", a.score.known() ? Json(a.score.value()) : Json{}},
            {"basis", name(a.basis)},
            {"status", name(a.status)},
            {"reason", message(a.status)},
            {"minimum_us", json(a.sample.minimum)},
            {"smoothed_us", json(a.sample.smoothed)},
            {"variation_us", json(a.sample.variation)},
            {"application_us", json(a.sample.application)}};
}

} // namespace examples

#endif // AROMA_EXAMPLES_ASSESSMENT_JSON_HPP
