// SPDX-License-Identifier: BSL-1.0

#include "visit.hpp"

#include "json.hpp"
#include "pages.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace demo {
namespace {

Purpose purpose_of(std::string_view path)
{
    return path == "/go-on"   ? Purpose::go_on
         : path == "/allowed" ? Purpose::allowed
         : path == "/info"    ? Purpose::live
         : path == "/hop"     ? Purpose::hop
         : path == "/landing" ? Purpose::landing
         : path == "/live"    ? Purpose::websocket
                              : Purpose::home;
}

bool needs_token(std::string_view path)
{
    return path == "/hop" || path == "/landing" || path == "/live" || path == "/go-on"
        || path == "/allowed";
}

Answer plain(std::string_view type, std::string body)
{
    Answer answer;
    answer.type = type;
    answer.body = std::move(body);
    return answer;
}

Answer plain(Json const& body)
{
    return plain("application/json", body.dump() + '\n');
}

Answer html(std::string body)
{
    return plain("text/html; charset=utf-8", std::move(body));
}

Answer refuse(Refusal why, std::string_view path)
{
    bool const json = path == "/hop" || path == "/landing" || path == "/live";
    if (!json)
        return error_answer(403, "Refused", "This address does not work any more",
                            fmt::format("The page was not shown: {}.", message(why)));
    Answer answer = plain(Json{{"error", name(why)}, {"reason", message(why)}});
    answer.status = 403;
    return answer;
}

} // namespace

Answer error_answer(unsigned status, std::string_view badge, std::string_view headline,
                    std::string_view reason)
{
    Answer answer = html(error_page(badge, headline, reason));
    answer.status = status;
    return answer;
}

Answer too_large()
{
    return error_answer(413, "Not understood", "This is no request that is served here",
                        "A request has at most 8 KiB here, and no body.");
}

Answer Visit::answer(Asked const& asked)
{
    std::size_t const mark = asked.target.find('?');
    std::string_view const path = asked.target.substr(0, mark);
    std::string_view const query =
        mark == std::string_view::npos ? std::string_view{} : asked.target.substr(mark + 1);
    server_.metrics.request(path);

    Redeemed token{};
    bool const has_token = query.starts_with("t=");
    if (has_token) {
        token = server_.tokens.redeem(query.substr(2), purpose_of(path), asked.arrived);
        if (token.refusal != Refusal::none)
            ++server_.metrics.tokens[static_cast<std::size_t>(token.refusal)];
    }
    peer_.look(fd_);
    if (peer_.awaits())
        peer_.answered(fd_, aroma::token_of(asked.target));

    bool const post = path == "/go-on";
    if (post ? asked.method != "POST" : asked.method != "GET" && asked.method != "HEAD") {
        Answer answer = error_answer(405, "Not understood", "This is not how the page is asked for",
                                     post ? "Its button does it, by POST."
                                          : "Only GET and HEAD are answered here.");
        answer.allow = post ? "POST" : "GET, HEAD";
        return answer;
    }
    if ((has_token || needs_token(path)) && token.refusal != Refusal::none)
        return refuse(token.refusal, path);
    // One answer may be late, and one probe void: who looks suspicious, or has not answered enough,
    // follows some more.
    if (path == "/" || path == "/info") {
        int const step = std::max(redirects_, token.step);
        bool const enough = has_token && (peer_.finished() || allowed_);
        if (!enough && step < most_redirects) {
            ++redirects_;
            return redirect(302, purpose_of(path), path, step + 1);
        }
    }
    return page(asked, path);
}

Answer Visit::page(Asked const& asked, std::string_view path)
{
    auto const now = Clock::now();
    if (path == "/")
        return verdict();
    if (path == "/info")
        return html(info_page(peer_, server_.tokens.issue(Purpose::hop, now).text,
                              server_.tokens.issue(Purpose::websocket, now).text));
    if (path == "/go-on") {
        allowed_ = true; // and what proves it on another connection is the token's purpose
        return redirect(303, Purpose::allowed, "/allowed");
    }
    if (path == "/allowed") {
        allowed_ = true;
        return verdict();
    }
    if (path == "/hop")
        return redirect(302, Purpose::landing, "/landing");
    if (path == "/landing") {
        std::string const next = server_.tokens.issue(Purpose::hop, now).text;
        Answer answer = plain(Json{{"seen", json(peer_)}, {"next", next}});
        answer.probe = {Kind::fetch, aroma::token_of("/hop?t=" + next)};
        return answer;
    }
    if (path == "/live") {
        if (!asked.upgrade)
            return error_answer(426, "Not understood", "This is a WebSocket",
                                "The live page opens it.");
        if (server_.metrics.websockets_open >= server_.most_websockets)
            return error_answer(503, "Busy", "Too many people are watching",
                                "Come back in a minute.");
        if (server_.stopping)
            return error_answer(503, "Stopping", "This server is being stopped",
                                "Come back in a minute.");
        Answer answer;
        answer.websocket = true;
        return answer;
    }
    if (path == "/score") {
        Json body = json(peer_.assess());
        body.update({{"counted", peer_.counted()},
                     {"voided", peer_.voided()},
                     {"last_void", name(peer_.last_void())},
                     {"cleared", peer_.cleared()},
                     {"excess_us", excess(peer_.assess()).count()},
                     {"response", name(decide())}});
        return plain(body);
    }
    if (path == "/req.json")
        return plain(request_json(peer_, fd_, asked.protocol));
    if (path == "/metrics")
        return plain("text/plain; version=0.0.4; charset=utf-8",
                     server_.metrics.text() + server_.judge.metrics());
    if (path == "/healthz")
        return plain("text/plain", server_.stopping ? "stopping\n" : "ok\n");
    if (path == "/style.css")
        return plain("text/css", std::string{files::style_css});
    if (path == "/info.js")
        return plain("text/javascript", std::string{files::info_js});
    if (path == "/fresh.js")
        return plain("text/javascript", std::string{files::fresh_js});
    if (path == "/robots.txt")
        return plain("text/plain", "User-agent: *\nDisallow: /\n");
    return error_answer(404, "Not found", "There is no such page",
                        "There are /, /info, /score, /req.json, /metrics and /healthz.");
}

// The share of a policy is drawn by a key that lasts; here nothing of a client lasts, and the share
// is all. A client that has not shown enough is asked, whatever its band: it has had its probes.
aroma::Response Visit::decide()
{
    aroma::Response const by_policy =
        server_.policy.decide(peer_.assess(), server_.judge.segment, aroma::Key{peer_.number()})
            .response;
    return peer_.finished() ? by_policy : std::max(by_policy, aroma::Response::challenge);
}

Answer Visit::verdict()
{
    aroma::Response const response = decide();
    ++server_.metrics.responses[static_cast<std::size_t>(response)];
    return html(verdict_page(peer_, response,
                             server_.tokens.issue(Purpose::go_on, Clock::now()).text, allowed_));
}

Answer Visit::redirect(unsigned status, Purpose purpose, std::string_view to, int step)
{
    std::string const location =
        fmt::format("{}?t={}", to, server_.tokens.issue(purpose, Clock::now(), step).text);
    Answer answer = plain("text/plain", location + '\n');
    answer.status = status;
    answer.location = location;
    answer.probe = {Kind::redirect, aroma::token_of(location)};
    return answer;
}

} // namespace demo
