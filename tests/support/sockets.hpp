// SPDX-License-Identifier: BSL-1.0
//
// Real sockets for the live tests: descriptors that close themselves, loopback connections, a
// network namespace of our own.
#ifndef AROMA_TESTS_SUPPORT_SOCKETS_HPP
#define AROMA_TESTS_SUPPORT_SOCKETS_HPP

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

namespace live {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_{fd} {}
    Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Fd& operator=(Fd&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() { close(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void close()
    {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
    }

private:
    int fd_ = -1;
};

inline Fd checked(int fd, char const* what)
{
    if (fd < 0)
        throw std::system_error{errno, std::generic_category(), what};
    return Fd{fd};
}

inline Fd tcp_socket(int protocol = IPPROTO_TCP, int family = AF_INET)
{
    return checked(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol), "socket");
}

template <class Value>
void set_option(Fd const& fd, int level, int name, Value value)
{
    if (::setsockopt(fd.get(), level, name, &value, sizeof value) != 0)
        throw std::system_error{errno, std::generic_category(), "setsockopt"};
}

inline sockaddr_in loopback(in_port_t port_in_network_order = 0)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = port_in_network_order;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline sockaddr_in local_address(Fd const& fd)
{
    sockaddr_in address{};
    socklen_t length = sizeof address;
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::system_error{errno, std::generic_category(), "getsockname"};
    return address;
}

inline void start_listening(Fd const& fd, int backlog = 128)
{
    sockaddr_in const address = loopback();
    if (::bind(fd.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0
        || ::listen(fd.get(), backlog) != 0)
        throw std::system_error{errno, std::generic_category(), "bind or listen"};
}

inline void connect_to(Fd const& client, Fd const& listener)
{
    sockaddr_in const address = local_address(listener);
    if (::connect(client.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
        throw std::system_error{errno, std::generic_category(), "connect"};
}

inline bool readable(int fd, int milliseconds = 5000)
{
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, milliseconds) == 1;
}

inline Fd accept_from(Fd const& listener)
{
    if (!readable(listener.get()))
        throw std::runtime_error{"nobody connected within 5 s"};
    return checked(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept");
}

// A message from one end to the other, received in full.
inline void send_and_receive(Fd const& from, Fd const& to, std::string const& message)
{
    if (::send(from.get(), message.data(), message.size(), MSG_NOSIGNAL)
        != static_cast<ssize_t>(message.size()))
        throw std::system_error{errno, std::generic_category(), "send"};
    std::string received(message.size(), '\0');
    if (::recv(to.get(), received.data(), received.size(), MSG_WAITALL)
            != static_cast<ssize_t>(received.size())
        || received != message)
        throw std::runtime_error{"a message was lost"};
}

inline constexpr int wait = 80; // milliseconds: many ticks of every kernel's clock

inline void pause(int milliseconds)
{
    ::usleep(static_cast<useconds_t>(milliseconds) * 1000);
}

// What the kernel has noticed is what has happened: until it has the bytes, and the other side's
// ACK of ours.
inline void send_to(Fd const& from, Fd const& to, std::string const& message)
{
    if (::send(from.get(), message.data(), message.size(), MSG_NOSIGNAL)
        != static_cast<ssize_t>(message.size()))
        throw std::system_error{errno, std::generic_category(), "send"};
    if (!readable(to.get()))
        throw std::runtime_error{"a message was lost"};
}

struct Connection {
    Fd client;
    Fd server;

    // As a keep-alive connection does; the last request has arrived and is not answered.
    void exchange(int requests = 3)
    {
        send_and_receive(client, server, "request");
        while (--requests > 0) {
            send_and_receive(server, client, "an answer");
            send_and_receive(client, server, "request");
        }
    }
    void reset_by_client()
    {
        set_option(client, SOL_SOCKET, SO_LINGER, linger{1, 0});
        client.close();
        readable(server.get());
    }
};

inline Connection connect_through(Fd const& listener, Fd client)
{
    connect_to(client, listener);
    Fd server = accept_from(listener);
    return {std::move(client), std::move(server)};
}

inline Connection connected(int protocol = IPPROTO_TCP)
{
    Fd const listener = tcp_socket(protocol);
    start_listening(listener);
    return connect_through(listener, tcp_socket(protocol));
}

// Runs what it is given in a fresh network namespace, loopback up, sysctls its own; says why it
// cannot where it cannot.
template <class Body>
[[nodiscard]] std::string in_own_namespace(Body&& body)
{
    std::string why_not;
    std::exception_ptr failed;
    std::thread{[&] {
        if (::unshare(CLONE_NEWNET) != 0) {
            why_not =
                std::string{"no network namespace: "} + std::strerror(errno) + " (root is needed)";
            return;
        }
        try {
            Fd const any = checked(::socket(AF_INET, SOCK_DGRAM, 0), "socket");
            ifreq up{};
            std::strcpy(up.ifr_name, "lo");
            up.ifr_flags = IFF_UP;
            if (::ioctl(any.get(), SIOCSIFFLAGS, &up) != 0)
                throw std::system_error{errno, std::generic_category(), "loopback up"};
            body();
        } catch (...) {
            failed = std::current_exception();
        }
    }}.join();
    if (failed)
        std::rethrow_exception(failed);
    return why_not;
}

inline bool write_sysctl(std::string const& name, std::string const& value)
{
    std::ofstream file{"/proc/sys/net/" + name};
    file << value << std::flush;
    return file.good();
}

} // namespace live

#endif // AROMA_TESTS_SUPPORT_SOCKETS_HPP
