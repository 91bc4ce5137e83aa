// SPDX-License-Identifier: BSL-1.0
//
// A listening socket, for the examples that call socket() and accept() themselves.
#ifndef AROMA_EXAMPLES_LISTENER_HPP
#define AROMA_EXAMPLES_LISTENER_HPP

#include "port_option.hpp"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace examples {

// The address of bind(), for frameworks that take one.
struct SocketAddress {
    sockaddr_in of_4{};
    sockaddr_in6 of_6{};
    bool is_6;

    explicit SocketAddress(Where const& where) : is_6{where.address.find(':') != where.address.npos}
    {
        of_4.sin_family = AF_INET;
        of_6.sin6_family = AF_INET6;
        of_4.sin_port = of_6.sin6_port = htons(where.port);
        void* const bytes = is_6 ? static_cast<void*>(&of_6.sin6_addr) : &of_4.sin_addr;
        ::inet_pton(family(), where.address.c_str(), bytes);
    }
    int family() const { return is_6 ? AF_INET6 : AF_INET; }
    sockaddr* get()
    {
        return is_6 ? reinterpret_cast<sockaddr*>(&of_6) : reinterpret_cast<sockaddr*>(&of_4);
    }
    socklen_t size() const { return is_6 ? sizeof of_6 : sizeof of_4; }
    in_port_t port() const { return ntohs(is_6 ? of_6.sin6_port : of_4.sin_port); }
};

// If the port cannot be bound, the program ends here and says so.
inline int listen_on(std::string_view program, Where const& where,
                     std::string_view ask_with = "curl -L http://")
{
    SocketAddress address{where};
    socklen_t length = address.size();
    int const listener = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, off = 0;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); // :: is IPv4 too
    if (::bind(listener, address.get(), length) != 0 || ::listen(listener, SOMAXCONN) != 0
        || ::getsockname(listener, address.get(), &length) != 0)
        cannot_listen(program, where, std::strerror(errno));
    announce(program, where, address.port(), ask_with);
    return listener;
}

} // namespace examples

#endif // AROMA_EXAMPLES_LISTENER_HPP
