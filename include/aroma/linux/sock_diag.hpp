// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/sock_diag.hpp: TCP connections without their descriptors: one by its addresses and
// ports, or every one of the host.
//
// Synopsis
//   TcpInfo    read(Endpoints);                           the kernel's numbers of that connection:
//                                                         one question over netlink
//   TcpInfo    read(Endpoints, DiagSocket&);              the same over a socket that is kept: a
//                                                         third of the time
//   Assessment score(Endpoints, ...);                     as score(fd, ...)
//
//   DiagResult for_each_connection(filter = {}, each);
//   each(DiagConnection const&), until it returns false, if it returns anything;
//                                                         and over a socket that is kept, behind
//                                                         them
//   struct DiagFilter { states, ipv4, ipv6, local_port, remote_port; };
//       for_each_connection(
//           {.states = TcpState::established | TcpState::listen, .local_port = 443}, each)
//   struct DiagConnection { Endpoints ends; device, uid, inode; TcpInfo info; };
//   struct DiagResult { SockDiagError error; int error_number; std::size_t connections; };
//   enum class SockDiagError { none, no_sock_diag, interrupted, truncated, malformed, refused };
//
//   DiagReply  decode_diag(data, size, sequence, each);   the bytes of one datagram from the
//                                                         kernel, wherever they came from
//
// For libraries that report addresses and keep the descriptor to themselves (cpp-httplib, Drogon,
// gRPC), and for a look at all that a host serves. No right is needed, and nothing outside the
// network namespace is seen. With a descriptor, score(fd) is some ten times quicker.
//
// For addresses that it does not know the kernel answers with the listener's numbers: here that is
// Status::not_found. If the kernel could not be asked, or its answer is not to be believed, the
// status is lookup_failed, and lookup_error of the TcpInfo says why. If the local address is
// any(), the kernel looks through all of its connections, some 0.1 us each, and two that fit are as
// good as none (error ENOTUNIQ). Give the local port even then: a client's host may use one port
// towards several of this host's, and a busy host's ports are used often.
//
// A connection that opens or closes while the host's are listed may be missing, or come twice.
//
// Nothing here throws, allocates, or changes errno; 32 KiB of stack suffice for any number of
// connections. The kernel answers while it is asked, and is waited for a second at most.
//
// Neither <linux/inet_diag.h> nor <linux/netlink.h> is included: tests/layout proves the offsets
// against them.
#ifndef AROMA_LINUX_SOCK_DIAG_HPP
#define AROMA_LINUX_SOCK_DIAG_HPP

#include <aroma/assessment.hpp>
#include <aroma/linux/endpoint.hpp>
#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <bit>         // bit_cast
#include <concepts>    // convertible_to, same_as
#include <cstddef>     // size_t
#include <cstdint>     // uint8_t, uint16_t, uint32_t, uint64_t
#include <type_traits> // is_invocable_v, is_void_v

#include <errno.h>      // errno, ENOENT ...
#include <netinet/in.h> // IPPROTO_TCP
#include <poll.h>       // poll
#include <sys/socket.h> // socket, send, recvfrom
#include <unistd.h>     // close

namespace aroma {

namespace detail {

// linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h, as far as they are needed.
inline constexpr int netlink_sock_diag = 4;         // NETLINK_SOCK_DIAG
inline constexpr std::uint16_t netlink_noop = 1;    // NLMSG_NOOP
inline constexpr std::uint16_t netlink_error = 2;   // NLMSG_ERROR
inline constexpr std::uint16_t netlink_done = 3;    // NLMSG_DONE
inline constexpr std::uint16_t netlink_overrun = 4; // NLMSG_OVERRUN
// TCPDIAG_GETSOCK: older, and the one that dumps IPv4 and IPv6 at once
inline constexpr std::uint16_t diag_of_all_families = 18;
inline constexpr std::uint16_t diag_by_family = 20;             // SOCK_DIAG_BY_FAMILY
inline constexpr std::uint16_t netlink_request = 0x01;          // NLM_F_REQUEST
inline constexpr std::uint16_t netlink_dump_interrupted = 0x10; // NLM_F_DUMP_INTR
inline constexpr std::uint16_t netlink_dump = 0x300;            // NLM_F_DUMP
inline constexpr std::uint16_t diag_info = 2;                   // INET_DIAG_INFO
inline constexpr std::uint16_t attribute_kinds = 0x3fff;        // NLA_TYPE_MASK

// struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence, u32 port
inline constexpr std::size_t size_of_message_header = 16;
inline constexpr std::size_t size_of_attribute_header = 4; // struct rtattr: u16 length, u16 type
// struct inet_diag_msg: u8 family, u8 state, u8 timer, u8 retransmits ...
inline constexpr std::size_t size_of_diag = 72;
inline constexpr std::size_t offset_of_diag_id = 4;     // ... then a struct inet_diag_sockid
inline constexpr std::size_t offset_of_diag_uid = 64;   // u32
inline constexpr std::size_t offset_of_diag_inode = 68; // u32
inline constexpr std::size_t size_of_diag_id = 48;
// after be16 source port, be16 destination port
inline constexpr std::size_t offset_of_id_source = 4;
inline constexpr std::size_t offset_of_id_destination = 20;
inline constexpr std::size_t offset_of_id_device = 36; // u32, the socket's bound device
inline constexpr std::size_t offset_of_id_cookie = 40; // u32[2], all ones for any
// struct inet_diag_req: u8 family, u8, u8, u8 extensions, id, u32 states, u32
inline constexpr std::size_t size_of_request = 60;
inline constexpr std::size_t offset_of_request_id = 4;
inline constexpr std::size_t offset_of_request_states = 52;
// struct inet_diag_req_v2: u8 family, u8 protocol, u8 extensions, u8, u32 states, id
inline constexpr std::size_t size_of_request_v2 = 56;
inline constexpr std::size_t offset_of_request_v2_states = 4;
inline constexpr std::size_t offset_of_request_v2_id = 8;
// sockaddr_nl: u16 family, u16, u32 port, u32 groups; the kernel's port is 0
inline constexpr std::size_t offset_of_netlink_port = 4;
inline constexpr std::size_t size_of_netlink_address = 12;

template <class Integer, byte_like Byte>
constexpr void put(Byte* bytes, std::size_t offset, Integer value) noexcept
{
    struct Raw {
        unsigned char bytes[sizeof(Integer)];
    };
    Raw const raw = std::bit_cast<Raw>(value);
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        bytes[offset + i] = static_cast<Byte>(raw.bytes[i]);
}

} // namespace detail

// Why the kernel has not answered, or not to the end.
enum class SockDiagError : std::uint8_t {
    none,
    no_sock_diag,
    interrupted,
    truncated,
    malformed,
    refused
};

[[nodiscard]] constexpr char const* name(SockDiagError error) noexcept
{
    switch (error) {
    case SockDiagError::none: return "none";
    case SockDiagError::no_sock_diag: return "no_sock_diag";
    case SockDiagError::interrupted: return "interrupted";
    case SockDiagError::truncated: return "truncated";
    case SockDiagError::malformed: return "malformed";
    case SockDiagError::refused: return "refused";
    }
    return "not a sock_diag error";
}

[[nodiscard]] constexpr char const* message(SockDiagError error) noexcept
{
    switch (error) {
    case SockDiagError::none: return "the kernel has answered to the end";
    case SockDiagError::no_sock_diag:
        return "the kernel does not list its sockets: tcp_diag is needed (CONFIG_INET_TCP_DIAG), "
               "and a sandbox that allows AF_NETLINK";
    case SockDiagError::interrupted:
        return "the kernel's tables changed while it listed them: what was delivered may be "
               "inconsistent, ask again";
    case SockDiagError::truncated:
        return "the kernel's answer ended before its end: what came of it was delivered, ask again";
    case SockDiagError::malformed:
        return "the kernel's answer has lengths or kinds of messages that it should not have: "
               "what came before was delivered, ask again and report it if it stays so";
    case SockDiagError::refused:
        return "the kernel or a security module refused to answer: error_number beside this error "
               "is the errno";
    }
    return "not a sock_diag error";
}

// A set of states: TcpState::established | TcpState::close_wait.
class TcpStates {
public:
    constexpr TcpStates() noexcept = default;
    // that one alone
    constexpr TcpStates(TcpState state) noexcept
        : bits_{std::uint32_t{1} << (static_cast<unsigned>(state) & 31)}
    {
    }
    // of every connection that has one
    [[nodiscard]] static constexpr TcpStates all() noexcept { return of_bits(0x1ffe); }
    // is it among them?
    [[nodiscard]] constexpr bool contains(TcpState state) const noexcept
    {
        return (bits_ & TcpStates{state}.bits_) != 0;
    }
    // as the kernel counts them: 1 << state
    [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }
    friend constexpr TcpStates operator|(TcpStates a, TcpStates b) noexcept
    {
        return of_bits(a.bits_ | b.bits_);
    }
    friend constexpr bool operator==(TcpStates, TcpStates) noexcept = default;

private:
    static constexpr TcpStates of_bits(std::uint32_t bits) noexcept
    {
        TcpStates states;
        states.bits_ = bits;
        return states;
    }
    std::uint32_t bits_ = 0;
};

// Connections in either state.
[[nodiscard]] constexpr TcpStates operator|(TcpState a, TcpState b) noexcept
{
    return TcpStates{a} | TcpStates{b};
}

// Which connections are listed: by default those that can be scored.
struct DiagFilter {
    TcpStates states = TcpState::established | TcpState::close_wait; // which states to list
    bool ipv4 = true; // whether their sockets are IPv4's or, as a dual-stack server's are, IPv6's
    bool ipv6 = true; // of IPv6, IPv4-mapped ones included
    std::uint16_t local_port = 0;  // zero: any
    std::uint16_t remote_port = 0; // of the peer, in host order; 0 for any
};

// One socket as the kernel reports it.
struct DiagConnection {
    Endpoints ends{};         // by which read() finds it again
    std::uint32_t device = 0; // the index of the one that the socket is bound to
    std::uint32_t uid = 0;    // its owner, and zero if no process has it any more
    // as in /proc/PID/fd; zero if no process has it, or not yet: it waits to be accepted
    std::uint32_t inode = 0;
    // info.state is the socket's; without numbers in TIME_WAIT and before the handshake is over
    TcpInfo info{};
};

// What one datagram said beside its connections.
struct DiagReply {
    // malformed, truncated; and what an error of the kernel's means
    SockDiagError error = SockDiagError::none;
    int error_number = 0;        // the kernel's errno, if it reported one
    std::size_t connections = 0; // how many were delivered
    bool done = false;           // the answer ends with this datagram
    bool interrupted = false;    // NLM_F_DUMP_INTR
    bool stopped = false;        // by its receiver
};

// What for_each_connection() answers.
struct DiagResult {
    // none also if the caller has stopped it; if there is one, the connections until then were
    // delivered
    SockDiagError error = SockDiagError::none;
    int error_number = 0;        // the errno, if there is one
    std::size_t connections = 0; // how many were delivered
};

// What an errno means that came with a dump, or from opening a netlink socket.
[[nodiscard]] constexpr SockDiagError sock_diag_error_of_errno(int error) noexcept
{
    switch (error) {
    case 0: return SockDiagError::none;
    case ENOENT:          // no tcp_diag, or no handler for the family
    case EOPNOTSUPP:      // no inet_diag
    case EPROTONOSUPPORT: // no sock_diag
    case EAFNOSUPPORT:    // no netlink, or a sandbox without it
        return SockDiagError::no_sock_diag;
    case ENOBUFS:   // the kernel had no memory for more of it
    case ETIMEDOUT: // it said nothing more
        return SockDiagError::truncated;
    case EINTR: return SockDiagError::interrupted;
    default: return SockDiagError::refused;
    }
}

namespace detail {

template <byte_like Byte>
constexpr bool decode_connection(Byte const* data, std::size_t size,
                                 DiagConnection& connection) noexcept
{
    if (size < size_of_diag)
        return false;
    auto const family = field<std::uint8_t>(data, size, 0);
    Byte const* const id = data + offset_of_diag_id;
    if (family == AF_INET) {
        connection.ends.local.set_ipv4(id + offset_of_id_source);
        connection.ends.remote.set_ipv4(id + offset_of_id_destination);
    } else if (family == AF_INET6) {
        connection.ends.local.set_ipv6(id + offset_of_id_source);
        connection.ends.remote.set_ipv6(id + offset_of_id_destination);
    } else {
        return false;
    }
    connection.ends.local.port = port_at(id);
    connection.ends.remote.port = port_at(id + 2);
    connection.device = field<std::uint32_t>(id, size_of_diag_id, offset_of_id_device);
    connection.ends.local.scope_id = connection.ends.local.link_local() ? connection.device : 0;
    connection.ends.remote.scope_id = connection.ends.remote.link_local() ? connection.device : 0;
    connection.uid = field<std::uint32_t>(data, size, offset_of_diag_uid);
    connection.inode = field<std::uint32_t>(data, size, offset_of_diag_inode);

    bool has_info = false;
    for (std::size_t at = size_of_diag; at < size;) {
        auto const length = field<std::uint16_t>(data, size, at);
        auto const kind =
            static_cast<std::uint16_t>(field<std::uint16_t>(data, size, at + 2) & attribute_kinds);
        if (length < size_of_attribute_header || length > size - at)
            return false;
        if (kind == diag_info && !has_info) {
            connection.info =
                decode(data + at + size_of_attribute_header, length - size_of_attribute_header);
            has_info = true;
        }
        at += (length + std::size_t{3}) & ~std::size_t{3};
    }
    TcpState const state{field<std::uint8_t>(data, size, 1)};
    if (!has_info) {
        connection.info = {.state = state};
        connection.info.status = status_of(connection.info);
    }
    return true;
}

} // namespace detail

// Every connection in the bytes, to each(DiagConnection const&), which returns false to stop.
// Messages with another sequence number answer another question, and are passed over. What is
// malformed ends it: nothing after it is believed.
template <detail::byte_like Byte, class Each>
constexpr DiagReply decode_diag(Byte const* data, std::size_t size, std::uint32_t sequence,
                                Each&& each)
{
    using detail::field;
    DiagReply reply;
    auto const ends = [&reply](SockDiagError error, int error_number = 0) {
        reply.error = error;
        reply.error_number = error_number;
        reply.done = true;
        return reply;
    };
    for (std::size_t at = 0; at < size;) {
        Byte const* const message = data + at;
        std::size_t const left = size - at;
        std::size_t const length = field<std::uint32_t>(message, left, 0);
        if (length < detail::size_of_message_header || length > left)
            return ends(SockDiagError::malformed);
        std::size_t const step = (length + 3) & ~std::size_t{3};
        at += step < left ? step : left;
        if (field<std::uint32_t>(message, left, 8) != sequence)
            continue;
        auto const type = field<std::uint16_t>(message, left, 4);
        if ((field<std::uint16_t>(message, left, 6) & detail::netlink_dump_interrupted) != 0)
            reply.interrupted = true;
        Byte const* const body = message + detail::size_of_message_header;
        std::size_t const body_size = length - detail::size_of_message_header;
        switch (type) {
        case detail::netlink_noop: break;
        case detail::netlink_overrun: return ends(SockDiagError::truncated);
        case detail::netlink_error:
        case detail::netlink_done: {
            if (type == detail::netlink_error && body_size < 4)
                return ends(SockDiagError::malformed);
            auto const error = static_cast<std::int64_t>(
                std::bit_cast<std::int32_t>(field<std::uint32_t>(body, body_size, 0)));
            return error < 0 ? ends(sock_diag_error_of_errno(static_cast<int>(-error)),
                                    static_cast<int>(-error))
                             : ends(SockDiagError::none);
        }
        case detail::diag_of_all_families:
        case detail::diag_by_family: {
            DiagConnection connection;
            if (!detail::decode_connection(body, body_size, connection))
                return ends(SockDiagError::malformed);
            ++reply.connections;
            if (!each(static_cast<DiagConnection const&>(connection))) {
                reply.stopped = true;
                return reply;
            }
            break;
        }
        default: return ends(SockDiagError::malformed);
        }
    }
    return reply;
}

// One datagram, as a socket received it.
struct DiagDatagram {
    std::size_t size = 0;   // in bytes; more than the buffer's if it was cut
    int error_number = 0;   // errno, if nothing was received
    std::uint32_t port = 0; // whose it is: the kernel's is 0
    bool truncated = false; // longer than the buffer
};

// A netlink socket for one thread at a time, opened by its first question; one whose answer was not
// heard to its end closes it, so that the next begins anew. Anything with these members will do in
// its place.
class DiagSocket {
public:
    std::uint32_t sequence = 0; // of the question that was asked last; who asks counts on

    DiagSocket() noexcept = default;
    DiagSocket(DiagSocket const&) = delete;
    DiagSocket& operator=(DiagSocket const&) = delete;
    ~DiagSocket() { close(); }

    // 0, or an errno.
    [[nodiscard]] int send(void const* data, std::size_t size) noexcept
    {
        detail::ErrnoKept const kept;
        if (fd_ < 0)
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
    [[nodiscard]] DiagDatagram receive(void* buffer, std::size_t size) noexcept
    {
        detail::ErrnoKept const kept;
        // The kernel answers while it is being asked, so nothing is waited for; a second in twenty
        // parts if it should not.
        for (int waits = 0;;) {
            unsigned char sender[detail::size_of_netlink_address]{};
            socklen_t length = sizeof sender;
            ssize_t const got = ::recvfrom(fd_, buffer, size, MSG_DONTWAIT | MSG_TRUNC,
                                           reinterpret_cast<sockaddr*>(sender), &length);
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
    }

private:
    int fd_ = -1;
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

struct DiagRequest {
    unsigned char bytes[size_of_message_header + size_of_request]{};
    std::size_t size = 0;

    constexpr DiagRequest(std::uint16_t type, std::uint16_t flags, std::size_t body_size) noexcept
        : size{size_of_message_header + body_size}
    {
        put(bytes, 0, static_cast<std::uint32_t>(size));
        put(bytes, 4, type);
        put(bytes, 6, static_cast<std::uint16_t>(netlink_request | flags));
    }
    constexpr unsigned char* body() noexcept { return bytes + size_of_message_header; }
    constexpr void put_id(unsigned char* id, Endpoint const& local, Endpoint const& remote) noexcept
    {
        put_port(id, local.port);
        put_port(id + 2, remote.port);
        bool const ipv4 = remote.ipv4();
        for (std::size_t i = 0; i < (ipv4 ? 4u : 16u); ++i) {
            id[offset_of_id_source + i] = local.address[i + (ipv4 ? 12 : 0)];
            id[offset_of_id_destination + i] = remote.address[i + (ipv4 ? 12 : 0)];
        }
        put(id, offset_of_id_device, remote.scope_id != 0 ? remote.scope_id : local.scope_id);
        put(id, offset_of_id_cookie, ~std::uint64_t{0});
    }
};

// Every socket of both families in those states with those ports, if they are not zero.
[[nodiscard]] constexpr DiagRequest dump_request(TcpStates states, std::uint16_t local_port,
                                                 std::uint16_t remote_port) noexcept
{
    DiagRequest request{diag_of_all_families, netlink_dump, size_of_request};
    unsigned char* const body = request.body();
    body[0] = AF_INET; // which is not looked at
    body[3] = 1 << (diag_info - 1);
    put_port(body + offset_of_request_id, local_port);
    put_port(body + offset_of_request_id + 2, remote_port);
    put(body, offset_of_request_states, states.bits());
    return request;
}

// An IPv4 pair finds its socket whichever family that is of.
[[nodiscard]] constexpr DiagRequest request_of(Endpoints const& ends) noexcept
{
    DiagRequest request{diag_by_family, 0, size_of_request_v2};
    unsigned char* const body = request.body();
    body[0] = ends.remote.ipv4() ? AF_INET : AF_INET6;
    body[1] = IPPROTO_TCP;
    body[2] = 1 << (diag_info - 1);
    put(body, offset_of_request_v2_states, TcpStates::all().bits());
    request.put_id(body + offset_of_request_v2_id, ends.local, ends.remote);
    return request;
}

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
    for (int i = 0; i < 16; ++i)
        if (a.address[i] != b.address[i])
            return false;
    return a.port == b.port;
}

// The filter once more, as a socket may change its state between being chosen and being reported.
[[nodiscard]] constexpr bool wanted(DiagFilter const& filter, DiagConnection const& c) noexcept
{
    bool const state =
        filter.states.contains(c.info.state)
        // which it reports as the former
        || (c.info.state == TcpState::syn_recv && filter.states.contains(TcpState::new_syn_recv));
    return state && (c.ends.local.ipv4() ? filter.ipv4 : filter.ipv6)
        && (filter.local_port == 0 || c.ends.local.port == filter.local_port)
        && (filter.remote_port == 0 || c.ends.remote.port == filter.remote_port);
}

// as much as the kernel puts into one datagram of a dump
inline constexpr std::size_t diag_buffer = 32'768;
// one message has some 500 bytes; a dump's first datagram a page
inline constexpr std::size_t reply_buffer = 8192;

} // namespace detail

template <detail::diag_socket Socket>
[[nodiscard]] TcpInfo read(Endpoints const& ends, Socket& socket) noexcept
{
    alignas(8) unsigned char buffer[detail::reply_buffer];
    TcpInfo info{.status = Status::not_found, .error_number = ENOENT};
    bool const whichever = ends.local.any();
    if (!ends.remote || ends.remote.any()
        || (!whichever && (!ends.local || ends.local.ipv4() != ends.remote.ipv4()))) {
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
    detail::DiagRequest const request =
        whichever ? detail::dump_request(DiagFilter{}.states, ends.local.port, ends.remote.port)
                  : detail::request_of(ends);
    DiagResult result = detail::ask(socket, request, !whichever, buffer, sizeof buffer, compare);
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

[[nodiscard]] inline TcpInfo read(Endpoints const& ends) noexcept
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
