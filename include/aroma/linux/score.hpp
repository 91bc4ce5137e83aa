// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/score.hpp: a socket to an assessment.
//
// Synopsis
//   Assessment score(int fd, Options<> = {});             TCP alone, when a request has arrived
//   Assessment score(int fd, ConnectionHistory&, Options<> = {});
//                                all that the connection has shown; call it at any request, before
//                                its answer is written
//   Status     probe_sent(int fd, ConnectionHistory&, token, ProbeOptions = {});
//                                a probe has just been written: ok, or why it is void
//   Assessment probe_answered(int fd, ConnectionHistory&, token, Options<> = {});
//                                an answer with that token has arrived, and nothing was written
//                                since
//   std::uint64_t random_token();         of the system's source; 0, which is no token, if it has
//                                         none
//   struct Options<Method> {              all of them for experts
//       Method method;                    another formula than the best-informed one
//       ThresholdClassifier classifier;
//       application_rtt;                  measured above TCP by other means
//       stopwatch;                        a finer clock's reading of the opening or the reply
//       Microseconds tick;                of the kernel's stamps
//   };
//   The same of an object with native_handle(), or a layer over one (Asio, Beast), for the fd; and
//   assess(TcpInfo, ...) of numbers that are there: score(fd, ...) is assess(read(fd), ...).
//
//   TcpInfo    read(int fd);  read(socket);               the kernel's numbers: one getsockopt
//   TcpInfo    read(int fd, getsockopt);                  through a function of your own
//   TcpInfo    timed(TcpInfo, Exchange, tick, stopwatch = {});
//                                with the application RTT that the kernel's stamps show
//   SendPosition position(TcpInfo);                       where the sender stands
//   Microseconds clock_tick();                            how coarse the stamps are
//   Status     status_of_errno(int error);                what a failed getsockopt(TCP_INFO) says
//                                                         of its descriptor
//
// score(fd, history) takes the opening if it is one: nothing was sent, and no more has arrived than
// an initial window. Otherwise it adds nothing but TCP's own numbers: a person's pause is never an
// exchange. score(fd) without a history is tcpi_min_rtt over tcpi_rtt from the second RTT sample
// on; on a first request, where that is 1 for everybody, an opening of 50 ms and more speaks
// instead, and else the status is handshake_only. tcpi_min_rtt is the lowest of
// net.ipv4.tcp_min_rtt_wlen, 300 s; a history keeps the lowest that it has seen.
//
// A probe is one complete write, with no body behind it and its token as late in it as can be; call
// score(fd, history) before the write and probe_sent() at once behind it, never from a hook that
// runs when something has finished. A redirect is 302, 303 or 307 to a random path, with no-store;
// its answer is not one that a cache, a prefetch or a service worker can give.
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

#include <concepts>    // convertible_to, floating_point, same_as
#include <cstdint>     // int32_t, uint32_t, uint64_t
#include <ratio>       // micro
#include <type_traits> // is_lvalue_reference_v, remove_cvref_t

#include <errno.h>      // errno, EBADF ...
#include <netinet/in.h> // IPPROTO_TCP
#include <sys/random.h> // getrandom
#include <sys/socket.h> // getsockopt, socklen_t
#include <time.h>       // clock_getres, clock_gettime

namespace aroma {

namespace detail {

// A later answer is a person's, not a machine's: no path is as long as the 3 s that TCP falls back
// to for its first retransmissions (RFC 6298, 5.7), Tor's and a satellite's together included.
inline constexpr std::uint32_t longest_reply = 3000; // milliseconds
// microseconds of a server's own delay that a stopwatch may pass on: HZ=250's tick
inline constexpr std::uint32_t most_slack = 4000;
// microseconds: HZ=100, the coarsest that Linux is built with
inline constexpr std::uint32_t longest_tick = 10'000;

// Segments with data in an initial window (RFC 6928): more in a first request is an upload.
inline constexpr std::uint32_t initial_window = 10;

[[nodiscard]] inline Nanoseconds monotonic_time() noexcept
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return Nanoseconds{static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000
                       + static_cast<std::uint64_t>(now.tv_nsec)};
}

} // namespace detail

// The best-informed formula: ReferenceOverExcess if there is an application RTT, MinOverSmoothed
// otherwise.
struct BestInformed {};

template <class Method = BestInformed>
struct Options {
    Method method{};
    ThresholdClassifier classifier{};                  // from the score to a band
    Duration<double, std::micro> application_rtt{0.0}; // zero: none was measured
    Duration<double, std::micro> stopwatch{0.0};       // zero: none was read
    Microseconds tick{};                               // zero: clock_tick()
};

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

// get_option is called as ::getsockopt is, once, and must set errno if it returns other than 0.
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
    return {.status = status_of_errno(error), .error_number = error};
}

[[nodiscard]] inline TcpInfo read(int fd) noexcept
{
    return read(fd, ::getsockopt);
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

// Nobody answers in less than the path's lowest RTT: what arrived was under way before we sent.
[[nodiscard]] constexpr bool is_too_quick(std::uint32_t gap_ms, Microseconds minimum,
                                          Microseconds tick) noexcept
{
    return std::uint64_t{gap_ms} * 1000 + tick.count() < minimum.count();
}

// The time between the kernel's two stamps, in milliseconds; -1 if they show that there was no such
// exchange.
//   opening: between the handshake's last ACK and the client's first data, as the kernel sets the
//            send stamp by that ACK
//   reply:   between our last segment with data and the client's
[[nodiscard]] constexpr std::int32_t gap_of(TcpInfo const& info, Exchange exchange,
                                            Microseconds tick) noexcept
{
    if (info.data_segs_in == 0 || info.last_data_sent < info.last_data_recv
        || info.notsent_bytes != 0 || info.unacked != 0)
        return -1; // nothing arrived; or something was sent since, or is on its way
    std::uint32_t const gap = info.last_data_sent - info.last_data_recv;
    if (gap > longest_reply)
        return -1;
    if (exchange == Exchange::opening)
        return info.data_segs_out == 0 && !(info.options & option_fast_open)
                 ? static_cast<std::int32_t>(gap)
                 : -1;
    if (info.data_segs_out == 0)
        return -1;
    // An ACK newer than the client's last data acknowledges something sent after that data, or came
    // with its FIN.
    if (info.last_ack_recv < info.last_data_recv && info.state != TcpState::close_wait)
        return -1;
    if (is_too_quick(gap, info.rtt.minimum, tick))
        return -1;
    return static_cast<std::int32_t>(gap);
}

} // namespace detail

// The same with rtt.application, as the kernel's stamps show it for that exchange, or with
// Status::no_reply. The true time lies within one tick of the stamps' difference, and the lower end
// is taken: the kernel's clock alone never accuses by being coarse. A stopwatch's reading (a
// measured() RTT) refines it if it lies within that tick, or within 4 ms of a coarser one. A
// later one has counted the server's own delay, and is cut: 4 ms above the lower end are taken, the
// stamps' difference itself at HZ=250, an estimate that may be a tick too high or too low. The
// lower end would be the connection's lowest for ever (lab, client 15 ms behind HAProxy: 10.8 ms
// instead of 15.7).
[[nodiscard]] constexpr TcpInfo timed(TcpInfo info, Exchange exchange, Microseconds tick,
                                      Microseconds stopwatch = {}) noexcept
{
    if (info.status != Status::ok && info.status != Status::handshake_only)
        return info;
    std::int32_t const gap = detail::gap_of(info, exchange, tick);
    if (gap < 0) {
        info.status = Status::no_reply;
        return info;
    }
    std::uint32_t const stamped = static_cast<std::uint32_t>(gap) * 1000; // at most longest_reply
    std::uint32_t const lowest = stamped > tick.count() ? stamped - tick.count() : 0;
    std::uint32_t const slack =
        tick.count() < detail::most_slack ? tick.count() : detail::most_slack;
    bool const refined = measured(stopwatch) && stopwatch.count() >= lowest;
    std::uint32_t const reply = !refined                             ? lowest
                              : stopwatch.count() <= stamped + slack ? stopwatch.count()
                                                                     : lowest + slack;
    std::uint32_t const minimum = info.rtt.minimum.count();
    // SYN-ACK sent to first data received; at most the largest that is measured()
    if (exchange == Exchange::opening)
        info.rtt.application = Microseconds{
            minimum < ~std::uint32_t{0} - 1 - reply ? minimum + reply : ~std::uint32_t{0} - 1};
    else
        info.rtt.application = Microseconds{reply > minimum ? reply : minimum};
    info.status = Status::ok;
    return info;
}

// Linux 4.19 and later; before that an answer is too short, and has_position says so.
[[nodiscard]] constexpr SendPosition position(TcpInfo const& info) noexcept
{
    return {.written = info.bytes_sent - info.bytes_retrans + info.notsent_bytes,
            .acknowledged = info.bytes_acked,
            .queued = info.notsent_bytes,
            .segments = info.data_segs_out,
            .retransmissions = info.total_retrans,
            .segment_size = info.snd_mss};
}

[[nodiscard]] inline std::uint64_t random_token() noexcept
{
    int const errno_before = errno;
    std::uint64_t token = 0;
    while (token == 0) {
        if (::getrandom(&token, sizeof token, 0) == static_cast<ssize_t>(sizeof token))
            continue;
        token = 0;
        if (errno != EINTR)
            break;
    }
    errno = errno_before;
    return token;
}

namespace detail {

[[nodiscard]] constexpr bool is_open(TcpInfo const& info) noexcept
{
    return info.status == Status::ok || info.status == Status::handshake_only;
}

// Did the first request leave in one write? Then all its segments but the last are full. A head
// and a body in two writes wait for each other: for an RTT by Nagle's algorithm, for a second by
// Expect: 100-continue, for as long as it takes if a segment is lost.
[[nodiscard]] constexpr bool is_one_write(TcpInfo const& info) noexcept
{
    return info.data_segs_in == 1
        || (info.rcv_mss >= info.snd_mss
            && info.bytes_received > std::uint64_t{info.data_segs_in - 1} * info.snd_mss);
}

[[nodiscard]] constexpr bool may_be_opening(TcpInfo const& info) noexcept
{
    return info.data_segs_out == 0 && info.data_segs_in <= initial_window && is_one_write(info);
}

template <class Method>
[[nodiscard]] constexpr Microseconds tick_of(Options<Method> const& options) noexcept
{
    return measured(options.tick) ? options.tick : clock_tick();
}

template <class Method>
[[nodiscard]] constexpr Assessment assess_by(RttSample<Microseconds> const& sample,
                                             Options<Method> const& options) noexcept
{
    if constexpr (std::same_as<Method, BestInformed>)
        return assess(sample, options.classifier);
    else
        return assess(sample, ScoreCalculator<Method>{options.method}, options.classifier);
}

template <class Method>
[[nodiscard]] constexpr Assessment assess_by(ConnectionHistory const& history,
                                             Options<Method> const& options) noexcept
{
    if constexpr (std::same_as<Method, BestInformed>)
        return history.assess(options.classifier);
    else
        return history.assess(ScoreCalculator<Method>{options.method}, options.classifier);
}

} // namespace detail

// Of numbers that are there, without a history: what score(fd) returns of them.
template <class Method = BestInformed>
[[nodiscard]] constexpr Assessment assess(TcpInfo const& info,
                                          Options<Method> const& options = {}) noexcept
{
    if (!detail::is_open(info))
        return {.status = info.status, .sample = info.rtt};
    RttSample<Microseconds> sample = info.rtt;
    if (options.application_rtt.count() > 0)
        sample.application = to_microseconds(options.application_rtt);
    if (info.status == Status::ok || measured(sample.application))
        return detail::assess_by(sample, options);
    if (detail::may_be_opening(info)) {
        TcpInfo const opening = timed(info, Exchange::opening, detail::tick_of(options),
                                      to_microseconds(options.stopwatch));
        ConnectionHistory alone;
        if (opening.status == Status::ok)
            alone.observe(Exchange::opening, opening.rtt);
        if (Assessment const a = detail::assess_by(alone, options); a.status == Status::ok)
            return a;
    }
    return {.status = Status::handshake_only, .sample = info.rtt};
}

// With a history, which they are added to: what score(fd, history) returns.
template <class Method = BestInformed>
[[nodiscard]] constexpr Assessment assess(TcpInfo const& info, ConnectionHistory& history,
                                          Options<Method> const& options = {}) noexcept
{
    if (!detail::is_open(info))
        return {.status = info.status, .sample = info.rtt};
    TcpInfo opening = info;
    if (!history.opened() && detail::may_be_opening(info))
        opening = timed(info, Exchange::opening, detail::tick_of(options),
                        to_microseconds(options.stopwatch));
    if (opening.status == Status::ok && measured(opening.rtt.application))
        history.observe(Exchange::opening, opening.rtt);
    else
        history.observe(info.rtt);
    if (info.has_position)
        history.observe(position(info));
    return detail::assess_by(history, options);
}

// By numbers that were read right behind the write, and a monotonic clock's time then.
template <duration_like D>
constexpr Status probe_sent(TcpInfo const& info, ConnectionHistory& history, std::uint64_t token,
                            D now, ProbeOptions options = {}) noexcept
{
    if (!detail::is_open(info))
        options.failed = info.status;
    else if (!info.has_position)
        options.failed = Status::kernel_too_old;
    else
        history.observe(info.rtt);
    return history.probe_sent(token, position(info), now, options);
}

// By numbers that were read when the answer had arrived, and the same clock's time then.
template <duration_like D, class Method = BestInformed>
constexpr Assessment probe_answered(TcpInfo const& info, ConnectionHistory& history,
                                    std::uint64_t token, D now,
                                    Options<Method> const& options = {}) noexcept
{
    if (!detail::is_open(info)) {
        (void)history.abandon_probe(info.status);
        return {.status = info.status, .sample = info.rtt};
    }
    Microseconds const tick = detail::tick_of(options);
    Microseconds const stopwatch = options.stopwatch.count() > 0
                                     ? to_microseconds(options.stopwatch)
                                     : history.since_probe(now);
    TcpInfo const reply = timed(info, Exchange::reply, tick, stopwatch);
    Status measured_as = reply.status;
    if (measured_as == Status::no_reply && info.last_data_sent >= info.last_data_recv
        && detail::is_too_quick(info.last_data_sent - info.last_data_recv, info.rtt.minimum, tick))
        measured_as = Status::probe_too_quick;
    // Of a question that was only half sent when probe_sent() was called, as a TLS flight in memory
    // that is longer than a window, the kernel's stamp is the last part's.
    if (measured_as == Status::ok
        && std::uint64_t{history.since_probe(now).count()}
               > std::uint64_t{info.last_data_sent} * 1000 + tick.count() + detail::most_slack)
        measured_as = Status::probe_in_pieces;
    Status const why = history.probe_answered(token, position(info), reply.rtt, measured_as);
    Assessment a = detail::assess_by(history, options);
    if (why != Status::ok && a.status != Status::ok && a.status != Status::late_acks)
        a.status = why;
    return a;
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

// By TCP alone, when a request has arrived. The source is a descriptor, a socket object, or
// Endpoints (linux/sock_diag.hpp), here and below.
template <detail::tcp_source Source>
[[nodiscard]] Assessment score(Source&& source, Options<> const& options = {}) noexcept
{
    return assess(detail::read_of(static_cast<Source&&>(source)), options);
}

// The same by another formula.
template <detail::tcp_source Source, class Method>
[[nodiscard]] Assessment score(Source&& source, Options<Method> const& options) noexcept
{
    return assess(detail::read_of(static_cast<Source&&>(source)), options);
}

// All that the connection has shown; at any request, before its answer is written.
template <detail::tcp_source Source>
[[nodiscard]] Assessment score(Source&& source, ConnectionHistory& history,
                               Options<> const& options = {}) noexcept
{
    return assess(detail::read_of(static_cast<Source&&>(source)), history, options);
}

// The same by another formula.
template <detail::tcp_source Source, class Method>
[[nodiscard]] Assessment score(Source&& source, ConnectionHistory& history,
                               Options<Method> const& options) noexcept
{
    return assess(detail::read_of(static_cast<Source&&>(source)), history, options);
}

// A probe has just been written, whole: ok, or why it is void.
template <detail::tcp_source Source>
Status probe_sent(Source&& source, ConnectionHistory& history, std::uint64_t token,
                  ProbeOptions options = {}) noexcept
{
    Nanoseconds const now = detail::monotonic_time();
    return probe_sent(detail::read_of(static_cast<Source&&>(source)), history, token, now, options);
}

// An answer with this token has arrived, and nothing was written since: what the history says now.
// The status is why the probe is void, if no earlier one has given a band.
template <detail::tcp_source Source>
Assessment probe_answered(Source&& source, ConnectionHistory& history, std::uint64_t token,
                          Options<> const& options = {}) noexcept
{
    Nanoseconds const now = detail::monotonic_time();
    return probe_answered(detail::read_of(static_cast<Source&&>(source)), history, token, now,
                          options);
}

// So that likely slips are one line of error.
// clang-format off
template <class NeitherDescriptorNorSocketNorEndpoints, class... Further>
    requires(!detail::tcp_source<NeitherDescriptorNorSocketNorEndpoints>)
Assessment score(NeitherDescriptorNorSocketNorEndpoints&&, Further&&...) = delete;
// clang-format on
template <detail::tcp_source Source>
Assessment score(Source&&, ConnectionHistory const&, Options<> const& = {}) = delete;

} // namespace aroma

#endif // AROMA_LINUX_SCORE_HPP
