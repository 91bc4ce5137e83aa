// SPDX-License-Identifier: BSL-1.0
//
// The lab's own proxy is a proxy: what goes in comes out, in both directions and to the end, and
// what it cannot do it says.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>

using namespace live;

namespace {

struct Proxy {
    explicit Proxy(std::vector<std::string> arguments = {})
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw std::system_error{errno, std::generic_category(), "pipe"};
        Fd const said{ends[0]};
        Fd says{ends[1]};
        arguments.insert(arguments.begin(), {AROMA_EVASIVE_PROXY, "--port", "0"});
        std::vector<char*> argv;
        for (std::string& argument : arguments)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        process = ::fork();
        if (process == 0) {
            ::dup2(says.get(), STDOUT_FILENO);
            ::execv(AROMA_EVASIVE_PROXY, argv.data());
            ::_exit(127);
        }
        says.close();
        std::string text;
        for (char byte; readable(said.get()) && ::read(said.get(), &byte, 1) == 1 && byte != '\n';)
            text += byte;
        REQUIRE(text.find("port ") != std::string::npos);
        address =
            loopback(htons(static_cast<in_port_t>(std::stoi(text.substr(text.find("port ") + 5)))));
    }
    ~Proxy()
    {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
    }
    Proxy(Proxy const&) = delete;

    Fd connect() const
    {
        Fd client = tcp_socket();
        if (::connect(client.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address)
            != 0)
            throw std::system_error{errno, std::generic_category(), "connect"};
        return client;
    }

    pid_t process = -1;
    sockaddr_in address{};
};

void say(Fd const& fd, std::string_view text)
{
    while (!text.empty()) {
        ssize_t const sent = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0)
            throw std::system_error{errno, std::generic_category(), "send"};
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

// So many bytes, or fewer where they end before, with what they ended by.
std::string hear(Fd const& fd, std::size_t size = std::string::npos)
{
    std::string heard;
    char bytes[65536];
    while (heard.size() < size) {
        if (!readable(fd.get(), 10'000))
            return heard + "<silence>";
        ssize_t const got = ::recv(fd.get(), bytes, std::min(sizeof bytes, size - heard.size()), 0);
        if (got < 0)
            return heard + "<reset>";
        if (got == 0)
            return heard + "<end>";
        heard.append(bytes, static_cast<std::size_t>(got));
    }
    return heard;
}

std::string const greeting{"\5\1\0", 3}, welcome{"\5\0", 2};

std::string port_of(Fd const& listener)
{
    in_port_t const port = local_address(listener).sin_port;
    return {reinterpret_cast<char const*>(&port), 2};
}
std::string request(std::string const& to, char command = 1)
{
    return std::string{5, command, 0} + to;
}
std::string to_ipv4(Fd const& listener)
{
    return std::string{1, 127, 0, 0, 1} + port_of(listener);
}
std::string reply(char what)
{
    return std::string{5, what, 0, 1, 0, 0, 0, 0, 0, 0};
}

Connection through(Proxy const& proxy, Fd const& listener)
{
    Connection made;
    made.client = proxy.connect();
    say(made.client, greeting + request(to_ipv4(listener)));
    REQUIRE(hear(made.client, 12) == welcome + reply(0));
    made.server = accept_from(listener);
    return made;
}

std::string noise(std::size_t size, unsigned seed)
{
    std::string bytes(size, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
    return bytes;
}

Fd listening()
{
    Fd listener = tcp_socket();
    start_listening(listener);
    return listener;
}

// Not CHECK(a == b), which would print megabytes.
bool same(std::string const& a, std::string const& b)
{
    return a == b;
}

} // namespace

TEST_CASE("evasive_proxy: megabytes both ways, whatever its ACKs")
{
    auto const arguments =
        GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--answer-first"},
                 std::vector<std::string>{"--quickack"}, std::vector<std::string>{"--delay-acks"});
    bool const client_ends_first = GENERATE(true, false);
    Proxy const proxy{arguments};
    Fd const listener = listening();
    Connection c = through(proxy, listener);
    Fd const &first = client_ends_first ? c.client : c.server,
             &second = client_ends_first ? c.server : c.client;
    std::string const there = noise(8'000'000, 1), back = noise(5'000'000, 2),
                      last = noise(3'000'000, 3);

    std::thread talks{[&] {
        say(first, there);
        ::shutdown(first.get(), SHUT_WR);
    }};
    std::thread answers{[&] { say(second, back); }};
    std::string heard_by_first;
    std::thread listens{[&] { heard_by_first = hear(first, back.size()); }};
    CHECK(same(hear(second), there + "<end>"));
    talks.join(), answers.join(), listens.join();
    CHECK(same(heard_by_first, back));
    std::thread goes_on{[&] {
        say(second, last); // over a connection that is half closed
        ::shutdown(second.get(), SHUT_WR);
    }};
    CHECK(same(hear(first), last + "<end>"));
    goes_on.join();
}

TEST_CASE("evasive_proxy: buffers no more than a socket")
{
    Proxy const proxy;
    Fd const listener = listening();
    Connection c = through(proxy, listener);
    std::string const block = noise(1'000'000, 4);
    std::string sent;
    for (pollfd room{c.client.get(), POLLOUT, 0};
         sent.size() < 100'000'000 && ::poll(&room, 1, 500) == 1;) {
        ssize_t const size =
            ::send(c.client.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        REQUIRE(size > 0);
        sent.append(block, 0, static_cast<std::size_t>(size));
    }
    CHECK(sent.size() < 50'000'000);
    ::shutdown(c.client.get(), SHUT_WR);
    CHECK(same(hear(c.server), sent + "<end>"));
}

TEST_CASE("evasive_proxy: data before a reset arrives")
{
    Proxy const proxy;
    Fd const listener = listening();
    Connection c = through(proxy, listener);
    say(c.server, "an answer");
    set_option(c.server, SOL_SOCKET, SO_LINGER, linger{1, 0});
    c.server.close();
    std::string const heard = hear(c.client);
    CHECK(heard.substr(0, 9) == "an answer");
    CHECK((heard.substr(9) == "<end>" || heard.substr(9) == "<reset>"));
}

TEST_CASE("evasive_proxy: servers by IPv4, IPv6 and name")
{
    Proxy const proxy;
    auto const reaches = [&](Fd const& listener, std::string const& to) {
        Fd const client = proxy.connect();
        set_option(client, IPPROTO_TCP, TCP_NODELAY, 1);
        for (char const byte : greeting + request(to) + "first words")
            say(client, {&byte, 1});
        CHECK(hear(client, 12) == welcome + reply(0));
        Fd const server = accept_from(listener);
        CHECK(hear(server, 11) == "first words");
    };
    Fd const listener = listening();
    reaches(listener, to_ipv4(listener));
    reaches(listener, std::string{"\3\11localhost"} + port_of(listener));

    Fd const listener6 = tcp_socket(IPPROTO_TCP, AF_INET6);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    socklen_t size = sizeof address;
    if (::bind(listener6.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) {
        skipped("no IPv6 here");
        return;
    }
    REQUIRE(::listen(listener6.get(), 1) == 0);
    REQUIRE(::getsockname(listener6.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    reaches(listener6, std::string{4} + std::string(15, '\0') + '\1'
                           + std::string(reinterpret_cast<char*>(&address.sin6_port), 2));
}

TEST_CASE("evasive_proxy: refuses with the reply that says why")
{
    Proxy const proxy;
    Fd const listener = listening();
    // that listener is closed again
    std::string const fine = to_ipv4(listener), nobody = [] { return to_ipv4(listening()); }();
    auto const answer = [&](std::string const& bytes) {
        Fd const client = proxy.connect();
        say(client, bytes);
        return hear(client);
    };
    CHECK(answer(std::string{"\4\1\0\120\177\0\0\1\0", 9})
          == std::string{"\0\x5b\0\0\0\0\0\0", 8} + "<end>");
    CHECK(answer("GET / HTTP/1.1\r\n\r\n") == "<end>");
    CHECK(answer("\5\2\1\2") == "\5\xff<end>");
    CHECK(answer(greeting + std::string{"\4\1\0", 3} + fine) == welcome + reply(1) + "<end>");
    CHECK(answer(greeting + request(fine, 2)) == welcome + reply(7) + "<end>");
    CHECK(answer(greeting + request(fine, 3)) == welcome + reply(7) + "<end>");
    CHECK(answer(greeting + request("\2" + fine)) == welcome + reply(8) + "<end>");
    CHECK(answer(greeting + request(nobody)) == welcome + reply(5) + "<end>");
    CHECK(answer(greeting + request(nobody) + noise(10'000, 5)) == welcome + reply(5) + "<end>");

    Proxy const hasty{{"--answer-first"}};
    Fd const client = hasty.connect();
    say(client, greeting + request(nobody) + "hello?");
    std::string const heard = hear(client);
    CHECK((heard == welcome + reply(0) + "<end>" || heard == welcome + reply(0) + "<reset>"));

    for (unsigned i = 0; i < 300; ++i) {
        Fd const garbage = proxy.connect();
        say(garbage, (i % 3 ? greeting : std::string{}) + noise(i, i));
        if (i % 2)
            set_option(garbage, SOL_SOCKET, SO_LINGER, linger{1, 0});
    }
    Connection c = through(proxy, listener);
    send_and_receive(c.client, c.server, "still there");
    send_and_receive(c.server, c.client, "yes");
}

TEST_CASE("evasive_proxy: wrong arguments print the usage")
{
    for (std::string const wrong :
         {"", "--port", "--port x", "--port 65536", "--port 0 --quickack --delay-acks",
          "--port 0 --mark 0", "--port 0 --fast"})
        CHECK(::system(("'" AROMA_EVASIVE_PROXY "' " + wrong + " 2>&1 | grep -q usage").c_str())
              == 0);
}
