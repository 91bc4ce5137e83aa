// SPDX-License-Identifier: BSL-1.0
//
// TLS handshakes on an observed context against the same on one that is not, in turn within one
// run, over loopback TCP: by one thread, and by one for each core with the contexts in common.

#include <aroma/integrations/openssl.hpp>

#include "../examples/common/certificate.hpp"
#include "../examples/common/descriptors.hpp"
#include "../tests/support/sockets.hpp"
#include "compare.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

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
double nanoseconds(SSL_CTX* server_side, SSL_CTX* client_side, live::Fd const& listener,
                   bool observed, int times)
{
    std::chrono::steady_clock::duration spent{};
    for (int i = 0; i < times; ++i) {
        live::Connection pair = live::connect_through(listener, live::tcp_socket());
        int const client = pair.client.get(), server = pair.server.get();
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

        pair.reset_by_client(); // no TIME_WAIT: thousands of connections
    }
    return std::chrono::duration<double, std::nano>(spent).count() / times;
}

// One after another of what all threads do at once.
double on_all_cores(unsigned cores, SSL_CTX* server_side, SSL_CTX* client_side, bool observed,
                    int times)
{
    std::latch all_there{cores};
    std::atomic<double> sum = 0;
    std::vector<std::thread> threads;
    for (unsigned core = 0; core < cores; ++core)
        threads.emplace_back([&] {
            live::Fd const listener = live::tcp_socket();
            live::start_listening(listener);
            all_there.arrive_and_wait();
            sum += nanoseconds(server_side, client_side, listener, observed, times);
        });
    for (std::thread& thread : threads)
        thread.join();
    return sum / cores / cores;
}

} // namespace

int main()
{
    examples::hold_standard_descriptors();
    live::Fd const listener = live::tcp_socket();
    live::start_listening(listener);

    SSL_CTX *const with = server_context(), *const without = server_context(),
                   *const client = SSL_CTX_new(TLS_client_method());
    need(client && aroma::openssl::observe(with), "observe");
    auto const observed = [&] { return nanoseconds(with, client, listener, true, 8); };
    auto const bare = [&] { return nanoseconds(without, client, listener, false, 8); };
    benchmarks::compare("TLS 1.3 handshake, both ends, observe()", observed, "the same without",
                        bare);
    benchmarks::compare("the same again, without", bare, "the same without", bare);

    unsigned const cores = std::max(1u, std::thread::hardware_concurrency());
    auto const all_observed = [&] { return on_all_cores(cores, with, client, true, 40); };
    auto const all_bare = [&] { return on_all_cores(cores, without, client, false, 40); };
    std::string const title = "TLS 1.3 handshakes on " + std::to_string(cores) + " cores, ";
    benchmarks::compare((title + "observe()").c_str(), all_observed, "the same without", all_bare,
                        101);
    benchmarks::compare((title + "without, again").c_str(), all_bare, "the same without", all_bare,
                        101);

    SSL_CTX_free(client);
    SSL_CTX_free(without);
    SSL_CTX_free(with);
}
