// SPDX-License-Identifier: BSL-1.0
//
// What the web servers among the examples serve, and what they remember of each connection.
//
//     /        redirects to /score: following it is an exchange that only the client's own machine
//              can answer
//     /score   what the connection has shown, as JSON
#ifndef AROMA_EXAMPLES_VISITOR_HPP
#define AROMA_EXAMPLES_VISITOR_HPP

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>

#include "json.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

namespace examples {

struct Page {
    int status;
    std::string_view location; // of a redirect
    std::string body;          // JSON
};

struct Visitor {
    aroma::ConnectionHistory seen; // 36 bytes: its exchanges so far
    bool redirected = false;

    // What a request for this path is a moment of, once for each request. Behind the redirect it is
    // the reply to it. Before that it is the opening, if it is the first; the kernel's numbers show
    // where it is not, and then nothing is counted.
    aroma::Exchange moment(std::string_view path)
    {
        bool const follows = std::exchange(redirected, path == "/") && path == "/score";
        return follows ? aroma::Exchange::reply : aroma::Exchange::opening;
    }
};

// For frameworks that keep nothing for a connection, and give it one thread for as long as it
// lasts.
inline Visitor& visitor_of_thread(aroma::Endpoint const& client)
{
    thread_local aroma::Endpoint last;
    thread_local Visitor visitor;
    if (!(std::exchange(last, client) == client))
        visitor = {};
    return visitor;
}

inline Page page(std::string_view path, aroma::Assessment const& assessment)
{
    if (path == "/")
        return {302, "/score", "{\"next\":\"/score\"}\n"};
    if (path == "/score")
        return {200, {}, to_json(assessment) + '\n'};
    return {404, {}, "{\"error\":\"there are / and /score\"}\n"};
}

} // namespace examples

#endif // AROMA_EXAMPLES_VISITOR_HPP
