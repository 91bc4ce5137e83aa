// SPDX-License-Identifier: BSL-1.0
//
// What the web servers among the examples serve.
//
//     /                   redirects to /probe/2/RANDOM
//     /probe/N/RANDOM     redirects to /probe/N-1/RANDOM; each is a probe, since a client cannot
//                         guess the path and its own machine follows it
//     /probe/0/RANDOM     what the connection has shown, as JSON; /score too
//
// The number in the path bounds the redirects of a client that opens a connection for each request.
#ifndef AROMA_EXAMPLES_VISITOR_HPP
#define AROMA_EXAMPLES_VISITOR_HPP

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>

#include "json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

namespace examples {

struct Page {
    int status;
    std::string location; // of a redirect, which is a probe
    std::string body;     // JSON
};

// A path that no client can guess, or none if the system has no randomness.
inline std::string probe_path(int further)
{
    std::uint64_t const random = aroma::random_token();
    return random == 0 ? std::string{} : fmt::format("/probe/{}/{:016x}", further, random);
}

// How many redirects follow a path; -1 if it is none of those that are served.
inline int redirects_behind(std::string_view path)
{
    constexpr std::string_view probe = "/probe/";
    if (path == "/")
        return 3;
    if (path == "/score")
        return 0;
    bool const known = path.starts_with(probe) && path.size() > probe.size() + 2
                    && path[probe.size()] >= '0' && path[probe.size()] <= '9'
                    && path[probe.size() + 1] == '/';
    return known ? path[probe.size()] - '0' : -1;
}

// Why a request is refused.
inline Page refusal_page(unsigned status)
{
    return {static_cast<int>(status),
            {},
            status == 405 || status == 501
                ? "{\"error\":\"only GET and HEAD are answered here\"}\n"
                : "{\"error\":\"not a request that is understood here\"}\n"};
}

// `more` holds further fields of the assessment's JSON. An empty path is none: it was refused.
inline Page page(std::string_view path, aroma::Assessment const& assessment,
                 std::string_view more = {})
{
    if (path.empty())
        return refusal_page(400);
    int const further = redirects_behind(path);
    if (further < 0)
        return {404, {}, "{\"error\":\"there are / and /score\"}\n"};
    std::string next = further > 0 ? probe_path(further - 1) : std::string{};
    if (!next.empty())
        return {302, std::move(next), {}};
    return {200, {}, to_json(assessment, more) + '\n'};
}

// The same, and whether a decision that matters may rest on it.
inline Page page(std::string_view path, aroma::Assessment const& assessment,
                 aroma::ConnectionHistory const& history)
{
    return page(path, assessment,
                fmt::format(R"("counted":{},"cleared":{})", history.counted(), history.cleared()));
}

// For frameworks that keep nothing for a connection, and give it one thread for as long as it
// lasts: the history of the one that this thread has.
inline aroma::ConnectionHistory& history_of_thread()
{
    thread_local aroma::ConnectionHistory history;
    return history;
}

// The same at a request. A client can connect again from the same port: then less has been sent to
// it than before, and the history begins anew.
inline aroma::ConnectionHistory& history_of_thread(aroma::Endpoint const& client,
                                                   std::uint64_t bytes_sent)
{
    thread_local aroma::Endpoint client_before;
    thread_local std::uint64_t sent_before = 0;
    bool const same = std::exchange(client_before, client) == client;
    if (std::exchange(sent_before, bytes_sent) > bytes_sent || !same)
        history_of_thread() = {};
    return history_of_thread();
}

} // namespace examples

#endif // AROMA_EXAMPLES_VISITOR_HPP
