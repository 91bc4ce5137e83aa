// SPDX-License-Identifier: BSL-1.0
//
// TLS handshakes on an observed context against the same on one that is not, in turn within one
// run, over loopback TCP.

#include <aroma/integrations/openssl.hpp>

#include "../examples/common/certificate.hpp"
#include "compare.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

void need(bool held, char const* what)
{
    if (held)
        return;
    std::fprintf(stderr, "benchmark-openssl: failed: %s\n", what);
    ERR_print_errors_fp(stderr);
    std::exit(1);
}

SSL_CTX* server_context()
{
    auto const key = examples::make_key();
    auto const certificate = examples::make_certificate(key.get());
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    need(context && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1
             && SSL_CTX_use_certificate(context, certificate.get()) == 1
             && SSL_CTX_use_PrivateKey(context, key.get()) == 1,
         "a context");
    return context;
}

void set_nonblocking(int fd)
{
    need(fd >= 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0,
         "a non-blocking socket");
}

// Both ends in one thread, in turn: no scheduler in between. What is timed is everything from
// SSL_new to SSL_free of the server's end; TCP's own connection is made before.
double nanoseconds(SSL_CTX* server_side, SSL_CTX* client_side, int listener, bool observed,
                   int times)
{
    sockaddr_in address{};
    socklen_t length = sizeof address;
    need(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0, "getsockname");
    std::chrono::steady_clock::duration spent{};
    for (int i = 0; i < times; ++i) {
        int const client = socket(AF_INET, SOCK_STREAM, 0);
        need(client >= 0 && connect(client, reinterpret_cast<sockaddr*>(&address), length) == 0,
             "connect");
        int const server = accept(listener, nullptr, nullptr);
        set_nonblocking(client);
        set_nonblocking(server);

        auto const begun = std::chrono::steady_clock::now();
        SSL* const to_server = SSL_new(client_side);
        SSL* const to_client = SSL_new(server_side);
        need(to_server && to_client && SSL_set_fd(to_server, client) == 1
                 && SSL_set_fd(to_client, server) == 1,
             "SSL_new");
        bool connected = false, accepted = false;
        while (!connected || !accepted) {
            int const at_client = connected ? 1 : SSL_connect(to_server);
            int const at_server = accepted ? 1 : SSL_accept(to_client);
            connected = at_client == 1;
            accepted = at_server == 1;
            need((connected || SSL_get_error(to_server, at_client) == SSL_ERROR_WANT_READ)
                     && (accepted || SSL_get_error(to_client, at_server) == SSL_ERROR_WANT_READ),
                 "a handshake");
        }
        if (observed) {
            aroma::openssl::Handshake const* const seen = aroma::openssl::handshake(to_client);
            need(seen && seen->opening.status == aroma::Status::ok
                     && seen->reply.status == aroma::Status::ok,
                 "a measurement");
        }
        SSL_free(to_client);
        SSL_free(to_server);
        spent += std::chrono::steady_clock::now() - begun;

        linger const reset{1, 0}; // no TIME_WAIT: thousands of connections
        setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(client);
        close(server);
    }
    return std::chrono::duration<double, std::nano>(spent).count() / times;
}

} // namespace

int main()
{
    int const listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    need(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0
             && listen(listener, 16) == 0,
         "a listener");

    SSL_CTX *const with = server_context(), *const without = server_context(),
                   *const client = SSL_CTX_new(TLS_client_method());
    need(client && aroma::openssl::observe(with), "observe");
    auto const observed = [&] { return nanoseconds(with, client, listener, true, 8); };
    auto const bare = [&] { return nanoseconds(without, client, listener, false, 8); };
    benchmarks::compare("TLS 1.3 handshake, both ends, observe()", observed, "the same without",
                        bare);
    benchmarks::compare("the same again, without", bare, "the same without", bare);

    SSL_CTX_free(client);
    SSL_CTX_free(without);
    SSL_CTX_free(with);
    close(listener);
}
