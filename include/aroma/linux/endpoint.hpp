// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/endpoint.hpp: an address and a port, and the two ends of a connection.
//
// Synopsis
//   struct Endpoint;                      an address and a port: one end of a connection
//       Endpoint{"192.0.2.1", 443};  Endpoint{"fe80::1%eth0", 443};  Endpoint{"[2001:db8::1]:443"};
//       Endpoint{"ipv4:192.0.2.1:443"};
//       Endpoint{sockaddr_in};  Endpoint{sockaddr_in6};  Endpoint{sockaddr_storage};
//       Endpoint{sockaddr const*, length};
//       Endpoint{asio_endpoint};          or any other type whose data() is a sockaddr*
//       bool valid();  bool ipv4();  bool any();  char const* text(buffer);
//   struct EndpointPair { Endpoint local, remote; };
//                                         local: this server's end. any(), that is 0.0.0.0 or ::,
//                                         matches all of its addresses
//
// Nothing here throws, allocates, or changes errno.
#ifndef AROMA_LINUX_ENDPOINT_HPP
#define AROMA_LINUX_ENDPOINT_HPP

#include <aroma/detail/text.hpp>
#include <aroma/detail/text_out.hpp>
#include <aroma/linux/errno_kept.hpp>
#include <aroma/linux/only.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <concepts> // convertible_to
#include <cstddef>  // size_t
#include <cstdint>  // uint16_t, uint32_t

#include <arpa/inet.h>  // inet_ntop, inet_pton
#include <netinet/in.h> // sockaddr_in, sockaddr_in6
#include <sys/ioctl.h>  // SIOCGIFINDEX
#include <sys/socket.h> // socket, sockaddr
#include <unistd.h>     // close

namespace aroma {

namespace detail {

// struct ifreq: char name[16], int index; <net/if.h> clashes with <linux/if.h>
inline constexpr std::size_t offset_of_device_index = 16;

template <byte_like Byte>
[[nodiscard]] constexpr std::uint16_t port_at(Byte const* bytes) noexcept
{
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8
                                      | static_cast<unsigned char>(bytes[1]));
}

constexpr void put_port(unsigned char* bytes, std::uint16_t port) noexcept
{
    bytes[0] = static_cast<unsigned char>(port >> 8);
    bytes[1] = static_cast<unsigned char>(port & 0xff);
}

// clang-format off
template <class Address>
concept address_like = requires(Address const& address) {
    { address.data() } -> std::convertible_to<sockaddr const*>;
    { address.size() } -> std::convertible_to<std::size_t>;
};
// clang-format on

// A whole number up to this one, from digits only; zero if the text is not one.
[[nodiscard]] constexpr std::uint32_t number_of(Text digits, std::uint32_t most) noexcept
{
    std::uint32_t number = 0;
    return take_number(digits, number, most) && digits.size() == 0 ? number : 0;
}

[[nodiscard]] inline std::uint32_t device_index(char const* name, std::size_t size) noexcept
{
    if (std::uint32_t const index = number_of({name, size}, 0x7fffffff);
        index != 0 || size == 0 || size > 15)
        return index;
    alignas(8) unsigned char request[64]{};
    for (std::size_t i = 0; i < size; ++i)
        request[i] = static_cast<unsigned char>(name[i]);
    int const any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool const known = any >= 0 && ::ioctl(any, SIOCGIFINDEX, request) == 0;
    if (any >= 0)
        ::close(any);
    return known ? field<std::uint32_t>(request, sizeof request, offset_of_device_index) : 0;
}

} // namespace detail

// An address and a port: one end of a connection. What cannot be understood has no port, and is not
// valid().
struct Endpoint {
    // IPv6, in network order; IPv4 as ::ffff:a.b.c.d, as a dual-stack server sees it
    unsigned char address[16]{};
    std::uint16_t port = 0; // in host order, from 0 to 65535
    // the index of a link-local address's device; in a lookup also that of a socket bound to a
    // device
    std::uint32_t scope_id = 0;

    constexpr Endpoint() noexcept = default;
    // From a socket address of this many bytes; not valid() if its family is neither AF_INET nor
    // AF_INET6, or if it is too short.
    Endpoint(sockaddr const* from, std::size_t size) noexcept
    {
        auto const* const bytes = reinterpret_cast<unsigned char const*>(from);
        auto const family =
            from ? detail::field<sa_family_t>(bytes, size, 0) : sa_family_t{AF_UNSPEC};
        if (family == AF_INET && size >= sizeof(sockaddr_in))
            set_ipv4(bytes + offsetof(sockaddr_in, sin_addr));
        else if (family == AF_INET6 && size >= sizeof(sockaddr_in6))
            set_ipv6(
                bytes + offsetof(sockaddr_in6, sin6_addr),
                detail::field<std::uint32_t>(bytes, size, offsetof(sockaddr_in6, sin6_scope_id)));
        else
            return;
        port = detail::port_at(bytes + offsetof(sockaddr_in, sin_port));
    }
    // From the address of bind(), accept() and similar calls.
    Endpoint(sockaddr_in const& from) noexcept
        : Endpoint{reinterpret_cast<sockaddr const*>(&from), sizeof from}
    {
    }
    // The same for IPv6; the scope is kept.
    Endpoint(sockaddr_in6 const& from) noexcept
        : Endpoint{reinterpret_cast<sockaddr const*>(&from), sizeof from}
    {
    }
    // Of either, as its family says.
    Endpoint(sockaddr_storage const& from) noexcept
        : Endpoint{reinterpret_cast<sockaddr const*>(&from), sizeof from}
    {
    }
    // From an endpoint of Asio, or any type with data() and size() of a socket address.
    template <detail::address_like Address>
    Endpoint(Address const& from) noexcept
        : Endpoint{static_cast<sockaddr const*>(from.data()), static_cast<std::size_t>(from.size())}
    {
    }

    // From an address as text, and a port in host order.
    Endpoint(detail::Text host, std::uint16_t its_port) noexcept
    {
        set_text(host.data(), host.size(), its_port);
    }
    // From both in one text: 192.0.2.1:443, [2001:db8::1]:443, ipv4:192.0.2.1:443.
    explicit Endpoint(detail::Text host_and_port) noexcept
    {
        set_text(host_and_port.data(), host_and_port.size());
    }

    // Whether it is IPv4, also mapped into IPv6.
    [[nodiscard]] constexpr bool ipv4() const noexcept
    {
        return detail::field<std::uint64_t>(address, sizeof address, 0) == 0
            && detail::field<std::uint16_t>(address, sizeof address, 8) == 0 && address[10] == 0xff
            && address[11] == 0xff;
    }
    // 0.0.0.0 or ::, where a server listens for all of its addresses.
    [[nodiscard]] constexpr bool any() const noexcept
    {
        return detail::field<std::uint32_t>(address, sizeof address, 12) == 0
            && (ipv4()
                || (detail::field<std::uint64_t>(address, sizeof address, 0) == 0
                    && detail::field<std::uint32_t>(address, sizeof address, 8) == 0));
    }
    // Whether it is in fe80::/10, and so belongs to one device.
    [[nodiscard]] constexpr bool link_local() const noexcept
    {
        return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
    }
    // Whether it was parsed. No TCP socket has port 0.
    [[nodiscard]] constexpr bool valid() const noexcept { return port != 0; }

    // 192.0.2.1:443, [2001:db8::1]:443 or [fe80::1%2]:443, into a buffer of the caller's.
    char const* text(char (&buffer)[72]) const noexcept
    {
        detail::ErrnoKept const kept;
        char* at = buffer;
        auto const add_number = [&at](std::uint32_t number) {
            detail::Digits const digits{number};
            for (std::size_t i = 0; i < digits.size(); ++i)
                *at++ = digits.data()[i];
        };
        if (!ipv4())
            *at++ = '[';
        if (!::inet_ntop(ipv4() ? AF_INET : AF_INET6, address + (ipv4() ? 12 : 0), at,
                         INET6_ADDRSTRLEN))
            *at = '\0';
        at += detail::Text{at}.size();
        if (scope_id != 0) {
            *at++ = '%';
            add_number(scope_id);
        }
        if (!ipv4())
            *at++ = ']';
        *at++ = ':';
        add_number(port);
        *at = '\0';
        return buffer;
    }

    friend constexpr bool operator==(Endpoint const&, Endpoint const&) noexcept = default;

    // From four bytes in network order; without a port.
    template <detail::byte_like Byte>
    constexpr void set_ipv4(Byte const* from) noexcept
    {
        *this = Endpoint{};
        address[10] = address[11] = 0xff;
        struct { // all at once: byte by byte they might be those of the address itself
            unsigned char bytes[4]{};
        } four;
        for (int i = 0; i < 4; ++i)
            four.bytes[i] = static_cast<unsigned char>(from[i]);
        for (int i = 0; i < 4; ++i)
            address[12 + i] = four.bytes[i];
    }
    // From sixteen bytes in network order, and a device's index (0 for none); without a port.
    template <detail::byte_like Byte>
    constexpr void set_ipv6(Byte const* from, std::uint32_t scope = 0) noexcept
    {
        *this = Endpoint{};
        for (int i = 0; i < 16; ++i)
            address[i] = static_cast<unsigned char>(from[i]);
        scope_id = scope;
    }

private:
    void set_text(char const* host, std::size_t size, std::uint16_t its_port) noexcept
    {
        detail::ErrnoKept const kept;
        char copy[64]{}; // the longest address has 45 characters, the longest name of a device 15
        if (size > 1 && host[0] == '[' && host[size - 1] == ']') {
            ++host;
            size -= 2;
        }
        if (size == 0 || size >= sizeof copy)
            return;
        std::size_t scope = size;
        for (std::size_t i = 0; i < size; ++i) {
            if (host[i] == '\0') // the rest would be ignored
                return;
            if (host[i] == '%' && scope == size)
                scope = i;
            copy[i] = scope == size ? host[i] : '\0';
        }
        unsigned char bytes[16]{};
        if (scope == size && ::inet_pton(AF_INET, copy, bytes) == 1) {
            set_ipv4(bytes);
        } else if (::inet_pton(AF_INET6, copy, bytes) == 1) {
            std::uint32_t const index =
                scope < size ? detail::device_index(host + scope + 1, size - scope - 1) : 0;
            if (scope < size && index == 0)
                return;
            set_ipv6(bytes, index);
            if (index != 0 && ipv4()) { // a mapped address is IPv4, which has no device
                *this = Endpoint{};
                return;
            }
        } else {
            return;
        }
        port = its_port;
    }

    // With its port at the end, as Endpoint::text() writes it, or gRPC: ipv4:192.0.2.1:443,
    // ipv6:%5B2001:db8::1%5D:443.
    void set_text(char const* from, std::size_t size) noexcept
    {
        if (size > 5 && from[0] == 'i' && from[1] == 'p' && from[2] == 'v'
            && (from[3] == '4' || from[3] == '6') && from[4] == ':') {
            from += 5;
            size -= 5;
        }
        char copy[96];
        if (size >= sizeof copy)
            return;
        // If the brackets are escaped, all of it is: %251 is then the device 1, otherwise the
        // device 251.
        bool const escaped =
            size > 2 && from[0] == '%' && from[1] == '5' && (from[2] == 'B' || from[2] == 'b');
        std::size_t length = 0, colon = 0, colons = 0;
        for (std::size_t i = 0; i < size; ++i) {
            char byte = from[i];
            if (escaped && byte == '%' && i + 2 < size
                && (from[i + 1] == '5' || (from[i + 1] == '2' && from[i + 2] == '5'))) {
                char const low = from[i + 2];
                char const meant = from[i + 1] == '2'       ? '%'
                                 : low == 'B' || low == 'b' ? '['
                                 : low == 'D' || low == 'd' ? ']'
                                                            : '\0';
                if (meant) {
                    byte = meant;
                    i += 2;
                }
            }
            if (byte == ':') {
                colon = length;
                ++colons;
            }
            copy[length++] = byte;
        }
        // Without brackets, the end of an IPv6 address is ambiguous.
        if (colons == 0 || (colons > 1 && (copy[0] != '[' || copy[colon - 1] != ']')))
            return;
        std::uint32_t const its_port =
            detail::number_of({copy + colon + 1, length - colon - 1}, 65535);
        if (its_port != 0)
            set_text(copy, colon, static_cast<std::uint16_t>(its_port));
    }
};

// The two ends of a connection. A local one of any(), 0.0.0.0 or ::, is whichever address it has.
struct EndpointPair {
    Endpoint local{};  // this server's
    Endpoint remote{}; // the client's

    friend constexpr bool operator==(EndpointPair const&, EndpointPair const&) noexcept = default;
};

} // namespace aroma

#endif // AROMA_LINUX_ENDPOINT_HPP
