// SPDX-License-Identifier: BSL-1.0
//
// What the site answers to the requests of one connection, whichever version of HTTP carries them,
// and which of the requests is an exchange: one that brings the token which went out last, alone,
// with nothing sent since.
#ifndef AROMA_EXAMPLES_DEMO_VISIT_HPP
#define AROMA_EXAMPLES_DEMO_VISIT_HPP

#include "peer.hpp"
#include "server.hpp"
#include "tokens.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace demo {

struct Asked {
    std::string_view method, target, protocol; // "GET", "/info?t=...", "HTTP/2"
    Clock::time_point arrived;
    aroma::Microseconds since{}; // the last answer was written, by the server's clock
    bool alone = true;           // nothing else of this client is under way
    bool upgrade = false;        // to a WebSocket
};

struct Answer {
    unsigned status = 200;
    std::string_view type;
    std::string body, location;
    std::string_view allow; // of 405
    bool websocket = false; // no answer: it goes on as one
};

// Of every answer: nothing is kept, nothing comes from elsewhere.
constexpr std::pair<std::string_view, std::string_view> answer_fields[] = {
    {"cache-control", "no-store"},
    {"content-security-policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                                "data:; connect-src 'self'; form-action 'self'; "
                                "base-uri 'none'; frame-ancestors 'none'"},
    {"referrer-policy", "no-referrer"},
    {"x-content-type-options", "nosniff"},
};

Answer error_answer(unsigned status, std::string_view badge, std::string_view headline,
                    std::string_view reason);
Answer too_large();

class Visit {
public:
    Visit(Server& server, int fd)
        : server_{server}, fd_{fd}, peer_{++server.metrics.connections, server.judge}
    {
    }

    Answer answer(Asked const& asked);

    // The answer did not go out alone, or something was sent behind it: no request is its answer.
    void disturbed() { awaited_ = {}; }
    bool awaits() const { return awaited_.number != 0; }

    Peer& peer() { return peer_; }
    int fd() const { return fd_; }

private:
    static constexpr int most_detours = 4;

    struct Awaited {
        std::uint64_t number = 0; // of the token that went out last
        Kind kind{};
    };

    Answer page(Asked const& asked, std::string_view path, bool proven);
    Answer verdict(bool proven);
    Answer redirect(unsigned status, Purpose purpose, std::string_view to);
    aroma::Response decide();

    Server& server_;
    int fd_;
    Peer peer_;
    Awaited awaited_;
    int detours_ = 0;
    bool allowed_ = false;
};

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_VISIT_HPP
