// SPDX-License-Identifier: BSL-1.0
//
// Exchanges on real connections: the right ones measured by the kernel's clock, the wrong ones
// refused by name.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <aroma/aroma.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

using aroma::Exchange;
using aroma::Status;
using namespace live;

namespace {

using Clock = std::chrono::steady_clock;

// What the kernel's stamps say of an exchange that the caller says there was.
aroma::Assessment measure(int fd, Exchange exchange, aroma::Microseconds stopwatch = {})
{
    return aroma::assess(aroma::timed(aroma::read(fd), exchange, aroma::clock_tick(), stopwatch));
}

std::string status(Fd const& fd, Exchange exchange)
{
    aroma::Assessment const a = measure(fd.get(), exchange);
    if (a.status == Status::no_reply)
        CHECK_FALSE(a.score.known());
    return name(a.status);
}

// The time that really passed is an upper bound of what the library says, up to the tick that it
// takes off; the pause a lower one.
void check_measured(aroma::Assessment const& a, Clock::duration passed)
{
    double const tick = aroma::count_in<std::milli>(aroma::clock_tick());
    CHECK(std::string{name(a.status)} == "ok");
    CHECK(a.basis == aroma::Basis::reference_over_excess);
    double const excess = aroma::count_in<std::milli>(a.sample.application)
                        - aroma::count_in<std::milli>(a.sample.minimum);
    CHECK(excess >= wait - 2 * tick - 1);
    CHECK(excess <= std::chrono::duration<double, std::milli>(passed).count() + tick);
    CHECK(a.score.known());
    CHECK(a.score.value() < 0.1);
}

} // namespace

TEST_CASE("clock_tick: one that Linux is built with")
{
    double const milliseconds = aroma::count_in<std::milli>(aroma::clock_tick());
    CHECK(milliseconds >= 1);
    CHECK(milliseconds <= 10);
    timespec resolution{};
    REQUIRE(::clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) == 0);
    CHECK(milliseconds * 1e6 >= static_cast<double>(resolution.tv_nsec));
    CHECK(milliseconds * 1e6 - static_cast<double>(resolution.tv_nsec) < 1000);
}

TEST_CASE("Exchange: the opening, from handshake to first data")
{
    auto const begun = Clock::now();
    Connection c = connected();
    CHECK(status(c.server, Exchange::opening) == "no_reply"); // nothing has arrived
    pause(wait);
    send_to(c.client, c.server, "hello");
    check_measured(measure(c.server.get(), Exchange::opening), Clock::now() - begun);
    CHECK(status(c.server, Exchange::reply) == "no_reply"); // nothing was ever sent

    SECTION("asked late, it is the same")
    {
        aroma::Assessment const first = measure(c.server.get(), Exchange::opening);
        pause(wait);
        CHECK(measure(c.server.get(), Exchange::opening) == first);
    }
    SECTION("a client that sends its request in pieces is counted to the last one: a limit of "
            "these stamps")
    {
        aroma::Microseconds const first =
            measure(c.server.get(), Exchange::opening).sample.application;
        pause(wait);
        send_to(c.client, c.server, "more");
        CHECK(measure(c.server.get(), Exchange::opening).sample.application > first);
    }
    SECTION("once answered, it is over")
    {
        send_and_receive(c.server, c.client, "an answer");
        CHECK(status(c.server, Exchange::opening) == "no_reply");
    }
    SECTION("a client that has finished sending")
    {
        ::shutdown(c.client.get(), SHUT_WR);
        pause(5);
        CHECK(status(c.server, Exchange::opening) == "ok");
        c.reset_by_client();
        CHECK(status(c.server, Exchange::opening) == "closed");
    }
}

TEST_CASE("Exchange: an immediate opening has no excess")
{
    double best = 0; // of several, since a busy machine may keep this client from speaking at once
    for (int i = 0; i < 10 && best < 1; ++i) {
        Connection c = connected();
        send_to(c.client, c.server, "hello");
        aroma::Assessment const a = measure(c.server.get(), Exchange::opening);
        CHECK(std::string{name(a.status)} == "ok");
        best = std::max(best, a.score.value_or(0));
    }
    CHECK(best == 1);
}

TEST_CASE("Exchange: the client's time stamp is finer than the kernel's clock")
{
    double coarse = 0, fine = 0; // how far both are from the time that passed, milliseconds
    for (int i = 0; i < 12; ++i) {
        Connection c = connected();
        auto const begun = Clock::now();
        pause(wait + i);
        send_to(c.client, c.server, std::string(1000, 'x'));
        std::chrono::duration<double, std::milli> const passed = Clock::now() - begun;
        aroma::TcpInfo info = aroma::read(c.server.get());
        if (!(info.options & aroma::detail::option_timestamps))
            return skipped("no TCP time stamps: net.ipv4.tcp_timestamps");
        auto const error = [&] {
            auto const opening = aroma::timed(info, Exchange::opening, aroma::clock_tick()).rtt;
            return std::abs(passed.count() - aroma::count_in<std::milli>(opening.application)
                            + aroma::count_in<std::milli>(opening.minimum));
        };
        fine += error();
        CHECK(info.rcv_rtt >= wait * 1000 - 1000);
        info.rcv_rtt = 0;
        coarse += error();
    }
    CHECK(fine < coarse);
}

TEST_CASE("Exchange: a short opening is not scored")
{
    Connection c = connected();
    send_to(c.client, c.server, "hello");
    aroma::ConnectionHistory history;
    aroma::Assessment const a = aroma::score(c.server.get(), history);
    CHECK_FALSE(a.score.known());
    CHECK(a.status == Status::unprobed);
    CHECK(history.opened());
    CHECK(aroma::score(c.server.get()).status == Status::handshake_only);
}

TEST_CASE("Exchange: a reply, from our last data to the client's")
{
    Connection c = connected();
    send_and_receive(c.client, c.server, "request");
    auto const begun = Clock::now();
    send_and_receive(c.server, c.client, "a redirect");
    pause(wait);
    send_to(c.client, c.server, "request");
    check_measured(measure(c.server.get(), Exchange::reply), Clock::now() - begun);
    CHECK(status(c.server, Exchange::opening) == "no_reply");

    SECTION("asked late, it is the same")
    {
        aroma::Assessment const first = measure(c.server.get(), Exchange::reply);
        pause(wait);
        CHECK(measure(c.server.get(), Exchange::reply).sample.application
              == first.sample.application);
    }
    SECTION("something was sent since")
    {
        pause(20);
        send_and_receive(c.server, c.client, "an answer");
        CHECK(status(c.server, Exchange::reply) == "no_reply");
        pause(wait);
        CHECK(status(c.server, Exchange::reply) == "no_reply");
    }
    SECTION("a client that has finished sending")
    {
        ::shutdown(c.client.get(), SHUT_WR);
        pause(5);
        CHECK(status(c.server, Exchange::reply) == "ok");
    }
    SECTION("a person: what took longer than any path")
    {
        send_and_receive(c.server, c.client, "a page");
        pause(3100);
        send_to(c.client, c.server, "a click");
        CHECK(status(c.server, Exchange::reply) == "no_reply");
    }
}

TEST_CASE("Exchange: a server that speaks first has no opening")
{
    Connection c = connected();
    send_and_receive(c.server, c.client, "220 hello");
    auto const begun = Clock::now();
    pause(wait);
    send_to(c.client, c.server, "EHLO");
    CHECK(status(c.server, Exchange::opening) == "no_reply");
    check_measured(measure(c.server.get(), Exchange::reply),
                   Clock::now() - begun + std::chrono::milliseconds{10});
}

TEST_CASE("Exchange: pipelined data is no reply")
{
    Connection c = connected();
    send_to(c.client, c.server, "first");
    pause(30);
    send_to(c.client, c.server, "second");
    pause(30);
    send_and_receive(c.server, c.client, "to the first");
    CHECK(status(c.server, Exchange::reply) == "no_reply");
}

TEST_CASE("Exchange: data before our last write left is no reply")
{
    Connection c = connected();
    set_option(c.server, SOL_SOCKET, SO_SNDBUF, 1 << 20);
    send_and_receive(c.client, c.server, "request");
    ::fcntl(c.server.get(), F_SETFL, O_NONBLOCK);
    std::string const much(1 << 16, 'x');
    // until nothing more fits anywhere
    while (::send(c.server.get(), much.data(), much.size(), MSG_NOSIGNAL) > 0) {}
    pause(20);
    send_to(c.client, c.server, "already?");
    CHECK(status(c.server, Exchange::reply) == "no_reply");
}

TEST_CASE("Exchange: MPTCP by its first subflow")
{
    Fd const listener{::socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)};
    if (!listener)
        return skipped(std::string{"no MPTCP: "} + std::strerror(errno));
    start_listening(listener);
    auto const begun = Clock::now();
    Connection c = connect_through(listener, tcp_socket(IPPROTO_MPTCP));
    pause(wait);
    send_to(c.client, c.server, "hello");
    check_measured(measure(c.server.get(), Exchange::opening), Clock::now() - begun);
}

TEST_CASE("Exchange: TCP_DEFER_ACCEPT hides the opening")
{
    Fd const listener = tcp_socket();
    set_option(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
    start_listening(listener);
    Fd client = tcp_socket();
    connect_to(client, listener);
    pause(wait);
    REQUIRE(::send(client.get(), "hello", 5, MSG_NOSIGNAL) == 5);
    Connection c{std::move(client), accept_from(listener)};
    REQUIRE(readable(c.server.get()));
    CHECK(measure(c.server.get(), Exchange::opening).score.value_or(1) > 0.3);
}

TEST_CASE("Exchange: Fast Open data with the SYN is no opening")
{
    std::string const why_not = in_own_namespace([] {
        REQUIRE(write_sysctl("ipv4/tcp_fastopen", "0x403"));
        Fd const listener = tcp_socket();
        start_listening(listener);
        set_option(listener, IPPROTO_TCP, TCP_FASTOPEN, 16);
        sockaddr_in const address = local_address(listener);
        Fd client = tcp_socket();
        REQUIRE(::sendto(client.get(), "hello", 5, MSG_FASTOPEN,
                         reinterpret_cast<sockaddr const*>(&address), sizeof address)
                == 5);
        Connection c{std::move(client), accept_from(listener)};
        pause(20);
        if ((aroma::read(c.server.get()).options & 128) != 0) // Linux 6.16 and later say so
            CHECK(status(c.server, Exchange::opening) == "no_reply");
        CHECK(measure(c.server.get(), Exchange::opening).score.value_or(1) > 0.3);
        char hello[5];
        REQUIRE(::recv(c.server.get(), hello, sizeof hello, MSG_WAITALL) == 5);
        send_and_receive(c.server, c.client, "an answer");
        auto const begun = Clock::now();
        pause(wait);
        send_to(c.client, c.server, "request");
        check_measured(measure(c.server.get(), Exchange::reply),
                       Clock::now() - begun + std::chrono::milliseconds{10});
    });
    if (!why_not.empty())
        skipped(why_not);
}

TEST_CASE("Exchange: SYN cookies keep the time to the first data")
{
    std::string const why_not = in_own_namespace([] {
        REQUIRE(write_sysctl("ipv4/tcp_syncookies", "2"));
        Connection c = connected();
        auto const begun = Clock::now();
        pause(wait);
        send_to(c.client, c.server, "hello");
        check_measured(measure(c.server.get(), Exchange::opening),
                       Clock::now() - begun + std::chrono::milliseconds{10});
        REQUIRE(write_sysctl("ipv4/tcp_timestamps", "0"));
        Connection without = connected();
        send_to(without.client, without.server, "hello");
        CHECK(status(without.server, Exchange::opening) == "no_sample");
    });
    if (!why_not.empty())
        skipped(why_not);
}

TEST_CASE("Exchange: no connection, the same status at every moment")
{
    Fd const listener = tcp_socket();
    start_listening(listener);
    aroma::ConnectionHistory history;
    for (Exchange const exchange : {Exchange::opening, Exchange::reply})
        CHECK(status(listener, exchange) == "listening");
    CHECK(aroma::score(listener.get(), history).status == Status::listening);
    CHECK(aroma::score(-1, history).status == Status::bad_descriptor);
    CHECK(aroma::probe_sent(-1, history, 1) == Status::bad_descriptor);
    CHECK(aroma::probe_answered(-1, history, 1).status == Status::bad_descriptor);
    CHECK(aroma::score(-1, aroma::Options<>{.application_rtt = std::chrono::milliseconds{5}}).status
          == Status::bad_descriptor);
}

TEST_CASE("timed: a stopwatch refines the kernel's stamps within a tick")
{
    Connection c = connected();
    send_and_receive(c.client, c.server, "request");
    send_and_receive(c.server, c.client, "ping");
    auto const sent = Clock::now();
    pause(wait);
    send_to(c.client, c.server, "pong");
    auto const taken =
        static_cast<aroma::Microseconds>(aroma::Duration<double, std::micro>{Clock::now() - sent});
    CHECK(taken.count() >= wait * 1000);

    auto const ms = [&](aroma::Microseconds stopwatch) {
        return aroma::count_in<std::milli>(
            measure(c.server.get(), Exchange::reply, stopwatch).sample.application);
    };
    double const coarse = ms({}), fine = ms(taken);
    double const tick = aroma::count_in<std::milli>(aroma::clock_tick());
    CHECK(fine >= coarse);
    CHECK(fine <= coarse + 2 * tick);
    // A server that was late to look has measured itself: the kernel's figure stands, but for the
    // tick that was taken off.
    double const late = ms(aroma::Microseconds{2'000'000});
    CHECK(late >= coarse);
    CHECK(late <= coarse + (std::min)(tick, 4.0) + 0.001);
}
