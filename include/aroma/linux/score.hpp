// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/score.hpp: a socket to an assessment.
//
// Synopsis
//   Assessment score(int fd);                             the score of an accepted socket by TCP
//                                                         alone: a request has arrived
//   Assessment score(int fd, Exchange);                     across the layers: the client has just
//                                                         opened, or just replied
//   Assessment score(int fd, Exchange, stopwatch_rtt);      the same, with a finer clock of yours
//                                                         beside the kernel's
//   Assessment score(int fd, application_rtt);            across the layers, with an RTT measured
//                                                         elsewhere
//   Assessment score(int fd, Exchange, ConnectionHistory&);
//                                all that the connection has shown so far,
//                                                         this moment included
//   Assessment score(int fd, Exchange, stopwatch_rtt, ConnectionHistory&);
//   Assessment score(int fd, application_rtt, ConnectionHistory&);
//       every one also with a classifier of yours behind it; score(fd, calculator, classifier = {})
//       and score(fd, Exchange, calculator, classifier = {}) with a method of yours
//   Assessment score(socket, ...);                        the same of an object with
//                                                         native_handle(), or a layer over one
//                                                         (Asio, Beast)
//   Assessment assess(TcpInfo, ...);                      the same of numbers that are there:
//                                                         score(fd, ...) is assess(read(fd), ...)
//
//   TcpInfo    read(int fd);  read(socket);               the kernel's numbers alone: one
//                                                         getsockopt
//   TcpInfo    read(int fd, getsockopt);                  through a function of your own (a
//                                                         framework, a test)
//   TcpInfo    at(TcpInfo, Exchange, tick);                 with the application RTT that its
//                                                           stamps
//                                                         show at that moment
//   Microseconds clock_tick();                            how coarse those stamps are
//   Status     status_of_errno(int error);                what a failed getsockopt(TCP_INFO) says
//                                                         of its descriptor
//
// When to ask: when a request has arrived, before answering or closing. At accept() nothing but the
// handshake has been measured (Status::handshake_only); a FIN and the ACK of a connection's last
// bytes distort what was. With a Exchange: when it is that moment. Where the kernel's numbers show
// that it is not, the answer is Status::no_reply; they cannot show that a person was thinking for
// less than 3 s, that an answer came in pieces (the last one counts), or, where the RTT is below a
// tick, that something was sent within the same tick after the client's data.
//
// Nothing here throws, allocates, blocks or changes the socket, errno included. A descriptor of the
// wrong kind costs one failed system call and comes back as its Status.
#ifndef AROMA_LINUX_SCORE_HPP
#define AROMA_LINUX_SCORE_HPP

#include <aroma/assessment.hpp>
#include <aroma/connection_history.hpp>
#include <aroma/duration.hpp>
#include <aroma/exchange.hpp>
#include <aroma/linux/tcp_info.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>

#include <concepts>    // convertible_to, same_as
#include <cstdint>     // int32_t, uint32_t, uint64_t
#include <type_traits> // is_lvalue_reference_v, remove_cvref_t

#include <errno.h>      // errno, EBADF ...
#include <netinet/in.h> // IPPROTO_TCP
#include <sys/socket.h> // getsockopt, socklen_t
#include <time.h>       // clock_getres

namespace aroma {

namespace detail {

// A later answer is a person's, not a machine's: no path is as long as the 3 s that TCP falls back
// to for its first retransmissions (RFC 6298, 5.7), Tor's and a satellite's together included.
inline constexpr std::uint32_t longest_reply = 3000; // milliseconds
// microseconds of a server's own delay that a stopwatch may pass on: HZ=250's tick
inline constexpr std::uint32_t most_slack = 4000;
// microseconds: HZ=100, the coarsest that Linux is built with
inline constexpr std::uint32_t longest_tick = 10'000;

} // namespace detail

[[nodiscard]] constexpr Status status_of_errno(int error) noexcept
{
    switch (error) {
    case EBADF: return Status::bad_descriptor; // also a descriptor opened with O_PATH
    case ENOTSOCK: return Status::not_a_socket;
    case EOPNOTSUPP:  // AF_UNIX, and over IPv4 UDP and raw
    case ENOPROTOOPT: // over IPv6 UDP and raw; netlink, packet, vsock
        return Status::not_tcp;
    default: return Status::refused;
    }
}

// get_option is called as ::getsockopt is, once, and must set errno where it answers other than 0.
template <class GetSockOpt>
[[nodiscard]] TcpInfo read(int fd, GetSockOpt&& get_option) noexcept
{
    alignas(8) unsigned char bytes[detail::size_read]{};
    socklen_t length = sizeof bytes;
    int const errno_before = errno;
    if (get_option(fd, static_cast<int>(IPPROTO_TCP), detail::tcp_info_option,
                   static_cast<void*>(bytes), &length)
        == 0)
        return decode(bytes, length < sizeof bytes ? length : sizeof bytes);
    int const error = errno;
    errno = errno_before;
    return {.status = status_of_errno(error), .error = error};
}

[[nodiscard]] inline TcpInfo read(int fd) noexcept
{
    return read(fd, ::getsockopt);
}

// The same with an RTT measured above TCP by other means; Status::no_reply where that is not
// measured().
template <duration_like D>
[[nodiscard]] constexpr TcpInfo with_application_rtt(TcpInfo info, D application_rtt) noexcept
{
    if (info.status == Status::ok || info.status == Status::handshake_only) {
        info.rtt.application = to_microseconds(application_rtt);
        info.status = measured(info.rtt.application) ? Status::ok : Status::no_reply;
    }
    return info;
}

// How coarse tcpi_last_data_sent and tcpi_last_data_recv are: one jiffy (4 ms at HZ=250), which is
// this clock's resolution.
[[nodiscard]] inline Microseconds clock_tick() noexcept
{
    static std::uint32_t const tick = [] {
        timespec resolution{};
        bool const known =
            clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) == 0 && resolution.tv_sec == 0;
        return known ? static_cast<std::uint32_t>((resolution.tv_nsec + 999) / 1000)
                     : detail::longest_tick;
    }();
    return Microseconds{tick};
}

namespace detail {

// The time between the kernel's two stamps, in milliseconds; -1 where they show that this is not
// the moment.
//   opening: between the handshake's last ACK and the client's first data, as the kernel sets the
//            send stamp by that ACK
//   reply:   between our last segment with data and the client's
[[nodiscard]] constexpr std::int32_t gap_at(TcpInfo const& info, Exchange moment,
                                            Microseconds tick) noexcept
{
    if (info.data_segs_in == 0 || info.last_data_sent < info.last_data_recv
        || info.notsent_bytes != 0 || info.unacked != 0)
        return -1; // nothing arrived; or something was sent since, or is on its way
    std::uint32_t const gap = info.last_data_sent - info.last_data_recv;
    if (gap > longest_reply)
        return -1;
    if (moment == Exchange::opening)
        return info.data_segs_out == 0 && !(info.options & option_fast_open)
                 ? static_cast<std::int32_t>(gap)
                 : -1;
    if (info.data_segs_out == 0)
        return -1;
    // An ACK newer than the client's last data acknowledges something sent after that data, or came
    // with its FIN.
    if (info.last_ack_recv < info.last_data_recv && info.state != TcpState::close_wait)
        return -1;
    // Nobody answers in less than the path's lowest RTT: what arrived was under way before we sent.
    if (std::uint64_t{gap} * 1000 + tick.count() < info.rtt.minimum.count())
        return -1;
    return static_cast<std::int32_t>(gap);
}

} // namespace detail

// The same with rtt.application, as the kernel's stamps show it at that moment, or with
// Status::no_reply. The true time lies within one tick of the stamps' difference, and the lower end
// is taken: the kernel's clock alone never accuses by being coarse. A stopwatch's reading (a
// measured() RTT) refines it where it lies within that tick, or within 4 ms of a coarser one. A
// later one has counted the server's own delay, and is cut: 4 ms above the lower end are taken, the
// stamps' difference itself at HZ=250, an estimate that may be a tick too high or too low. The
// lower end would be the connection's lowest for ever (lab, client 15 ms behind HAProxy: 10.8 ms
// instead of 15.7).
[[nodiscard]] constexpr TcpInfo at(TcpInfo info, Exchange moment, Microseconds tick,
                                   Microseconds stopwatch = {}) noexcept
{
    if (info.status != Status::ok && info.status != Status::handshake_only)
        return info;
    std::int32_t const gap = detail::gap_at(info, moment, tick);
    if (gap < 0) {
        info.status = Status::no_reply;
        return info;
    }
    std::uint32_t const stamped = static_cast<std::uint32_t>(gap) * 1000; // at most longest_reply
    std::uint32_t const lowest = stamped > tick.count() ? stamped - tick.count() : 0;
    std::uint32_t const slack =
        tick.count() < detail::most_slack ? tick.count() : detail::most_slack;
    bool const timed = measured(stopwatch) && stopwatch.count() >= lowest;
    std::uint32_t const reply = !timed                               ? lowest
                              : stopwatch.count() <= stamped + slack ? stopwatch.count()
                                                                     : lowest + slack;
    std::uint32_t const minimum = info.rtt.minimum.count();
    // SYN-ACK sent to first data received; at most the largest that is measured()
    if (moment == Exchange::opening)
        info.rtt.application = Microseconds{
            minimum < ~std::uint32_t{0} - 1 - reply ? minimum + reply : ~std::uint32_t{0} - 1};
    else
        info.rtt.application = Microseconds{reply > minimum ? reply : minimum};
    info.status = Status::ok;
    return info;
}

template <class Method>
    requires scoring_method<Method>
[[nodiscard]] constexpr Assessment assess(TcpInfo const& info,
                                          ScoreCalculator<Method> const& calculate,
                                          ThresholdClassifier const& classify = {}) noexcept
{
    if (info.status != Status::ok)
        return {.status = info.status, .sample = info.rtt};
    return assess(info.rtt, calculate, classify);
}

[[nodiscard]] constexpr Assessment assess(TcpInfo const& info,
                                          ThresholdClassifier const& classify = {}) noexcept
{
    if (info.status != Status::ok)
        return {.status = info.status, .sample = info.rtt};
    return assess(info.rtt, classify);
}

[[nodiscard]] inline Assessment assess(TcpInfo const& info, Exchange moment,
                                       ThresholdClassifier const& classify = {}) noexcept
{
    return assess(at(info, moment, clock_tick()), classify);
}

template <class Method>
    requires scoring_method<Method>
[[nodiscard]] Assessment assess(TcpInfo const& info, Exchange moment,
                                ScoreCalculator<Method> const& calculate,
                                ThresholdClassifier const& classify = {}) noexcept
{
    return assess(at(info, moment, clock_tick()), calculate, classify);
}

template <duration_like D>
[[nodiscard]] Assessment assess(TcpInfo const& info, Exchange moment, D stopwatch,
                                ThresholdClassifier const& classify = {}) noexcept
{
    return assess(at(info, moment, clock_tick(), to_microseconds(stopwatch)), classify);
}

template <duration_like D>
[[nodiscard]] constexpr Assessment assess(TcpInfo const& info, D application_rtt,
                                          ThresholdClassifier const& classify = {}) noexcept
{
    return assess(with_application_rtt(info, application_rtt), classify);
}

namespace detail {

[[nodiscard]] constexpr Assessment remember(TcpInfo const& info, Exchange moment,
                                            ConnectionHistory& connection,
                                            ThresholdClassifier const& classify) noexcept
{
    if (info.status == Status::ok)
        connection.observe(moment, info.rtt);
    Assessment a = connection.assess(classify);
    // a short opening is no evidence, and so no score
    if (a.status == Status::no_reply && info.status != Status::ok)
        a.status = info.status;
    return a;
}

} // namespace detail

// With the memory of a connection: what this moment shows is added to it, and all of it is
// assessed. A wrong moment adds nothing and takes nothing away.
template <duration_like D>
[[nodiscard]] Assessment assess(TcpInfo const& info, Exchange moment, D stopwatch,
                                ConnectionHistory& connection,
                                ThresholdClassifier const& classify = {}) noexcept
{
    return detail::remember(at(info, moment, clock_tick(), to_microseconds(stopwatch)), moment,
                            connection, classify);
}

// The same of a reply that was measured elsewhere, the kernel's stamps left aside.
template <duration_like D>
[[nodiscard]] constexpr Assessment assess(TcpInfo const& info, D application_rtt,
                                          ConnectionHistory& connection,
                                          ThresholdClassifier const& classify = {}) noexcept
{
    return detail::remember(with_application_rtt(info, application_rtt), Exchange::reply,
                            connection, classify);
}

[[nodiscard]] inline Assessment assess(TcpInfo const& info, Exchange moment,
                                       ConnectionHistory& connection,
                                       ThresholdClassifier const& classify = {}) noexcept
{
    return assess(info, moment, Microseconds{}, connection, classify);
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

} // namespace detail

template <detail::socket_like Socket>
[[nodiscard]] TcpInfo read(Socket&& socket) noexcept
{
    return read(detail::descriptor_of(socket));
}

namespace detail {

// clang-format off
template <class Source>
concept tcp_source = requires(Source&& source) {
    { read(static_cast<Source&&>(source)) } -> std::same_as<TcpInfo>;
};

template <class... How>
concept ways_to_assess = requires(TcpInfo const& info, How&&... how) {
    { assess(info, static_cast<How&&>(how)...) } -> std::same_as<Assessment>;
};
// clang-format on

} // namespace detail

template <class... How>
    requires detail::ways_to_assess<How...>
[[nodiscard]] Assessment score(int fd, How&&... how) noexcept
{
    return assess(read(fd), static_cast<How&&>(how)...);
}

// clang-format off
template <class Source, class... How>
    requires(!std::convertible_to<Source, int>) && detail::tcp_source<Source>
         && detail::ways_to_assess<How...>
[[nodiscard]] Assessment score(Source&& source, How&&... how) noexcept
{
    return assess(read(static_cast<Source&&>(source)), static_cast<How&&>(how)...);
}
// clang-format on

// So that a wrong type is one line of error.
// clang-format off
template <class NeitherDescriptorNorSocketNorEndpoints, class... How>
    requires(!std::convertible_to<NeitherDescriptorNorSocketNorEndpoints, int>)
         && (!detail::tcp_source<NeitherDescriptorNorSocketNorEndpoints>)
Assessment score(NeitherDescriptorNorSocketNorEndpoints&&, How&&...) = delete;
// clang-format on

} // namespace aroma

#endif // AROMA_LINUX_SCORE_HPP
