// SPDX-License-Identifier: BSL-1.0

#include "visit.hpp"

#include "json.hpp"
#include "pages.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

namespace demo {
namespace {

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

Answer refuse(Refusal why, Route const& route)
{
    if (!route.for_scripts)
        return error_answer(403, "Refused", "This address does not work any more",
                            fmt::format("The page was not shown: {}.", message(why)));
    Answer answer = plain(Json{{"error", name(why)}, {"reason", message(why)}});
    answer.status = 403;
    return answer;
}

// No token ends early to make room for others.
Answer busy()
{
    return error_answer(503, "Busy", "Too many people are being measured",
                        "Come back in a minute.");
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
    Route const& route = route_of(path);
    server_.metrics.request(route);

    Redeemed token{};
    bool const has_token = query.starts_with("t=");
    if (has_token) {
        token = server_.tokens.redeem(query.substr(2), route.purpose, asked.arrived);
        if (token.refusal != Refusal::none)
            ++server_.metrics.tokens[static_cast<std::size_t>(token.refusal)];
    }
    peer_.look(fd_);
    if (peer_.awaits())
        peer_.answered(fd_, aroma::token_of(asked.target));

    bool const post = route.page == Page::go_on;
    if (post ? asked.method != "POST" : asked.method != "GET" && asked.method != "HEAD") {
        Answer answer = error_answer(405, "Not understood", "This is not how the page is asked for",
                                     post ? "Its button does it, by POST."
                                          : "Only GET and HEAD are answered here.");
        answer.allow = post ? "POST" : "GET, HEAD";
        return answer;
    }
    if ((has_token || route.needs_token) && token.refusal != Refusal::none)
        return refuse(token.refusal, route);
    // One answer may be late, and one probe void: a client that looks suspicious, or has not
    // answered enough probes, gets more.
    if (route.page == Page::verdict || route.page == Page::info) {
        int const step = std::max(redirects_, token.step);
        bool const enough = has_token && (peer_.finished() || allowed_);
        if (!enough && step < most_redirects) {
            ++redirects_;
            return redirect(302, route, step + 1);
        }
    }
    return page(asked, route.page);
}

Answer Visit::page(Asked const& asked, Page which)
{
    auto const now = Clock::now();
    switch (which) {
    case Page::verdict: return verdict();
    case Page::info: {
        auto const hop = token_of_page(hop_, Purpose::hop),
                   live = token_of_page(websocket_, Purpose::websocket);
        return hop && live ? html(info_page(peer_, *hop, *live)) : busy();
    }
    case Page::go_on:
        allowed_ = true; // and what proves it on another connection is the token's purpose
        return redirect(303, route_of("/allowed"));
    case Page::allowed: allowed_ = true; return verdict();
    case Page::hop: return redirect(302, route_of("/landing"));
    case Page::landing: {
        auto const next = server_.tokens.issue(Purpose::hop, now);
        if (!next)
            return busy();
        Answer answer = plain(Json{{"seen", json(peer_)}, {"next", next->text}});
        answer.probe = {Kind::fetch, aroma::token_of("/hop?t=" + next->text)};
        return answer;
    }
    case Page::live: return websocket(asked);
    case Page::score: {
        Json body = json(peer_.assess());
        body.update(counts_json(peer_));
        body["response"] = name(decide());
        return plain(body);
    }
    case Page::request: return plain(request_json(peer_, fd_, asked.protocol));
    case Page::metrics:
        return plain("text/plain; version=0.0.4; charset=utf-8",
                     server_.metrics.text() + server_.judge.metrics());
    case Page::health: return plain("text/plain", server_.stopping ? "stopping\n" : "ok\n");
    case Page::style: return plain("text/css", std::string{files::style_css});
    case Page::info_script: return plain("text/javascript", std::string{files::info_js});
    case Page::fresh_script: return plain("text/javascript", std::string{files::fresh_js});
    case Page::robots: return plain("text/plain", "User-agent: *\nDisallow: /\n");
    case Page::none: break;
    }
    return error_answer(404, "Not found", "There is no such page",
                        "There are /, /info, /score, /req.json, /metrics and /healthz.");
}

Answer Visit::websocket(Asked const& asked) const
{
    if (!asked.upgrade)
        return error_answer(426, "Not understood", "This is a WebSocket",
                            "The live page opens it.");
    if (server_.metrics.websockets_open >= server_.most_websockets)
        return error_answer(503, "Busy", "Too many people are watching", "Come back in a minute.");
    if (server_.stopping)
        return error_answer(503, "Stopping", "This server is being stopped",
                            "Come back in a minute.");
    Answer answer;
    answer.websocket = true;
    return answer;
}

// A policy's share needs a lasting key; here nothing about a client is kept, so the share is all. A
// client without enough probes is challenged, whatever its band: it has had its chances.
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
    std::optional<std::string> token{std::string{}};
    if (response >= aroma::Response::challenge && !allowed_
        && !(token = token_of_page(challenge_, Purpose::go_on, most_challenges)))
        return busy();
    ++server_.metrics.responses[static_cast<std::size_t>(response)];
    return html(verdict_page(peer_, response, *token, allowed_));
}

std::optional<std::string> Visit::token_of_page(PageToken& of, Purpose purpose, int most)
{
    auto const now = Clock::now();
    if (!of.token || now - of.issued > lifetime(purpose) / 2
        || server_.tokens.used(purpose, of.token->number)) {
        of.token.reset();
        if (of.count < most)
            of.token = server_.tokens.issue(purpose, of.issued = now);
        of.count += of.token ? 1 : 0;
    }
    return of.token ? std::optional{of.token->text} : std::nullopt;
}

Answer Visit::redirect(unsigned status, Route const& to, int step)
{
    auto const token = server_.tokens.issue(to.purpose, Clock::now(), step);
    if (!token)
        return busy();
    std::string const location = fmt::format("{}?t={}", to.path, token->text);
    Answer answer = plain("text/plain", location + '\n');
    answer.status = status;
    answer.location = location;
    answer.probe = {Kind::redirect, aroma::token_of(location)};
    return answer;
}

} // namespace demo
