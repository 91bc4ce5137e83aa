// SPDX-License-Identifier: BSL-1.0
//
// OpenSSL servers and clients in one process for the tests: contexts, certificates made in memory,
// clients that think on purpose.
#ifndef AROMA_TESTS_OPENSSL_PEERS_HPP
#define AROMA_TESTS_OPENSSL_PEERS_HPP

#include "../../examples/common/certificate.hpp"
#include "../support/sockets.hpp"

#include <aroma/integrations/openssl.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace peers {

using Context = examples::Owned<SSL_CTX, SSL_CTX_free>;
using Ssl = examples::Owned<SSL, SSL_free>;
using Session = examples::Owned<SSL_SESSION, SSL_SESSION_free>;

inline void require(bool held, char const* what)
{
    if (!held)
        throw std::runtime_error{std::string{"OpenSSL: "} + what};
}

inline void identify(SSL_CTX* context)
{
    static auto const key = examples::make_key();
    static auto const certificate = examples::make_certificate(key.get());
    require(SSL_CTX_use_certificate(context, certificate.get()) == 1
                && SSL_CTX_use_PrivateKey(context, key.get()) == 1,
            "a certificate in a context");
}

inline Context make_context(SSL_METHOD const* method, int version)
{
    static bool const no_signals = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;
    Context context{SSL_CTX_new(method)};
    require(no_signals && context, "a context");
    require(SSL_CTX_set_min_proto_version(context.get(), version) == 1
                && SSL_CTX_set_max_proto_version(context.get(), version) == 1,
            "a version");
    return context;
}

inline Context server_context(int version, SSL_METHOD const* method = TLS_server_method())
{
    Context context = make_context(method, version);
    identify(context.get());
    unsigned char const id[] = "aroma";
    require(SSL_CTX_set_session_id_context(context.get(), id, sizeof id - 1) == 1,
            "a session id context");
    return context;
}

// What a client does beside shaking hands.
struct Client {
    int before_hello = 0; // milliseconds that it thinks
    int before_reply = 0; // the same, each time that a ServerHello has come
    SSL_SESSION* resumes = nullptr;
    std::string early{};                                    // data for 0-RTT
    std::function<void(SSL*)> prepare = [](SSL*) {};        // before the handshake
    std::function<void(SSL*)> once_connected = [](SSL*) {}; // and behind it

    // Seen by the client, valid once it has ended.
    bool connected = false;
    bool resumed = false;
    int hellos_sent = 0;
    Session session{};
};

using Instant = std::chrono::steady_clock::time_point;

inline Instant now()
{
    return std::chrono::steady_clock::now();
}

inline double since(Instant begun) // milliseconds
{
    return std::chrono::duration<double, std::milli>(now() - begun).count();
}

inline void sleep(int milliseconds)
{
    if (milliseconds > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
}

// Between a ServerHello and all that a client can say to it: OpenSSL tells of the step that follows
// before it takes it.
inline void think(SSL const* ssl, int where, int)
{
    if (where == SSL_CB_CONNECT_LOOP && SSL_get_state(ssl) == TLS_ST_CR_SRVR_HELLO)
        sleep(static_cast<Client*>(SSL_get_app_data(ssl))->before_reply);
}

inline bool is_hello(int sends, int type, void const* bytes, std::size_t size)
{
    return sends && type == SSL3_RT_HANDSHAKE && size > 0
        && *static_cast<unsigned char const*>(bytes) == SSL3_MT_CLIENT_HELLO;
}

inline void count_hellos(int sends, int, int type, void const* bytes, std::size_t size, SSL* ssl,
                         void*)
{
    if (is_hello(sends, type, bytes, size))
        ++static_cast<Client*>(SSL_get_app_data(ssl))->hellos_sent;
}

inline Context client_context(int version)
{
    Context context = make_context(TLS_client_method(), version);
    SSL_CTX_set_info_callback(context.get(), think);
    SSL_CTX_set_msg_callback(context.get(), count_hellos);
    return context;
}

inline Ssl ssl_on(SSL_CTX* context, int fd)
{
    Ssl ssl{SSL_new(context)};
    require(ssl && SSL_set_fd(ssl.get(), fd) == 1, "a connection");
    return ssl;
}

inline void patient(live::Fd const& fd)
{
    live::set_option(fd, SOL_SOCKET, SO_RCVTIMEO, timeval{20, 0});
    live::set_option(fd, SOL_SOCKET, SO_SNDTIMEO, timeval{20, 0});
}

// The client's whole life: its handshake, what it does then, a byte from the server (tickets come
// before it), and the close.
inline void live_as(Client& client, SSL_CTX* context, live::Fd fd)
{
    sleep(client.before_hello);
    Ssl const ssl = ssl_on(context, fd.get());
    SSL_set_app_data(ssl.get(), &client);
    if (client.resumes)
        require(SSL_set_session(ssl.get(), client.resumes) == 1, "a session set");
    client.prepare(ssl.get());
    std::size_t written = 0;
    if (!client.early.empty())
        require(SSL_write_early_data(ssl.get(), client.early.data(), client.early.size(), &written)
                    == 1,
                "early data");
    client.connected = SSL_connect(ssl.get()) == 1;
    if (client.connected) {
        client.resumed = SSL_session_reused(ssl.get()) == 1;
        client.once_connected(ssl.get());
        char byte = 0;
        if (SSL_read(ssl.get(), &byte, 1) == 1)
            client.session = Session{SSL_get1_session(ssl.get())};
        SSL_shutdown(ssl.get());
    }
    ERR_clear_error();
}

// A server's side of one connection.
struct Served {
    bool accepted = false;
    bool measured = false; // handshake() was not nullptr
    aroma::openssl::Handshake seen{};
    double elapsed = 0; // milliseconds, from before connect() to the end of the handshake
    std::string early{};
    int accepts = 0;     // calls of SSL_accept
    bool failed = false; // errors were left in OpenSSL's queue by a handshake that succeeded
};

inline void look(SSL* ssl, Served& served)
{
    if (aroma::openssl::Handshake const* const handshake = aroma::openssl::handshake(ssl)) {
        served.measured = true;
        served.seen = *handshake;
    }
}

// Runs `serve(server's fd)` beside a thread that is the client, on sockets of the caller's or on
// loopback TCP.
template <class Serve, class Work>
void beside(Work client_work, Serve serve, live::Connection sockets = live::connected())
{
    patient(sockets.client);
    patient(sockets.server);
    std::exception_ptr failed;
    std::thread client{[&, fd = std::move(sockets.client)]() mutable {
        try {
            client_work(std::move(fd));
        } catch (...) {
            failed = std::current_exception();
        }
    }};
    try {
        serve(sockets.server.get());
    } catch (...) {
        sockets.server.close();
        client.join();
        throw;
    }
    sockets.server.close();
    client.join();
    if (failed)
        std::rethrow_exception(failed);
}

inline void say_goodbye(SSL* ssl)
{
    char bytes[64];
    if (SSL_write(ssl, "x", 1) == 1)
        while (SSL_read(ssl, bytes, sizeof bytes) > 0) {}
    SSL_shutdown(ssl);
    ERR_clear_error();
}

// One handshake, as any blocking server does it: SSL_accept, and the answer after it.
inline Served shake(
    SSL_CTX* server, SSL_CTX* client_side, Client& client,
    std::function<void(SSL*)> prepare = [](SSL*) {},
    std::function<live::Connection()> const& connect = [] { return live::connected(); })
{
    Served served;
    Instant const begun = now();
    beside([&](live::Fd fd) { live_as(client, client_side, std::move(fd)); },
           [&](int fd) {
               Ssl const ssl = ssl_on(server, fd);
               prepare(ssl.get());
               served.accepted = SSL_accept(ssl.get()) == 1;
               served.accepts = 1;
               served.failed = ERR_peek_error() != 0;
               served.elapsed = since(begun);
               if (served.accepted)
                   say_goodbye(ssl.get());
               look(ssl.get(), served);
               ERR_clear_error();
           },
           connect());
    return served;
}

} // namespace peers

#endif // AROMA_TESTS_OPENSSL_PEERS_HPP
