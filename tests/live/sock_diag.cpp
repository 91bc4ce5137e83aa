// SPDX-License-Identifier: BSL-1.0
//
// sock_diag of a real kernel: connections of our own found by their addresses, told once each, and
// never another's numbers.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>

#include <algorithm>
#include <chrono>
#include <set>
#include <vector>

#include <dirent.h>
#include <linux/netlink.h>
#include <sys/syscall.h>

using aroma::DiagConnection;
using aroma::DiagFilter;
using aroma::Endpoint;
using aroma::EndpointPair;
using aroma::SockDiagError;
using aroma::Status;
using aroma::TcpState;
using namespace live;

namespace {

Endpoint end(int fd, decltype(::getsockname) get = ::getsockname)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (get(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::system_error{errno, std::generic_category(), "getsockname"};
    return address;
}

EndpointPair ends(Fd const& fd)
{
    return {end(fd.get()), end(fd.get(), ::getpeername)};
}

std::string status(EndpointPair const& ends)
{
    errno = ERANGE;
    std::string const is = name(aroma::score(ends).status);
    CHECK(errno == ERANGE);
    return is;
}

Fd listener6(char const* address, bool only6)
{
    Fd listener = tcp_socket(IPPROTO_TCP, AF_INET6);
    sockaddr_in6 here{};
    here.sin6_family = AF_INET6;
    REQUIRE(::inet_pton(AF_INET6, address, &here.sin6_addr) == 1);
    set_option(listener, IPPROTO_IPV6, IPV6_V6ONLY, only6 ? 1 : 0);
    if (::bind(listener.get(), reinterpret_cast<sockaddr const*>(&here), sizeof here) != 0
        || ::listen(listener.get(), 128) != 0)
        return {};
    return listener;
}

Fd connect6(Fd const& listener)
{
    sockaddr_in6 there{};
    socklen_t length = sizeof there;
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&there), &length) == 0);
    if (IN6_IS_ADDR_UNSPECIFIED(&there.sin6_addr))
        there.sin6_addr = in6addr_loopback;
    Fd client = tcp_socket(IPPROTO_TCP, AF_INET6);
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr const*>(&there), sizeof there) == 0);
    return client;
}

// Both ends of it, found by their addresses, say what their descriptors say.
void check_found(Connection const& c)
{
    ::usleep(100'000); // the last delayed ACK, 40 ms on Linux, has been measured
    for (Fd const* const fd : {&c.server, &c.client}) {
        aroma::TcpInfo const by_fd = aroma::read(fd->get()), by_ends = aroma::read(ends(*fd));
        CHECK(std::string{name(by_ends.status)} == "ok");
        CHECK(by_ends.rtt == by_fd.rtt);
        CHECK(by_ends.state == by_fd.state);
        CHECK(by_ends.bytes_acked == by_fd.bytes_acked);
        CHECK(by_ends.data_segs_out == by_fd.data_segs_out);
        CHECK(aroma::score(ends(*fd)) == aroma::score(fd->get()));
        // by its peer alone
        CHECK(aroma::read({{}, end(fd->get(), ::getpeername)}).rtt == by_fd.rtt);
        CHECK(aroma::read({Endpoint{"0.0.0.0", end(fd->get()).port}, end(fd->get(), ::getpeername)})
                  .rtt
              == by_fd.rtt);
    }
}

int open_descriptors()
{
    int count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    while (folder && ::readdir(folder))
        ++count;
    ::closedir(folder);
    return count;
}

bool none_here()
{
    aroma::DiagResult const result = aroma::for_each_connection([](DiagConnection const&) {});
    if (result.error == SockDiagError::no_sock_diag || result.error == SockDiagError::refused)
        skipped(std::string{"no sock_diag for TCP here: "} + name(result.error) + ", "
                + std::strerror(result.error_number));
    else
        CHECK(std::string{name(result.error)} == "none");
    return result.error != SockDiagError::none;
}

} // namespace

TEST_CASE("sock_diag: a connection by its IPv4 addresses")
{
    if (none_here())
        return;
    Connection c = connected();
    CHECK(status(ends(c.server)) == "handshake_only");
    c.exchange();
    check_found(c);
    // As text, which is what most frameworks tell.
    EndpointPair const as_text{Endpoint{std::string{"127.0.0.1"}, ends(c.server).local.port},
                               Endpoint{"::ffff:127.0.0.1", ends(c.server).remote.port}};
    CHECK(as_text == ends(c.server));
    CHECK(status(as_text) == "ok");
    ::shutdown(c.client.get(), SHUT_WR);
    REQUIRE(readable(c.server.get()));
    CHECK(aroma::read(ends(c.server)).state == TcpState::close_wait);
}

TEST_CASE("sock_diag: a connection by IPv6, and IPv4 in IPv6")
{
    if (none_here())
        return;
    Fd const six = listener6("::1", true);
    if (!six)
        return skipped("no IPv6 loopback");
    Fd client = connect6(six);
    Connection c{std::move(client), accept_from(six)};
    c.exchange();
    CHECK_FALSE(ends(c.server).remote.ipv4());
    check_found(c);

    Fd const dual = listener6("::", false);
    REQUIRE(dual);
    client = connect6(dual);
    c = {std::move(client), accept_from(dual)};
    c.exchange();
    check_found(c);
    client = tcp_socket();
    sockaddr_in four = loopback(htons(end(dual.get()).port));
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr const*>(&four), sizeof four) == 0);
    c = {std::move(client), accept_from(dual)};
    c.exchange();
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    REQUIRE(::getpeername(c.server.get(), reinterpret_cast<sockaddr*>(&peer), &length) == 0);
    CHECK(peer.ss_family == AF_INET6);
    CHECK(ends(c.server).remote.ipv4());
    check_found(c);
}

TEST_CASE("sock_diag: a link-local connection needs its device")
{
    std::string const why_not = in_own_namespace([] {
        if (std::system("ip -6 addr add fe80::7/64 dev lo nodad") != 0)
            return skipped("no link-local address for loopback: no IPv6, or no ip command");
        // The kernel adds the address's route from a work queue. A SYN before that is lost.
        REQUIRE(std::system("for try in $(seq 100); do "
                            "ip -6 route show table local | grep -q 'local fe80::7 ' && exit; "
                            "sleep 0.05; done; exit 1")
                == 0);
        Fd const listener = tcp_socket(IPPROTO_TCP, AF_INET6);
        sockaddr_in6 here{};
        here.sin6_family = AF_INET6;
        REQUIRE(::inet_pton(AF_INET6, "fe80::7", &here.sin6_addr) == 1);
        here.sin6_scope_id = ::if_nametoindex("lo");
        REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr const*>(&here), sizeof here) == 0);
        REQUIRE(::listen(listener.get(), 8) == 0);
        Fd client = connect6(listener);
        Connection c{std::move(client), accept_from(listener)};
        c.exchange();
        check_found(c);
        char buffer[72];
        CHECK(std::string{ends(c.server).local.text(buffer)}.find(
                  "[fe80::7%" + std::to_string(here.sin6_scope_id) + "]:")
              == 0);
        CHECK(Endpoint{"fe80::7%lo", ends(c.server).local.port} == ends(c.server).local);
        EndpointPair without = ends(c.server);
        without.local.scope_id = without.remote.scope_id = 0;
        CHECK(status(without) == "not_found");
        bool told = false;
        auto const result = aroma::for_each_connection(
            [&](DiagConnection const& d) { told = told || d.ends == ends(c.server); });
        CHECK(result.error == SockDiagError::none);
        CHECK(told);
    });
    if (!why_not.empty())
        skipped(why_not);
}

TEST_CASE("sock_diag: unknown addresses are not_found, never a listener's")
{
    if (none_here())
        return;
    Fd const listener = tcp_socket();
    start_listening(listener);
    Connection c = connect_through(listener, tcp_socket());
    c.exchange();
    EndpointPair const right = ends(c.server);
    for (int change = 0; change < 6; ++change) {
        EndpointPair wrong = right;
        switch (change) {
        case 0: wrong.remote.port ^= 1; break;
        case 1: wrong.remote.address[15] ^= 2; break;
        case 2: wrong.local.address[15] ^= 2; break;
        case 3: wrong.local.port ^= 1; break;
        case 4: wrong = {end(listener.get()), Endpoint{"192.0.2.1", 5}}; break;
        // the listener itself
        default: wrong = {end(listener.get()), Endpoint{"0.0.0.0", 0}}; break;
        }
        INFO(change);
        CHECK(status(wrong) == "not_found");
        aroma::TcpInfo const info = aroma::read(wrong);
        CHECK(info.state == TcpState{});
        CHECK(info.rtt == aroma::RttSample<aroma::Microseconds>{});
        CHECK((info.error_number == ENOENT || info.error_number == EINVAL));
    }
    CHECK(status({{}, Endpoint{"192.0.2.1", 5}}) == "not_found");
    CHECK(status({Endpoint{"2001:db8::1", 443}, Endpoint{"2001:db8::2", 5}}) == "not_found");

    // Its end, by either side.
    c.client.close();
    REQUIRE(readable(c.server.get()));
    c.server.close();
    std::string const after = status(right);
    CHECK((after == "closed" || after == "not_found"));
    c = connect_through(listener, tcp_socket());
    EndpointPair const reset = ends(c.server);
    c.reset_by_client();
    CHECK(status(reset) == "not_found");
}

TEST_CASE("sock_diag: exchanges, stopwatches and a history")
{
    if (none_here())
        return;
    Connection c = connected();
    // One exchange is enough: on a busy machine the two pauses differ too much to agree.
    aroma::ConnectionHistory memory{{.min_exchanges = 1}};
    ::usleep(60'000);
    send_and_receive(c.client, c.server, "hello");
    CHECK(aroma::score(ends(c.server)) == aroma::score(c.server.get()));
    CHECK(aroma::score(ends(c.server)).band == aroma::Band::suspicious); // a long opening
    CHECK(aroma::score(ends(c.server), memory).band == aroma::Band::suspicious);
    REQUIRE(::send(c.server.get(), "redirect", 8, MSG_NOSIGNAL) == 8);
    CHECK(aroma::probe_sent(ends(c.server), memory, 7, {.any_pieces = true}) == Status::ok);
    char redirect[8];
    REQUIRE(::recv(c.client.get(), redirect, sizeof redirect, MSG_WAITALL) == 8);
    ::usleep(60'000);
    send_and_receive(c.client, c.server, "request");
    aroma::DiagSocket socket; // kept
    aroma::TcpInfo const info = aroma::read(ends(c.server), socket);
    aroma::Options<> const with_stopwatch{.stopwatch = std::chrono::milliseconds{61}};
    CHECK(aroma::probe_answered(info, memory, 7, aroma::Nanoseconds{0}, with_stopwatch).band
          == aroma::Band::proxy);
    CHECK(memory.counted() == 1);
    constexpr auto all_normal = aroma::ThresholdClassifier::with({0, 0, 0});
    aroma::Options<> const lenient{.classifier = all_normal,
                                   .application_rtt = std::chrono::milliseconds{90}};
    CHECK(aroma::score(ends(c.server), lenient).band == aroma::Band::normal);
    CHECK(aroma::score(ends(c.server), aroma::Options<aroma::MinOverSmoothed>{}).basis
          == aroma::Basis::min_over_smoothed);
}

TEST_CASE("for_each_connection: every connection of the host, once")
{
    if (none_here())
        return;
    constexpr std::size_t many = 400;
    Fd const listener = tcp_socket(), another = tcp_socket();
    start_listening(listener);
    start_listening(another);
    Fd const six = listener6("::1", true);
    std::vector<Connection> connections;
    std::multiset<std::string> wanted;
    auto const key = [](EndpointPair const& e) {
        char local[72], remote[72];
        return std::string{e.local.text(local)} + " " + e.remote.text(remote);
    };
    for (std::size_t i = 0; i < many; ++i) {
        if (i % 4 == 3 && six) {
            Fd client = connect6(six);
            Fd server = accept_from(six);
            connections.push_back({std::move(client), std::move(server)});
        } else {
            connections.push_back(connect_through(i % 2 ? another : listener, tcp_socket()));
        }
        if (i % 10 == 0)
            connections.back().exchange();
        wanted.insert(key(ends(connections.back().server)));
        wanted.insert(key(ends(connections.back().client)));
    }
    std::multiset<std::string> told;
    std::size_t scored = 0, in_all = 0;
    errno = ERANGE;
    int const before = open_descriptors();
    errno = ERANGE;
    aroma::DiagResult result = aroma::for_each_connection([&](DiagConnection const& d) {
        ++in_all;
        if (wanted.count(key(d.ends)))
            told.insert(key(d.ends));
        if (d.info.status == Status::ok && wanted.count(key(d.ends)))
            ++scored;
        CHECK((d.info.state == TcpState::established || d.info.state == TcpState::close_wait));
    });
    CHECK(errno == ERANGE);
    CHECK(open_descriptors() == before);
    CHECK(result.error == SockDiagError::none);
    CHECK(result.connections == in_all);
    CHECK(told == wanted);
    CHECK(scored == 2 * many / 10);

    // By port, family and state.
    std::uint16_t const port = end(listener.get()).port;
    auto const count = [&](DiagFilter const& filter) {
        auto const all = aroma::for_each_connection(filter, [](DiagConnection const&) {});
        CHECK(all.error == SockDiagError::none);
        return all.connections;
    };
    CHECK(count({.local_port = port}) == many / 2);
    CHECK(count({.remote_port = port}) == many / 2);
    CHECK(count({.ipv6 = false, .local_port = port}) == many / 2);
    CHECK(count({.ipv4 = false, .local_port = port}) == 0);
    if (six)
        CHECK(count({.ipv4 = false, .local_port = end(six.get()).port}) == many / 4);
    CHECK(count({.states = TcpState::close_wait, .local_port = port}) == 0);
    CHECK(count({.states = {}, .local_port = port}) == 0);
    result = aroma::for_each_connection({.states = TcpState::listen, .local_port = port},
                                        [&](DiagConnection const& d) {
                                            CHECK(d.ends.local == end(listener.get()));
                                            CHECK_FALSE(d.ends.remote.valid());
                                            CHECK(d.info.status == Status::listening);
                                            CHECK(d.uid == ::geteuid());
                                            CHECK(d.inode != 0);
                                        });
    CHECK(result.connections == 1);
    CHECK(count({.states = TcpState::established | TcpState::listen, .local_port = port})
          == many / 2 + 1);
    connections[0].client.close();
    REQUIRE(readable(connections[0].server.get()));
    CHECK(count({.states = TcpState::close_wait, .local_port = port}) == 1);
    CHECK(count({.local_port = port}) == many / 2);
    CHECK(count({.states = TcpState::fin_wait1 | TcpState::fin_wait2, .remote_port = port}) == 1);

    // A caller that has heard enough, and one that asks during a dump.
    std::size_t heard = 0;
    result = aroma::for_each_connection([&](DiagConnection const&) { return ++heard < 10; });
    CHECK(heard == 10);
    CHECK(result.connections == 10);
    CHECK(result.error == SockDiagError::none);
    std::size_t found = 0;
    result = aroma::for_each_connection({.local_port = port}, [&](DiagConnection const& d) {
        found += aroma::read(d.ends).status != Status::not_found;
    });
    CHECK(found == result.connections);
    CHECK(open_descriptors() == before - 1); // the client that was closed
}

TEST_CASE("for_each_connection: a caller that throws leaves nothing open")
{
    if (none_here())
        return;
    Connection const c = connected();
    int const before = open_descriptors();
    bool thrown = false;
    try {
        (void)aroma::for_each_connection([](DiagConnection const&) { throw 7; });
    } catch (int) {
        thrown = true;
    }
    CHECK(thrown);
    CHECK(open_descriptors() == before);
}

TEST_CASE("DiagSocket: kept for many questions, some not heard out")
{
    if (none_here())
        return;
    Connection c = connected();
    c.exchange();
    aroma::DiagSocket socket;
    for (int i = 0; i < 100; ++i) {
        CHECK(aroma::read(ends(c.server), socket).status == Status::ok);
        CHECK(aroma::read({ends(c.server).local, Endpoint{"192.0.2.1", 9}}, socket).status
              == Status::not_found);
        CHECK(aroma::read({Endpoint{"192.0.2.3", 9}, Endpoint{"192.0.2.1", 9}}, socket).status
              == Status::not_found);
        CHECK(aroma::for_each_connection(
                  {}, [](DiagConnection const&) { return false; }, socket)
                  .connections
              == 1);
        CHECK(aroma::read({{}, ends(c.server).remote}, socket).status == Status::ok);
    }
}

TEST_CASE("sock_diag: a user without rights")
{
    if (none_here())
        return;
    if (::geteuid() != 0)
        return skipped("already one");
    Connection c = connected();
    c.exchange();
    Status by_ends = Status::no_sample;
    aroma::DiagResult all{};
    bool nobody = false;
    std::thread{[&] { // the system call, as libc's function would change every thread
        nobody = ::syscall(SYS_setresuid, 65534, 65534, 65534) == 0;
        by_ends = aroma::read(ends(c.server)).status;
        all = aroma::for_each_connection([](DiagConnection const&) {});
    }}
        .join();
    CHECK(nobody);
    CHECK(std::string{name(by_ends)} == "ok");
    CHECK(all.error == SockDiagError::none);
    CHECK(all.connections >= 2);
}

TEST_CASE("for_each_connection: another network namespace is not seen")
{
    if (none_here())
        return;
    Connection const c = connected();
    EndpointPair const outside = ends(c.server);
    std::string const why_not = in_own_namespace([&] {
        std::size_t told = 0;
        aroma::DiagResult const result = aroma::for_each_connection(
            {.states = aroma::TcpStateSet::all()}, [&](DiagConnection const&) { ++told; });
        CHECK(result.error == SockDiagError::none);
        CHECK(result.connections == 0);
        CHECK(told == 0);
        CHECK(status(outside) == "not_found");
        CHECK(status({{}, outside.remote}) == "not_found");
    });
    if (!why_not.empty())
        skipped(why_not);
}

TEST_CASE("sock_diag: no descriptor left for its socket")
{
    if (none_here())
        return;
    Connection const c = connected();
    EndpointPair const known = ends(c.server);
    std::vector<Fd> all;
    while (all.size() < 2'000'000) {
        Fd another{::dup(c.server.get())};
        if (!another)
            break;
        all.push_back(std::move(another));
    }
    aroma::TcpInfo const info = aroma::read(known);
    aroma::DiagResult const result = aroma::for_each_connection([](DiagConnection const&) {});
    all.clear();
    CHECK(std::string{name(info.status)} == "lookup_failed");
    CHECK(info.lookup_error == SockDiagError::refused);
    CHECK(info.error_number == EMFILE);
    CHECK(result.error == SockDiagError::refused);
    CHECK(result.error_number == EMFILE);
}

TEST_CASE("sock_diag: one peer port twice, distinguished or ambiguous")
{
    if (none_here())
        return;
    Fd const listener = tcp_socket(), another = tcp_socket();
    start_listening(listener);
    start_listening(another);
    Connection const first = connect_through(listener, tcp_socket());
    Fd client = tcp_socket();
    set_option(client, SOL_SOCKET, SO_REUSEADDR, 1);
    sockaddr_in const same = local_address(first.client);
    set_option(first.client, SOL_SOCKET, SO_REUSEADDR, 1);
    if (::bind(client.get(), reinterpret_cast<sockaddr const*>(&same), sizeof same) != 0)
        return skipped("this kernel does not bind two sockets to one port");
    Connection const second = connect_through(another, std::move(client));
    REQUIRE(ends(first.server).remote == ends(second.server).remote);
    aroma::TcpInfo const either = aroma::read({{}, ends(first.server).remote});
    CHECK(std::string{name(either.status)} == "not_found");
    CHECK(either.error_number == ENOTUNIQ);
    CHECK(status({Endpoint{"0.0.0.0", ends(second.server).local.port}, ends(second.server).remote})
          == "handshake_only");
    CHECK(status(ends(first.server)) == "handshake_only");
    CHECK(status(ends(second.server)) == "handshake_only");
}

TEST_CASE("DiagSocket: kept, it takes nothing of another process")
{
    if (none_here())
        return;
    Connection c = connected();
    c.exchange();
    aroma::DiagSocket socket;
    int const next = ::dup(c.server.get()); // the descriptor that it will have
    REQUIRE(next >= 0);
    ::close(next);
    REQUIRE(aroma::read(ends(c.server), socket).status == Status::ok);
    sockaddr_nl its{};
    socklen_t length = sizeof its;
    REQUIRE(::getsockname(next, reinterpret_cast<sockaddr*>(&its), &length) == 0);
    Fd const other =
        checked(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), "socket");
    // An answer that has no connection, for the question that comes next and the one behind it.
    auto const forge = [&](std::uint32_t sequence) {
        nlmsghdr done{};
        done.nlmsg_len = sizeof done;
        done.nlmsg_type = NLMSG_DONE;
        done.nlmsg_seq = sequence;
        errno = 0;
        ::sendto(other.get(), &done, sizeof done, MSG_DONTWAIT,
                 reinterpret_cast<sockaddr const*>(&its), sizeof its);
        return errno;
    };
    int const first = forge(1);
    if (first == EPERM)
        return skipped("only root may write to another's netlink socket");
    CHECK(first == 0); // after one question it still hears them, and looks at the sender
    CHECK(aroma::read(ends(c.server), socket).status == Status::ok);
    for (std::uint32_t sequence = 2; sequence < 6; ++sequence)
        CHECK(forge(sequence) == ECONNREFUSED);
    CHECK(aroma::read(ends(c.server), socket).status == Status::ok);
}
