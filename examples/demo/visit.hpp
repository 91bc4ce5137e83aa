// SPDX-License-Identifier: BSL-1.0
//
// The site's answers to the requests of one connection, over any version of HTTP, and which of them
// are probes: a redirect to a random address, and the script's next address. The connection reports
// each probe that it has written: peer().asked().
#ifndef AROMA_EXAMPLES_DEMO_VISIT_HPP
#define AROMA_EXAMPLES_DEMO_VISIT_HPP

#include "peer.hpp"
#include "routes.hpp"
#include "server.hpp"
#include "tokens.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace demo {

struct Asked {
    std::string_view method, target, protocol; // "GET", "/info?t=...", "HTTP/2"
    Clock::time_point arrived;
    bool upgrade = false; // to a WebSocket
};

struct Answer {
    unsigned status = 200;
    std::string_view type;
    std::string body, location;
    std::string_view allow; // of 405
    bool websocket = false; // no answer: it goes on as one
    Probe probe{};          // that it is
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
        : server_{server}, fd_{fd}, peer_{++server.metrics.connections, server.judge, fd}
    {
    }

    Answer answer(Asked const& asked);

    Peer& peer() { return peer_; }
    int fd() const { return fd_; }

private:
    // Of one visit, over as many connections as it takes, and of one connection.
    static constexpr int most_redirects = 8;
    static constexpr int most_challenges = 16; // of one connection

    // A page's token stays the same until it was used or half of its time is over, so that few
    // tokens are valid at once.
    struct PageToken {
        std::optional<Tokens::Issued> token;
        Clock::time_point issued{};
        int count = 0;
    };

    Answer page(Asked const& asked, Page which);
    Answer websocket(Asked const& asked) const;
    Answer verdict();
    std::optional<std::string> token_of_page(PageToken& of, Purpose purpose,
                                             int most = most_requests);
    Answer redirect(unsigned status, Route const& to, int step = 0);
    aroma::Response decide();

    Server& server_;
    int fd_;
    Peer peer_;
    int redirects_ = 0; // before a page
    bool allowed_ = false;
    PageToken challenge_, hop_, websocket_;
};

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_VISIT_HPP
