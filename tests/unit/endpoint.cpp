// SPDX-License-Identifier: BSL-1.0
//
// Addresses as text and as the structures of the socket interface.

#include "../support/catch.hpp"

#include <aroma/linux/endpoint.hpp>

#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

using aroma::Endpoint;
using aroma::EndpointPair;

namespace {

std::string text(Endpoint const& endpoint)
{
    char buffer[72];
    return endpoint.text(buffer);
}

} // namespace

TEST_CASE("Endpoint: from text")
{
    CHECK(text(Endpoint{"192.0.2.1", 443}) == "192.0.2.1:443");
    CHECK(text(Endpoint{std::string{"2001:db8::1"}, 443}) == "[2001:db8::1]:443");
    CHECK(text(Endpoint{std::string_view{"2001:db8::1 and more"}.substr(0, 11), 443})
          == "[2001:db8::1]:443");
    CHECK(text(Endpoint{"[2001:db8::1]", 443}) == "[2001:db8::1]:443");
    CHECK(text(Endpoint{"::", 65535}) == "[::]:65535");
    CHECK(Endpoint{"::ffff:192.0.2.1", 443} == Endpoint{"192.0.2.1", 443});
    CHECK(Endpoint{"::ffff:c000:0201", 443}.ipv4());
    CHECK(text(Endpoint{"fe80::1%7", 443}) == "[fe80::1%7]:443");
    CHECK(Endpoint{"fe80::1%lo", 443}.scope_id == 1);
    CHECK(Endpoint{"[fe80::1%lo]", 443}.scope_id == 1);
    CHECK_FALSE(Endpoint{"::192.0.2.1", 443}.ipv4()); // not a mapped one
    CHECK_FALSE(Endpoint{"::ff:192.0.2.1", 443}.ipv4());
    CHECK_FALSE(Endpoint{"::ff00:192.0.2.1", 443}.ipv4());
    CHECK(Endpoint{"0.0.0.0", 443}.any());
    CHECK(Endpoint{"::", 443}.any());
    CHECK_FALSE(Endpoint{"0.0.0.1", 443}.any());
    std::string const longest = "fe80:1111:2222:3333:4444:5555:6666:7777%2147483647";
    CHECK(text(Endpoint{longest, 65535}) == "[" + longest + "]:65535");

    for (char const* wrong :
         {"",
          "localhost",
          "192.0.2",
          "192.0.2.256",
          "192.0.2.1 ",
          " 192.0.2.1",
          "192.0.2.1:443",
          "0x7f.1",
          "2001:db8::1::2",
          "fe80::1%",
          "fe80::1%no-such-device",
          "fe80::1%99999999999",
          "fe80::1%2147483648",
          "192.0.2.1%1",
          "::ffff:192.0.2.1%1",
          "[]",
          "[",
          "]",
          "%",
          "%1",
          "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff"}) {
        INFO(wrong);
        CHECK_FALSE(Endpoint{wrong, 443}.valid());
        CHECK(Endpoint{wrong, 443} == Endpoint{});
    }
    CHECK_FALSE(Endpoint{static_cast<char const*>(nullptr), 443}.valid());
    CHECK_FALSE(Endpoint{std::string(10'000, '1'), 443}.valid());
    // a zero byte would hide what follows
    CHECK_FALSE(Endpoint{std::string("192.0.2.1\0", 10), 443}.valid());
    CHECK_FALSE(Endpoint{std::string("192.0.2.1\0evil", 14), 443}.valid());
    CHECK_FALSE(Endpoint{std::string("2001:db8::1\0evil", 16), 443}.valid());
    CHECK_FALSE(Endpoint{std::string("fe80::1%lo\0x", 12), 443}.valid());
    CHECK_FALSE(Endpoint{std::string("192.0.2.1\0evil:443", 18)}.valid());
    CHECK_FALSE(Endpoint{std::string("[2001:db8::1\0]:443", 18)}.valid());
}

TEST_CASE("Endpoint: from text with its port")
{
    CHECK(Endpoint{"192.0.2.1:443"} == Endpoint{"192.0.2.1", 443});
    CHECK(Endpoint{"[2001:db8::1]:443"} == Endpoint{"2001:db8::1", 443});
    CHECK(Endpoint{std::string{"ipv4:192.0.2.1:443"}} == Endpoint{"192.0.2.1", 443});
    CHECK(Endpoint{"ipv6:[2001:db8::1]:443"} == Endpoint{"2001:db8::1", 443});
    CHECK(Endpoint{"ipv6:%5B2001:db8::1%5D:443"} == Endpoint{"2001:db8::1", 443});
    CHECK(Endpoint{"ipv6:%5bfe80::1%251%5d:443"} == Endpoint{"fe80::1%1", 443});
    CHECK(Endpoint{"[fe80::1%1]:443"} == Endpoint{"fe80::1%1", 443});
    // The devices whose numbers begin with 25 are no escapes, where nothing is escaped.
    CHECK(Endpoint{"[fe80::1%25]:443"} == Endpoint{"fe80::1%25", 443});
    CHECK(Endpoint{"[fe80::1%251]:443"} == Endpoint{"fe80::1%251", 443});
    CHECK(Endpoint{"ipv6:%5Bfe80::1%25251%5D:443"} == Endpoint{"fe80::1%251", 443});
    // no escape that anybody needs
    CHECK(Endpoint{"ipv6:%5Bfe80::1%21%5D:443"} == Endpoint{"fe80::1%21", 443});
    CHECK(Endpoint{"192.0.2.1:65535"}.port == 65535);
    CHECK(Endpoint{"ipv6:%5B::ffff:192.0.2.1%5D:443"} == Endpoint{"192.0.2.1", 443});
    for (char const* wrong : {"",
                              ":",
                              "192.0.2.1",
                              "192.0.2.1:",
                              "192.0.2.1:0",
                              "192.0.2.1:65536",
                              "192.0.2.1:-1",
                              "192.0.2.1:+1",
                              "192.0.2.1:4 3",
                              "::1:80",
                              "2001:db8::1",
                              "[2001:db8::1]",
                              "[2001:db8::1]443",
                              "[2001:db8::1:443",
                              "ipv4:",
                              "ipv6:",
                              "unix:/run/socket",
                              "ipv4:192.0.2.1:99999999999999999999",
                              "ipv6:%5B",
                              "%5",
                              "%"}) {
        INFO(wrong);
        CHECK_FALSE(Endpoint{wrong}.valid());
        CHECK(Endpoint{wrong} == Endpoint{});
    }
    CHECK_FALSE(Endpoint{static_cast<char const*>(nullptr)}.valid());
    CHECK_FALSE(Endpoint{std::string(10'000, ':')}.valid());
    // Whatever it writes, it reads.
    std::mt19937_64 random{20261123};
    for (int round = 0; round < 2000; ++round) {
        Endpoint any{};
        for (unsigned char& byte : any.address)
            byte = static_cast<unsigned char>(random() % 3 ? 0 : random());
        if (random() % 2) {
            any.address[0] = 0xfe;
            any.address[1] = 0x80;
        }
        any.port = static_cast<std::uint16_t>(random() % 65535 + 1);
        any.scope_id = any.link_local() ? static_cast<std::uint32_t>(random() % 1000) : 0;
        CHECK(Endpoint{text(any)} == any);
    }
}

TEST_CASE("Endpoint: from a sockaddr")
{
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(443);
    four.sin_addr.s_addr = htonl(0xc0000201);
    CHECK(Endpoint{four} == Endpoint{"192.0.2.1", 443});
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(443);
    six.sin6_scope_id = 7;
    ::inet_pton(AF_INET6, "fe80::1", &six.sin6_addr);
    CHECK(Endpoint{six} == Endpoint{"fe80::1%7", 443});
    sockaddr_storage storage{};
    std::memcpy(&storage, &six, sizeof six);
    CHECK(Endpoint{storage} == Endpoint{"fe80::1%7", 443});
    CHECK_FALSE(Endpoint{reinterpret_cast<sockaddr const*>(&six), sizeof six - 1}.valid());
    CHECK_FALSE(Endpoint{reinterpret_cast<sockaddr const*>(&four), sizeof four - 1}.valid());
    CHECK_FALSE(Endpoint{reinterpret_cast<sockaddr const*>(&four), 0}.valid());
    CHECK_FALSE(Endpoint{static_cast<sockaddr const*>(nullptr), sizeof four}.valid());
    storage.ss_family = AF_UNIX;
    CHECK_FALSE(Endpoint{storage}.valid());
    struct AsioEndpoint { // shaped as asio::ip::tcp::endpoint
        sockaddr_in address;
        sockaddr const* data() const { return reinterpret_cast<sockaddr const*>(&address); }
        std::size_t size() const { return sizeof address; }
    };
    CHECK(Endpoint{AsioEndpoint{four}} == Endpoint{"192.0.2.1", 443});
    CHECK(EndpointPair{four, six}.remote.scope_id == 7);
}
