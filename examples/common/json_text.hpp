// SPDX-License-Identifier: BSL-1.0
//
// Parses JSON from outside. Nesting is limited to what the stack allows, and no name may occur
// twice in an object, where a parser would keep the last value only.
#ifndef AROMA_EXAMPLES_JSON_TEXT_HPP
#define AROMA_EXAMPLES_JSON_TEXT_HPP

#include "wrong.hpp"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace examples {

// Throws Malformed for invalid JSON, for a name that occurs twice in an object, and for deeper
// nesting. Copying or writing a value needs a stack as deep as the value.
inline nlohmann::json parse_json(std::string_view text)
{
    using Json = nlohmann::json;
    constexpr int deepest = 32;
    bool too_deep = false;
    std::string twice;
    std::vector<std::set<std::string>> names; // of the objects that are open
    Json const all = Json::parse(
        text,
        [&](int depth, Json::parse_event_t event, Json& value) {
            too_deep = too_deep || depth > deepest;
            if (too_deep)
                return false;
            if (event == Json::parse_event_t::object_start)
                names.emplace_back();
            else if (event == Json::parse_event_t::object_end)
                names.pop_back();
            else if (event == Json::parse_event_t::key)
                if (auto name = value.get<std::string>(); !names.back().insert(name).second)
                    twice = std::move(name);
            return true;
        },
        false);
    if (too_deep)
        throw Malformed(fmt::format("nested deeper than {} levels", deepest));
    if (!all.is_discarded() && !twice.empty())
        throw Malformed(fmt::format("{} is there twice", twice));
    return all.is_discarded() ? throw Malformed("not JSON") : all;
}

} // namespace examples

#endif // AROMA_EXAMPLES_JSON_TEXT_HPP
