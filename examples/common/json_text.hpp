// SPDX-License-Identifier: BSL-1.0
//
// JSON of others, parsed: nested no deeper than a stack has room for whatever is done with it.
#ifndef AROMA_EXAMPLES_JSON_TEXT_HPP
#define AROMA_EXAMPLES_JSON_TEXT_HPP

#include "wrong.hpp"

#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace examples {

// Throws Malformed for what is no JSON, and for what is nested deeper. To copy or to write a value
// takes a stack as deep as the value.
inline nlohmann::json parse_json(std::string_view text)
{
    using Json = nlohmann::json;
    constexpr int deepest = 32;
    bool too_deep = false;
    Json const all = Json::parse(
        text,
        [&](int depth, Json::parse_event_t, Json&) {
            too_deep = too_deep || depth > deepest;
            return !too_deep;
        },
        false);
    if (too_deep)
        throw Malformed(fmt::format("nested deeper than {} levels", deepest));
    return all.is_discarded() ? throw Malformed("not JSON") : all;
}

} // namespace examples

#endif // AROMA_EXAMPLES_JSON_TEXT_HPP
