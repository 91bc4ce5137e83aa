// SPDX-License-Identifier: BSL-1.0
//
// Two shared objects that hide their symbols, and the program itself: all of them see a handshake
// that one of them observes, once.

#include "../support/catch.hpp"
#include "peers.hpp"

#include <aroma/integrations/openssl.hpp>

extern "C" {
bool first_observe(SSL_CTX*);
int first_counted(SSL const*);
bool second_observe(SSL_CTX*);
int second_counted(SSL const*);
}

using namespace peers;

namespace {

bool itself_observe(SSL_CTX* context)
{
    return aroma::openssl::observe(context);
}

// What first, second and the program itself know of one handshake.
std::vector<int> counted_with(std::vector<bool (*)(SSL_CTX*)> const& observers)
{
    Context const server = server_context(TLS1_3_VERSION),
                  client_side = client_context(TLS1_3_VERSION);
    for (auto const observe : observers)
        REQUIRE(observe(server.get()));
    Client client;
    std::vector<int> counted;
    beside([&](live::Fd fd) { live_as(client, client_side.get(), std::move(fd)); },
           [&](int fd) {
               Ssl const ssl = ssl_on(server.get(), fd);
               require(SSL_accept(ssl.get()) == 1, "a handshake");
               aroma::ConnectionHistory const* const seen = aroma::openssl::history(ssl.get());
               counted = {first_counted(ssl.get()), second_counted(ssl.get()),
                          seen ? seen->counted() : -1};
               say_goodbye(ssl.get());
           });
    return counted;
}

} // namespace

TEST_CASE("openssl: shared objects see one handshake, once")
{
    CHECK(counted_with({first_observe}) == std::vector{1, 1, 1});
    CHECK(counted_with({second_observe}) == std::vector{1, 1, 1});
    CHECK(counted_with({itself_observe}) == std::vector{1, 1, 1});
    CHECK(counted_with({first_observe, second_observe, itself_observe, first_observe})
          == std::vector{1, 1, 1});
    CHECK(counted_with({}) == std::vector{-1, -1, -1});
}
