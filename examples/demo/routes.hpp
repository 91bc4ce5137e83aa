// SPDX-License-Identifier: BSL-1.0
//
// The paths that the site has, and which token each takes.
#ifndef AROMA_EXAMPLES_DEMO_ROUTES_HPP
#define AROMA_EXAMPLES_DEMO_ROUTES_HPP

#include "tokens.hpp"

#include <cstddef>
#include <iterator>
#include <string_view>

namespace demo {

enum class Page {
    verdict,
    go_on,
    allowed,
    info,
    hop,
    landing,
    live,
    score,
    request,
    metrics,
    health,
    style,
    info_script,
    fresh_script,
    robots,
    none
};

struct Route {
    std::string_view path;
    Page page;
    Purpose purpose = Purpose::home; // of the token that it takes
    bool needs_token = false;
    bool for_scripts = false; // a refusal is JSON
};

inline constexpr Route routes[] = {
    {"/", Page::verdict},
    {"/go-on", Page::go_on, Purpose::go_on, true},
    {"/allowed", Page::allowed, Purpose::allowed, true},
    {"/info", Page::info, Purpose::live},
    {"/hop", Page::hop, Purpose::hop, true, true},
    {"/landing", Page::landing, Purpose::landing, true, true},
    {"/live", Page::live, Purpose::websocket, true, true},
    {"/score", Page::score},
    {"/req.json", Page::request},
    {"/metrics", Page::metrics},
    {"/healthz", Page::health},
    {"/style.css", Page::style},
    {"/info.js", Page::info_script},
    {"/fresh.js", Page::fresh_script},
    {"/robots.txt", Page::robots},
    {"other", Page::none}, // every other path
};

constexpr Route const& route_of(std::string_view path)
{
    std::size_t at = 0;
    while (at + 1 < std::size(routes) && routes[at].path != path)
        ++at;
    return routes[at];
}

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_ROUTES_HPP
