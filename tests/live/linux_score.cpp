// SPDX-License-Identifier: BSL-1.0
//
// score(fd) over the life of real TCP connections, the odd ones included: Fast Open, MPTCP, SYN
// cookies, resets.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <aroma/aroma.hpp>

using aroma::Band;
using aroma::Status;
using namespace live;

namespace {

std::string status(Fd const& fd)
{
    return name(aroma::score(fd.get()).status);
}

// A score is a quotient of the two numbers beside it and lies in (0, 1].
void check_scored(Fd const& fd)
{
    aroma::Assessment const a = aroma::score(fd.get());
    CHECK(std::string{name(a.status)} == "ok");
    REQUIRE(a.score.known());
    CHECK(a.score.value() > 0);
    CHECK(a.score.value() <= 1);
    CHECK(a.basis == aroma::Basis::min_over_smoothed);
    CHECK(a.band == aroma::ThresholdClassifier{}(a.score));
    CHECK(a.score == aroma::Score::ratio(a.sample.minimum.count(), a.sample.smoothed.count()));
}

} // namespace

TEST_CASE("score: a connection from accept to close")
{
    Connection c = connected();
    CHECK(status(c.server) == "handshake_only");
    aroma::Assessment const first = aroma::score(c.server.get());
    CHECK(first.band == Band::unknown);
    CHECK(first.sample.minimum.count() > 0);
    CHECK(first.sample.minimum == first.sample.smoothed);

    // A request alone tells the server nothing: it takes an answer, acknowledged.
    send_and_receive(c.client, c.server, "request");
    CHECK(status(c.server) == "handshake_only");
    send_and_receive(c.server, c.client, "an answer");
    c.exchange();
    check_scored(c.server);
    CHECK(aroma::read(c.server.get()).bytes_acked > 0);

    SECTION("the client has finished sending, and still waits for its answer")
    {
        ::shutdown(c.client.get(), SHUT_WR);
        REQUIRE(readable(c.server.get()));
        CHECK(aroma::read(c.server.get()).state == aroma::TcpState::close_wait);
        check_scored(c.server);
    }
    SECTION("the server has finished sending")
    {
        ::shutdown(c.server.get(), SHUT_WR);
        CHECK(status(c.server) == "closed");
    }
    SECTION("both have")
    {
        ::shutdown(c.client.get(), SHUT_WR);
        REQUIRE(readable(c.server.get()));
        ::shutdown(c.server.get(), SHUT_WR);
        REQUIRE(readable(c.client.get()));
        CHECK(status(c.server) == "closed");
    }
    SECTION("the client has reset it")
    {
        c.reset_by_client();
        CHECK(status(c.server) == "closed");
        CHECK(aroma::score(c.server.get()).sample.minimum.count() > 0);
    }
}

TEST_CASE("score: the client's acknowledged SYN is handshake_only")
{
    Connection c = connected();
    CHECK(aroma::read(c.client.get()).bytes_acked <= 1);
    CHECK(status(c.client) == "handshake_only");
    c.exchange();
    check_scored(c.client);
}

TEST_CASE("score: over IPv6")
{
    Fd const listener = tcp_socket(IPPROTO_TCP, AF_INET6);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    if (::bind(listener.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        return skipped("no IPv6 loopback");
    REQUIRE(::listen(listener.get(), 8) == 0);
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    Fd client = tcp_socket(IPPROTO_TCP, AF_INET6);
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address)
            == 0);
    Connection c{std::move(client), accept_from(listener)};
    CHECK(status(c.server) == "handshake_only");
    c.exchange();
    check_scored(c.server);
}

TEST_CASE("score: custom thresholds and methods")
{
    Connection c = connected();
    c.exchange();
    constexpr auto all_proxy = aroma::ThresholdClassifier::with({1, 1, 1});
    constexpr auto all_normal = aroma::ThresholdClassifier::with({0, 0, 0});
    CHECK(aroma::score(c.server.get(), aroma::Options<>{.classifier = all_normal}).band
          == Band::normal);
    struct Half {
        aroma::Score operator()(aroma::RttSample<aroma::Microseconds> const&) const noexcept
        {
            return aroma::Score{0.5};
        }
    };
    aroma::Options<Half> const half;
    CHECK(aroma::score(c.server.get(), aroma::Options<Half>{.classifier = all_proxy}).band
          == Band::proxy);
    CHECK(aroma::score(c.server.get(), half).band == Band::unstable);
    CHECK(aroma::score(c.server.get(), half).basis == aroma::Basis::custom);
    CHECK(aroma::score(c.server.get(), aroma::Options<aroma::ReferenceOverExcess>{}).status
          == Status::no_sample);
}

TEST_CASE("score: Fast Open, accepted before the handshake is over")
{
    std::string const why_not = in_own_namespace([] {
        REQUIRE(write_sysctl("ipv4/tcp_fastopen", "0x403")); // client, server, no cookie needed
        Fd const listener = tcp_socket();
        start_listening(listener);
        set_option(listener, IPPROTO_TCP, TCP_FASTOPEN, 16);
        sockaddr_in const address = local_address(listener);
        std::string seen;
        // Loopback delivers the handshake's last ACK at once, so that the state in question lasts
        // until accept() by luck alone: a client that receives nothing while it is stopped would be
        // no client. What must hold is that no moment is scored.
        for (int i = 0; i < 50; ++i) {
            Fd client = tcp_socket();
            REQUIRE(::sendto(client.get(), "request", 7, MSG_FASTOPEN,
                             reinterpret_cast<sockaddr const*>(&address), sizeof address)
                    == 7);
            Connection c{std::move(client), accept_from(listener)};
            seen = status(c.server);
            CHECK((seen == "handshaking" || seen == "no_sample" || seen == "handshake_only"));
            char request[7];
            CHECK(::recv(c.server.get(), request, sizeof request, MSG_WAITALL) == 7);
            send_and_receive(c.server, c.client, "an answer");
            c.exchange();
            check_scored(c.server);
        }
    });
    if (!why_not.empty())
        skipped(why_not);
}

TEST_CASE("score: MPTCP by its first subflow")
{
    Fd const fresh{::socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)};
    if (!fresh)
        return skipped(std::string{"no MPTCP: "} + std::strerror(errno));
    CHECK(status(fresh) == "not_connected");
    Fd const listener = tcp_socket(IPPROTO_MPTCP);
    start_listening(listener);
    CHECK(status(listener) == "listening");

    Connection c = connect_through(listener, tcp_socket(IPPROTO_MPTCP));
    CHECK((status(c.server) == "handshake_only" || status(c.server) == "ok"));
    c.exchange();
    check_scored(c.server);
    c.reset_by_client();
    CHECK(status(c.server) == "closed");

    Connection plain = connect_through(listener, tcp_socket());
    CHECK(status(plain.server) == "handshake_only");
    plain.exchange();
    check_scored(plain.server);
}

TEST_CASE("score: SYN cookies")
{
    std::string const why_not = in_own_namespace([] {
        REQUIRE(write_sysctl("ipv4/tcp_syncookies", "2"));
        Connection with_timestamps = connected();
        CHECK(status(with_timestamps.server) == "handshake_only");

        REQUIRE(write_sysctl("ipv4/tcp_timestamps", "0"));
        Connection c = connected();
        CHECK(aroma::read(c.server.get()).rtt.minimum.count() == 4294967295);
        CHECK(status(c.server) == "no_sample");
        c.exchange(2);
        // one sample: an answer's
        CHECK((status(c.server) == "handshake_only" || status(c.server) == "ok"));
        c.exchange();
        check_scored(c.server);
    });
    if (!why_not.empty())
        skipped(why_not);
}

TEST_CASE("score: TCP_DEFER_ACCEPT's handshake is not scored")
{
    Fd const listener = tcp_socket();
    set_option(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
    start_listening(listener);
    Fd client = tcp_socket();
    connect_to(client, listener);
    ::usleep(20'000);
    REQUIRE(::send(client.get(), "request", 7, MSG_NOSIGNAL) == 7);
    Connection c{std::move(client), accept_from(listener)};
    CHECK(aroma::read(c.server.get()).rtt.smoothed.count() > 10'000);
    CHECK(status(c.server) == "handshake_only");
}

TEST_CASE("score: a server that only pushes")
{
    Connection c = connected();
    for (int i = 0; i < 20; ++i)
        send_and_receive(c.server, c.client, std::string(1000, 'x'));
    ::usleep(100'000); // the last delayed ACK, 40 ms on Linux
    check_scored(c.server);
}
