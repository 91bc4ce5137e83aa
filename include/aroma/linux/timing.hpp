// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/timing.hpp: an exchange timed by the kernel's timestamps, and the sender's position.
//
// Synopsis
//   TcpInfo      timed(TcpInfo, Exchange, tick, stopwatch = {});
//                                         with the application RTT by the kernel's timestamps
//   SendPosition send_position(TcpInfo);  what was written, sent and acknowledged
//   Microseconds opening_by_time_stamp(TcpInfo);
//                                         the opening by TCP's timestamps, also read later
//   Microseconds clock_tick();            the resolution of the timestamps
#ifndef AROMA_LINUX_TIMING_HPP
#define AROMA_LINUX_TIMING_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/atomic.hpp>
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

// A later answer comes from a person, not a machine: no path, not even Tor and a satellite
// together, takes the 3 s that TCP falls back to for its first retransmissions (RFC 6298, 5.7).
inline constexpr std::uint32_t longest_reply = 3000; // milliseconds
// microseconds of the server's own delay that a stopwatch's reading may include: HZ=250's tick
inline constexpr std::uint32_t most_slack = 4000;
// microseconds: HZ=100, the coarsest clock of Linux
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

// The longest possible tick if there is no such clock.
[[nodiscard]] inline std::uint32_t resolution_of_stamps() noexcept
{
    ErrnoKept const kept;
    timespec resolution{};
    bool const known =
        clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) == 0 && resolution.tv_sec == 0;
    return known ? (static_cast<std::uint32_t>(resolution.tv_nsec) + 999) / 1000 : longest_tick;
}

} // namespace detail

// The resolution of tcpi_last_data_sent and tcpi_last_data_recv: one jiffy (4 ms at HZ=250), which
// is this clock's resolution.
[[nodiscard]] inline Microseconds clock_tick() noexcept
{
    static std::uint32_t tick = 0;
    std::uint32_t known = detail::load_relaxed(tick);
    if (known == 0) {
        known = detail::resolution_of_stamps();
        detail::store_relaxed(tick, known);
    }
    return Microseconds{known};
}

namespace detail {

[[nodiscard]] constexpr bool is_open(TcpInfo const& info) noexcept
{
    return info.status == Status::ok || info.status == Status::handshake_only;
}

// No answer takes less than the path's minimum RTT: such data was on its way before we sent.
[[nodiscard]] constexpr bool is_too_quick(std::uint32_t gap_ms, Microseconds minimum,
                                          Microseconds tick) noexcept
{
    return std::uint64_t{gap_ms} * 1000 + tick.count() < minimum.count();
}

// The time between the kernel's two timestamps, in milliseconds; -1 if there was no such exchange.
//   opening: from the handshake's last ACK to the client's first data, since the kernel sets the
//            send timestamp at that ACK
//   reply:   from our last segment with data to the client's
[[nodiscard]] constexpr std::int32_t gap_of(TcpInfo const& info, Exchange exchange,
                                            Microseconds tick) noexcept
{
    if (info.data_segs_in == 0 || info.last_data_sent < info.last_data_recv
        || info.notsent_bytes != 0 || info.unacked != 0)
        return -1; // nothing arrived, or something was sent since or is in flight
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

// From the handshake's last ACK to the client's first data, by the timestamp that this data echoes,
// the SYN-ACK's: in steps of 1 ms (tcpi_rcv_rtt; RFC 7323), rounded down. Zero if unknown: the peer
// uses no timestamps, or its first segment had less than 536 bytes. A later segment as large as any
// before is another sample, which may include a person's pause. The kernel takes an eighth of it,
// or all if it is the first. So after something was sent, the opening is known for up to three
// segments only.
[[nodiscard]] constexpr Microseconds opening_by_time_stamp(TcpInfo const& info) noexcept
{
    std::uint32_t const before = info.rtt.minimum.count();
    bool const known = (info.options & detail::option_timestamps) != 0
                    && (info.data_segs_in <= 3 || info.data_segs_out == 0)
                    && info.rcv_rtt > detail::time_stamp_step
                    && info.rcv_rtt - detail::time_stamp_step > before;
    return Microseconds{known ? info.rcv_rtt - detail::time_stamp_step - before : 0};
}

// The same with rtt.application of that exchange, by the kernel's timestamps, or with
// Status::no_reply. The true time is within one tick of the timestamps' difference. The lower end
// is used, so that the clock's resolution alone never accuses. A stopwatch's reading (a measured()
// RTT) refines it if it is between the lower end and one tick, at most 4 ms, above the difference.
// A longer reading includes the server's own delay and is cut to a tick, at most 4 ms, above the
// lower end. At HZ=250 that is the timestamps' difference, which may be a tick too high or too low;
// the lower end would stay the connection's lowest forever (lab, client 15 ms behind HAProxy: 10.8
// ms instead of 15.7). For an opening without a stopwatch, the client's TCP timestamp is one,
// within 1 ms.
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

// Linux 4.19 and later; before that tcp_info is too short, and has_position is false.
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

// ok, or why a probe cannot be counted with these numbers.
[[nodiscard]] constexpr Status why_not_counted(TcpInfo const& info) noexcept
{
    return !is_open(info) ? info.status : info.has_position ? Status::ok : Status::kernel_too_old;
}

// Whether the first request was sent in one write: then all its segments but the last are full. If
// head and body are two writes, the second waits: for an RTT by Nagle's algorithm, for a second by
// Expect: 100-continue, or until a lost segment is sent again.
[[nodiscard]] constexpr bool is_one_write(TcpInfo const& info) noexcept
{
    return info.data_segs_in == 1
        || (info.data_segs_in > 1 && info.rcv_mss >= info.snd_mss
            && info.bytes_received > std::uint64_t{info.data_segs_in - 1} * info.snd_mss);
}

[[nodiscard]] constexpr bool may_be_opening(TcpInfo const& info) noexcept
{
    // a larger first request is an upload
    return info.data_segs_out == 0 && info.data_segs_in <= initial_window && is_one_write(info);
}

} // namespace detail

} // namespace aroma

#endif // AROMA_LINUX_TIMING_HPP
