// SPDX-License-Identifier: BSL-1.0
//
// The demo's answers, on a loopback connection without TLS.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include "../../examples/demo/visit.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/socket.h>

namespace {

// What /score names as the response, behind as many redirects as the site asks for.
std::string response_of(demo::Server& server)
{
    live::Connection connection = live::connected();
    int const fd = connection.server.get();
    demo::Visit visit{server, fd};
    auto const ask = [&](std::string const& target) {
        live::send_and_receive(connection.client, connection.server, "request");
        return visit.answer({"GET", target, "HTTP/1.1", demo::Clock::now()});
    };
    for (demo::Answer answer = ask("/"); answer.status == 302; answer = ask(answer.location)) {
        REQUIRE(::send(fd, "answer", 6, MSG_NOSIGNAL) == 6);
        visit.peer().asked(fd, answer.probe);
        char bytes[6];
        REQUIRE(::recv(connection.client.get(), bytes, sizeof bytes, MSG_WAITALL) == 6);
    }
    std::string const score = ask("/score").body, field = "\"response\":\"";
    std::size_t const at = score.find(field);
    REQUIRE(at != score.npos);
    return score.substr(at + field.size(), score.find('"', at + field.size()) - at - field.size());
}

} // namespace

TEST_CASE("Visit: the policy's rule is the one of the server's segment")
{
    using aroma::Response;
    for (std::string const segment : {"demo", "cdg/mobile"}) {
        demo::Server server;
        server.judge.segment = segment;
        REQUIRE(server.judge.load().empty());
        REQUIRE(server.policy.set("cdg/mobile", {.by_band = {.normal = Response::observe,
                                                             .unstable = Response::observe}})
                == aroma::PolicyError::none);
        std::string response = "challenge"; // of probes that a busy machine has voided
        for (int tries = 0; tries < 5 && response == "challenge"; ++tries)
            response = response_of(server);
        CHECK(response == (segment == "demo" ? "allow" : "observe"));
    }
}

TEST_CASE("Visit: a connection's challenge is one token until it is brought, and 16 of them")
{
    demo::Server server;
    live::Connection connection = live::connected();
    demo::Visit visit{server, connection.server.get()};
    auto const token = [&] {
        // where a client that answers nothing comes to: behind its redirects
        std::string page = "/";
        demo::Answer answer;
        do {
            answer = visit.answer({"GET", page, "HTTP/1.1", demo::Clock::now()});
            page = answer.location;
        } while (answer.status == 302);
        std::string const field = "/go-on?t=";
        std::size_t const at = answer.body.find(field);
        return at == answer.body.npos ? std::to_string(answer.status)
                                      : answer.body.substr(at + field.size(), 44);
    };
    std::string first = token();
    REQUIRE(first.size() == 44);
    std::string const again = token();
    CHECK(again == first);
    for (int i = 1; i < 16; ++i) {
        auto const redeemed = server.tokens.redeem(first, demo::Purpose::go_on, demo::Clock::now());
        CHECK(redeemed.refusal == demo::Refusal::none); // as if another connection had brought it
        std::string const next = token();
        CHECK(next.size() == 44);
        CHECK(next != first);
        first = next;
    }
    server.tokens.redeem(first, demo::Purpose::go_on, demo::Clock::now());
    CHECK(token() == "503");
}

TEST_CASE("Visit: however often /info is asked for, a connection has few tokens out")
{
    demo::Server server;
    live::Connection connection = live::connected();
    auto const issued = [&] {
        return server.tokens.issue(demo::Purpose::home, demo::Clock::now()).value().number;
    };
    auto const token = [](demo::Answer const& page, std::string const& name) {
        std::string const field = " data-" + name + "=\"";
        std::size_t const at = page.body.find(field);
        return at == page.body.npos ? std::to_string(page.status)
                                    : page.body.substr(at + field.size(), 44);
    };
    auto const redeem = [&](std::string const& text, demo::Purpose purpose) {
        CHECK(server.tokens.redeem(text, purpose, demo::Clock::now()).refusal
              == demo::Refusal::none);
    };
    auto const challenge = server.tokens.issue(demo::Purpose::go_on, demo::Clock::now()).value();
    for (int i = 0; i < 20; ++i) {
        demo::Visit visit{server, connection.server.get()};
        auto const page = [&] {
            demo::Answer answer;
            do
                answer = visit.answer({"GET", "/info", "HTTP/1.1", demo::Clock::now()});
            while (answer.status == 302);
            return answer;
        };
        std::uint64_t const before = issued();
        demo::Answer const first = page();
        std::string const hop = token(first, "hop"), websocket = token(first, "websocket");
        REQUIRE(hop.size() == 44);
        REQUIRE(websocket.size() == 44);
        for (int asked = 1; asked < 200; ++asked)
            CHECK(token(page(), "hop") == hop);
        CHECK(token(page(), "websocket") == websocket);
        CHECK(issued() - before - 1 == 8 + 2); // redirects, and the page's
        // each is another once it has been brought
        redeem(hop, demo::Purpose::hop);
        CHECK(token(page(), "hop") != hop);
        CHECK(token(page(), "websocket") == websocket);
        redeem(websocket, demo::Purpose::websocket);
        CHECK(token(page(), "websocket") != websocket);
    }
    redeem(challenge.text, demo::Purpose::go_on);
}
