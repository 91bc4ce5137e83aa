// SPDX-License-Identifier: BSL-1.0
//
// Peers that acknowledge nothing by itself, as a proxy behind one firewall rule, and those that do
// it late or once.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <aroma/aroma.hpp>

#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <sys/ioctl.h>

using namespace live;

namespace {

constexpr int answer_size = 64 * 1024;

// Frames as on an Ethernet, and what the client sends without data to the server is thrown away, if
// `more` holds too.
bool withhold(std::uint16_t port, std::string const& more)
{
    std::string rules = "flush ruleset; add table ip t; "
                        "add chain ip t output { type filter hook output priority 0; };";
    for (int words = 5; words <= 15; ++words) // of TCP's header; IP's has 5
        rules += " add rule ip t output tcp dport " + std::to_string(port)
               + " tcp flags & (syn | fin | rst) == 0 tcp doff " + std::to_string(words)
               + " ip length " + std::to_string(20 + 4 * words) + " " + more + " drop;";
    return std::system(("nft '" + rules + "' 2>/dev/null").c_str()) == 0;
}

void set_mtu(int bytes)
{
    Fd const any = checked(::socket(AF_INET, SOCK_DGRAM, 0), "socket");
    ifreq lo{};
    std::snprintf(lo.ifr_name, sizeof lo.ifr_name, "lo");
    lo.ifr_mtu = bytes;
    if (::ioctl(any.get(), SIOCSIFMTU, &lo) != 0)
        throw std::system_error{errno, std::generic_category(), "MTU"};
}

struct Seen {
    aroma::Assessment before{}, after{}; // of a large answer
    bool cleared = false;
};

// A request, a probe, a large answer of which the client reads what comes, and a last request.
Seen visit(Fd const& listener, bool pipelined = false)
{
    Fd const client = tcp_socket();
    connect_to(client, listener);
    auto const ask = [&](std::string const& what) {
        if (::send(client.get(), what.data(), what.size(), MSG_NOSIGNAL) < 0)
            throw std::system_error{errno, std::generic_category(), "send"};
    };
    char bytes[answer_size];
    ask("GET / HTTP/1.1");
    Fd const server = accept_from(listener);
    set_option(server, SOL_SOCKET, SO_SNDBUF, 4 * answer_size);
    auto const take = [&](Fd const& from) {
        return readable(from.get(), 1000) ? ::recv(from.get(), bytes, sizeof bytes, 0) : 0;
    };
    Seen seen;
    aroma::ConnectionHistory history;
    for (std::uint64_t token = 1; token <= 3; ++token) {
        take(server);
        (void)aroma::score(server.get(), history);
        ::send(server.get(), "elsewhere", 9, MSG_NOSIGNAL);
        (void)aroma::probe_sent(server.get(), history, token, {.unprompted = true});
        take(client);
        ask("GET /elsewhere HTTP/1.1");
        readable(server.get());
        seen.before = aroma::probe_answered(server.get(), history, token);
    }
    take(server);
    std::string const large(answer_size, 'x');
    if (::send(server.get(), large.data(), large.size(), MSG_NOSIGNAL) != answer_size)
        throw std::runtime_error{"the answer does not fit"};
    if (pipelined)
        ask("GET /next HTTP/1.1");
    for (int got = 0; got < answer_size && readable(client.get(), 20);)
        got += static_cast<int>(::recv(client.get(), bytes, sizeof bytes, 0));
    if (!pipelined)
        ask("GET /next HTTP/1.1");
    readable(server.get());
    seen.after = aroma::score(server.get(), history);
    seen.cleared = history.cleared();
    return seen;
}

// Gives the body a listener of its own namespace, and its port.
template <class Body>
void on_an_ethernet(Body&& body)
{
    std::string const why = in_own_namespace([&] {
        set_mtu(1500);
        Fd const listener = tcp_socket();
        start_listening(listener);
        body(listener, ntohs(local_address(listener).sin_port));
    });
    if (!why.empty())
        skipped(why);
}

} // namespace

TEST_CASE("ConnectionHistory: who withholds every ACK is suspicious behind a large answer")
{
    on_an_ethernet([](Fd const& listener, std::uint16_t port) {
        if (!withhold(port, ""))
            return skipped("no nft here: apt-get install nftables, as root");
        for (int i = 0; i < 10; ++i) {
            Seen const seen = visit(listener);
            CHECK(seen.before.basis != aroma::Basis::withheld_acks); // nothing shows it so far
            CHECK(accuses(seen.after.band));
            CHECK(seen.after.basis == aroma::Basis::withheld_acks);
            CHECK_FALSE(seen.cleared);
        }
    });
}

TEST_CASE("ConnectionHistory: honest ACKs are not taken for withheld ones")
{
    on_an_ethernet([](Fd const& listener, std::uint16_t port) {
        int accused = 0;
        for (int i = 0; i < 900; ++i)
            accused += visit(listener, i % 2 == 1).after.basis == aroma::Basis::withheld_acks;
        if (withhold(port, "ct original packets <= 2")) // the handshake's is lost
            for (int i = 0; i < 100; ++i)
                accused += visit(listener).after.basis == aroma::Basis::withheld_acks;
        CHECK(accused == 0);
    });
}
