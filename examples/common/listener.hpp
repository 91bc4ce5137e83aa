// SPDX-License-Identifier: BSL-1.0
//
// A listening socket for IPv4 and IPv6, for the examples that call accept() themselves.
#ifndef AROMA_EXAMPLES_LISTENER_HPP
#define AROMA_EXAMPLES_LISTENER_HPP

#include "port_option.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

namespace examples {

// If the port cannot be bound, the program ends here and says so.
inline int listen_on(std::string_view program, std::uint16_t wanted,
                     std::string_view ask_with = "curl -L http://127.0.0.1:")
{
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(wanted);
    socklen_t length = sizeof address;
    int const listener = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, off = 0;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0
        || ::listen(listener, 128) != 0
        || ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        cannot_listen(program, wanted, std::strerror(errno));
    announce(program, ntohs(address.sin6_port), ask_with);
    return listener;
}

} // namespace examples

#endif // AROMA_EXAMPLES_LISTENER_HPP
