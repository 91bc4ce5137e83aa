// SPDX-License-Identifier: BSL-1.0
//
// aroma/probe.hpp: a probe, whose answer proves that the client's machine has read it.
//
// Synopsis
//   std::uint64_t token_of(text);         the token of a probe's random part: a path, a payload
//   std::uint64_t token_of(data, size);
//   struct ProbeOptions { unprompted, any_pieces, late_end, failed; };  of one probe
//   struct SendPosition;                  a sender's counters
//
// A token is 64 bits that the client cannot guess, new for each probe; 0 is no token. token_of()
// adds no randomness: 64 random bits in a path are at least 11 characters of base64, or 16
// hexadecimal digits. random_token() of linux/score.hpp makes one.
//
// ConnectionHistory records and counts probes; this header decides which are void.
#ifndef AROMA_PROBE_HPP
#define AROMA_PROBE_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/bytes.hpp>
#include <aroma/detail/hash.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/detail/text.hpp>
#include <aroma/duration.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint32_t, uint64_t

namespace aroma {

// The token of these bytes, by FNV-1a; never 0.
template <class Byte>
    requires(sizeof(Byte) == 1)
[[nodiscard]] constexpr std::uint64_t token_of(Byte const* data, std::size_t size) noexcept
{
    std::uint64_t const hash = detail::fnv1a(data, size);
    return hash == 0 ? 1 : hash;
}

// The token of a C string; 0, no token, of a null pointer.
[[nodiscard]] constexpr std::uint64_t token_of(char const* text) noexcept
{
    detail::Text const whole{text};
    return text ? token_of(whole.data(), whole.size()) : 0;
}

// The token of a std::string, a std::array of bytes, or another range with data() and size().
template <detail::byte_range Bytes>
[[nodiscard]] constexpr std::uint64_t token_of(Bytes const& bytes) noexcept
{
    return token_of(bytes.data(), bytes.size());
}

// What is not usual about one probe.
struct ProbeOptions {
    bool unprompted = false; // sent at a moment that the client could not choose
    // The token is in the last of several writes, as in a TLS flight (its Finished covers it all).
    bool any_pieces = false;
    bool late_end = false;      // more than longest_gap after the first of them
    Status failed = Status::ok; // why the sender's counters could not be read

    // If two segments are more than 20 ms apart (half of TCP_ATO_MIN), Linux delays its ACK for
    // longer; 20 ms less a tick.
    static constexpr Nanoseconds longest_gap{16'000'000};
};

// A sender's counters: what was written, sent and acknowledged. linux/timing.hpp has Linux'.
struct SendPosition {
    std::uint64_t written = 0;         // bytes of the stream that were written, sent or not
    std::uint64_t acknowledged = 0;    // bytes
    std::uint32_t queued = 0;          // bytes written that have not been sent
    std::uint32_t segments = 0;        // segments sent with data
    std::uint32_t retransmissions = 0; // segments sent again
    std::uint32_t segment_size = 0;    // bytes of data in a full segment
    // Segments without data from the peer, including its SYN: pure ACKs. The largest value if
    // unknown.
    std::uint32_t pure_acks = ~std::uint32_t{0};

    friend constexpr bool operator==(SendPosition const&, SendPosition const&) noexcept = default;
};

namespace detail {

// Full segments that may be sent before the first ACK (RFC 6928).
inline constexpr std::uint32_t initial_window = 10;

// The outstanding probe, if any, and the sender's counters when it was last observed.
class Probe {
public:
    [[nodiscard]] constexpr bool out() const noexcept { return token_ != 0; }
    constexpr void end() noexcept { token_ = 0; }

    // In microseconds of the caller's clock.
    [[nodiscard]] constexpr double sent_at() const noexcept { return sent_at_; }
    [[nodiscard]] constexpr bool unprompted() const noexcept { return unprompted_; }
    // Whether nothing was sent on the connection before this probe.
    [[nodiscard]] constexpr bool first() const noexcept { return first_; }
    [[nodiscard]] constexpr Microseconds smoothed_before() const noexcept
    {
        return smoothed_before_;
    }

    // Whether an initial window was sent between two observations, and no pure ACK came. A receiver
    // acknowledges every second segment at once (RFC 9293, 3.8.6.3).
    [[nodiscard]] constexpr bool acks_withheld() const noexcept { return acks_withheld_; }

    constexpr void look(SendPosition const& position) noexcept
    {
        std::uint64_t const window = std::uint64_t{initial_window} * position.segment_size;
        bool const much = looked_ && window != 0
                       && position.written - position.queued >= looked_written_ + window;
        acks_withheld_ = position.pure_acks <= 1 && (acks_withheld_ || much);
        looked_ = true;
        looked_written_ = position.written;
        looked_segments_ = position.segments;
    }

    // ok if the probe is now outstanding, or why it is void.
    [[nodiscard]] constexpr Status sent(std::uint64_t token, SendPosition const& position,
                                        double now, Microseconds smoothed,
                                        ProbeOptions const& options) noexcept
    {
        Status const why = why_void(token, position, options);
        first_ = looked_ && looked_written_ == 0 && !options.late_end;
        look(position);
        if (why != Status::ok)
            return why;
        token_ = token;
        written_ = position.written;
        retransmissions_ = position.retransmissions;
        sent_at_ = now;
        smoothed_before_ = smoothed;
        unprompted_ = options.unprompted;
        return Status::ok;
    }

    // Ends the probe: ok, or why its answer proves nothing.
    [[nodiscard]] constexpr Status answered(std::uint64_t token,
                                            SendPosition const& position) noexcept
    {
        std::uint64_t const asked = token_;
        end();
        look(position);
        if (token != asked)
            return Status::probe_token;
        if (position.retransmissions != retransmissions_)
            return Status::probe_retransmitted;
        if (position.written != written_)
            return Status::probe_interrupted;
        return position.queued != 0 ? Status::probe_queued : Status::ok;
    }

private:
    [[nodiscard]] constexpr Status why_void(std::uint64_t token, SendPosition const& position,
                                            ProbeOptions const& options) const noexcept
    {
        if (token == 0)
            return Status::probe_without_token;
        if (position.queued != 0)
            return Status::probe_queued;
        if (options.any_pieces)
            return Status::ok;
        if (!looked_)
            return Status::probe_unannounced;
        if (position.written == looked_written_)
            return Status::probe_unsent;
        return left_whole(position) ? Status::ok : Status::probe_in_pieces;
    }

    // Whether the probe was sent in one write since the last observation. Otherwise the client may
    // have read the token early: if the probe's beginning was acknowledged, or had a segment of its
    // own. A single segment is always whole, although a nearby client may have acknowledged it
    // already.
    [[nodiscard]] constexpr bool left_whole(SendPosition const& position) const noexcept
    {
        std::uint64_t const bytes = position.written - looked_written_;
        std::uint64_t const size = position.segment_size > 0 ? position.segment_size : 1;
        std::uint64_t const segments = position.segments - looked_segments_;
        return segments == 1
            || (segments <= (bytes + size - 1) / size && position.acknowledged <= looked_written_);
    }

    std::uint64_t token_ = 0;   // 0: none is outstanding
    std::uint64_t written_ = 0; // after the probe
    std::uint64_t looked_written_ = 0;
    double sent_at_ = 0;
    std::uint32_t looked_segments_ = 0;
    std::uint32_t retransmissions_ = 0; // when it was sent
    Microseconds smoothed_before_{};    // kept, since others may be observed before the answer
    bool looked_ = false, unprompted_ = false, first_ = false, acks_withheld_ = false;
};

} // namespace detail

} // namespace aroma

#endif // AROMA_PROBE_HPP
