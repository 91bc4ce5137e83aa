// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/timing.hpp: an exchange timed by the kernel's timestamps, and the sender's position.
//
// Synopsis
//   TcpInfo      timed(TcpInfo, Exchange, tick, stopwatch = {});
//                                         with the application RTT that the stamps show
//   SendPosition send_position(TcpInfo);  what was written, sent and acknowledged
//   Microseconds opening_by_time_stamp(TcpInfo);
//                                         how long the client's first data took, read later too
//   Microseconds clock_tick();            how coarse the stamps are
#ifndef AROMA_LINUX_TIMING_HPP
#define AROMA_LINUX_TIMING_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/duration.hpp>
#include <aroma/exchange.hpp>
#include <aroma/linux/errno_kept.hpp>
#include <aroma/linux/only.hpp>
#include <aroma/linux/tcp_info.hpp>
#include <aroma/probe.hpp>

#include <cstdint> // int32_t, uint32_t, uint64_t

#include <time.h> // clock_getres, clock_gettime

namespace aroma {

namespace detail {

// A later answer is a person's, not a machine's: no path is as long as the 3 s that TCP falls back
// to for its first retransmissions (RFC 6298, 5.7), Tor's and a satellite's together included.
inline constexpr std::uint32_t longest_reply = 3000; // milliseconds
// microseconds of a server's own delay that a stopwatch may pass on: HZ=250's tick
inline constexpr std::uint32_t most_slack = 4000;
// microseconds: HZ=100, the coarsest that Linux is built with
inline constexpr std::uint32_t longest_tick = 10'000;

// microseconds: TCP_TS_HZ, whatever HZ is (include/net/tcp.h)
inline constexpr std::uint32_t time_stamp_step = 1000;

[[nodiscard]] inline Nanoseconds monotonic_time() noexcept
{
    ErrnoKept const kept;
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return Nanoseconds{static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000
                       + static_cast<std::uint64_t>(now.tv_nsec)};
}

// The longest if there is no such clock.
[[nodiscard]] inline std::uint32_t resolution_of_stamps() noexcept
{
    ErrnoKept const kept;
    timespec resolution{};
    bool const known =
        clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) == 0 && resolution.tv_sec == 0;
    return known ? static_cast<std::uint32_t>((resolution.tv_nsec + 999) / 1000) : longest_tick;
}

} // namespace detail

// How coarse tcpi_last_data_sent and tcpi_last_data_recv are: one jiffy (4 ms at HZ=250), which is
// this clock's resolution.
[[nodiscard]] inline Microseconds clock_tick() noexcept
{
    static std::uint32_t const tick = detail::resolution_of_stamps();
    return Microseconds{tick};
}

namespace detail {

[[nodiscard]] constexpr bool is_open(TcpInfo const& info) noexcept
{
    return info.status == Status::ok || info.status == Status::handshake_only;
}

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

// From the handshake's last ACK to the client's first data, by the time stamp that this echoes: the
// SYN-ACK's, in steps of 1 ms (tcpi_rcv_rtt; RFC 7323), the lower end. Zero if it is not known: the
// peer uses no time stamps, or its first segment had less than 536 bytes. A later segment as large
// as any before is another sample, of which the kernel takes an eighth, or all if it is the first:
// a person's pause then. So once something was sent it is not known of more than three segments.
[[nodiscard]] constexpr Microseconds opening_by_time_stamp(TcpInfo const& info) noexcept
{
    std::uint32_t const before = info.rtt.minimum.count();
    bool const known = (info.options & detail::option_timestamps) != 0
                    && (info.data_segs_in <= 3 || info.data_segs_out == 0)
                    && info.rcv_rtt > detail::time_stamp_step
                    && info.rcv_rtt - detail::time_stamp_step > before;
    return Microseconds{known ? info.rcv_rtt - detail::time_stamp_step - before : 0};
}

// The same with rtt.application, as the kernel's stamps show it for that exchange, or with
// Status::no_reply. The true time lies within one tick of the stamps' difference, and the lower end
// is taken: the kernel's clock alone never accuses by being coarse. A stopwatch's reading (a
// measured() RTT) refines it if it lies within that tick, or within 4 ms of a coarser one. A
// later one has counted the server's own delay, and is cut: 4 ms above the lower end are taken, the
// stamps' difference itself at HZ=250, an estimate that may be a tick too high or too low. The
// lower end would be the connection's lowest for ever (lab, client 15 ms behind HAProxy: 10.8 ms
// instead of 15.7). Of an opening without a stopwatch the client's time stamp is one, within 1 ms.
[[nodiscard]] constexpr TcpInfo timed(TcpInfo info, Exchange exchange, Microseconds tick,
                                      Microseconds stopwatch = {}) noexcept
{
    if (!detail::is_open(info))
        return info;
    std::int32_t const gap = detail::gap_of(info, exchange, tick);
    if (gap < 0) {
        info.status = Status::no_reply;
        return info;
    }
    if (exchange == Exchange::opening && !measured(stopwatch))
        stopwatch = opening_by_time_stamp(info);
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
[[nodiscard]] constexpr SendPosition send_position(TcpInfo const& info) noexcept
{
    return {.written = info.bytes_sent - info.bytes_retrans + info.notsent_bytes,
            .acknowledged = info.bytes_acked,
            .queued = info.notsent_bytes,
            .segments = info.data_segs_out,
            .retransmissions = info.total_retrans,
            .segment_size = info.snd_mss,
            .pure_acks = info.segs_in - info.data_segs_in};
}

namespace detail {

// ok, or why a probe can not be counted by these numbers.
[[nodiscard]] constexpr Status why_not_counted(TcpInfo const& info) noexcept
{
    return !is_open(info) ? info.status : info.has_position ? Status::ok : Status::kernel_too_old;
}

// Did the first request leave in one write? Then all its segments but the last are full. A head
// and a body in two writes wait for each other: for an RTT by Nagle's algorithm, for a second by
// Expect: 100-continue, for as long as it takes if a segment is lost.
[[nodiscard]] constexpr bool is_one_write(TcpInfo const& info) noexcept
{
    return info.data_segs_in == 1
        || (info.data_segs_in > 1 && info.rcv_mss >= info.snd_mss
            && info.bytes_received > std::uint64_t{info.data_segs_in - 1} * info.snd_mss);
}

[[nodiscard]] constexpr bool may_be_opening(TcpInfo const& info) noexcept
{
    // more in a first request is an upload
    return info.data_segs_out == 0 && info.data_segs_in <= initial_window && is_one_write(info);
}

} // namespace detail

} // namespace aroma

#endif // AROMA_LINUX_TIMING_HPP
