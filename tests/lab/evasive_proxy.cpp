// SPDX-License-Identifier: BSL-1.0
//
// A SOCKS5 proxy (RFC 1928: CONNECT, no authentication) that does what an operator may do against
// being measured: it answers before it dials, and decides when its kernel acknowledges what the
// server sends. A process for each connection: what befalls one of them befalls no other.

#include "../../examples/common/command_line.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Options {
    // says that it has connected, and dials when the client's first bytes are there
    bool answer_first = false;
    bool quickack = false; // acknowledges the server at once
    // Acknowledges the server as late as Linux allows: after 200 ms at most (TCP_DELACK_MAX), and
    // not later than the RTT between the two, or 40 ms if that is longer (TCP_DELACK_MIN), so after
    // 40 ms on a short leg; and two full segments never wait.
    bool delay_acks = false;
    int mark = 0; // SO_MARK of the connections to servers, by which nftables knows them
} options;

// in ms, for a client that does not say what it wants, and for a server that does not answer
constexpr int patience = 5000;

enum Reply : unsigned char {
    succeeded = 0,
    general_failure = 1,
    network_unreachable = 3,
    host_unreachable = 4,
    connection_refused = 5,
    command_not_supported = 7,
    address_type_not_supported = 8,
};

bool set(int fd, int level, int option, int value)
{
    return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// The kernel takes TCP_QUICKACK for a hint that it forgets, so it is repeated after each read.
void decide_about_acks(int server)
{
    if (options.quickack || options.delay_acks)
        set(server, IPPROTO_TCP, TCP_QUICKACK, options.quickack);
}

bool wait_for(int fd, short event, int milliseconds)
{
    pollfd wanted{fd, event, 0};
    return ::poll(&wanted, 1, milliseconds) == 1;
}

bool read_exactly(int fd, void* bytes, std::size_t size)
{
    for (char* at = static_cast<char*>(bytes); size > 0;) {
        ssize_t const got = wait_for(fd, POLLIN, patience) ? ::read(fd, at, size) : 0;
        if (got <= 0)
            return false;
        at += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

void say(int client, std::string_view bytes)
{
    // a few bytes into an empty buffer
    [[maybe_unused]] ssize_t const sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void reply(int client, Reply what)
{
    say(client, {std::array<char, 10>{5, static_cast<char>(what), 0, 1}.data(), 10});
}

struct Destination {
    std::string host; // an address in digits, or a name
    in_port_t port = 0;
};

// What the client asks for; where that cannot be had, the refusal is said already.
bool understood(int client, Destination& destination)
{
    unsigned char head[4], methods[255];
    if (!read_exactly(client, head, 1) || head[0] != 5) {
        if (head[0] == 4)
            // SOCKS4's own refusal; there is none for what is not SOCKS at all
            say(client, {"\0\x5b\0\0\0\0\0\0", 8});
        return false;
    }
    if (!read_exactly(client, head, 1) || !read_exactly(client, methods, head[0]))
        return false;
    if (!std::memchr(methods, 0, head[0])) {
        say(client, "\5\xff");
        return false;
    }
    say(client, {"\5\0", 2});
    if (!read_exactly(client, head, 4))
        return false;
    if (head[0] != 5) {
        reply(client, general_failure);
        return false;
    }
    char host[256] = {}, digits[INET6_ADDRSTRLEN];
    unsigned char size = head[3] == 4 ? 16 : 4;
    if (head[3] != 1 && head[3] != 3 && head[3] != 4) {
        reply(client, address_type_not_supported);
        return false;
    }
    if ((head[3] == 3 && !read_exactly(client, &size, 1)) || !read_exactly(client, host, size)
        || !read_exactly(client, &destination.port, 2))
        return false;
    if (head[1] != 1) {
        reply(client, command_not_supported);
        return false;
    }
    destination.host =
        head[3] == 3 ? host
                     : ::inet_ntop(head[3] == 1 ? AF_INET : AF_INET6, host, digits, sizeof digits);
    destination.port = ntohs(destination.port);
    return true;
}

// A connected socket, or -1 and the reason.
int dial(Destination const& destination, Reply& why)
{
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    why = host_unreachable;
    if (::getaddrinfo(destination.host.c_str(), std::to_string(destination.port).c_str(), &hints,
                      &found)
        != 0)
        return -1;
    int server = -1;
    for (addrinfo* address = found; address; address = address->ai_next) {
        server = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        timeval const limit{patience / 1000, 0};
        // which bounds connect() too
        ::setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (server >= 0 && (!options.mark || set(server, SOL_SOCKET, SO_MARK, options.mark))
            && ::connect(server, address->ai_addr, address->ai_addrlen) == 0)
            break;
        switch (errno) {
        case ECONNREFUSED: why = connection_refused; break;
        case ENETUNREACH: why = network_unreachable; break;
        case EHOSTUNREACH:
        case EINPROGRESS: // SO_SNDTIMEO has passed
        case ETIMEDOUT: why = host_unreachable; break;
        default: why = general_failure;
        }
        ::close(server);
        server = -1;
    }
    ::freeaddrinfo(found);
    return server;
}

// One way: what was read from one socket and not yet written to the other, then the end of it.
class Pipe {
public:
    Pipe(int from, int to, bool from_server) : from_{from}, to_{to}, from_server_{from_server} {}

    bool wants_to_read() const { return !ended_ && begin_ == end_; }
    bool wants_to_write() const { return begin_ != end_; }
    bool done() const { return ended_ && begin_ == end_; }
    // `from` is gone, and all that had come from it is on its way
    bool broken() const { return broken_ && done(); }

    void carry()
    {
        if (wants_to_read()) {
            ssize_t const got = ::read(from_, bytes_.data(), bytes_.size());
            if (got < 0 && (errno == EAGAIN || errno == EINTR))
                return;
            begin_ = 0;
            end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
            ended_ = got <= 0;
            broken_ = got < 0;
            if (from_server_)
                decide_about_acks(from_);
        }
        if (wants_to_write()) {
            ssize_t const sent = ::send(to_, bytes_.data() + begin_, end_ - begin_, MSG_NOSIGNAL);
            if (sent > 0) {
                begin_ += static_cast<std::size_t>(sent);
            } else if (errno != EAGAIN && errno != EINTR) {
                begin_ = end_; // `to` is gone; what had come from it is the other pipe's affair
                ended_ = true;
            }
        }
        if (done() && !shut_)
            shut_ = ::shutdown(to_, SHUT_WR) <= 0;
    }

private:
    int from_, to_;
    bool from_server_, ended_ = false, broken_ = false, shut_ = false;
    std::size_t begin_ = 0, end_ = 0;
    std::array<char, 65536> bytes_;
};

void carry_both_ways(int client, int server)
{
    for (int const fd : {client, server}) {
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
        set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    decide_about_acks(server);
    Pipe there{client, server, false}, back{server, client, true};
    while (!(there.done() && back.done()) && !there.broken() && !back.broken()) {
        pollfd waiting[] = {{client, 0, 0}, {server, 0, 0}};
        auto const wants = [](Pipe const& in, Pipe const& out) {
            return static_cast<short>((in.wants_to_read() ? POLLIN : 0)
                                      | (out.wants_to_write() ? POLLOUT : 0));
        };
        waiting[0].events = wants(there, back);
        waiting[1].events = wants(back, there);
        for (pollfd& one : waiting)
            if (!one.events)
                one.fd = -1; // poll() would report its end over and over
        if (::poll(waiting, 2, -1) < 0 && errno != EINTR)
            return;
        there.carry();
        back.carry();
    }
}

// Lets the client read what it was told: to close a socket with bytes unread would reset the
// connection.
void part(int client)
{
    char unread[4096];
    ::shutdown(client, SHUT_WR);
    for (int i = 0;
         i < 64 && wait_for(client, POLLIN, 1000) && ::read(client, unread, sizeof unread) > 0;
         ++i) {}
}

void serve(int client)
{
    set(client, IPPROTO_TCP, TCP_NODELAY, 1);
    Destination destination;
    if (!understood(client, destination))
        return part(client);
    if (options.answer_first) {
        reply(client, succeeded);
        wait_for(client, POLLIN, 1000); // in some protocols it is the server who speaks first
    }
    Reply why;
    int const server = dial(destination, why);
    if (!options.answer_first)
        reply(client, server < 0 ? why : succeeded);
    if (server < 0)
        return part(client);
    carry_both_ways(client, server);
}

[[noreturn]] void give_up(char const* what)
{
    std::fprintf(stderr, "aroma-evasive-proxy: %s: %s\n", what, std::strerror(errno));
    std::exit(1);
}

} // namespace

int main(int argc, char** argv)
{
    std::uint16_t port = 0;
    examples::CommandLine line{"aroma-evasive-proxy",
                               "A SOCKS5 proxy that hides the way to its client."};
    line.add_option("--port", port, "0: any free port")->required();
    line.add_flag("--answer-first", options.answer_first, "say that it has connected, then dial");
    auto* const quickack =
        line.add_flag("--quickack", options.quickack, "acknowledge the server at once");
    line.add_flag("--delay-acks", options.delay_acks,
                  "acknowledge the server as late as Linux allows")
        ->excludes(quickack);
    line.add_option("--mark", options.mark, "SO_MARK of the connections to servers")
        ->check(CLI::PositiveNumber);
    line.parse_or_exit(argc, argv);

    int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0
        || ::listen(listener, 128) != 0
        || ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        give_up("cannot listen");
    ::signal(SIGCHLD, SIG_IGN); // no process waits for the others
    std::printf("listening on port %d\n", ntohs(address.sin_port));
    if (std::fflush(stdout) != 0)
        give_up("standard output");
    for (;;) {
        int const client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        pid_t const process = client < 0 ? -1 : ::fork();
        if (process == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::close(listener);
            serve(client);
            return 0;
        }
        if (client >= 0)
            ::close(client);
        if (process < 0)
            ::usleep(10'000); // out of descriptors or processes: the others end some time
    }
}
