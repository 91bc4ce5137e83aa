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
[[nodiscard, gnu::cold]] constexpr Status status_of_errno(int error) noexcept
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

// A socket that is asked for its TCP_INFO, and what it has answered.
struct Answer {
    // The first byte shows whether any is written: it is the state, and 0 is none.
    explicit Answer(int of) noexcept : fd{of} { bytes[offset_of_state] = 0; }

    [[nodiscard]] bool is_whole() const noexcept
    {
        return size >= size_read && bytes[offset_of_state] != 0;
    }
    void clear_from(std::size_t begin) noexcept
    {
        for (; begin < size_read; ++begin)
            bytes[begin] = 0;
    }

    int errno_before = errno;
    socklen_t size = size_read;
    alignas(8) unsigned char bytes[size_read];
    int fd;
};

// Has it? get_option is called as ::getsockopt is, once, and for the socket's kind only if that
// fails; it must set errno if it returns other than 0.
template <class GetSockOpt>
[[nodiscard]] bool ask(Answer& answer, GetSockOpt& get_option) noexcept
{
    return get_option(answer.fd, ipproto_tcp, tcp_info_option, static_cast<void*>(answer.bytes),
                      &answer.size)
        == 0;
}

// Why not. What may be TCP all the same is asked for its type and protocol: every kind of socket
// answers that, in a sandbox too, and a raw one may have TCP's protocol number. Apart from those
// who ask, so that a call that succeeds pays nothing.
template <class GetSockOpt>
[[nodiscard, gnu::cold, gnu::noinline]] Status why_unread(Answer const& answer,
                                                          GetSockOpt get_option) noexcept
{
    Status status = status_of_errno(errno);
    if (status == Status::not_tcp || status == Status::no_tcp_info) {
        int type = 0, protocol = 0;
        auto const is_answered = [&](int option, int& value) {
            socklen_t length = sizeof value;
            return get_option(answer.fd, SOL_SOCKET, option, static_cast<void*>(&value), &length)
                == 0;
        };
        if (is_answered(SO_TYPE, type) && is_answered(SO_PROTOCOL, protocol))
            status = type == SOCK_STREAM && (protocol == ipproto_tcp || protocol == ipproto_mptcp)
                       ? Status::no_tcp_info
                       : Status::not_tcp;
        else if (status = status_of_errno(errno); status == Status::not_tcp)
            status = Status::refused;
    }
    errno = answer.errno_before;
    return status;
}

// Of a kernel before 4.19, and of a sandbox that answers nothing.
[[nodiscard, gnu::cold, gnu::noinline]] inline TcpInfo decode_cut(Answer& answer) noexcept
{
    answer.clear_from(answer.bytes[offset_of_state] == 0 ? 0 : answer.size);
    return decode(answer.bytes, answer.size < size_read ? answer.size : size_read);
}

// The same of any answer, in fewer bytes of code: it may have half of a number of 64 bits, if that
// is one that score() does not look at then.
[[nodiscard, gnu::always_inline]] inline TcpInfo decode_any(Answer& answer) noexcept
{
    answer.clear_from(answer.bytes[offset_of_state] == 0 ? 0 : answer.size & ~std::size_t{3});
    TcpInfo info = decode(answer.bytes, size_read);
    info.has_position = answer.size >= size_with_position;
    info.status = answer.size < size_with_min_rtt ? Status::kernel_too_old : info.status;
    return info;
}

// ::getsockopt as a type, which is called and not pointed to.
struct GetSocketOption {
    int operator()(int fd, int level, int option, void* value, socklen_t* length) const noexcept
    {
        return ::getsockopt(fd, level, option, value, length);
    }
};

template <class GetSockOpt>
[[nodiscard]] TcpInfo read_by(int fd, GetSockOpt&& get_option) noexcept
{
    Answer answer{fd};
    if (ask(answer, get_option))
        return answer.is_whole() ? decode(answer.bytes, size_read) : decode_cut(answer);
    int const error = errno;
    return {.status = why_unread(answer, get_option), .error_number = error};
}

} // namespace detail

// A descriptor's numbers, by one getsockopt.
[[nodiscard]] inline TcpInfo read(int fd) noexcept
{
    return detail::read_by(fd, detail::GetSocketOption{});
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

// What has a descriptor to ask, itself one or not.
template <class Source>
concept has_descriptor = descriptor_like<Source> || socket_like<Source>;

template <has_descriptor Source>
[[nodiscard]] constexpr int number_of(Source& source) noexcept
{
    if constexpr (std::convertible_to<Source, int>)
        return static_cast<int>(source);
    else
        return descriptor_of(source);
}

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
