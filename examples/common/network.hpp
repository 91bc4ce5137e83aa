// SPDX-License-Identifier: BSL-1.0
//
// The network of a client, which counts as one client: an IPv4 /24, an IPv6 /48.
#ifndef AROMA_EXAMPLES_NETWORK_HPP
#define AROMA_EXAMPLES_NETWORK_HPP

#include <aroma/linux/endpoint.hpp>
#include <aroma/probe.hpp>

#include <cstdint>

#include <sys/socket.h>

namespace examples {

// A number for each, of an address or of a socket's peer; an IPv4 address is mapped.
inline std::uint64_t network_of(aroma::Endpoint const& end)
{
    return aroma::token_of(end.address, end.ipv4() ? 15u : 6u);
}

inline std::uint64_t network_of(int fd)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    sockaddr* const peer = reinterpret_cast<sockaddr*>(&address);
    return ::getpeername(fd, peer, &size) == 0 ? network_of(aroma::Endpoint{peer, size}) : 0;
}

} // namespace examples

#endif // AROMA_EXAMPLES_NETWORK_HPP
