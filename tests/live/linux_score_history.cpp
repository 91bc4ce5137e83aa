// SPDX-License-Identifier: BSL-1.0
//
// score(fd, history) and probes on real connections, and RTTs that the caller has measured.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <aroma/aroma.hpp>

#include <chrono>
#include <string>

#include <fcntl.h>

using aroma::Status;
using namespace live;

TEST_CASE("Options: application_rtt in any unit")
{
    using aroma::Options;
    Connection c = connected();
    int const fd = c.server.get();
    double const minimum = aroma::count_in<std::micro>(aroma::score(fd).sample.minimum);
    std::chrono::milliseconds const half_a_second{500};
    aroma::Assessment const a = aroma::score(fd, Options<>{.application_rtt = half_a_second});
    CHECK(std::string{name(a.status)} == "ok"); // the handshake's minimum is enough
    CHECK(a.band == aroma::Band::proxy);
    CHECK(a.score.value() == Approx(5555.56 / (5555.56 + 500'000 - minimum)).epsilon(0.001));
    CHECK(aroma::score(fd, Options<>{.application_rtt = aroma::Nanoseconds{1000}}).score.value()
          == 1);
    CHECK(aroma::score(fd, Options<>{.application_rtt = std::chrono::milliseconds{0}}).status
          == Status::handshake_only);
    constexpr auto all_normal = aroma::ThresholdClassifier::with({0, 0, 0});
    CHECK(
        aroma::score(fd, Options<>{.classifier = all_normal, .application_rtt = half_a_second}).band
        == aroma::Band::normal);
}

TEST_CASE("ConnectionHistory: a long opening is suspicious")
{
    Connection c = connected();
    int const fd = c.server.get();
    aroma::ConnectionHistory history;
    CHECK(aroma::score(fd, history).status == Status::unprobed);
    pause(wait);
    send_and_receive(c.client, c.server, "hello");
    aroma::Assessment a = aroma::score(fd, history);
    CHECK(a.band == aroma::Band::suspicious); // one exchange
    CHECK(std::string{name(a.status)} == "ok");
    CHECK(aroma::score(fd).band == aroma::Band::suspicious); // without a history too
    CHECK(aroma::score(fd, history) == a);
    send_and_receive(c.server, c.client, "an answer");
    pause(wait); // a person
    send_and_receive(c.client, c.server, "another request");
    CHECK(aroma::score(fd, history).band == aroma::Band::suspicious);
    CHECK(history.counted() == 0);
}

TEST_CASE("probe_answered: counts what took reading the probe")
{
    Connection c = connected();
    int const fd = c.server.get();
    aroma::ConnectionHistory history;
    send_and_receive(c.client, c.server, "request");
    auto const look = [&] { return aroma::score(fd, history); };
    // A question is in flight when probe_sent() is called, as loopback has no flight.
    auto const ask = [&](std::string const& question, std::uint64_t token) {
        (void)look();
        REQUIRE(::send(fd, question.data(), question.size(), MSG_NOSIGNAL)
                == static_cast<ssize_t>(question.size()));
        return aroma::probe_sent(fd, history, token, {.any_pieces = true});
    };
    auto const receive = [](Fd const& from, std::size_t size) {
        std::string bytes(size, '\0');
        REQUIRE(::recv(from.get(), bytes.data(), size, MSG_WAITALL) == static_cast<ssize_t>(size));
    };
    auto const answer = [&](int milliseconds) {
        receive(c.client, 8);
        pause(milliseconds);
        send_to(c.client, c.server, "answered");
    };

    SECTION("it counts")
    {
        REQUIRE(ask("question", 7) == Status::ok);
        answer(0);
        aroma::Assessment const a = aroma::probe_answered(fd, history, 7);
        CHECK(std::string{name(a.status)} == "ok");
        CHECK(history.counted() == 1);
        CHECK(a.basis == aroma::Basis::reference_over_excess);
        receive(c.server, 8);
        CHECK(aroma::probe_answered(fd, history, 7).band == a.band); // again: nothing
        CHECK(history.counted() == 1);
    }
    SECTION("a client that is slow is long, by its lowest")
    {
        for (int i = 0; i < 2; ++i) {
            REQUIRE(ask("question", 7) == Status::ok);
            answer(wait);
            CHECK(aroma::probe_answered(fd, history, 7).band
                  == (i == 0 ? aroma::Band::suspicious : aroma::Band::proxy));
            receive(c.server, 8);
        }
        REQUIRE(ask("question", 7) == Status::ok);
        answer(0);
        aroma::Band const band = aroma::probe_answered(fd, history, 7).band;
        CHECK((band == aroma::Band::normal || band == aroma::Band::unstable));
    }
    SECTION("another token")
    {
        REQUIRE(ask("question", 7) == Status::ok);
        answer(0);
        CHECK(aroma::probe_answered(fd, history, 8).status == Status::probe_token);
        CHECK(history.last_void() == Status::probe_token);
        CHECK(aroma::probe_answered(fd, history, 7).status == Status::no_probe);
        CHECK(look().status == Status::probes_void);
        CHECK(history.counted() == 0);
    }
    SECTION("something else was sent between the two")
    {
        REQUIRE(ask("question", 7) == Status::ok);
        receive(c.client, 8);
        send_and_receive(c.server, c.client, "an alert"); // 100 Continue, a ping of a library's own
        send_to(c.client, c.server, "answered");
        CHECK(aroma::probe_answered(fd, history, 7).status == Status::probe_interrupted);
    }
    SECTION("the question is acknowledged before its end is written")
    {
        (void)look();
        send_and_receive(c.server, c.client, "token...");
        send_and_receive(c.client, c.server, "go on");
        (void)::send(fd, "end", 3, MSG_NOSIGNAL);
        CHECK(aroma::probe_sent(fd, history, 7) == Status::probe_in_pieces);
        CHECK_FALSE(history.probing());
    }
    SECTION("a question that cannot leave")
    {
        set_option(c.server, SOL_SOCKET, SO_SNDBUF, 1 << 20);
        (void)look();
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
        std::string const much(1 << 16, 'x');
        while (::send(fd, much.data(), much.size(), MSG_NOSIGNAL) > 0) {}
        CHECK(aroma::probe_sent(fd, history, 7, {.any_pieces = true}) == Status::probe_queued);
    }
    SECTION("nothing was written, nothing was looked at")
    {
        CHECK(aroma::probe_sent(fd, history, 7) == Status::probe_unannounced);
        (void)look();
        CHECK(aroma::probe_sent(fd, history, 7) == Status::probe_unsent);
        CHECK(aroma::probe_sent(fd, history, 0) == Status::probe_without_token);
        CHECK(history.voided() == 3);
    }
    SECTION("closed")
    {
        REQUIRE(ask("question", 7) == Status::ok);
        c.reset_by_client();
        CHECK(aroma::probe_answered(fd, history, 7).status == Status::closed);
        CHECK(aroma::probe_sent(fd, history, 7) == Status::closed);
    }
}

TEST_CASE("ConnectionHistory: its minimum outlives the kernel's window")
{
    std::string const why_not = in_own_namespace([] {
        REQUIRE(write_sysctl("ipv4/tcp_min_rtt_wlen", "1")); // second
        Connection c = connected();
        int const fd = c.server.get();
        aroma::ConnectionHistory history;
        send_and_receive(c.client, c.server, "request");
        aroma::Microseconds const first = aroma::score(fd, history).sample.minimum;
        pause(1100);
        // A sample that is longer than the first: the client's ACK is held back.
        for (int i = 0; i < 20; ++i) {
            send_and_receive(c.server, c.client, std::string(1 << 12, 'x'));
            send_and_receive(c.client, c.server, "more");
            pause(60);
        }
        aroma::Microseconds const now = aroma::score(fd, history).sample.minimum;
        CHECK(now <= first);
        CHECK(now <= aroma::read(fd).rtt.minimum);
    });
    if (!why_not.empty())
        skipped(why_not);
}

TEST_CASE("random_token: two differ, none is 0")
{
    std::uint64_t const a = aroma::random_token(), b = aroma::random_token();
    CHECK(a != 0);
    CHECK(a != b);
}
