// SPDX-License-Identifier: BSL-1.0
//
// A web site that shows each visitor whether a TCP proxy stands between them, and why, and
// measures it live.
//
//     demo [--port N] [--address ADDRESS] [--segment NAME] [--thresholds FILE] [--baseline FILE]
//
// https://localhost:8443/ or N, for this machine alone unless --address says so; ends at SIGTERM or
// SIGINT, when pending requests are over. Thresholds are reloaded when the file changes; the
// baseline is saved every minute and at the end, and loaded at the next start.
//
//     /          allowed, or one question first, with the reason; behind redirects, which are
//                probes: one for most, up to eight if they did not count or look like a proxy
//     /info      the measurement, live
//     /score     the assessment of this connection, as JSON                /req.json
//                                the numbers behind it
//     /metrics   for Prometheus                                            /healthz    ok
//
// One thread, asynchronous. The certificate is made at start and kept in memory. Every connection
// has bounded memory and bounded time; if all places are taken, the one whose last request is the
// longest ago gives way. If too many are in their TLS handshake, the oldest that has sent no byte
// ends, or if there is none, one at random.

#include <aroma/integrations/openssl.hpp>

#include "../common/accept_error.hpp"
#include "../common/command_line.hpp"
#include "../common/descriptors.hpp"
#include "../common/log_line.hpp"
#include "../common/port_option.hpp"
#include "../common/printable.hpp"
#include "context.hpp"
#include "server.hpp"
#include "session.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <poll.h>
#include <unistd.h>

namespace demo {
namespace {

constexpr std::string_view program = "demo";

void log(std::string_view what)
{
    examples::log_line(STDERR_FILENO, fmt::format("{}: {}\n", program, examples::printable(what)));
}

class Listener {
public:
    // Without an address: of this machine, which `localhost` is by both of its addresses.
    Listener(asio::io_context& io, Server& server, asio::ssl::context& context, std::uint16_t port,
             std::optional<asio::ip::address> const& address)
        : pause_{io}, second_{io}, signals_{io, SIGTERM, SIGINT}, server_{server}, context_{context}
    {
        for (int tries = 0; doors_.empty(); ++tries) {
            error_code error;
            listen(io, {address.value_or(asio::ip::address_v4::loopback()), port}, error);
            if (!error && !address)
                listen(io, {asio::ip::address_v6::loopback(), this->port()}, error);
            // a port that was free by IPv4 may be taken by IPv6
            if (error == asio::error::address_in_use && port == 0 && tries < 20)
                doors_.clear();
            else if (error && (doors_.empty() || error == asio::error::address_in_use))
                throw boost::system::system_error{error};
        }
        server_.on_leave = [this] {
            if (std::exchange(full_, false))
                pause_.cancel();
        };
        signals_.async_wait([this](error_code error, int) {
            if (!error)
                stop();
        });
        look_after_files(1);
    }

    void accept()
    {
        for (Door& door : doors_)
            if (!std::exchange(door.open, true))
                accept(door);
    }

    std::uint16_t port() const { return doors_.front().acceptor.local_endpoint().port(); }

    std::string addresses() const
    {
        std::string all;
        for (Door const& door : doors_)
            all +=
                (all.empty() ? "" : " and ") + door.acceptor.local_endpoint().address().to_string();
        return all;
    }

private:
    struct Door {
        tcp::acceptor acceptor;
        bool open = false; // accept() is under way
    };

    void listen(asio::io_context& io, tcp::endpoint const& where, error_code& error)
    {
        Door door{tcp::acceptor{io}};
        door.acceptor.open(where.protocol(), error);
        if (!error && where.address().is_v6()) // :: is all of IPv4 as well
            door.acceptor.set_option(asio::ip::v6_only{where.address().is_loopback()}, error);
        if (!error)
            door.acceptor.set_option(asio::socket_base::reuse_address{true}, error);
        if (!error)
            door.acceptor.bind(where, error);
        if (!error)
            door.acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (!error)
            doors_.push_back(std::move(door));
    }

    void accept(Door& door)
    {
        door.acceptor.async_accept([this, &door](error_code error, tcp::socket socket) {
            door.open = false;
            if (server_.stopping)
                return;
            if (!error) {
                try {
                    if (server_.in_handshake() >= server_.most_handshakes)
                        end_handshake();
                    start_session(server_, std::move(socket), context_);
                    error = {};
                } catch (std::exception const&) { // no memory for another
                    error = asio::error::no_memory;
                }
            }
            full_ = server_.size() >= server_.most_connections;
            if (!error && !full_)
                return accept();
            if (error.category() == boost::system::system_category()
                && examples::accept_is_over(error.value())) {
                log(fmt::format("cannot accept: {}", error.message()));
                std::exit(1);
            }
            if (error || is_waited_for())
                give_way();
            // No descriptor, memory or room: pauses, to avoid a busy loop. A connection that ends
            // also ends the pause.
            pause(full_ ? 100ms : 10ms);
        });
    }

    // A client's first bytes come with the end of TCP's handshake, or soon after it. What it sends
    // next takes a round trip, whose length must not matter here.
    void end_handshake()
    {
        ++server_.metrics.dropped;
        if (!server_.silent.empty())
            return server_.silent.front()->abort();
        Members& members = server_.handshaking;
        unsigned char random = 0; // of more than 256, those that are passed over come last then
        (void)RAND_bytes(&random, 1);
        auto const one =
            std::next(members.begin(), static_cast<std::ptrdiff_t>(random % members.size()));
        members.splice(members.end(), members, members.begin(), one);
        members.front()->abort();
    }

    bool is_waited_for()
    {
        for (Door& door : doors_) {
            pollfd listener{door.acceptor.native_handle(), POLLIN, 0};
            if (::poll(&listener, 1, 0) == 1)
                return true;
        }
        return false;
    }

    void give_way()
    {
        if (server_.serving.empty() || !server_.serving.front()->rests())
            return;
        ++server_.metrics.dropped;
        server_.serving.front()->abort();
    }

    // The thresholds every second, the baseline every minute, the share of accused every hour.
    void look_after_files(int second)
    {
        second_.expires_after(1s);
        second_.async_wait([this, second](error_code stopped) {
            if (stopped)
                return;
            for (std::string const& said :
                 {server_.judge.reload(), second % 60 == 0 ? server_.judge.save() : std::string{},
                  second == 3600 ? server_.judge.next_hour() : std::string{}})
                if (!said.empty())
                    log(said);
            look_after_files(second % 3600 + 1);
        });
    }

    void pause(Clock::duration time)
    {
        if (std::exchange(pausing_, true))
            return;
        pause_.expires_after(time);
        pause_.async_wait([this](error_code) {
            pausing_ = false;
            if (server_.stopping)
                return;
            if (server_.size() < server_.most_connections)
                return accept();
            full_ = true;
            if (is_waited_for())
                give_way();
            pause(100ms);
        });
    }

    // A client in the middle of a request gets the whole answer, a WebSocket its close frame
    // (1001, going away).
    void stop()
    {
        server_.stopping = true;
        server_.on_leave = [this] {
            if (server_.size() == 0)
                pause_.cancel();
        };
        error_code ignored;
        for (Door& door : doors_)
            door.acceptor.close(ignored);
        pause_.cancel();
        second_.cancel();
        for_all(&Member::stop);
        if (server_.size() == 0)
            return;
        pause_.expires_after(shutdown_time);
        pause_.async_wait([this](error_code) { for_all(&Member::abort); });
    }

    void for_all(void (Member::*act)())
    {
        for (Members* const members : {&server_.silent, &server_.handshaking, &server_.serving})
            for (auto next = members->begin(); next != members->end();)
                ((*next++)->*act)(); // none of them leaves at once: that is their handlers' doing
    }

    std::list<Door> doors_;
    asio::steady_timer pause_, second_;
    asio::signal_set signals_;
    Server& server_;
    asio::ssl::context& context_;
    bool full_ = false, pausing_ = false;
};

// As many connections as there are descriptors, up to 12,000: some 100 kB each.
std::size_t room()
{
    return std::clamp<std::size_t>(examples::raise_descriptor_limit(), 96, 12'064) - 64;
}

} // namespace
} // namespace demo

int main(int argc, char** argv)
{
    using namespace demo;
    Server server;
    std::uint16_t wanted = 8443;
    std::string wanted_address;
    examples::CommandLine line{std::string{program},
                               "A web site that shows each visitor whether a TCP proxy stands "
                               "between them, and why, and measures it live."};
    line.add_option("--port", wanted, "0: any free port")
        ->check(examples::decimal)
        ->capture_default_str();
    line.add_option("--address", wanted_address,
                    "to listen on; :: for all. By default 127.0.0.1 and ::1: this machine only");
    line.add_option("--segment", server.judge.segment,
                    "the segment of all connections: a PoP, a network")
        ->type_name("NAME")
        ->capture_default_str();
    line.add_option("--thresholds", server.judge.thresholds_path,
                    "saved by aroma-calibrate; reloaded when it changes")
        ->type_name("FILE");
    line.add_option("--baseline", server.judge.baseline_path,
                    "saved every minute and at the end; loaded at the next start")
        ->type_name("FILE");
    line.parse_or_exit(argc, argv);
    std::optional<asio::ip::address> address;
    if (!wanted_address.empty()) {
        error_code error;
        address = asio::ip::make_address(wanted_address, error);
        if (error) {
            std::fputs(fmt::format("{}: not understood: --address {}: 127.0.0.1, ::1 or another "
                                   "address of this machine, or :: for all\n",
                                   program, wanted_address)
                           .c_str(),
                       stderr);
            return 2;
        }
    }
    if (std::string const why = server.judge.load(); !why.empty()) {
        log(why);
        return 1;
    }
    Context made = make_context<has_http2>();
    // every handshake of this context is measured from here on
    if (!made || !aroma::openssl::observe(made.get())) {
        std::fputs("demo: OpenSSL cannot make a certificate\n", stderr);
        ERR_print_errors_fp(stderr);
        return 1;
    }
    std::signal(SIGPIPE, SIG_IGN);
    asio::ssl::context context{made.release()};
    server.most_connections = room();
    server.most_handshakes = server.most_connections / 4;
    server.most_websockets = server.most_connections / 4;

    asio::io_context io{1};
    std::optional<Listener> listener;
    try {
        listener.emplace(io, server, context, wanted, address);
    } catch (boost::system::system_error const& error) {
        std::string const text = address ? address->to_string() : "localhost";
        examples::cannot_listen(program, {text, wanted}, error.code().message());
    }
    std::uint16_t const port = listener->port();
    std::fputs(fmt::format("{0}: listening on port {1} of {3}, for {2} connections; open "
                           "https://localhost:{1}/ in a browser, whose warning is about the "
                           "certificate, or ask with: curl -k https://localhost:{1}/score\n",
                           program, port, server.most_connections, listener->addresses())
                   .c_str(),
               stderr);
    listener->accept();
    for (;;) {
        try {
            io.run(); // until it is stopped, and the last connection is gone
            std::string const why = server.judge.save();
            if (!why.empty())
                log(why);
            return why.empty() ? 0 : 1;
            // out of memory: this connection ends, the others go on
        } catch (std::exception const& error) {
            log(error.what());
        }
    }
}
