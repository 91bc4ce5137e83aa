// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/diag_message.hpp: sock_diag's messages: requests to bytes, and bytes to connections.
//
// Synopsis
//   struct DiagConnection { EndpointPair ends; device, uid, inode; TcpInfo info; };
//   class TcpStateSet;                                    TcpState::established | TcpState::listen
//   enum class SockDiagError { none, no_sock_diag, interrupted, truncated, malformed, refused };
//
// Neither <linux/inet_diag.h> nor <linux/netlink.h> is included: tests/layout proves the offsets
// against them.
#ifndef AROMA_LINUX_DIAG_MESSAGE_HPP
#define AROMA_LINUX_DIAG_MESSAGE_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/bit_cast.hpp>
#include <aroma/linux/endpoint.hpp>
#include <aroma/linux/socket.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t, uint16_t, uint32_t, uint64_t

#include <errno.h>      // ENOENT ...
#include <sys/socket.h> // AF_INET, AF_INET6

namespace aroma {

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
    default: break;
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
        return "the kernel's answer was truncated: what arrived was delivered, ask again";
    case SockDiagError::malformed:
        return "the kernel's answer has invalid lengths or message types: what came before was "
               "delivered, ask again, and report it if it persists";
    case SockDiagError::refused:
        return "the kernel or a security module refused to answer: its error number says why";
    default: break;
    }
    return "not a sock_diag error";
}

// A set of states: TcpState::established | TcpState::close_wait.
class TcpStateSet {
public:
    constexpr TcpStateSet() noexcept = default;
    // that one alone
    constexpr TcpStateSet(TcpState state) noexcept
        : bits_{std::uint32_t{1} << (static_cast<unsigned>(state) & 31)}
    {
    }
    // of every connection that has one
    [[nodiscard]] static constexpr TcpStateSet all() noexcept { return of_bits(0x1ffe); }
    // is it among them?
    [[nodiscard]] constexpr bool contains(TcpState state) const noexcept
    {
        return (bits_ & TcpStateSet{state}.bits_) != 0;
    }
    // as the kernel counts them: 1 << state
    [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }
    // the states of both
    friend constexpr TcpStateSet operator|(TcpStateSet a, TcpStateSet b) noexcept
    {
        return of_bits(a.bits_ | b.bits_);
    }
    friend constexpr bool operator==(TcpStateSet, TcpStateSet) noexcept = default;

private:
    static constexpr TcpStateSet of_bits(std::uint32_t bits) noexcept
    {
        TcpStateSet states;
        states.bits_ = bits;
        return states;
    }
    std::uint32_t bits_ = 0;
};

// Connections in either state.
[[nodiscard]] constexpr TcpStateSet operator|(TcpState a, TcpState b) noexcept
{
    return TcpStateSet{a} | TcpStateSet{b};
}

// One socket as the kernel reports it.
struct DiagConnection {
    EndpointPair ends{};      // by which read() finds it again
    std::uint32_t device = 0; // the index of the one that the socket is bound to
    std::uint32_t uid = 0;    // its owner, and zero if no process has it any more
    // as in /proc/PID/fd; zero if no process has it, or not yet: it waits to be accepted
    std::uint32_t inode = 0;
    // info.state is the socket's; without numbers in TIME_WAIT and before the handshake is over
    TcpInfo info{};
};

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
    Raw const raw = bit_cast<Raw>(value);
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        bytes[offset + i] = static_cast<Byte>(raw.bytes[i]);
}

// What an errno means that came with a dump, or from opening a netlink socket.
[[nodiscard]] constexpr SockDiagError sock_diag_error_of_errno(int error) noexcept
{
    switch (error) {
    case 0: return SockDiagError::none;
    case ENOENT:          // no tcp_diag, or no handler for the family
    case EOPNOTSUPP:      // no inet_diag
    case EPROTONOSUPPORT: // no sock_diag
    case EAFNOSUPPORT:    // no netlink, or a sandbox without it
    case ENOSYS:          // a seccomp filter's
        return SockDiagError::no_sock_diag;
    case ENOBUFS:   // the kernel had no memory for more of it
    case ETIMEDOUT: // it said nothing more
        return SockDiagError::truncated;
    case EINTR: return SockDiagError::interrupted;
    default: return SockDiagError::refused;
    }
}

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

// The kernel's TCP_INFO in a message of sock_diag's, if it has one.
template <byte_like Byte>
struct DiagInfo {
    Byte const* data = nullptr;
    std::size_t size = 0;
    bool found = false;
};

// Of a message's body, whose family and attributes it looks through; false if it is malformed.
template <byte_like Byte>
constexpr bool find_info(Byte const* data, std::size_t size, DiagInfo<Byte>& info) noexcept
{
    if (size < size_of_diag)
        return false;
    auto const family = field<std::uint8_t>(data, size, 0);
    if (family != AF_INET && family != AF_INET6)
        return false;
    for (std::size_t at = size_of_diag; at < size;) {
        std::size_t const left = size - at;
        if (left < size_of_attribute_header)
            return false;
        std::size_t const length = field<std::uint16_t>(data + at, size_of_attribute_header, 0);
        if (length < size_of_attribute_header || length > left)
            return false;
        unsigned const kind = field<std::uint16_t>(data + at, size_of_attribute_header, 2);
        if ((kind & attribute_kinds) == diag_info && !info.found)
            info = {data + at + size_of_attribute_header, length - size_of_attribute_header, true};
        at += (length + 3) & ~std::size_t{3};
    }
    return true;
}

template <byte_like Byte>
constexpr void decode_endpoint(Endpoint& end, bool ipv4, Byte const* address, Byte const* port,
                               std::uint32_t device) noexcept
{
    if (ipv4)
        end.set_ipv4(address);
    else
        end.set_ipv6(address);
    end.port = port_at(port);
    if (end.link_local())
        end.scope_id = device;
}

// Each member, of a body that find_info() found whole.
template <byte_like Byte>
constexpr void decode_connection(DiagConnection& connection, Byte const* data,
                                 DiagInfo<Byte> const& info) noexcept
{
    bool const ipv4 = field<std::uint8_t>(data, size_of_diag, 0) == AF_INET;
    Byte const* const id = data + offset_of_diag_id;
    auto const device = field<std::uint32_t>(id, size_of_diag_id, offset_of_id_device);
    decode_endpoint(connection.ends.local, ipv4, id + offset_of_id_source, id, device);
    decode_endpoint(connection.ends.remote, ipv4, id + offset_of_id_destination, id + 2, device);
    connection.device = device;
    connection.uid = field<std::uint32_t>(data, size_of_diag, offset_of_diag_uid);
    connection.inode = field<std::uint32_t>(data, size_of_diag, offset_of_diag_inode);
    if (info.size >= size_read) {
        decode_to(connection.info, info.data, size_read);
    } else if (info.found) {
        connection.info = decode(info.data, info.size);
    } else {
        connection.info = {.state = TcpState{field<std::uint8_t>(data, size_of_diag, 1)}};
        connection.info.status = status_of(connection.info);
    }
}

// Every connection in the bytes, to each(DiagConnection const&), which returns false to stop.
// Messages with another sequence number answer another question, and are passed over. What is
// malformed ends it: nothing after it is believed.
template <byte_like Byte, class Each>
constexpr DiagReply decode_diag(Byte const* data, std::size_t size, std::uint32_t sequence,
                                Each&& each)
{
    DiagReply reply;
    DiagConnection connection; // one for all of them
    auto const ends = [&reply](SockDiagError error, int error_number = 0) {
        reply.error = error;
        reply.error_number = error_number;
        reply.done = true;
        return reply;
    };
    for (std::size_t at = 0; at < size;) {
        Byte const* const message = data + at;
        std::size_t const left = size - at;
        if (left < size_of_message_header)
            return ends(SockDiagError::malformed);
        std::size_t const length = field<std::uint32_t>(message, size_of_message_header, 0);
        if (length < size_of_message_header || length > left)
            return ends(SockDiagError::malformed);
        std::size_t const step = (length + 3) & ~std::size_t{3};
        at += step < left ? step : left;
        if (field<std::uint32_t>(message, size_of_message_header, 8) != sequence)
            continue;
        auto const type = field<std::uint16_t>(message, size_of_message_header, 4);
        if ((field<std::uint16_t>(message, size_of_message_header, 6) & netlink_dump_interrupted)
            != 0)
            reply.interrupted = true;
        Byte const* const body = message + size_of_message_header;
        std::size_t const body_size = length - size_of_message_header;
        switch (type) {
        case netlink_noop: break;
        case netlink_overrun: return ends(SockDiagError::truncated);
        case netlink_error:
        case netlink_done: {
            if (type == netlink_error && body_size < 4)
                return ends(SockDiagError::malformed);
            auto const error = static_cast<std::int64_t>(
                bit_cast<std::int32_t>(field<std::uint32_t>(body, body_size, 0)));
            return error < 0 ? ends(sock_diag_error_of_errno(static_cast<int>(-error)),
                                    static_cast<int>(-error))
                             : ends(SockDiagError::none);
        }
        case diag_of_all_families:
        case diag_by_family: {
            DiagInfo<Byte> info;
            if (!find_info(body, body_size, info))
                return ends(SockDiagError::malformed);
            decode_connection(connection, body, info);
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
[[nodiscard]] constexpr DiagRequest dump_request(TcpStateSet states, std::uint16_t local_port,
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
[[nodiscard]] constexpr DiagRequest request_of(EndpointPair const& ends) noexcept
{
    DiagRequest request{diag_by_family, 0, size_of_request_v2};
    unsigned char* const body = request.body();
    body[0] = ends.remote.ipv4() ? AF_INET : AF_INET6;
    body[1] = ipproto_tcp;
    body[2] = 1 << (diag_info - 1);
    put(body, offset_of_request_v2_states, TcpStateSet::all().bits());
    request.put_id(body + offset_of_request_v2_id, ends.local, ends.remote);
    return request;
}

} // namespace detail

} // namespace aroma

#endif // AROMA_LINUX_DIAG_MESSAGE_HPP
