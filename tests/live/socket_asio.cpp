// SPDX-License-Identifier: BSL-1.0
//
// score(socket) with the sockets and streams of Boost.Asio and Boost.Beast, where they are
// installed.

#include "../support/catch.hpp"

#if __has_include(<boost/beast/websocket.hpp>)
#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include <array>

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

namespace {

// The last request has arrived and is not answered.
void exchange(tcp::socket& client, tcp::socket& server)
{
    std::array<char, 7> message{};
    auto const send = [&](tcp::socket& from, tcp::socket& to) {
        asio::write(from, asio::buffer(message));
        asio::read(to, asio::buffer(message));
    };
    send(client, server);
    for (int i = 0; i < 2; ++i) {
        send(server, client);
        send(client, server);
    }
}

} // namespace

TEST_CASE("score: Asio's and Beast's streams as their descriptors")
{
    asio::io_context context;
    tcp::acceptor acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    tcp::socket client{context};
    client.connect(acceptor.local_endpoint());
    tcp::socket server = acceptor.accept();
    CHECK(aroma::score(server).status == aroma::Status::handshake_only);
    exchange(client, server);
    int const fd = server.native_handle();
    aroma::Assessment const expected = aroma::score(fd);
    CHECK(expected.status == aroma::Status::ok);
    CHECK(aroma::score(server) == expected);
    CHECK(aroma::read(server).rtt == expected.sample);
    CHECK(aroma::score(acceptor).status == aroma::Status::listening);
    CHECK(aroma::score(tcp::socket{context}).status == aroma::Status::bad_descriptor);

    // By what Asio tells of its ends.
    aroma::EndpointPair const ends{server.local_endpoint(), server.remote_endpoint()};
    if (aroma::Assessment const a = aroma::score(ends); a.status != aroma::Status::lookup_failed)
        CHECK(a == expected);

    beast::tcp_stream stream{std::move(server)};
    CHECK(aroma::score(stream) == expected);
    beast::websocket::stream<beast::tcp_stream> websocket{std::move(stream)};
    CHECK(aroma::score(websocket) == expected);
    aroma::ConnectionHistory memory;
    CHECK(aroma::score(websocket, memory).status == aroma::Status::unprobed);
    CHECK(aroma::probe_sent(websocket, memory, 1) == aroma::Status::probe_unsent);
    CHECK(aroma::probe_answered(websocket, memory, 1).status == aroma::Status::no_probe);
    aroma::Options<> const elsewhere{.application_rtt = std::chrono::milliseconds{500}};
    CHECK(aroma::score(websocket, elsewhere).band == aroma::Band::proxy);
}
#else
TEST_CASE("score: Asio's and Beast's streams as their descriptors")
{
    skipped("no Boost.Beast");
}
#endif
