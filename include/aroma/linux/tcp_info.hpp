// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/tcp_info.hpp: Linux' struct tcp_info to a sample; a socket to an assessment.
//
// Synopsis
//   Assessment score(int fd);                             the score of an accepted socket, now
//   Assessment score(int fd, classifier);                 with thresholds of your own
//   Assessment score(int fd, calculator, classifier = {});                with a method of your own
//
//   TcpInfo    read(int fd);                              the kernel's numbers alone: one getsockopt
//   TcpInfo    read(int fd, getsockopt);                  through a function of your own (a framework, a test)
//   TcpInfo    decode(bytes);  decode(data, size);        the same from bytes that somebody else fetched
//   Status     status_of_errno(int error);                what a failed getsockopt(TCP_INFO) says of its descriptor
//   Assessment assess(TcpInfo, classifier);  assess(TcpInfo, calculator, classifier);
//
// When to ask: when a request has arrived, before answering or closing. At accept() nothing but the handshake has been
// measured (Status::handshake_only); a FIN and the ACK of a connection's last bytes distort what was.
//
// Nothing here throws, allocates, blocks or changes the socket, errno included. A descriptor of the wrong kind costs one
// failed system call and comes back as its Status.
//
// Neither <linux/tcp.h> nor <netinet/tcp.h> is included: they cannot stand in one translation unit, and glibc's has no
// tcpi_min_rtt. The fields used lie at offsets that are the same on every architecture and never move, as the kernel's
// structure only grows at its end; tests/layout proves them against <linux/tcp.h>.
#ifndef AROMA_LINUX_TCP_INFO_HPP
#define AROMA_LINUX_TCP_INFO_HPP

#include <aroma/assessment.hpp>
#include <aroma/duration.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>

#include <bit>         // bit_cast
#include <concepts>    // convertible_to, same_as
#include <cstddef>     // byte, size_t
#include <cstdint>     // uint8_t, uint32_t, uint64_t
#include <type_traits> // remove_cvref_t

#include <errno.h>      // errno, EBADF ...
#include <netinet/in.h> // IPPROTO_TCP
#include <sys/socket.h> // getsockopt, socklen_t

namespace aroma {

// The states of a TCP socket, numbered as in the kernel's include/net/tcp_states.h.
enum class TcpState : std::uint8_t {
    established = 1,
    syn_sent,
    syn_recv,
    fin_wait1,
    fin_wait2,
    time_wait,
    close,
    close_wait,
    last_ack,
    listen,
    closing,
    new_syn_recv,
};

// What the kernel said of one socket. Fields that its answer was too short to contain are zero.
struct TcpInfo {
    Status status = Status::no_sample;
    int error = 0;                    // errno of the getsockopt, where it failed
    TcpState state{};                 // tcpi_state
    RttSample<Microseconds> rtt{};    // tcpi_min_rtt, tcpi_rtt, tcpi_rttvar
    std::uint32_t total_retrans = 0;  // tcpi_total_retrans: segments sent again
    std::uint64_t bytes_acked = 0;    // tcpi_bytes_acked: bytes that the peer has acknowledged
};

namespace detail {

inline constexpr int tcp_info_option = 11;                  // TCP_INFO in <linux/tcp.h> and <netinet/tcp.h>
inline constexpr std::size_t offset_of_state = 0;           // tcpi_state          u8
inline constexpr std::size_t offset_of_rtt = 68;            // tcpi_rtt            u32, microseconds
inline constexpr std::size_t offset_of_rttvar = 72;         // tcpi_rttvar         u32, microseconds
inline constexpr std::size_t offset_of_total_retrans = 100; // tcpi_total_retrans  u32
inline constexpr std::size_t offset_of_bytes_acked = 120;   // tcpi_bytes_acked    u64
inline constexpr std::size_t offset_of_min_rtt = 148;       // tcpi_min_rtt        u32, microseconds; since Linux 4.6
inline constexpr std::size_t size_with_min_rtt = 152;       // the smallest answer that gives a score

template <class Byte>
concept byte_like = std::same_as<Byte, unsigned char> || std::same_as<Byte, char> || std::same_as<Byte, std::byte>;

template <class Range>
concept byte_range = requires(Range const& range) {
    requires byte_like<std::remove_cvref_t<decltype(*range.data())>>;
    { range.size() } -> std::convertible_to<std::size_t>;
};

// The integer of the machine's own byte order that lies at an offset; zero where the bytes end before it does.
template <class Integer, byte_like Byte>
[[nodiscard]] constexpr Integer field(Byte const* bytes, std::size_t size, std::size_t offset) noexcept
{
    struct {
        unsigned char bytes[sizeof(Integer)];
    } raw{};
    if (size < offset + sizeof(Integer))
        return 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        raw.bytes[i] = static_cast<unsigned char>(bytes[offset + i]);
    return std::bit_cast<Integer>(raw);
}

// The kernel's first sample m makes minimum = smoothed = m and variation = m / 2 (RFC 6298 2.2; tcp_rtt_estimator), and no
// further sample leaves all three so where m >= 18: the smoothed RTT stays only for an error below 8 us, and the variation only
// for one of about m / 2. Below, in practice on loopback alone, the equality proves nothing.
inline constexpr std::uint32_t variation_tells_from = 32; // microseconds

// Has there been one sample only, as a rule the handshake's? Its ratio is 1 whoever the client is. Counters alone cannot tell:
// data that was sent twice is acknowledged without giving a sample (Karn), and the SYN of a connect() counts as a byte.
[[nodiscard]] constexpr bool handshake_only(TcpInfo const& info) noexcept
{
    std::uint32_t const smoothed = info.rtt.smoothed.count();
    return info.rtt.minimum.count() == smoothed
        && (info.bytes_acked <= 1 || (smoothed >= variation_tells_from && info.rtt.variation.count() == smoothed / 2));
}

[[nodiscard]] constexpr Status status_of(TcpInfo const& info) noexcept
{
    bool const measured_both = measured(info.rtt.minimum) && measured(info.rtt.smoothed);
    // In close_wait the client has finished sending, and what was measured of it stands.
    if (info.state == TcpState::established || info.state == TcpState::close_wait)
        return !measured_both ? Status::no_sample : handshake_only(info) ? Status::handshake_only : Status::ok;
    switch (info.state) {
    case TcpState::listen: return Status::listening;
    case TcpState::syn_sent:
    case TcpState::syn_recv: // a TCP Fast Open connection can be accepted in this state
    case TcpState::new_syn_recv: return Status::handshaking;
    case TcpState::close: return measured(info.rtt.minimum) ? Status::closed : Status::not_connected;
    case TcpState::fin_wait1:
    case TcpState::fin_wait2:
    case TcpState::time_wait:
    case TcpState::last_ack:
    case TcpState::closing: return Status::closed;
    default: return Status::no_sample;
    }
}

} // namespace detail

template <detail::byte_like Byte>
[[nodiscard]] constexpr TcpInfo decode(Byte const* data, std::size_t size) noexcept
{
    using detail::field;
    TcpInfo info{
        .state = TcpState{field<std::uint8_t>(data, size, detail::offset_of_state)},
        .rtt = {.minimum = Microseconds{field<std::uint32_t>(data, size, detail::offset_of_min_rtt)},
                .smoothed = Microseconds{field<std::uint32_t>(data, size, detail::offset_of_rtt)},
                .variation = Microseconds{field<std::uint32_t>(data, size, detail::offset_of_rttvar)}},
        .total_retrans = field<std::uint32_t>(data, size, detail::offset_of_total_retrans),
        .bytes_acked = field<std::uint64_t>(data, size, detail::offset_of_bytes_acked),
    };
    info.status = size < detail::size_with_min_rtt ? Status::kernel_too_old : detail::status_of(info);
    return info;
}

template <detail::byte_range Bytes>
[[nodiscard]] constexpr TcpInfo decode(Bytes const& bytes) noexcept
{
    return decode(bytes.data(), bytes.size());
}

[[nodiscard]] inline TcpInfo decode(void const* data, std::size_t size) noexcept
{
    return decode(static_cast<unsigned char const*>(data), size);
}

[[nodiscard]] constexpr Status status_of_errno(int error) noexcept
{
    switch (error) {
    case EBADF: return Status::bad_descriptor; // also a descriptor opened with O_PATH
    case ENOTSOCK: return Status::not_a_socket;
    case EOPNOTSUPP: // AF_UNIX, and over IPv4 UDP and raw
    case ENOPROTOOPT: // over IPv6 UDP and raw; netlink, packet, vsock
        return Status::not_tcp;
    default: return Status::refused;
    }
}

// get_option is called as ::getsockopt is, once, and must set errno where it answers other than 0.
template <class GetSockOpt>
[[nodiscard]] TcpInfo read(int fd, GetSockOpt&& get_option) noexcept
{
    alignas(8) unsigned char bytes[detail::size_with_min_rtt];
    socklen_t length = sizeof bytes;
    int const errno_before = errno;
    if (get_option(fd, static_cast<int>(IPPROTO_TCP), detail::tcp_info_option, static_cast<void*>(bytes), &length) == 0)
        return decode(bytes, length < sizeof bytes ? length : sizeof bytes);
    int const error = errno;
    errno = errno_before;
    return {.status = status_of_errno(error), .error = error};
}

[[nodiscard]] inline TcpInfo read(int fd) noexcept
{
    return read(fd, ::getsockopt);
}

template <class Method>
    requires scoring_method<Method>
[[nodiscard]] constexpr Assessment assess(TcpInfo const& info, ScoreCalculator<Method> const& calculate,
                                          ThresholdClassifier const& classify = {}) noexcept
{
    if (info.status != Status::ok)
        return {.status = info.status, .sample = info.rtt};
    return assess(info.rtt, calculate, classify);
}

[[nodiscard]] constexpr Assessment assess(TcpInfo const& info, ThresholdClassifier const& classify = {}) noexcept
{
    return assess(info, ScoreCalculator<MinOverSmoothed>{}, classify);
}

template <class Method>
    requires scoring_method<Method>
[[nodiscard]] Assessment score(int fd, ScoreCalculator<Method> const& calculate, ThresholdClassifier const& classify = {}) noexcept
{
    return assess(read(fd), calculate, classify);
}

[[nodiscard]] inline Assessment score(int fd, ThresholdClassifier const& classify = {}) noexcept
{
    return assess(read(fd), classify);
}

} // namespace aroma

#endif // AROMA_LINUX_TCP_INFO_HPP
