// SPDX-License-Identifier: BSL-1.0
//
// score(fd) on every kind of descriptor that a program can hold: a clear status for each, and no
// harm done.

#include "../support/catch.hpp"
#include "../support/seccomp.hpp"
#include "../support/sockets.hpp"

#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <initializer_list>

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <net/ethernet.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>

using aroma::Band;
using aroma::Status;
using namespace live;

namespace {

// What every descriptor without a score has in common.
void check_status(char const* what, int fd, Status expected)
{
    INFO(what);
    errno = ERANGE;
    aroma::Assessment const a = aroma::score(fd);
    CHECK(errno == ERANGE);
    CHECK(std::string{name(a.status)} == name(expected));
    CHECK(a.band == Band::unknown);
    CHECK(a.basis == aroma::Basis::none);
    CHECK_FALSE(a.score.known());
}

void check_socket(char const* what, int family, int type, int protocol, Status expected)
{
    Fd const fd{::socket(family, type, protocol)};
    if (fd)
        check_status(what, fd.get(), expected);
    else
        skipped(std::string{what} + ": " + std::strerror(errno));
}

} // namespace

TEST_CASE("score: not an open descriptor")
{
    check_status("minus one", -1, Status::bad_descriptor);
    check_status("a number that was never opened", 1'000'000, Status::bad_descriptor);
    check_status("the smallest int", -2147483647 - 1, Status::bad_descriptor);
    Connection c = connected();
    int const number = c.server.get();
    c.server.close();
    check_status("closed", number, Status::bad_descriptor);
    check_status("O_PATH", checked(::open("/", O_PATH | O_CLOEXEC), "open").get(),
                 Status::bad_descriptor);
    CHECK(aroma::read(-1).error_number == EBADF);
}

TEST_CASE("score: open, but not a socket")
{
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    Fd const read_end{ends[0]}, write_end{ends[1]};
    check_status("pipe, read end", read_end.get(), Status::not_a_socket);
    check_status("pipe, write end", write_end.get(), Status::not_a_socket);
    check_status("file", checked(::open("/proc/self/exe", O_RDONLY), "open").get(),
                 Status::not_a_socket);
    check_status("directory", checked(::open("/", O_RDONLY | O_DIRECTORY), "open").get(),
                 Status::not_a_socket);
    check_status("/dev/null", checked(::open("/dev/null", O_RDWR), "open").get(),
                 Status::not_a_socket);
    check_status("eventfd", checked(::eventfd(0, 0), "eventfd").get(), Status::not_a_socket);
    check_status("epoll", checked(::epoll_create1(0), "epoll").get(), Status::not_a_socket);
    check_status("timerfd", checked(::timerfd_create(CLOCK_MONOTONIC, 0), "timerfd").get(),
                 Status::not_a_socket);
    CHECK(aroma::read(read_end.get()).error_number == ENOTSOCK);
}

TEST_CASE("score: a socket, but not TCP")
{
    check_socket("Unix stream", AF_UNIX, SOCK_STREAM, 0, Status::not_tcp);
    check_socket("Unix datagram", AF_UNIX, SOCK_DGRAM, 0, Status::not_tcp);
    check_socket("UDP over IPv4", AF_INET, SOCK_DGRAM, 0, Status::not_tcp);
    check_socket("UDP over IPv6", AF_INET6, SOCK_DGRAM, 0, Status::not_tcp);
    check_socket("netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, Status::not_tcp);
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    Fd const one{ends[0]}, other{ends[1]};
    check_status("socketpair", one.get(), Status::not_tcp);
    check_socket("netlink whose protocol is 6, as TCP's", AF_NETLINK, SOCK_RAW, NETLINK_XFRM,
                 Status::not_tcp);
}

TEST_CASE("score: a raw socket of TCP's protocol")
{
    check_socket("raw TCP over IPv4", AF_INET, SOCK_RAW, IPPROTO_TCP, Status::not_tcp);
    check_socket("raw TCP over IPv6", AF_INET6, SOCK_RAW, IPPROTO_TCP, Status::not_tcp);
}

// As a sandbox does it: the system call fails, and what it would have failed for is not seen.
TEST_CASE("score: TCP without TCP_INFO is not taken for another kind")
{
    struct Sandbox {
        int error;
        Status of_tcp, of_others;
    };
    constexpr Sandbox sandboxes[] = {{EOPNOTSUPP, Status::no_tcp_info, Status::not_tcp},
                                     {ENOPROTOOPT, Status::no_tcp_info, Status::not_tcp},
                                     {EINVAL, Status::no_tcp_info, Status::not_tcp},
                                     {ENOSYS, Status::no_tcp_info, Status::not_tcp},
                                     {EPERM, Status::refused, Status::refused},
                                     {EACCES, Status::refused, Status::refused}};
    Connection c = connected();
    c.exchange();
    Fd const datagrams{::socket(AF_INET6, SOCK_DGRAM, 0)}, local{::socket(AF_UNIX, SOCK_STREAM, 0)},
        multipath{::socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)};
    for (Sandbox const& sandbox : sandboxes) {
        INFO("error " << sandbox.error);
        REQUIRE(aroma::score(c.server.get()).status == Status::ok);
        std::string const said = support::in_child([&]() -> std::string {
            if (!support::refuse(SYS_getsockopt, sandbox.error, IPPROTO_TCP, TCP_INFO))
                return "aroma: skipped: no seccomp";
            std::string text;
            for (Fd const* const fd :
                 std::initializer_list<Fd const*>{&c.server, &multipath, &datagrams, &local}) {
                if (!*fd)
                    continue;
                errno = ERANGE;
                aroma::TcpInfo const info = aroma::read(fd->get());
                bool const tcp = fd == &c.server || fd == &multipath;
                if (errno != ERANGE || info.error_number != sandbox.error
                    || info.status != (tcp ? sandbox.of_tcp : sandbox.of_others)
                    || aroma::score(fd->get()).status != info.status)
                    text += std::string{tcp ? "TCP: " : "another: "} + name(info.status) + '\n';
            }
            return text;
        });
        if (said.starts_with("aroma: skipped"))
            return skipped("no seccomp");
        CHECK(said == "");
    }
    // what is no socket says so itself
    Fd const file{::open("/dev/null", O_RDONLY)};
    CHECK(support::in_child([&]() -> std::string {
              if (!support::refuse(SYS_getsockopt, ENOSYS, IPPROTO_TCP, TCP_INFO))
                  return "not_a_socket bad_descriptor";
              return name(aroma::score(file.get()).status) + std::string{" "}
                   + name(aroma::score(-1).status);
          })
          == "not_a_socket bad_descriptor");
    // and if not even its kind is known
    for (auto const& [error, status] :
         {std::pair{ENOPROTOOPT, "refused"}, {ENOSYS, "no_tcp_info"}}) {
        std::string const said = support::in_child([&, error = error]() -> std::string {
            if (!support::refuse(SYS_getsockopt, error))
                return "aroma: skipped: no seccomp";
            return name(aroma::score(c.server.get()).status);
        });
        CHECK(said == status);
    }
}

TEST_CASE("score: a raw socket over IPv4")
{
    check_socket("raw over IPv4", AF_INET, SOCK_RAW, IPPROTO_ICMP, Status::not_tcp);
}
TEST_CASE("score: a raw socket over IPv6")
{
    check_socket("raw over IPv6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, Status::not_tcp);
}
TEST_CASE("score: a packet socket")
{
    check_socket("packet", AF_PACKET, SOCK_RAW, htons(ETH_P_ALL), Status::not_tcp);
}
TEST_CASE("score: a vsock socket")
{
    check_socket("vsock", AF_VSOCK, SOCK_STREAM, 0, Status::not_tcp);
}

TEST_CASE("score: a TCP socket that is not connected")
{
    check_socket("over IPv4", AF_INET, SOCK_STREAM, 0, Status::not_connected);
    check_socket("over IPv6", AF_INET6, SOCK_STREAM, 0, Status::not_connected);
    Fd const bound = tcp_socket();
    sockaddr_in const address = loopback();
    REQUIRE(::bind(bound.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
    check_status("bound", bound.get(), Status::not_connected);
    Fd const nobody_there = tcp_socket();
    sockaddr_in const closed_port = local_address(bound);
    REQUIRE(::connect(nobody_there.get(), reinterpret_cast<sockaddr const*>(&closed_port),
                      sizeof closed_port)
            == -1);
    check_status("refused by the peer", nobody_there.get(), Status::not_connected);
}

TEST_CASE("score: a listener")
{
    Fd const listener = tcp_socket();
    start_listening(listener);
    check_status("idle", listener.get(), Status::listening);
    Fd const client = tcp_socket();
    connect_to(client, listener);
    check_status("a client waiting to be accepted", listener.get(), Status::listening);
}

TEST_CASE("score: connecting, the SYN is on its way")
{
    // A listener whose queue is full drops further SYNs, so that a connection stays where this test
    // wants it.
    Fd const listener = tcp_socket();
    start_listening(listener, 0);
    Fd waiting[8];
    for (Fd& client : waiting) {
        client = tcp_socket();
        ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
        sockaddr_in const address = local_address(listener);
        ::connect(client.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address);
    }
    REQUIRE(aroma::read(waiting[7].get()).state == aroma::TcpState::syn_sent);
    check_status("SYN_SENT", waiting[7].get(), Status::handshaking);
}

TEST_CASE("segment_shortfall: segments shorter than this host's")
{
    // as over Ethernet, and through something that takes 60 bytes
    constexpr int own = 1460, peers = 1400;
    for (int const family : {AF_INET, AF_INET6}) {
        Fd listener, client;
        try {
            listener = tcp_socket(IPPROTO_TCP, family);
            client = tcp_socket(IPPROTO_TCP, family);
        } catch (std::system_error const& why) {
            skipped(why.what());
            continue;
        }
        sockaddr_storage address{};
        address.ss_family = static_cast<sa_family_t>(family);
        if (family == AF_INET6)
            reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
        else
            reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
        auto* const where = reinterpret_cast<sockaddr*>(&address);
        set_option(listener, IPPROTO_TCP, TCP_MAXSEG, own);
        set_option(client, IPPROTO_TCP, TCP_MAXSEG, peers);
        if (::bind(listener.get(), where, length) != 0 || ::listen(listener.get(), 1) != 0
            || ::getsockname(listener.get(), where, &length) != 0
            || ::connect(client.get(), where, length) != 0) {
            skipped(std::string{"no loopback: "} + std::strerror(errno));
            continue;
        }
        Fd const server =
            checked(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept");
        aroma::TcpInfo const info = aroma::read(server.get());
        INFO(info.snd_mss << " of " << info.advmss);
        CHECK(segment_shortfall(info) == own - peers);
        CHECK(segment_shortfall(aroma::read(client.get())) == 0);
    }
}
