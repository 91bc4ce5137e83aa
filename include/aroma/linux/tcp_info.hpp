// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/tcp_info.hpp: Linux' struct tcp_info to a sample.
//
// Synopsis
//   struct TcpInfo;  enum class TcpState;                 what the kernel said of one socket
//   TcpInfo    decode(bytes);  decode(data, size);        the kernel's numbers from bytes that
//                                                         were fetched elsewhere
//   std::uint32_t segment_shortfall(TcpInfo);             bytes by which the peer's segments are
//                                                         smaller than this host's own
//
// Neither <linux/tcp.h> nor <netinet/tcp.h> is included: they cannot stand in one translation unit,
// and glibc's has no tcpi_min_rtt. The fields used lie at offsets that are the same on every
// architecture and never move, as the kernel's structure only grows at its end; tests/layout proves
// them against <linux/tcp.h>.
#ifndef AROMA_LINUX_TCP_INFO_HPP
#define AROMA_LINUX_TCP_INFO_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/bit_cast.hpp>
#include <aroma/detail/bytes.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/duration.hpp>
#include <aroma/rtt_sample.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t, uint32_t, uint64_t

namespace aroma {

// The states of a TCP socket, numbered as in the kernel's include/net/tcp_states.h.
enum class TcpState : std::uint8_t {
    established = 1, // data can pass both ways
    syn_sent,        // this host has asked for a connection, and no answer has come
    syn_recv,        // a SYN has arrived and was answered
    fin_wait1,       // this host has closed its end, and waits for the acknowledgement
    fin_wait2,       // this host has closed its end, which was acknowledged
    time_wait,       // both ends have closed; late segments are waited for
    close,           // not connected
    close_wait,      // the peer has closed its end, and this host has not
    last_ack,        // both ends have closed; the last acknowledgement is waited for
    listen,          // waits for connections
    closing,         // both ends have closed at the same time
    new_syn_recv,    // a SYN was answered and there is no socket yet, only a request
};

// Why a lookup by addresses failed: linux/sock_diag.hpp has the reasons.
enum class SockDiagError : std::uint8_t;

// What the kernel said of one socket. Fields that its answer was too short to contain are zero.
struct TcpInfo {
    // ok, or why there is no score.
    Status status = Status::no_sample;
    SockDiagError lookup_error{};  // none, unless the status is lookup_failed
    int error_number = 0;          // errno of the getsockopt or the lookup, if it failed
    TcpState state{};              // tcpi_state
    std::uint8_t options = 0;      // tcpi_options
    RttSample<Microseconds> rtt{}; // tcpi_min_rtt, tcpi_rtt, tcpi_rttvar; application: timed()
    // tcpi_snd_mss: bytes of data in a segment to the peer, TCP's options taken off
    std::uint32_t snd_mss = 0;
    // tcpi_rcv_mss: bytes of data in the largest segment that the peer has sent, at least 536
    std::uint32_t rcv_mss = 0;
    std::uint32_t unacked = 0; // tcpi_unacked: segments sent and not acknowledged
    // tcpi_last_data_sent: ms ago, or since the handshake if no data was sent
    std::uint32_t last_data_sent = 0;
    // tcpi_last_data_recv: ms ago, or since the handshake if no data was received
    std::uint32_t last_data_recv = 0;
    std::uint32_t last_ack_recv = 0; // tcpi_last_ack_recv: ms ago
    // tcpi_advmss: bytes of data in a segment that this host's own route carries, options taken off
    std::uint32_t advmss = 0;
    // tcpi_rcv_rtt: microseconds, in steps of 1 ms, from what the peer's time stamp echoes to a
    // segment of its at least as large as any before and 536 bytes; 0 before one
    std::uint32_t rcv_rtt = 0;
    std::uint32_t total_retrans = 0;  // tcpi_total_retrans: segments sent again
    std::uint64_t bytes_acked = 0;    // tcpi_bytes_acked: bytes that the peer has acknowledged
    std::uint64_t bytes_received = 0; // tcpi_bytes_received: bytes of data received in order
    std::uint32_t segs_in = 0;        // tcpi_segs_in: segments received, the SYN included
    std::uint32_t notsent_bytes = 0;  // tcpi_notsent_bytes: bytes written that have not left yet
    std::uint32_t data_segs_in = 0;   // tcpi_data_segs_in: segments with data received
    std::uint32_t data_segs_out = 0;  // tcpi_data_segs_out: segments with data sent
    std::uint64_t bytes_sent = 0;     // tcpi_bytes_sent: bytes of data sent, again included
    std::uint64_t bytes_retrans = 0;  // tcpi_bytes_retrans: bytes of them that were sent again
    bool has_position = false;        // was the answer long enough for the last two?

    friend constexpr bool operator==(TcpInfo const&, TcpInfo const&) noexcept = default;
};

namespace detail {

// TCP_INFO in <linux/tcp.h> and <netinet/tcp.h>
inline constexpr int tcp_info_option = 11;
inline constexpr std::size_t offset_of_state = 0;    // tcpi_state           u8
inline constexpr std::size_t offset_of_options = 5;  // tcpi_options         u8
inline constexpr std::size_t offset_of_snd_mss = 16; // tcpi_snd_mss         u32, bytes
inline constexpr std::size_t offset_of_rcv_mss = 20; // tcpi_rcv_mss         u32, bytes
inline constexpr std::size_t offset_of_unacked = 24; // tcpi_unacked         u32
// tcpi_last_data_sent u32, milliseconds
inline constexpr std::size_t offset_of_last_data_sent = 44;
// tcpi_last_data_recv u32, milliseconds
inline constexpr std::size_t offset_of_last_data_recv = 52;
// tcpi_last_ack_recv u32, milliseconds
inline constexpr std::size_t offset_of_last_ack_recv = 56;
// tcpi_rtt u32, microseconds
inline constexpr std::size_t offset_of_rtt = 68;
// tcpi_rttvar u32, microseconds
inline constexpr std::size_t offset_of_rttvar = 72;
inline constexpr std::size_t offset_of_advmss = 84;          // tcpi_advmss          u32, bytes
inline constexpr std::size_t offset_of_rcv_rtt = 92;         // tcpi_rcv_rtt u32, microseconds
inline constexpr std::size_t offset_of_total_retrans = 100;  // tcpi_total_retrans   u32
inline constexpr std::size_t offset_of_bytes_acked = 120;    // tcpi_bytes_acked     u64
inline constexpr std::size_t offset_of_bytes_received = 128; // tcpi_bytes_received  u64
inline constexpr std::size_t offset_of_segs_in = 140; // tcpi_segs_in         u32; since Linux 4.2
// tcpi_notsent_bytes u32; since Linux 4.6, as all that follow
inline constexpr std::size_t offset_of_notsent_bytes = 144;
// tcpi_min_rtt u32, microseconds
inline constexpr std::size_t offset_of_min_rtt = 148;
// the smallest answer that gives a score
inline constexpr std::size_t size_with_min_rtt = 152;
inline constexpr std::size_t offset_of_data_segs_in = 152;  // tcpi_data_segs_in    u32
inline constexpr std::size_t offset_of_data_segs_out = 156; // tcpi_data_segs_out   u32
inline constexpr std::size_t offset_of_bytes_sent =
    200; // tcpi_bytes_sent      u64; since Linux 4.19
inline constexpr std::size_t offset_of_bytes_retrans = 208; // tcpi_bytes_retrans   u64
inline constexpr std::size_t size_with_position = 216; // the smallest answer that counts probes
// whole up to Linux 4.19's end: gVisor's hostinet refuses to answer into less (EINVAL)
inline constexpr std::size_t size_read = 224;

// TCPI_OPT_TIMESTAMPS: both ends use them (RFC 7323)
inline constexpr std::uint8_t option_timestamps = 1;
// TCPI_OPT_TFO_CHILD: the client's data came with its SYN; since Linux 6.16
inline constexpr std::uint8_t option_fast_open = 128;

// The integer of the machine's own byte order that lies at an offset; zero if the bytes end
// before it does.
template <class Integer, byte_like Byte>
[[nodiscard, gnu::always_inline]] constexpr Integer field(Byte const* bytes, std::size_t size,
                                                          std::size_t offset) noexcept
{
    struct {
        unsigned char bytes[sizeof(Integer)];
    } raw{};
    if (size < offset + sizeof(Integer))
        return 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        raw.bytes[i] = static_cast<unsigned char>(bytes[offset + i]);
    return bit_cast<Integer>(raw);
}

// The kernel's first sample m makes minimum = smoothed = m and variation = m / 2 (RFC 6298 2.2;
// tcp_rtt_estimator), and no further sample leaves all three so if m >= 20: the smoothed RTT
// stays only for an error below 8 us, and the variation only for one of about m / 2. Below, in
// practice on loopback alone, the equality proves nothing.
inline constexpr std::uint32_t variation_tells_from = 32; // microseconds

// Has there been one sample only, as a rule the handshake's? Its ratio is 1 for every client.
// Counters alone cannot show it: data that was sent twice is acknowledged without giving a sample
// (Karn), and the SYN of a connect() counts as a byte.
[[nodiscard]] constexpr bool handshake_only(TcpInfo const& info) noexcept
{
    std::uint32_t const smoothed = info.rtt.smoothed.count();
    return info.rtt.minimum.count() == smoothed
        && (info.bytes_acked <= 1
            || (smoothed >= variation_tells_from && info.rtt.variation.count() == smoothed / 2));
}

// Of a socket that is no connection any more, or not yet.
[[nodiscard]] constexpr Status status_of(TcpState state) noexcept
{
    switch (state) {
    case TcpState::listen: return Status::listening;
    case TcpState::syn_sent:
    case TcpState::syn_recv: // a TCP Fast Open connection can be accepted in this state
    case TcpState::new_syn_recv: return Status::handshaking;
    case TcpState::close:
    case TcpState::fin_wait1:
    case TcpState::fin_wait2:
    case TcpState::time_wait:
    case TcpState::last_ack:
    case TcpState::closing: return Status::closed;
    case TcpState::established:
    case TcpState::close_wait:
    default: break;
    }
    return Status::no_sample;
}

[[nodiscard]] constexpr Status status_of(TcpInfo const& info) noexcept
{
    // close_wait: the client has finished sending, and what was measured of it stands
    if (info.state == TcpState::established || info.state == TcpState::close_wait) {
        if (!measured(info.rtt.minimum) || !measured(info.rtt.smoothed))
            return Status::no_sample;
        return handshake_only(info) ? Status::handshake_only : Status::ok;
    }
    if (info.state == TcpState::close && !measured(info.rtt.minimum))
        return Status::not_connected;
    return status_of(info.state);
}

// What the kernel says, into one that has nothing else: of thousands of answers none is cleared and
// copied. Inlined, as the size is mostly a constant, of which nothing is left then.
template <byte_like Byte>
[[gnu::always_inline]] constexpr void decode_to(TcpInfo& info, Byte const* data,
                                                std::size_t size) noexcept
{
    info.state = TcpState{field<std::uint8_t>(data, size, offset_of_state)};
    info.options = field<std::uint8_t>(data, size, offset_of_options);
    info.rtt.minimum = Microseconds{field<std::uint32_t>(data, size, offset_of_min_rtt)};
    info.rtt.smoothed = Microseconds{field<std::uint32_t>(data, size, offset_of_rtt)};
    info.rtt.variation = Microseconds{field<std::uint32_t>(data, size, offset_of_rttvar)};
    info.snd_mss = field<std::uint32_t>(data, size, offset_of_snd_mss);
    info.rcv_mss = field<std::uint32_t>(data, size, offset_of_rcv_mss);
    info.unacked = field<std::uint32_t>(data, size, offset_of_unacked);
    info.last_data_sent = field<std::uint32_t>(data, size, offset_of_last_data_sent);
    info.last_data_recv = field<std::uint32_t>(data, size, offset_of_last_data_recv);
    info.last_ack_recv = field<std::uint32_t>(data, size, offset_of_last_ack_recv);
    info.advmss = field<std::uint32_t>(data, size, offset_of_advmss);
    info.rcv_rtt = field<std::uint32_t>(data, size, offset_of_rcv_rtt);
    info.total_retrans = field<std::uint32_t>(data, size, offset_of_total_retrans);
    info.bytes_acked = field<std::uint64_t>(data, size, offset_of_bytes_acked);
    info.bytes_received = field<std::uint64_t>(data, size, offset_of_bytes_received);
    info.segs_in = field<std::uint32_t>(data, size, offset_of_segs_in);
    info.notsent_bytes = field<std::uint32_t>(data, size, offset_of_notsent_bytes);
    info.data_segs_in = field<std::uint32_t>(data, size, offset_of_data_segs_in);
    info.data_segs_out = field<std::uint32_t>(data, size, offset_of_data_segs_out);
    info.bytes_sent = field<std::uint64_t>(data, size, offset_of_bytes_sent);
    info.bytes_retrans = field<std::uint64_t>(data, size, offset_of_bytes_retrans);
    info.has_position = size >= size_with_position;
    info.status = size < size_with_min_rtt ? Status::kernel_too_old : status_of(info);
}

} // namespace detail

// The kernel's numbers from so many bytes of struct tcp_info that were fetched elsewhere. Inlined,
// so that a caller decodes no field that it does not look at.
template <detail::byte_like Byte>
[[nodiscard, gnu::always_inline]] constexpr TcpInfo decode(Byte const* data,
                                                           std::size_t size) noexcept
{
    TcpInfo info;
    detail::decode_to(info, data, size);
    return info;
}

// The same from an array.
template <detail::byte_like Byte, std::size_t Size>
[[nodiscard]] constexpr TcpInfo decode(Byte const (&bytes)[Size]) noexcept
{
    return decode(bytes, Size);
}

// The same from a container that has data() and size().
template <detail::byte_range Bytes>
[[nodiscard]] constexpr TcpInfo decode(Bytes const& bytes) noexcept
{
    return decode(bytes.data(), bytes.size());
}

// The same from untyped memory; a null pointer has no bytes. Not constexpr.
[[nodiscard]] inline TcpInfo decode(void const* data, std::size_t size) noexcept
{
    return decode(static_cast<unsigned char const*>(data), data ? size : 0);
}

// By how many bytes the segments that go to the peer are smaller than those that this host's own
// route would carry; 0 if they are not, and if the kernel has not said. It is the same over
// IPv4 and IPv6 and with timestamps, as both sizes are of data alone. Linux also cuts segments to
// half the peer's largest window, which on loopback is shorter than its MTU.
//
// A tunnel or an access network between this host and what ends the TCP connection takes such
// bytes: PPPoE 8 (RFC 2516), IP in IP and IPv6 in IPv4 20 (RFC 2003, RFC 4213), IPv4 in IPv6, as
// mobile networks without IPv4 do it, 20 (RFC 7915), GRE 24 (RFC 2784), IPv4 over DS-Lite 40 (RFC
// 6333), WireGuard 60 or 80. So it distinguishes tunnels and DSL from Ethernet, and not one from
// another, nor a proxy from its absence: a user who takes it for evidence counts his own clients
// and hands both likelihoods in (decide/evidence.hpp, Signal::segment_size).
[[nodiscard]] constexpr std::uint32_t segment_shortfall(TcpInfo const& info) noexcept
{
    return info.snd_mss > 0 && info.snd_mss < info.advmss ? info.advmss - info.snd_mss : 0;
}

} // namespace aroma

#endif // AROMA_LINUX_TCP_INFO_HPP
