// SPDX-License-Identifier: BSL-1.0
//
// What all connections share: limits, counters, tokens, thresholds, the policy, and the list by
// which they are bounded and stopped. One thread.
#ifndef AROMA_EXAMPLES_DEMO_SERVER_HPP
#define AROMA_EXAMPLES_DEMO_SERVER_HPP

#include "judge.hpp"
#include "metrics.hpp"
#include "peer.hpp"
#include "tokens.hpp"

#include <aroma/decide/policy.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <openssl/rand.h>

namespace demo {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

#ifdef DEMO_HTTP2 // of CMake, if nghttp2 is installed
constexpr bool has_http2 = true;
#else
constexpr bool has_http2 = false;
#endif

using namespace std::chrono_literals;
constexpr auto handshake_time = 10s; // for TLS
constexpr auto request_time = 10s;   // from a request's first byte to its last
constexpr auto answer_time = 10s;    // for a client to take an answer
constexpr auto idle_time = 60s;      // between requests
constexpr auto whole_time = 600s;    // for a connection, which then ends behind an answer
constexpr auto websocket_time = 60s; // for a WebSocket
constexpr auto farewell_time = 2s;   // for a client to take note of the end
constexpr auto shutdown_time = 5s;   // from SIGTERM to the last of what is under way
constexpr auto probe_time = 3s;      // for the answer to a probe, before something else is sent
constexpr std::size_t header_limit = 8 * 1024;
constexpr int most_requests = 1000; // of one connection

// 0 to 150 ms, which a client cannot choose; nothing if the system has no randomness.
inline std::optional<std::chrono::microseconds> random_delay()
{
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1)
        return std::nullopt;
    return std::chrono::microseconds{byte * 150'000 / 255};
}

class Member;
using Members = std::list<Member*>;

struct Server {
    Tokens tokens;
    Metrics metrics;
    Judge judge;
    aroma::Policy<> policy;
    std::size_t most_connections = 0, most_handshakes = 0, most_websockets = 0;
    Members silent;      // without a byte so far, the oldest first
    Members handshaking; // in no order
    Members serving;     // the longest without a request first
    bool stopping = false;
    std::function<void()> on_leave; // there is room again

    std::size_t in_handshake() const { return silent.size() + handshaking.size(); }
    std::size_t size() const { return in_handshake() + serving.size(); }

    // A connection has ended, and this was seen of it.
    void ended(Peer const& peer)
    {
        metrics.ended(peer.assess(), peer.counted(), peer.voided());
        judge.ended(peer.published(), peer.network());
    }
};

// A connection in the server's lists for as long as it lives, or until it becomes another kind of
// member.
class Member : public std::enable_shared_from_this<Member> {
public:
    Member(Member const&) = delete;
    virtual ~Member() { leave(); }

    virtual void stop() = 0;  // end as soon as what is under way is over
    virtual void abort() = 0; // end now

    // Has it been long enough since its last request that it gives way to others?
    bool rests() const { return Clock::now() - since_ >= 1s; }

protected:
    Member(Server& server, Members& members)
        : server_{server}, members_{&members}, place_{members.insert(members.end(), this)}
    {
    }

    void move_to(Members& members)
    {
        members.splice(members.end(), *members_, place_);
        members_ = &members;
        since_ = Clock::now();
    }
    void used() { move_to(*members_); } // a request has arrived whole

    Server& server() { return server_; }
    template <class T>
    std::shared_ptr<T> self()
    {
        return std::static_pointer_cast<T>(shared_from_this());
    }

private:
    void leave()
    {
        members_->erase(place_);
        if (server_.on_leave)
            server_.on_leave();
    }

    Server& server_;
    Members* members_;
    Members::iterator place_;
    Clock::time_point since_ = Clock::now();
};

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_SERVER_HPP
