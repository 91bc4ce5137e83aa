// SPDX-License-Identifier: BSL-1.0
//
// Facts about linux/tcp_info.hpp: bytes to a sample or a status, at every length, at compile time.

#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <type_traits>

namespace {

using namespace aroma;

// A kernel's answer, written byte by byte at offsets that are stated here a second time.
template <class Byte = unsigned char>
struct Answer {
    std::array<Byte, 512> bytes{};

    template <class Integer>
    constexpr void put(std::size_t offset, Integer value)
    {
        auto const raw = std::bit_cast<std::array<unsigned char, sizeof value>>(value);
        for (std::size_t i = 0; i < sizeof value; ++i)
            bytes[offset + i] = static_cast<Byte>(raw[i]);
    }

    constexpr Answer(unsigned char state, std::uint32_t min_rtt, std::uint32_t rtt,
                     std::uint32_t rttvar, std::uint64_t bytes_acked)
    {
        put(0, state);
        put(68, rtt);
        put(72, rttvar);
        put(100, std::uint32_t{3});
        put(120, bytes_acked);
        put(148, min_rtt);
    }
    constexpr TcpInfo decoded(std::size_t size = 512) const { return decode(bytes.data(), size); }
    constexpr Status status() const { return decoded().status; }
};

constexpr Answer scored{1, 5000, 50'000, 700, 1234};
static_assert(scored.decoded().status == Status::ok && scored.decoded().error_number == 0);
static_assert(scored.decoded().rtt
              == RttSample{Microseconds{5000}, Microseconds{50'000}, Microseconds{700}});
static_assert(scored.decoded().state == TcpState::established && scored.decoded().total_retrans == 3
              && scored.decoded().bytes_acked == 1234);
static_assert(assess(scored.decoded()).score.value() == 0.1
              && assess(scored.decoded()).band == Band::suspicious);

// Each field lies where it lies, and nowhere else.
template <class Field, class Integer>
constexpr bool lies_at(std::size_t offset, Field TcpInfo::*field, Integer value)
{
    Answer answer{1, 5000, 50'000, 700, 1234};
    answer.put(offset, value);
    TcpInfo info = answer.decoded();
    bool const right = info.*field == static_cast<Field>(value);
    info.*field = scored.decoded().*field;
    return right && info == scored.decoded();
}
static_assert(lies_at(5, &TcpInfo::options, std::uint8_t{7})
              && lies_at(16, &TcpInfo::snd_mss, 0x1234'5678u)
              && lies_at(20, &TcpInfo::rcv_mss, 0x1234'5678u)
              && lies_at(24, &TcpInfo::unacked, 0x1234'5678u)
              && lies_at(44, &TcpInfo::last_data_sent, 0x1234'5678u)
              && lies_at(52, &TcpInfo::last_data_recv, 0x1234'5678u)
              && lies_at(56, &TcpInfo::last_ack_recv, 0x1234'5678u)
              && lies_at(84, &TcpInfo::advmss, 0x1234'5678u)
              && lies_at(92, &TcpInfo::rcv_rtt, 0x1234'5678u)
              && lies_at(100, &TcpInfo::total_retrans, 0x1234'5678u)
              && lies_at(120, &TcpInfo::bytes_acked, std::uint64_t{0x1234'5678'9ABC'DEF0})
              && lies_at(128, &TcpInfo::bytes_received, std::uint64_t{0x1234'5678'9ABC'DEF0})
              && lies_at(140, &TcpInfo::segs_in, 0x1234'5678u)
              && lies_at(144, &TcpInfo::notsent_bytes, 0x1234'5678u)
              && lies_at(152, &TcpInfo::data_segs_in, 0x1234'5678u)
              && lies_at(156, &TcpInfo::data_segs_out, 0x1234'5678u)
              && lies_at(200, &TcpInfo::bytes_sent, std::uint64_t{0x1234'5678'9ABC'DEF0})
              && lies_at(208, &TcpInfo::bytes_retrans, std::uint64_t{0x1234'5678'9ABC'DEF0}));

// What the peer's segments lack against this host's own: nothing where either size is unknown or
// the peer's is the larger one.
constexpr std::uint32_t shortfall(std::uint32_t snd_mss, std::uint32_t advmss,
                                  std::size_t size = 512)
{
    Answer answer{1, 5000, 50'000, 700, 1234};
    answer.put(16, snd_mss);
    answer.put(84, advmss);
    return segment_shortfall(answer.decoded(size));
}
static_assert(shortfall(1448, 1448) == 0 && shortfall(1440, 1448) == 8
              && shortfall(1368, 1448) == 80 && shortfall(8948, 1448) == 0);
static_assert(shortfall(0, 1448) == 0 && shortfall(1440, 0) == 0 && shortfall(1440, 1448, 87) == 0
              && shortfall(1440, 1448, 88) == 8);
static_assert(shortfall(1, 4294967295u) == 4294967294u);

// Old kernels and short buffers: a field counts as far as the answer reaches, a score needs 152
// bytes.
constexpr auto every_length_is_honest = [] {
    for (std::size_t size = 0; size <= 512; ++size) {
        TcpInfo const info = scored.decoded(size);
        bool const right = info.status == (size < 152 ? Status::kernel_too_old : Status::ok)
                        && info.state == (size < 1 ? TcpState{} : TcpState::established)
                        && info.rtt.smoothed.count() == (size < 72 ? 0u : 50'000u)
                        && info.rtt.variation.count() == (size < 76 ? 0u : 700u)
                        && info.total_retrans == (size < 104 ? 0u : 3u)
                        && info.bytes_acked == (size < 128 ? 0u : 1234u)
                        && info.rtt.minimum.count() == (size < 152 ? 0u : 5000u)
                        && assess(info).band == (size < 152 ? Band::unknown : Band::suspicious);
        if (!right)
            return false;
    }
    return true;
}();
static_assert(every_length_is_honest);
static_assert(decode(static_cast<unsigned char const*>(nullptr), 0).status
              == Status::kernel_too_old);

// Bytes of every type, in whatever holds them.
static_assert(Answer<std::byte>{1, 5000, 50'000, 700, 1234}.status() == Status::ok);
static_assert(Answer<char>{1, 5000, 50'000, 700, 1234}.status() == Status::ok);
static_assert(Answer<signed char>{1, 5000, 50'000, 700, 1234}.status() == Status::ok);
constexpr unsigned char c_array[160]{};
static_assert(decode(c_array).status == Status::no_sample);
static_assert(decode(scored.bytes).status == Status::ok
              && decode(std::span{scored.bytes}.first(151)).status == Status::kernel_too_old);

// No sample: the kernel's words for none.
static_assert(Answer{1, 0, 0, 0, 0}.status() == Status::no_sample, "all zero: gVisor");
static_assert(Answer{1, 4294967295, 0, 750'000, 0}.status() == Status::no_sample,
              "SYN cookie without timestamps");
static_assert(Answer{1, 4294967295, 50'000, 700, 1234}.status() == Status::no_sample);
static_assert(Answer{1, 0, 50'000, 700, 1234}.status() == Status::no_sample);
static_assert(Answer{1, 5000, 0, 700, 1234}.status() == Status::no_sample);

// Only the handshake.
static_assert(Answer{1, 10'380, 10'380, 5190, 0}.status() == Status::handshake_only);
static_assert(Answer{1, 10'381, 10'381, 4000, 1}.status() == Status::handshake_only,
              "connect() counts its SYN as a byte");
static_assert(Answer{1, 172'435, 172'435, 86'217, 999}.status() == Status::handshake_only,
              "acknowledged, but sent twice: no sample");
static_assert(Answer{1, 10'380, 10'380, 4000, 0}.status() == Status::handshake_only,
              "nothing acknowledged");
static_assert(Answer{1, 10'380, 10'380, 4000, 1234}.status() == Status::ok,
              "a second sample like the first moves the variation");
static_assert(Answer{1, 10'381, 10'381, 4000, 2}.status() == Status::ok, "two bytes are data");
static_assert(Answer{1, 32, 32, 16, 1234}.status() == Status::handshake_only
              && Answer{1, 31, 31, 15, 1234}.status() == Status::ok);
static_assert(Answer{1, 7, 7, 3, 0}.status() == Status::handshake_only);
static_assert(Answer{1, 7, 7, 3, 1234}.status() == Status::ok,
              "7 us and then 10 us leave 7 us and 3 us: loopback");
static_assert(Answer{1, 182'142, 184'031, 69'652, 0}.status() == Status::ok,
              "selectively acknowledged data is a sample");
constexpr Options<> tick{.tick = Microseconds{4000}};
static_assert(!assess(Answer{1, 10'380, 10'380, 5190, 0}.decoded(), tick).score.known());
static_assert(assess(Answer{1, 10'380, 10'380, 5190, 0}.decoded(), tick).sample.minimum
                  == Microseconds{10'380},
              "its number is kept");

// A ratio above 1 never leaves the library.
static_assert(assess(Answer{1, 14'457, 14'057, 700, 1234}.decoded()).score.value() == 1);

// States.
constexpr Status in_state(unsigned char state)
{
    return Answer{state, 5000, 50'000, 700, 1234}.status();
}
static_assert(in_state(1) == Status::ok && in_state(8) == Status::ok);
static_assert(in_state(2) == Status::handshaking && in_state(3) == Status::handshaking
              && in_state(12) == Status::handshaking);
static_assert(in_state(4) == Status::closed && in_state(5) == Status::closed
              && in_state(6) == Status::closed);
static_assert(in_state(7) == Status::closed && in_state(9) == Status::closed
              && in_state(11) == Status::closed);
static_assert(in_state(10) == Status::listening);
static_assert(in_state(0) == Status::no_sample && in_state(13) == Status::no_sample
              && in_state(255) == Status::no_sample);
static_assert(Answer{7, 4294967295, 0, 0, 0}.status() == Status::not_connected);
static_assert(Answer{7, 5000, 0, 0, 0}.status() == Status::closed,
              "a minimum outlives the connection");
static_assert(Answer{10, 0, 0, 0, 0}.status() == Status::listening);

static_assert(detail::status_of_errno(EBADF) == Status::bad_descriptor
              && detail::status_of_errno(ENOTSOCK) == Status::not_a_socket);
static_assert(detail::status_of_errno(EOPNOTSUPP) == Status::not_tcp
                  && detail::status_of_errno(ENOPROTOOPT) == Status::not_tcp
                  && detail::status_of_errno(EINVAL) == Status::not_tcp,
              "unless the socket says that it is TCP");
static_assert(detail::status_of_errno(ENOSYS) == Status::no_tcp_info);
static_assert(detail::status_of_errno(EPERM) == Status::refused
              && detail::status_of_errno(EINTR) == Status::refused
              && detail::status_of_errno(0) == Status::refused);

static_assert(noexcept(decode(scored.bytes)));

// Nothing, where nothing was said.
constexpr TcpInfo unsaid{};
static_assert(unsaid.status == Status::no_sample && unsaid.error_number == 0
              && unsaid.state == TcpState{} && unsaid.options == 0
              && unsaid.rtt == RttSample<Microseconds>{});
static_assert(unsaid.snd_mss == 0 && unsaid.rcv_mss == 0 && unsaid.unacked == 0
              && unsaid.last_data_sent == 0 && unsaid.last_data_recv == 0
              && unsaid.last_ack_recv == 0);
static_assert(unsaid.advmss == 0 && unsaid.total_retrans == 0 && unsaid.bytes_acked == 0
              && unsaid.bytes_received == 0 && unsaid.notsent_bytes == 0);
static_assert(unsaid.rcv_rtt == 0 && unsaid.segs_in == 0);
static_assert(unsaid.data_segs_in == 0 && unsaid.data_segs_out == 0
              && segment_shortfall(unsaid) == 0);

// The stamps as bytes.
constexpr auto decoded = [] {
    unsigned char bytes[216]{};
    auto const put = [&](int offset, unsigned char value) {
        bytes[offset + (std::endian::native == std::endian::big ? 3 : 0)] = value;
    };
    bytes[5] = 39;
    put(24, 1), put(44, 2), put(52, 3), put(56, 4), put(144, 5), put(152, 6), put(156, 7);
    bytes[200 + (std::endian::native == std::endian::big ? 7 : 0)] = 8;
    bytes[208 + (std::endian::native == std::endian::big ? 7 : 0)] = 9;
    return decode(bytes, sizeof bytes);
}();
static_assert(decoded.options == 39 && decoded.unacked == 1 && decoded.last_data_sent == 2
              && decoded.last_data_recv == 3 && decoded.last_ack_recv == 4);
static_assert(decoded.notsent_bytes == 5 && decoded.data_segs_in == 6
              && decoded.data_segs_out == 7);
static_assert(decoded.bytes_sent == 8 && decoded.bytes_retrans == 9 && decoded.has_position);

} // namespace
