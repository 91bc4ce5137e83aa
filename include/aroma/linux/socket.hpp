// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/socket.hpp: a socket to the kernel's numbers.
//
// Synopsis
//   TcpInfo read(int fd);                 one getsockopt
//   TcpInfo read(socket);                 of an object with native_handle(), or a layer over one
//                                         (Asio, Beast)
//
// Nothing here throws, allocates, blocks or changes the socket, errno included. A descriptor of the
// wrong kind costs one failed system call, a socket two more, and comes back as its Status.
#ifndef AROMA_LINUX_SOCKET_HPP
#define AROMA_LINUX_SOCKET_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/linux/only.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <concepts>    // convertible_to, floating_point, same_as
#include <type_traits> // is_lvalue_reference_v, remove_cvref_t

#include <errno.h>      // errno, EBADF ...
#include <sys/socket.h> // getsockopt, socklen_t

namespace aroma {

namespace detail {

inline constexpr int ipproto_tcp = 6;     // IPPROTO_TCP (RFC 9293), without <netinet/in.h>
inline constexpr int ipproto_mptcp = 262; // IPPROTO_MPTCP

// What a failed getsockopt(TCP_INFO) means for its descriptor; not_tcp may be TCP all the same, if
// the system has no TCP_INFO.
[[nodiscard]] constexpr Status status_of_errno(int error) noexcept
{
    switch (error) {
    case EBADF: return Status::bad_descriptor; // also a descriptor opened with O_PATH
    case ENOTSOCK: return Status::not_a_socket;
    case EOPNOTSUPP:  // AF_UNIX, and over IPv4 UDP and raw; MPTCP before Linux 5.16
    case ENOPROTOOPT: // over IPv6 UDP and raw; netlink, packet, vsock; a sandbox without it
    case EINVAL:      // a sandbox that wants another length
        return Status::not_tcp;
    case ENOSYS: return Status::no_tcp_info; // a seccomp filter's
    default: return Status::refused;
    }
}

// TCP or not, by what the socket reports: every kind answers that, in a sandbox too. A raw
// socket may have TCP's protocol number, so the type is asked as well.
template <class GetSockOpt>
[[nodiscard]] Status tcp_without_info(int fd, GetSockOpt&& get_option) noexcept
{
    int type = 0, protocol = 0;
    auto const ask = [&](int option, int& answer) {
        socklen_t length = sizeof answer;
        return get_option(fd, SOL_SOCKET, option, static_cast<void*>(&answer), &length) == 0;
    };
    if (!ask(SO_TYPE, type) || !ask(SO_PROTOCOL, protocol)) {
        Status const why = status_of_errno(errno);
        return why == Status::not_tcp ? Status::refused : why;
    }
    return type == SOCK_STREAM && (protocol == ipproto_tcp || protocol == ipproto_mptcp)
             ? Status::no_tcp_info
             : Status::not_tcp;
}

// Apart from read_by(), and with get_option by value, so that a call that succeeds pays nothing.
template <class GetSockOpt>
[[nodiscard, gnu::cold, gnu::noinline]] TcpInfo why_unread(int fd, GetSockOpt get_option,
                                                           int errno_before) noexcept
{
    int const error = errno;
    Status status = status_of_errno(error);
    if (status == Status::not_tcp || status == Status::no_tcp_info)
        status = tcp_without_info(fd, get_option);
    errno = errno_before;
    return {.status = status, .error_number = error};
}

// get_option is called as ::getsockopt is, once, and for the socket's kind only if that fails; it
// must set errno if it returns other than 0.
template <class GetSockOpt>
[[nodiscard]] TcpInfo read_by(int fd, GetSockOpt&& get_option) noexcept
{
    alignas(8) unsigned char bytes[size_read]{};
    socklen_t length = sizeof bytes;
    int const errno_before = errno;
    if (get_option(fd, ipproto_tcp, tcp_info_option, static_cast<void*>(bytes), &length) == 0)
        return decode(bytes, length < sizeof bytes ? length : sizeof bytes);
    return why_unread(fd, get_option, errno_before);
}

} // namespace detail

// A descriptor's numbers, by one getsockopt.
[[nodiscard]] inline TcpInfo read(int fd) noexcept
{
    return detail::read_by(fd, ::getsockopt);
}

namespace detail {

// The descriptor of an object that has one: its native_handle(), or that of what it is a layer
// over. A native_handle() that is no descriptor, as a thread's or a TLS stream's, is none.
template <class Socket>
[[nodiscard]] constexpr auto descriptor_of(Socket& socket) noexcept
{
    // clang-format off
    if constexpr (requires {
                      requires std::same_as<std::remove_cvref_t<decltype(socket.native_handle())>,
                                            int>;
                  })
        return static_cast<int>(socket.native_handle());
    else if constexpr (requires {
                           requires std::is_lvalue_reference_v<decltype(socket.next_layer())>;
                       })
        return descriptor_of(socket.next_layer());
    else if constexpr (requires { requires std::is_lvalue_reference_v<decltype(socket.socket())>; })
        return descriptor_of(socket.socket());
    // clang-format on
}

// clang-format off
template <class Socket>
concept socket_like = !std::convertible_to<Socket, int> && requires(Socket& socket) {
    { detail::descriptor_of(socket) } -> std::same_as<int>;
};
// clang-format on

// An integer or what converts to one, but no bool and no floating-point number.
// clang-format off
template <class Descriptor>
concept descriptor_like = std::convertible_to<Descriptor, int>
    && !std::same_as<std::remove_cvref_t<Descriptor>, bool>
    && !std::floating_point<std::remove_cvref_t<Descriptor>>;
// clang-format on

} // namespace detail

// Those of an object with native_handle(), or of a layer over one (Asio, Beast).
template <detail::socket_like Socket>
[[nodiscard]] TcpInfo read(Socket&& socket) noexcept
{
    return read(detail::descriptor_of(socket));
}

namespace detail {

// clang-format off
template <class Source>
concept tcp_source = descriptor_like<Source> || (!std::convertible_to<Source, int>
                  && requires(Source&& source) {
    { read(static_cast<Source&&>(source)) } -> std::same_as<TcpInfo>;
});
// clang-format on

template <class Source>
[[nodiscard]] TcpInfo read_of(Source&& source) noexcept
{
    if constexpr (std::convertible_to<Source, int>)
        return read(static_cast<int>(source));
    else
        return read(static_cast<Source&&>(source));
}

} // namespace detail

} // namespace aroma

#endif // AROMA_LINUX_SOCKET_HPP
