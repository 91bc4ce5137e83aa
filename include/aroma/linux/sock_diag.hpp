// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/sock_diag.hpp: TCP connections without their descriptors: one by its addresses and
// ports, or every one of the host.
//
// Synopsis
//   TcpInfo    read(EndpointPair);
//       the kernel's numbers of that connection: one question over netlink
//   TcpInfo    read(EndpointPair, DiagSocket&);
//       over a socket that is kept: a third of the time
//   Assessment score(EndpointPair, ...);
//       as score(fd, ...)
//   DiagResult for_each_connection(DiagFilter = {}, each);
//       each(DiagConnection const&), until it returns false, if it returns anything
//   DiagResult for_each_connection(DiagFilter, each, DiagSocket&);
//
//   struct DiagFilter { states, ipv4, ipv6, local_port, remote_port; };
//       {.states = TcpState::established | TcpState::listen, .local_port = 443}
//   struct DiagResult { SockDiagError error; int error_number; std::size_t connections; };
//
// For libraries that report addresses but hide the descriptor (cpp-httplib, Drogon, gRPC), and for
// listing all connections of a host. No privilege is needed, and only the network namespace's
// connections are visible. With a descriptor, score(fd) is about ten times faster.
//
// For unknown addresses the kernel answers with the listener's numbers: the status is then
// not_found. If the lookup fails, or its answer is invalid, the status is lookup_failed, and
// lookup_error of the TcpInfo says why. If the local address is any(), the kernel looks through all
// of its connections, some 0.1 us each; if two fit, the result is not_found (error ENOTUNIQ). Give
// the local port even then: a client may use one port for connections to several ports of this
// host.
//
// Connections that open or close during a listing may be missing or duplicated.
//
// Nothing here throws, allocates, or changes errno; 32 KiB of stack suffice for any number of
// connections. The kernel answers immediately; a call waits for a second at most.
#ifndef AROMA_LINUX_SOCK_DIAG_HPP
#define AROMA_LINUX_SOCK_DIAG_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/linux/diag_message.hpp>
#include <aroma/linux/endpoint.hpp>
#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <concepts>    // same_as
#include <cstddef>     // size_t
#include <cstdint>     // uint16_t, uint32_t
#include <type_traits> // is_invocable_v, is_void_v

#include <errno.h>      // errno, ENOENT ...
#include <poll.h>       // poll
#include <sys/socket.h> // socket, connect, send, recvfrom
#include <unistd.h>     // close

namespace aroma {

// Which connections are listed: by default those that can be scored.
struct DiagFilter {
    TcpStateSet states = TcpState::established | TcpState::close_wait; // which states to list
    bool ipv4 = true; // whether their sockets are IPv4's or, as a dual-stack server's are, IPv6's
    bool ipv6 = true; // of IPv6, IPv4-mapped ones included
    std::uint16_t local_port = 0;  // zero: any
    std::uint16_t remote_port = 0; // of the peer, in host order; 0 for any
};

// What for_each_connection() answers.
struct DiagResult {
    // none also if the caller has stopped it; if there is one, the connections until then were
    // delivered
    SockDiagError error = SockDiagError::none;
    int error_number = 0;        // the errno, if there is one
    std::size_t connections = 0; // how many were delivered
};

namespace detail {

// One datagram, as a socket received it.
struct DiagDatagram {
    std::size_t size = 0;   // in bytes; more than the buffer's if it was cut
    int error_number = 0;   // errno, if nothing was received
    std::uint32_t port = 0; // whose it is: the kernel's is 0
    bool truncated = false; // longer than the buffer
};

} // namespace detail

// A netlink socket for one thread at a time, opened by its first question; one whose answer was not
// heard to its end closes it, so that the next begins anew. Anything with these members will do in
// its place.
class DiagSocket {
public:
    std::uint32_t sequence = 0; // of the last request; each request increments it

    DiagSocket() noexcept = default;
    DiagSocket(DiagSocket const&) = delete;
    DiagSocket& operator=(DiagSocket const&) = delete;
    ~DiagSocket() { close(); }

    // 0, or an errno.
    [[nodiscard]] int send(void const* data, std::size_t size) noexcept
    {
        detail::ErrnoKept const kept;
        if (fd_ >= 0)
            connect();
        else
            fd_ = ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, detail::netlink_sock_diag);
        if (fd_ < 0)
            return errno;
        for (;;) {
            if (::send(fd_, data, size, 0) >= 0)
                return 0;
            if (errno != EINTR)
                return errno;
        }
    }

    // The next datagram, waiting for at most a second; ETIMEDOUT then.
    [[nodiscard]] detail::DiagDatagram receive(void* buffer, std::size_t size) noexcept
    {
        detail::ErrnoKept const kept;
        // The kernel answers while it is being asked, so nothing is waited for; a second in twenty
        // parts if it should not.
        for (int waits = 0;;) {
            unsigned char sender[detail::size_of_netlink_address]{};
            socklen_t length = sizeof sender;
            ssize_t const got = ::recvfrom(
                fd_, buffer, size, MSG_DONTWAIT | MSG_TRUNC,
                connected_ ? nullptr : static_cast<sockaddr*>(static_cast<void*>(sender)),
                connected_ ? nullptr : &length);
            if (got >= 0) // with MSG_TRUNC, the length that it had
                return {.size = static_cast<std::size_t>(got),
                        .port = detail::field<std::uint32_t>(sender, sizeof sender,
                                                             detail::offset_of_netlink_port),
                        .truncated = static_cast<std::size_t>(got) > size};
            if (errno != EAGAIN && errno != EINTR)
                return {.error_number = errno};
            if (++waits > 20)
                return {.error_number = ETIMEDOUT};
            pollfd wanted{fd_, POLLIN, 0};
            ::poll(&wanted, 1, 50);
        }
    }

    // So that the next question opens it anew.
    void close() noexcept
    {
        detail::ErrnoKept const kept;
        if (fd_ >= 0)
            ::close(fd_);
        fd_ = -1;
        connected_ = false;
    }

private:
    // To the kernel, which from then on refuses what another process sends here: to be told the
    // sender of each datagram takes longer. The first question is often the only one.
    void connect() noexcept
    {
        if (connected_)
            return;
        alignas(4) unsigned char kernel[detail::size_of_netlink_address]{};
        detail::put(kernel, 0, sa_family_t{AF_NETLINK});
        connected_ = ::connect(fd_, static_cast<sockaddr const*>(static_cast<void const*>(kernel)),
                               sizeof kernel)
                  == 0;
    }

    int fd_ = -1;
    bool connected_ = false;
};

namespace detail {

// clang-format off
template <class Socket>
concept diag_socket = requires(Socket& socket, void* buffer, std::size_t size) {
    requires std::same_as<decltype(socket.sequence), std::uint32_t>;
    { socket.send(buffer, size) } -> std::same_as<int>;
    { socket.receive(buffer, size) } -> std::same_as<DiagDatagram>;
    socket.close();
};
// clang-format on

// datagrams that are no answer, before the question is given up
inline constexpr int most_strays = 64;

// Asks, and hears the answer to its end: NLMSG_DONE, an error, or, if one message is the whole
// answer, that one. A socket whose answer was not heard to its end is closed.
template <diag_socket Socket, class Each>
DiagResult ask(Socket& socket, DiagRequest request, bool one_message, unsigned char* buffer,
               std::size_t size, Each&& each)
{
    put(request.bytes, 8, ++socket.sequence);
    DiagResult result;
    auto const unheard = [&](SockDiagError error, int error_number = 0) {
        socket.close();
        result.error = error;
        result.error_number = error_number;
        return result;
    };
    if (int const error = socket.send(request.bytes, request.size))
        return unheard(sock_diag_error_of_errno(error), error);
    bool interrupted = false;
    for (int strays = 0; strays <= most_strays;) {
        DiagDatagram const datagram = socket.receive(buffer, size);
        if (datagram.error_number != 0)
            return unheard(sock_diag_error_of_errno(datagram.error_number), datagram.error_number);
        if (datagram.port != 0) { // of another process
            ++strays;
            continue;
        }
        DiagReply const reply =
            decode_diag(buffer, datagram.size < size ? datagram.size : size, socket.sequence, each);
        interrupted = interrupted || reply.interrupted;
        if (reply.stopped)
            return unheard(SockDiagError::none);
        if (datagram.truncated)
            return unheard(SockDiagError::truncated);
        if (reply.error != SockDiagError::none && reply.error_number == 0)
            return unheard(reply.error);
        if (reply.done || (one_message && reply.connections > 0)) {
            result.error = reply.error == SockDiagError::none && interrupted
                             ? SockDiagError::interrupted
                             : reply.error;
            result.error_number = reply.error_number;
            return result;
        }
        strays += reply.connections == 0 ? 1 : 0;
    }
    return unheard(SockDiagError::malformed);
}

[[nodiscard]] constexpr bool same_place(Endpoint const& a, Endpoint const& b) noexcept
{
    return a.port == b.port && __builtin_memcmp(a.address, b.address, sizeof a.address) == 0;
}

// The filter once more, as a socket may change its state between being chosen and being reported.
[[nodiscard]] constexpr bool wanted(DiagFilter const& filter, DiagConnection const& c) noexcept
{
    bool const state =
        filter.states.contains(c.info.state)
        // which it reports as the former
        || (c.info.state == TcpState::syn_recv && filter.states.contains(TcpState::new_syn_recv));
    return state
        && ((filter.ipv4 && filter.ipv6) || (c.ends.local.ipv4() ? filter.ipv4 : filter.ipv6))
        && (filter.local_port == 0 || c.ends.local.port == filter.local_port)
        && (filter.remote_port == 0 || c.ends.remote.port == filter.remote_port);
}

// as much as the kernel puts into one datagram of a dump
inline constexpr std::size_t diag_buffer = 32'768;
// one message has some 500 bytes; a dump's first datagram a page
inline constexpr std::size_t reply_buffer = 8192;

} // namespace detail

// The kernel's numbers of that connection, over a socket that stays open between questions.
template <detail::diag_socket Socket>
[[nodiscard]] TcpInfo read(EndpointPair const& ends, Socket& socket) noexcept
{
    alignas(8) unsigned char buffer[detail::reply_buffer];
    TcpInfo info{.status = Status::not_found, .error_number = ENOENT};
    bool const whichever = ends.local.any();
    if (!ends.remote.valid() || ends.remote.any()
        || (!whichever && (!ends.local.valid() || ends.local.ipv4() != ends.remote.ipv4()))) {
        info.error_number = EINVAL;
        return info;
    }
    int matches = 0;
    auto const compare = [&](DiagConnection const& c) {
        bool const local = whichever ? ends.local.port == 0 || c.ends.local.port == ends.local.port
                                     : detail::same_place(c.ends.local, ends.local);
        bool const device =
            !whichever || ends.remote.scope_id == 0 || c.device == ends.remote.scope_id;
        if (local && device && detail::same_place(c.ends.remote, ends.remote)
            && c.info.state != TcpState::listen) {
            info = c.info;
            ++matches;
        }
        return matches <= 1;
    };
    DiagResult result = detail::ask(
        socket,
        whichever ? detail::dump_request(DiagFilter{}.states, ends.local.port, ends.remote.port)
                  : detail::request_of(ends),
        !whichever, buffer, sizeof buffer, compare);
    if (matches > 1)
        return {.status = Status::not_found, .error_number = ENOTUNIQ};
    // an unknown pair, or no tcp_diag: the dump of no state at all shows which
    if (!whichever && result.error_number == ENOENT)
        result = detail::ask(socket, detail::dump_request({}, 0, 0), false, buffer, sizeof buffer,
                             [](DiagConnection const&) { return true; });
    if (result.error != SockDiagError::none)
        return {.status = Status::lookup_failed,
                .lookup_error = result.error,
                .error_number = result.error_number};
    return info;
}

// The same over a socket of its own.
[[nodiscard]] inline TcpInfo read(EndpointPair const& ends) noexcept
{
    DiagSocket socket;
    return read(ends, socket);
}

// Over a socket that stays open between questions.
template <detail::diag_socket Socket, class Each>
    requires std::is_invocable_v<Each&, DiagConnection const&>
[[nodiscard]] DiagResult for_each_connection(DiagFilter const& filter, Each&& each, Socket& socket)
{
    alignas(8) unsigned char buffer[detail::diag_buffer];
    std::size_t told = 0;
    auto const tell = [&](DiagConnection const& connection) {
        if (!detail::wanted(filter, connection))
            return true;
        ++told;
        if constexpr (std::is_void_v<decltype(each(connection))>) {
            each(connection);
            return true;
        } else {
            return static_cast<bool>(each(connection));
        }
    };
    detail::DiagRequest const request =
        detail::dump_request(filter.states, filter.local_port, filter.remote_port);
    DiagResult result = detail::ask(socket, request, false, buffer, sizeof buffer, tell);
    result.connections = told;
    return result;
}

// Over a socket of its own.
template <class Each>
    requires std::is_invocable_v<Each&, DiagConnection const&>
[[nodiscard]] DiagResult for_each_connection(DiagFilter const& filter, Each&& each)
{
    DiagSocket socket;
    return for_each_connection(filter, each, socket);
}

// All of the host's, over a socket of its own.
template <class Each>
    requires std::is_invocable_v<Each&, DiagConnection const&>
[[nodiscard]] DiagResult for_each_connection(Each&& each)
{
    return for_each_connection(DiagFilter{}, each);
}

} // namespace aroma

#endif // AROMA_LINUX_SOCK_DIAG_HPP
