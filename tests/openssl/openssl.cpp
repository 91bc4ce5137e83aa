// SPDX-License-Identifier: BSL-1.0
//
// Every kind of TLS handshake between a real server and a real client of OpenSSL, as
// aroma::openssl::observe() sees it.

#include "../support/catch.hpp"
#include "peers.hpp"

#include <aroma/integrations/openssl.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

using aroma::Exchange;
using aroma::Status;
using namespace peers;

namespace {

constexpr int hello_thought = 60; // milliseconds: many ticks of the kernel's clock
constexpr int reply_thought = 100;

double tick()
{
    return aroma::clock_tick().count() / 1000.0;
}

// Milliseconds between the kernel's two stamps.
double gap(aroma::TcpInfo const& info)
{
    return static_cast<double>(info.last_data_sent) - static_cast<double>(info.last_data_recv);
}

double application(aroma::TcpInfo const& info)
{
    return info.rtt.application.count() / 1000.0;
}

// Both stamps are cut to a tick, and each to a millisecond, so their difference is short by at most
// a tick and one.
void check_at_least(aroma::TcpInfo const& info, int milliseconds)
{
    CHECK(std::string{name(info.status)} == "ok");
    CHECK(gap(info) >= milliseconds - tick() - 1);
    // the lower end of what the stamps allow
    CHECK(application(info) >= milliseconds - 2 * tick() - 1);
}

// Each moment has its own thinking, and not the other's: together they fit into the time that it
// took.
void check_both(Served const& served, Client const& client)
{
    REQUIRE(served.measured);
    check_at_least(served.seen.opening, client.before_hello);
    check_at_least(served.seen.reply, client.before_reply);
    CHECK(gap(served.seen.opening) + gap(served.seen.reply) <= served.elapsed + 2 * tick() + 2);
    CHECK(served.seen.history.opened());
    CHECK(served.seen.history.opening_excess().count() / 1000.0
          >= client.before_hello - 2 * tick() - 1);
    CHECK(served.seen.history.reply_excess().count() / 1000.0
          >= client.before_reply - 2 * tick() - 2);
    CHECK(served.seen.history.assess().status == Status::ok);
}

Context observed(int version)
{
    Context context = server_context(version);
    REQUIRE(aroma::openssl::observe(context.get()));
    return context;
}

Client thinking()
{
    Client client;
    client.before_hello = hello_thought;
    client.before_reply = reply_thought;
    return client;
}

Served shake_observed(SSL_CTX* server, Client& client)
{
    Context const client_side =
        client_context(static_cast<int>(SSL_CTX_get_max_proto_version(server)));
    Served const served = shake(server, client_side.get(), client);
    CHECK(served.accepted);
    CHECK_FALSE(served.failed);
    CHECK(client.connected);
    return served;
}

std::string status(aroma::TcpInfo const& info)
{
    return name(info.status);
}

// What an info callback of the user's hears, and whose it is.
using Event = std::tuple<char, int, int, int>;
std::vector<Event> heard;

template <char whose>
void hear(SSL const* ssl, int where, int result)
{
    heard.emplace_back(whose, where, static_cast<int>(SSL_get_state(ssl)), result);
}

template <class Run>
std::vector<Event> heard_in(Run run)
{
    heard.clear();
    run();
    return std::move(heard);
}

void use_session_ids(SSL_CTX* server)
{
    SSL_CTX_set_options(server, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_SERVER);
}

void ask_for_a_certificate(SSL_CTX* server)
{
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });
}

void set_nonblocking(int fd)
{
    require(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0, "O_NONBLOCK");
}

void wait_for(SSL* ssl, int result, int fd)
{
    int const why = SSL_get_error(ssl, result);
    require(why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE, "a handshake that goes on");
    pollfd wanted{fd, static_cast<short>(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
    require(::poll(&wanted, 1, 20'000) == 1, "a peer that answers");
}

// The calls of SSL_accept that it takes.
int accept_in_turns(SSL* ssl, int fd)
{
    int calls = 1;
    for (int result = 0; (result = SSL_accept(ssl)) != 1; ++calls)
        wait_for(ssl, result, fd);
    return calls;
}

// How a client writes its last flight: its first record, which needs the ServerHello alone, and the
// rest, so many milliseconds later.
struct Pieces {
    int apart = 0;
    std::string request{}; // behind the last piece, in the same write; TLS 1.3 alone
    std::string early{};   // behind the ClientHello
};

void shake_in_pieces(Client& client, SSL_CTX* context, Pieces const& pieces, int fd)
{
    sleep(client.before_hello);
    Ssl const ssl{SSL_new(context)};
    SSL_set_app_data(ssl.get(), &client);
    BIO *const in = BIO_new(BIO_s_mem()), *const out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    char bytes[8192];
    auto const send_all = [&](std::string const& part) {
        require(::send(fd, part.data(), part.size(), MSG_NOSIGNAL)
                    == static_cast<ssize_t>(part.size()),
                "send");
    };
    for (bool answering = false;; answering = true) {
        int const result = SSL_connect(ssl.get());
        if (result == 1 && !pieces.request.empty())
            SSL_write(ssl.get(), pieces.request.data(), static_cast<int>(pieces.request.size()));
        if (int const size = BIO_read(out, bytes, sizeof bytes); size > 0) {
            std::string const wire{bytes, static_cast<std::size_t>(size)};
            if (answering) {
                std::size_t const record = 5 + static_cast<unsigned char>(wire[3]) * 256U
                                         + static_cast<unsigned char>(wire[4]);
                require(record < wire.size(), "two records");
                send_all(wire.substr(0, record));
                sleep(pieces.apart);
                send_all(wire.substr(record));
            } else {
                send_all(wire + pieces.early);
            }
        }
        if (result == 1 || SSL_get_error(ssl.get(), result) != SSL_ERROR_WANT_READ)
            break;
        ssize_t const size = ::recv(fd, bytes, sizeof bytes, 0);
        require(size > 0 && BIO_write(in, bytes, static_cast<int>(size)) == size, "recv");
    }
    client.connected = SSL_is_init_finished(ssl.get()) == 1;
    (void)::recv(fd, bytes, 1, 0); // until the server has seen it
    ERR_clear_error();
}

int const versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};
char const* name_of(int version)
{
    return version == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2";
}

} // namespace

TEST_CASE("openssl: a full handshake has an opening and a reply")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version);
        Client client = thinking();
        Served const served = shake_observed(server.get(), client);
        check_both(served, client);
        CHECK(served.seen.history.counted() == 1);
        CHECK_FALSE(client.resumed);
    }
}

TEST_CASE("openssl: a delay shows in the exchange it is in")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version);
        // A busy machine can hold up the quick one: it has a few attempts.
        bool told = false;
        for (int attempt = 0; attempt < 8 && !told; ++attempt) {
            Client slow_hello, slow_reply;
            slow_hello.before_hello = slow_reply.before_reply = reply_thought;
            Served const first = shake_observed(server.get(), slow_hello),
                         second = shake_observed(server.get(), slow_reply);
            told = first.seen.opening.rtt.application > second.seen.opening.rtt.application
                && second.seen.reply.rtt.application > first.seen.reply.rtt.application;
        }
        CHECK(told);
    }
}

TEST_CASE("openssl: resumption by ticket and session id, as a full one")
{
    for (int const version : versions) {
        for (bool const tickets : {true, false}) {
            INFO(name_of(version) << (tickets ? ", tickets" : ", session ids"));
            Context const server = observed(version);
            if (!tickets)
                use_session_ids(server.get()); // TLS 1.3: tickets that are ids
            Client first;
            shake_observed(server.get(), first);
            REQUIRE(first.session);
            if (version == TLS1_2_VERSION)
                CHECK((SSL_SESSION_has_ticket(first.session.get()) == 1) == tickets);
            Client second = thinking();
            second.resumes = first.session.get();
            Served const served = shake_observed(server.get(), second);
            CHECK(second.resumed);
            check_both(served, second);
            CHECK(served.seen.history.counted() == 1);
        }
    }
}

TEST_CASE("openssl: a certificate request does not count")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version);
        ask_for_a_certificate(server.get());
        Context const client_side = client_context(version);
        identify(client_side.get());
        Client client = thinking();
        bool certified = false;
        client.once_connected = [&](SSL* ssl) { certified = SSL_get_certificate(ssl) != nullptr; };
        Served const served = shake(server.get(), client_side.get(), client);
        CHECK(served.accepted);
        CHECK(certified);
        REQUIRE(served.measured);
        check_at_least(served.seen.opening, client.before_hello);
        CHECK(status(served.seen.reply) == "probe_of_a_person");
        CHECK(served.seen.history.counted() == 0);
        CHECK(served.seen.history.last_void() == Status::probe_of_a_person);
        aroma::Band const band = served.seen.history.assess().band;
        CHECK((band == aroma::Band::unknown || band == aroma::Band::suspicious));
    }
}

TEST_CASE("openssl: a second ClientHello is no reply")
{
    Context const server = observed(TLS1_3_VERSION);
    REQUIRE(SSL_CTX_set1_groups_list(server.get(), "P-521:P-384") == 1);
    Context const client_side = client_context(TLS1_3_VERSION);
    REQUIRE(SSL_CTX_set1_groups_list(client_side.get(), "X25519:P-384") == 1);

    Client client = thinking(); // after each of the two ServerHellos
    Served const served = shake(server.get(), client_side.get(), client);
    CHECK(served.accepted);
    CHECK(client.hellos_sent == 2);
    check_both(served, client);
    CHECK(served.seen.history.counted() == 1);
    CHECK(served.elapsed >= client.before_hello + 2 * client.before_reply);

    // The first of the two took long and the second none: it is the second that counts.
    Client quick_then;
    quick_then.before_reply = reply_thought;
    int thoughts = 0;
    quick_then.prepare = [&](SSL* ssl) {
        SSL_set_msg_callback(ssl, [](int sends, int, int type, void const* bytes, std::size_t size,
                                     SSL* of, void* count) {
            if (is_hello(sends, type, bytes, size) && ++*static_cast<int*>(count) == 2)
                static_cast<Client*>(SSL_get_app_data(of))->before_reply = 0;
        });
        SSL_set_msg_callback_arg(ssl, &thoughts);
    };
    Served const once = shake(server.get(), client_side.get(), quick_then);
    CHECK(once.accepted);
    CHECK(thoughts == 2);
    CHECK(once.seen.history.counted() == 1);
    CHECK(once.elapsed >= reply_thought);
    CHECK(application(once.seen.reply) < reply_thought);
}

TEST_CASE("openssl: early data is neither opening nor reply")
{
    Context const server = observed(TLS1_3_VERSION);
    SSL_CTX_set_max_early_data(server.get(), 16'384);
    Context const client_side = client_context(TLS1_3_VERSION);

    auto const serve_early = [&](Client& client, bool answer) {
        Served served;
        Instant const begun = now();
        beside([&](live::Fd fd) { live_as(client, client_side.get(), std::move(fd)); },
               [&](int fd) {
                   Ssl const ssl = ssl_on(server.get(), fd);
                   for (;;) {
                       char bytes[256];
                       std::size_t size = 0, written = 0;
                       int const result =
                           SSL_read_early_data(ssl.get(), bytes, sizeof bytes, &size);
                       require(result != SSL_READ_EARLY_DATA_ERROR, "early data read");
                       served.early.append(bytes, size);
                       if (result == SSL_READ_EARLY_DATA_FINISH)
                           break;
                       if (answer) {
                           sleep(reply_thought / 2);
                           require(SSL_write_early_data(ssl.get(), "early", 5, &written) == 1,
                                   "an early answer");
                       }
                   }
                   served.accepted = SSL_accept(ssl.get()) == 1;
                   served.accepted =
                       served.accepted
                       && SSL_get_early_data_status(ssl.get()) == SSL_EARLY_DATA_ACCEPTED;
                   served.elapsed = since(begun);
                   look(ssl.get(), served);
                   say_goodbye(ssl.get());
               });
        return served;
    };

    for (bool const answer : {false, true}) {
        INFO((answer ? "with an early answer" : "without an early answer"));
        Client first;
        Served const full = shake(server.get(), client_side.get(), first);
        CHECK(full.accepted);
        REQUIRE(first.session);
        REQUIRE(SSL_SESSION_get_max_early_data(first.session.get()) > 0);

        Client second = thinking();
        second.resumes = first.session.get();
        second.early = "sooner";
        Served const served = serve_early(second, answer);
        CHECK(served.accepted);
        CHECK(second.resumed);
        CHECK(served.early == "sooner");
        REQUIRE(served.measured);
        check_at_least(served.seen.opening, hello_thought);
        if (!answer) {
            check_both(served, second);
            CHECK(served.seen.history.counted() == 1);
        } else if (served.seen.reply.status == Status::ok) {
            // The kernel knows of its last write alone: too short, never too long. Where the answer
            // came last, there is no reply.
            CHECK(gap(served.seen.reply)
                  <= served.elapsed - hello_thought - reply_thought / 2 + 2 * tick() + 2);
        } else {
            CHECK(status(served.seen.reply) == "probe_interrupted");
        }
    }
}

TEST_CASE("openssl: refused early data is no piece of the answer")
{
    Context const server = observed(TLS1_3_VERSION), client_side = client_context(TLS1_3_VERSION);
    SSL_CTX_set_max_early_data(server.get(), 16'384);
    Client first;
    CHECK(shake(server.get(), client_side.get(), first).accepted);
    REQUIRE(first.session);

    Client second = thinking();
    second.resumes = first.session.get();
    second.early = "sooner";
    Served served;
    Instant const begun = now();
    beside([&](live::Fd fd) { live_as(second, client_side.get(), std::move(fd)); },
           [&](int fd) {
               set_nonblocking(fd);
               Ssl const ssl = ssl_on(server.get(), fd);
               accept_in_turns(ssl.get(), fd); // without SSL_read_early_data
               CHECK(SSL_get_early_data_status(ssl.get()) == SSL_EARLY_DATA_REJECTED);
               served.elapsed = since(begun);
               look(ssl.get(), served);
               say_goodbye(ssl.get());
           });
    CHECK(second.resumed);
    check_both(served, second);
    CHECK(served.seen.history.counted() == 1);
}

TEST_CASE("openssl: non-blocking as blocking")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version), client_side = client_context(version);
        Client client = thinking();
        Served served;
        Instant const begun = now();
        beside([&](live::Fd fd) { live_as(client, client_side.get(), std::move(fd)); },
               [&](int fd) {
                   set_nonblocking(fd);
                   Ssl const ssl = ssl_on(server.get(), fd);
                   served.accepts = accept_in_turns(ssl.get(), fd);
                   served.elapsed = since(begun);
                   look(ssl.get(), served);
                   say_goodbye(ssl.get());
               });
        CHECK(served.accepts >= 3); // nothing yet; the ClientHello; the client's answer
        check_both(served, client);
    }
}

TEST_CASE("openssl: a late answer in pieces counts less")
{
    // Clients are slow to say hello, so that a counted late answer makes them `proxy`. And they
    // think before the first piece: on loopback it may come before the flight's end is noticed.
    constexpr int late = reply_thought, quick = 4;
    std::string const change_cipher_spec{"\x14\x03\x03\x00\x01\x01", 6};
    struct {
        char const* what;
        int thought; // milliseconds before the first piece
        Pieces pieces;
        bool nonblocking;
        std::string status;
        aroma::Band band;
        bool read_ahead = false;
        int hello = hello_thought + 20;
    } const cases[] = {
        {"first piece quick", quick, {late}, true, "reply_in_pieces", aroma::Band::suspicious},
        {"late, and 20 ms apart", late, {20}, true, "ok", aroma::Band::suspicious},
        {"late, but less than the hello",
         25,
         {10},
         true,
         "reply_in_pieces",
         aroma::Band::suspicious},
        {"hello and answer 13 to 50 ms late",
         25,
         {10},
         true,
         "ok",
         aroma::Band::suspicious,
         false,
         40},
        {"late, but together", late, {0}, true, "ok", aroma::Band::proxy},
        {"all of it quick enough", quick, {4}, true, "ok", aroma::Band::unstable},
        {"blocking", quick, {late}, false, "ok", aroma::Band::suspicious},
        {"blocking, a request behind it", quick, {late, "GET"}, false, "ok", aroma::Band::proxy},
        {"the same, read ahead", quick, {late, "GET"}, false, "ok", aroma::Band::proxy, true},
        {"a piece before the flight",
         late,
         {0, "", change_cipher_spec},
         true,
         "ok",
         aroma::Band::proxy},
    };
    for (int const version : versions) {
        Context const server = observed(version), client_side = client_context(version);
        for (auto const& expected : cases) {
            if (version != TLS1_3_VERSION
                && !(expected.pieces.request.empty() && expected.pieces.early.empty()))
                continue;
            INFO(name_of(version) << ", " << expected.what);
            SSL_CTX_set_read_ahead(server.get(), expected.read_ahead);
            Served served;
            // a loaded machine may delay what is near
            for (int tries = 0; tries < 10; ++tries) {
                Client client;
                client.before_hello = expected.hello;
                client.before_reply = expected.thought;
                served = {};
                live::Connection sockets = live::connected();
                live::set_option(sockets.client, IPPROTO_TCP, TCP_NODELAY, 1);
                beside(
                    [&](live::Fd fd) {
                        shake_in_pieces(client, client_side.get(), expected.pieces, fd.get());
                    },
                    [&](int fd) {
                        if (expected.nonblocking)
                            set_nonblocking(fd);
                        Ssl const ssl = ssl_on(server.get(), fd);
                        accept_in_turns(ssl.get(), fd);
                        look(ssl.get(), served);
                    },
                    std::move(sockets));
                CHECK(client.connected);
                if (status(served.seen.reply) == expected.status
                    && served.seen.history.assess().band == expected.band)
                    break;
            }
            REQUIRE(served.measured);
            CHECK(status(served.seen.opening) == "ok");
            CHECK(status(served.seen.reply) == expected.status);
            CHECK(served.seen.history.assess().band == expected.band);
            CHECK(served.seen.history.counted() == (expected.status == "ok" ? 1 : 0));
        }
    }
}

TEST_CASE("openssl: a cleared SSL forgets the pieces")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version), client_side = client_context(version);
        Ssl const ssl{SSL_new(server.get())};
        // Whether the first piece is quick depends on this machine's load too.
        int in_pieces = 0, in_pieces_again = 0;
        for (int tries = 0; tries < 10 && in_pieces_again == 0; ++tries) {
            for (bool const pieces : {true, true, false}) {
                live::Connection sockets = live::connected();
                live::set_option(sockets.client, IPPROTO_TCP, TCP_NODELAY, 1);
                Served served;
                beside(
                    [&](live::Fd fd) {
                        Client client;
                        client.before_reply = pieces ? 4 : reply_thought;
                        if (pieces)
                            shake_in_pieces(client, client_side.get(), {reply_thought}, fd.get());
                        else
                            live_as(client, client_side.get(), std::move(fd));
                    },
                    [&](int fd) {
                        set_nonblocking(fd);
                        require(SSL_clear(ssl.get()) == 1 && SSL_set_fd(ssl.get(), fd) == 1,
                                "a cleared SSL");
                        SSL_set_accept_state(ssl.get());
                        accept_in_turns(ssl.get(), fd);
                        look(ssl.get(), served);
                    },
                    std::move(sockets));
                bool const voided = status(served.seen.reply) == "reply_in_pieces";
                if (!pieces)
                    CHECK_FALSE(voided);
                else if (voided)
                    ++(in_pieces > 0 ? in_pieces_again : in_pieces);
            }
        }
        CHECK(in_pieces_again > 0);
    }
}

TEST_CASE("openssl: memory BIOs have a descriptor by set_fd")
{
    for (int const version : versions) {
        for (bool const given : {false, true}) {
            INFO(name_of(version) << (given ? ", set_fd" : ""));
            Context const server = server_context(version), client_side = client_context(version);
            SSL_CTX_set_info_callback(server.get(), hear<'a'>);
            REQUIRE(aroma::openssl::observe(server.get()));
            heard.clear();
            Client client = thinking();
            Served served;
            Instant const begun = now();
            beside([&](live::Fd fd) { live_as(client, client_side.get(), std::move(fd)); },
                   [&](int fd) {
                       Ssl const ssl{SSL_new(server.get())};
                       BIO *const in = BIO_new(BIO_s_mem()), *const out = BIO_new(BIO_s_mem());
                       SSL_set_bio(ssl.get(), in, out);
                       if (given)
                           require(aroma::openssl::set_fd(ssl.get(), fd), "set_fd");
                       char bytes[8192];
                       for (;;) {
                           int const result = SSL_accept(ssl.get());
                           served.failed = served.failed || ERR_peek_error() != 0;
                           for (int size = 0; (size = BIO_read(out, bytes, sizeof bytes)) > 0;)
                               require(
                                   ::send(fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL)
                                       == size,
                                   "send");
                           if (result == 1)
                               break;
                           require(SSL_get_error(ssl.get(), result) == SSL_ERROR_WANT_READ,
                                   "a handshake that goes on");
                           ssize_t const size = ::recv(fd, bytes, sizeof bytes, 0);
                           require(size > 0 && BIO_write(in, bytes, static_cast<int>(size)) == size,
                                   "recv");
                       }
                       served.accepted = true;
                       served.elapsed = since(begun);
                       look(ssl.get(), served);
                   });
            CHECK(client.connected);
            CHECK_FALSE(served.failed);
            // the callback behind ours, set_fd before the handshake or not
            REQUIRE_FALSE(heard.empty());
            CHECK(std::get<1>(heard.front()) == SSL_CB_HANDSHAKE_START);
            REQUIRE(served.measured);
            if (given) {
                check_both(served, client);
            } else {
                CHECK(status(served.seen.opening) == "no_descriptor");
                CHECK(status(served.seen.reply) == "no_descriptor");
                CHECK(!served.seen.history.opened());
                CHECK(served.seen.history.counted() == 0);
                CHECK(served.seen.history.assess().status == Status::no_sample);
                CHECK(served.seen.history.last_void() == Status::no_descriptor);
            }
        }
    }
}

TEST_CASE("openssl: TLS over a Unix socket is not_tcp")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version), client_side = client_context(version);
        Client client;
        Served const served = shake(
            server.get(), client_side.get(), client, [](SSL*) {},
            [] {
                int pair[2];
                require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0,
                        "socketpair");
                return live::Connection{live::Fd{pair[0]}, live::Fd{pair[1]}};
            });
        CHECK(served.accepted);
        CHECK_FALSE(served.failed);
        REQUIRE(served.measured);
        CHECK(status(served.seen.opening) == "not_tcp");
        CHECK(status(served.seen.reply) == "not_tcp");
        CHECK(served.seen.history.counted() == 0);
    }
}

TEST_CASE("openssl: an earlier info callback hears all, once")
{
    for (int const version : versions) {
        INFO(name_of(version));
        auto const run = [&](int observations, bool fd_given) {
            return heard_in([&] {
                Context const server = server_context(version),
                              client_side = client_context(version);
                SSL_CTX_set_info_callback(server.get(), hear<'a'>);
                for (int i = 0; i < observations; ++i)
                    REQUIRE(aroma::openssl::observe(server.get()));
                auto const prepare = [&](SSL* ssl) {
                    if (fd_given)
                        require(aroma::openssl::set_fd(ssl, SSL_get_fd(ssl)), "set_fd");
                };
                Client full, resumed, refused;
                CHECK(shake(server.get(), client_side.get(), full, prepare).measured
                      == (observations > 0));
                resumed.resumes = full.session.get();
                CHECK(shake(server.get(), client_side.get(), resumed, prepare).accepted);
                CHECK(resumed.resumed);
                Context const other =
                    client_context(version == TLS1_3_VERSION ? TLS1_2_VERSION : TLS1_3_VERSION);
                CHECK_FALSE(shake(server.get(), other.get(), refused, prepare).accepted);
            });
        };
        std::vector<Event> const without = run(0, false);
        CHECK(without.size() > 20);
        CHECK(run(1, false) == without);
        CHECK(run(2, false) == without);
        CHECK(run(1, true) == without);
    }
}

TEST_CASE("openssl: a context that connects and accepts")
{
    auto const run = [](bool observes) {
        return heard_in([&] {
            Context const server = server_context(TLS1_3_VERSION),
                          both = server_context(TLS1_3_VERSION, TLS_method());
            SSL_CTX_set_info_callback(both.get(), hear<'b'>);
            if (observes)
                REQUIRE(aroma::openssl::observe(both.get()));
            bool nothing = false;
            Client client;
            client.once_connected = [&](SSL* ssl) {
                nothing = aroma::openssl::handshake(ssl) == nullptr;
            };
            CHECK(shake(server.get(), both.get(), client).accepted);
            CHECK(nothing);
        });
    };
    std::vector<Event> const without = run(false);
    CHECK(without.size() > 5);
    CHECK(run(true) == without);
}

TEST_CASE("openssl: a later info callback calls on_info")
{
    Context const server = server_context(TLS1_3_VERSION),
                  client_side = client_context(TLS1_3_VERSION);
    SSL_CTX_set_info_callback(server.get(), hear<'a'>);
    REQUIRE(aroma::openssl::observe(server.get()));

    SECTION("on the SSL, with on_info")
    {
        Client client = thinking();
        Served const served = shake(server.get(), client_side.get(), client, [](SSL* ssl) {
            SSL_set_info_callback(ssl, aroma::openssl::on_info);
        });
        CHECK(served.accepted);
        check_both(served, client);
        CHECK(served.seen.history.counted() == 1);
    }
    SECTION("on the context, calling the one found")
    {
        static void (*found)(SSL const*, int, int) = nullptr;
        static int calls = 0;
        found = SSL_CTX_get_info_callback(server.get());
        calls = 0;
        SSL_CTX_set_info_callback(server.get(), [](SSL const* ssl, int where, int result) {
            ++calls;
            found(ssl, where, result);
        });
        heard.clear();
        Client client = thinking();
        Served const served = shake(server.get(), client_side.get(), client);
        CHECK(served.accepted);
        check_both(served, client);
        CHECK(served.seen.history.counted() == 1);
        CHECK(calls > 5);
        CHECK(static_cast<int>(heard.size()) == calls);
    }
}

TEST_CASE("openssl: observe() around another callback ends")
{
    static void (*found)(SSL const*, int, int) = nullptr;
    Context const both = server_context(TLS1_3_VERSION, TLS_method()),
                  client_side = client_context(TLS1_3_VERSION);
    REQUIRE(aroma::openssl::observe(both.get()));
    found = SSL_CTX_get_info_callback(both.get());
    SSL_CTX_set_info_callback(
        both.get(), [](SSL const* ssl, int where, int result) { found(ssl, where, result); });
    REQUIRE(aroma::openssl::observe(both.get()));

    Client client = thinking();
    Served const served = shake(both.get(), client_side.get(), client);
    CHECK(served.accepted);
    check_both(served, client);
    CHECK(served.seen.history.counted() == 1);
    Client of_both;
    CHECK(shake(observed(TLS1_3_VERSION).get(), both.get(), of_both).accepted); // and as a client
}

TEST_CASE("openssl: observe() takes HistoryOptions")
{
    for (int const exchanges : {1, 2, 3}) {
        Context const server = server_context(TLS1_3_VERSION);
        REQUIRE(aroma::openssl::observe(
            server.get(),
            aroma::HistoryOptions{.min_exchanges = static_cast<std::uint8_t>(exchanges)}));
        Client client = thinking();
        Served const served = shake_observed(server.get(), client);
        REQUIRE(served.measured);
        // An opening and a reply, both long: two exchanges.
        aroma::ConnectionHistory const& connection = served.seen.history;
        bool const both_are_long = connection.opening_excess().count() > 50'000
                                && connection.reply_excess().count() > 50'000;
        CHECK(both_are_long);
        CHECK(connection.assess().band
              == (exchanges <= 2 ? aroma::Band::proxy : aroma::Band::suspicious));
    }
}

TEST_CASE("openssl: SNI to another context changes nothing")
{
    enum class Other { silent, heard, heard_and_observed, wrapped };
    for (int const version : versions) {
        for (Other const other :
             {Other::silent, Other::heard, Other::heard_and_observed, Other::wrapped}) {
            for (bool const blocking : {true, false}) {
                INFO(name_of(version) << ", context " << static_cast<int>(other)
                                      << (blocking ? ", blocking" : ", non-blocking"));
                auto const run = [&](bool observes) {
                    return heard_in([&] {
                        Context const first = server_context(version),
                                      second = server_context(version);
                        Context const client_side = client_context(version);
                        SSL_CTX_set_info_callback(first.get(), hear<'a'>);
                        if (other != Other::silent)
                            SSL_CTX_set_info_callback(second.get(), hear<'b'>);
                        SSL_CTX_set_tlsext_servername_callback(
                            first.get(), +[](SSL* ssl, int*, void* to) {
                                SSL_set_SSL_CTX(ssl, static_cast<SSL_CTX*>(to));
                                return SSL_TLSEXT_ERR_OK;
                            });
                        SSL_CTX_set_tlsext_servername_arg(first.get(), second.get());
                        if (observes) {
                            REQUIRE(aroma::openssl::observe(first.get()));
                            if (other == Other::heard_and_observed || other == Other::wrapped)
                                REQUIRE(aroma::openssl::observe(second.get()));
                        }
                        if (other == Other::wrapped) {
                            static void (*found)(SSL const*, int, int) = nullptr;
                            found = SSL_CTX_get_info_callback(second.get());
                            SSL_CTX_set_info_callback(second.get(),
                                                      [](SSL const* ssl, int where, int result) {
                                                          found(ssl, where, result);
                                                      });
                        }
                        Client client = thinking();
                        client.prepare = [](SSL* ssl) {
                            require(SSL_set_tlsext_host_name(ssl, "localhost") == 1, "a name");
                        };
                        Served served;
                        bool switched = false;
                        Instant const begun = now();
                        beside(
                            [&](live::Fd fd) { live_as(client, client_side.get(), std::move(fd)); },
                            [&](int fd) {
                                if (!blocking)
                                    set_nonblocking(fd);
                                Ssl const ssl = ssl_on(first.get(), fd);
                                for (int result = 0; result != 1;) {
                                    // so that the steps are always as many
                                    require(live::readable(fd), "a client");
                                    result = SSL_accept(ssl.get());
                                    if (result != 1)
                                        wait_for(ssl.get(), result, fd);
                                }
                                served.elapsed = since(begun);
                                look(ssl.get(), served);
                                switched = SSL_get_SSL_CTX(ssl.get()) == second.get();
                            });
                        CHECK(switched);
                        if (observes) {
                            check_both(served, client);
                            CHECK(served.seen.history.counted() == 1);
                        } else {
                            CHECK_FALSE(served.measured);
                        }
                    });
                };
                std::vector<Event> const without = run(false);
                CHECK(without.size() > 3);
                CHECK(run(true) == without);
            }
        }
    }
}

TEST_CASE("openssl: a renegotiation adds no exchange")
{
    Context const server = observed(TLS1_2_VERSION);
#ifdef SSL_OP_ALLOW_CLIENT_RENEGOTIATION
    SSL_CTX_set_options(server.get(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
#endif
    Context const client_side = client_context(TLS1_2_VERSION);
    Client client = thinking();
    bool renegotiated = false;
    client.once_connected = [&](SSL* ssl) {
        renegotiated =
            SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1 && SSL_write(ssl, "y", 1) == 1;
    };
    Served served;
    Instant const begun = now();
    beside([&](live::Fd fd) { live_as(client, client_side.get(), std::move(fd)); },
           [&](int fd) {
               Ssl const ssl = ssl_on(server.get(), fd);
               require(SSL_accept(ssl.get()) == 1, "a handshake");
               char byte = 0;
               require(SSL_read(ssl.get(), &byte, 1) == 1, "a byte behind the renegotiation");
               served.elapsed = since(begun);
               look(ssl.get(), served);
               say_goodbye(ssl.get());
           });
    CHECK(renegotiated);
    CHECK(client.hellos_sent == 2);
    check_both(served, client);
    CHECK(served.seen.history.counted() == 1);
    CHECK(served.seen.history.voided() == 0);
}

TEST_CASE("openssl: a failed handshake keeps what was seen")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version);
        auto const accept = [&](std::function<void(live::Fd)> const& client) {
            Served served;
            beside(client, [&](int fd) {
                Ssl const ssl = ssl_on(server.get(), fd);
                served.accepted = SSL_accept(ssl.get()) == 1;
                look(ssl.get(), served);
                ERR_clear_error();
            });
            CHECK_FALSE(served.accepted);
            return served;
        };
        auto const say = [](std::string const& what) {
            return [what](live::Fd fd) {
                require(::send(fd.get(), what.data(), what.size(), MSG_NOSIGNAL)
                            == static_cast<ssize_t>(what.size()),
                        "send");
                live::readable(fd.get()); // until the server has ended
            };
        };

        CHECK_FALSE(accept(say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")).measured);
        CHECK_FALSE(accept(say(std::string(64, '\xa5'))).measured);
        CHECK_FALSE(accept([](live::Fd) {}).measured); // closed at once

        // The ClientHello of a real client, which then is gone.
        Context const client_side = client_context(version);
        Served const left = accept([&](live::Fd fd) {
            sleep(hello_thought);
            Ssl const ssl{SSL_new(client_side.get())};
            Client client;
            SSL_set_app_data(ssl.get(), &client);
            BIO* const out = BIO_new(BIO_s_mem());
            SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
            SSL_connect(ssl.get());
            char bytes[4096];
            int const size = BIO_read(out, bytes, sizeof bytes);
            require(size > 0
                        && ::send(fd.get(), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL)
                               == size,
                    "send");
            ::shutdown(fd.get(), SHUT_WR);
            live::readable(fd.get());
            ERR_clear_error();
        });
        REQUIRE(left.measured);
        check_at_least(left.seen.opening, hello_thought);
        CHECK(status(left.seen.reply) == "no_sample");
        CHECK(left.seen.history.opened());
        CHECK(left.seen.history.counted() == 0);
    }
}

TEST_CASE("openssl: an SSL that never started has no history")
{
    Context const server = observed(TLS1_3_VERSION);
    Ssl const never{SSL_new(server.get())};
    CHECK(aroma::openssl::handshake(never.get()) == nullptr);
    REQUIRE(aroma::openssl::set_fd(never.get(), 0));
    CHECK(aroma::openssl::handshake(never.get()) == nullptr);

    Context const nobody = server_context(TLS1_3_VERSION),
                  client_side = client_context(TLS1_3_VERSION);
    Client client;
    Served const unobserved = shake(nobody.get(), client_side.get(), client);
    CHECK(unobserved.accepted);
    CHECK_FALSE(unobserved.measured);
}

TEST_CASE("openssl: an SSL and its SSL_dup are measured apart")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version), client_side = client_context(version);
        Ssl const original{SSL_new(server.get())};
        REQUIRE(aroma::openssl::set_fd(original.get(), -1));
        Ssl const copy{SSL_dup(original.get())};
        REQUIRE(copy);
        REQUIRE(copy.get() != original.get());
        for (SSL* const ssl : {original.get(), copy.get()}) {
            Client client = thinking();
            Served served;
            Instant const begun = now();
            beside([&](live::Fd fd) { live_as(client, client_side.get(), std::move(fd)); },
                   [&](int fd) {
                       require(SSL_set_fd(ssl, fd) == 1, "SSL_set_fd");
                       SSL_set_accept_state(ssl);
                       served.accepted = SSL_accept(ssl) == 1;
                       served.elapsed = since(begun);
                       look(ssl, served);
                       Ssl const later{SSL_dup(ssl)}; // in use, it is the same once more
                       require(later.get() == ssl, "SSL_dup");
                       say_goodbye(ssl);
                   });
            CHECK(served.accepted);
            check_both(served, client);
        }
        CHECK(aroma::openssl::handshake(original.get()) != aroma::openssl::handshake(copy.get()));
    }
}

TEST_CASE("openssl: a cleared SSL begins anew")
{
    for (int const version : versions) {
        INFO(name_of(version));
        Context const server = observed(version), client_side = client_context(version);
        Ssl const ssl{SSL_new(server.get())};
        for (int round = 0; round < 3; ++round) {
            Client client = thinking();
            if (round == 2)
                client.before_hello = client.before_reply = 0;
            Served served;
            Instant const begun = now();
            beside([&](live::Fd fd) { live_as(client, client_side.get(), std::move(fd)); },
                   [&](int fd) {
                       require(SSL_set_fd(ssl.get(), fd) == 1, "SSL_set_fd");
                       SSL_set_accept_state(ssl.get());
                       served.accepted = SSL_accept(ssl.get()) == 1;
                       served.elapsed = since(begun);
                       look(ssl.get(), served);
                       say_goodbye(ssl.get());
                   });
            CHECK(served.accepted);
            check_both(served, client);
            CHECK(served.seen.history.counted() == 1);
            CHECK(SSL_clear(ssl.get()) == 1);
        }
    }
}

TEST_CASE("openssl: threads observe one context")
{
    for (int attempt = 0; attempt < 50; ++attempt) {
        Context const server = server_context(TLS1_3_VERSION);
        std::atomic<bool> go{false};
        std::atomic<int> observed{0};
        std::vector<std::thread> all;
        for (int t = 0; t < 4; ++t)
            all.emplace_back([&] {
                while (!go) {}
                observed += aroma::openssl::observe(server.get());
            });
        go = true;
        for (std::thread& thread : all)
            thread.join();
        REQUIRE(observed == 4);
    }
    Context const server = observed(TLS1_3_VERSION);
    Client client;
    CHECK(shake_observed(server.get(), client).seen.history.counted() == 1);
}

TEST_CASE("openssl: threads shake hands on one context")
{
    constexpr int threads = 8, handshakes = 50;
    for (int const version : versions) {
        INFO(name_of(version));
        static std::atomic<int> starts;
        starts = 0;
        Context const server = server_context(version),
                      client_side = make_context(TLS_client_method(), version);
        SSL_CTX_set_info_callback(server.get(), [](SSL const*, int where, int) {
            starts += where == SSL_CB_HANDSHAKE_START;
        });
        REQUIRE(aroma::openssl::observe(server.get()));
        std::atomic<int> done{0}, opened{0}, replied{0};
        std::vector<std::thread> all;
        for (int t = 0; t < threads; ++t) {
            all.emplace_back([&] {
                for (int i = 0; i < handshakes; ++i) {
                    try {
                        live::Connection const c = live::connected();
                        set_nonblocking(c.client.get());
                        set_nonblocking(c.server.get());
                        Ssl const at_client = ssl_on(client_side.get(), c.client.get());
                        Ssl const at_server = ssl_on(server.get(), c.server.get());
                        bool connected = false, accepted = false;
                        Instant const begun = now();
                        while (!(connected && accepted) && since(begun) < 20'000) {
                            connected = connected || SSL_connect(at_client.get()) == 1;
                            accepted = accepted || SSL_accept(at_server.get()) == 1;
                        }
                        aroma::openssl::Handshake const* const seen =
                            aroma::openssl::handshake(at_server.get());
                        done += connected && accepted && seen;
                        if (!seen)
                            continue;
                        opened += seen->opening.status == Status::ok && seen->history.opened();
                        replied += seen->reply.status == Status::ok && seen->history.counted() == 1;
                    } catch (std::exception const& error) {
                        std::fprintf(stderr, "%s\n", error.what()); // and the count is short
                    }
                }
            });
        }
        for (std::thread& thread : all)
            thread.join();
        CHECK(done == threads * handshakes);
        CHECK(opened == threads * handshakes);
        CHECK(replied == threads * handshakes);
        CHECK(starts == threads * handshakes);
    }
}

TEST_CASE("openssl: a null pointer is refused")
{
    CHECK_FALSE(aroma::openssl::observe(nullptr));
    CHECK_FALSE(aroma::openssl::set_fd(nullptr, 0));
    CHECK(aroma::openssl::handshake(nullptr) == nullptr);
    CHECK(aroma::openssl::history(nullptr) == nullptr);
}
