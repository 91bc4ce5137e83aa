// SPDX-License-Identifier: BSL-1.0
//
// aroma/transport_excuse.hpp: whether TCP itself explains why replies are late.
//
// Synopsis
//   class detail::TransportExcuse {
//       void count(sample, smoothed_before, first);   a counted reply, with TCP's own numbers
//       bool holds(excess, minimum);                  TCP's samples explain the replies
//       bool explains_some(excess, minimum);          or a fifth of their excess
//       bool may_be_held_back(excess);                but the peer may have held back its ACKs
//   };
//
// TCP measures each exchange too: its own sample moves the smoothed RTT by an eighth of the
// difference (RFC 6298, 2.3), and can be computed from that. It explains all of a direct client's
// excess if the ACK comes with the answer, or has waited in the same queues.
#ifndef AROMA_TRANSPORT_EXCUSE_HPP
#define AROMA_TRANSPORT_EXCUSE_HPP

#include <aroma/duration.hpp>
#include <aroma/rtt_sample.hpp>

#include <cstdint> // uint32_t, uint64_t

namespace aroma {

namespace detail {

class TransportExcuse {
public:
    // Microseconds of difference between packets, or minima, that are the path's own. In the honest
    // tests a minimum falls by more between two probes on 1 % of the paths with jitter, and by 2.4
    // ms on 8 %.
    static constexpr std::uint32_t jitter = 10'000;
    // Microseconds by which a new connection delays an ACK: Linux' TCP_ATO_MIN, 40 ms, and a tick.
    static constexpr std::uint32_t first_delayed_ack = 44'000;
    // Microseconds beyond the lowest excess from which a delay is transient. First exchanges
    // through microsocks are below it: Nagle's algorithm makes them wait for two delayed ACKs of 40
    // ms (lab: 98.1 % of the proxied connections are detected, 97.4 with 60 ms and 95.8 with 40).
    static constexpr std::uint32_t much_longer = 80'000;

    // sample.application is the reply, at least sample.minimum. first: nothing was sent on the
    // connection before this exchange.
    constexpr void count(RttSample<Microseconds> const& sample, Microseconds smoothed_before,
                         bool first) noexcept
    {
        Left const left = unexplained(sample, smoothed_before);
        if (left.most)
            keep_lowest(mostly_unexplained_, sample.application);
        if (left.some)
            keep_lowest(partly_unexplained_, sample.application);
        if (first && !left.some)
            began_explained_ = true;
    }

    // TCP explains every reply, except those much longer than the lowest. Since a peer can hold
    // back an ACK, an excess beyond that delay must be explained wholly.
    [[nodiscard]] constexpr bool holds(std::uint32_t excess, Microseconds minimum) const noexcept
    {
        return excess > first_delayed_ack ? !is_near(partly_unexplained_, excess, minimum)
                                          : explains_some(excess, minimum);
    }

    // The same for a fifth of the excess only, whatever its length: not enough for holds().
    [[nodiscard]] constexpr bool explains_some(std::uint32_t excess,
                                               Microseconds minimum) const noexcept
    {
        return !is_near(mostly_unexplained_, excess, minimum);
    }

    // Linux delays ACKs in a connection's first exchange by 40 ms at most, and later by up to 200
    // ms if the client's timing has caused it.
    [[nodiscard]] constexpr bool may_be_held_back(std::uint32_t excess) const noexcept
    {
        return excess > first_delayed_ack && !began_explained_;
    }

private:
    struct Left {
        bool most = true; // at least four fifths of the excess
        bool some = true; // more of it than jitter
    };

    static constexpr bool is_near(Microseconds reply, std::uint32_t excess,
                                  Microseconds minimum) noexcept
    {
        return measured(reply)
            && reply.count() <= std::uint64_t{minimum.count()} + excess + much_longer;
    }

    static constexpr void keep_lowest(Microseconds& lowest, Microseconds reply) noexcept
    {
        if (!measured(lowest) || reply < lowest)
            lowest = reply;
    }

    static constexpr Left unexplained(RttSample<Microseconds> const& sample,
                                      Microseconds smoothed_before) noexcept
    {
        if (!measured(smoothed_before) || !measured(sample.smoothed))
            return {};
        std::uint64_t const application = sample.application.count(),
                            minimum = sample.minimum.count(), excess = application - minimum;
        std::uint64_t const before = smoothed_before.count(), after = sample.smoothed.count();
        bool const rises = after > before;
        std::uint64_t const moved = 8 * (rises ? after - before : before - after);
        std::uint64_t const own = rises ? before + moved : moved < before ? before - moved : 0;
        // an upper bound of any sample, if there were several since
        std::uint64_t const bound = after + 4 * std::uint64_t{sample.variation.count()};
        auto const left_by = [&](std::uint64_t explains) {
            explains = explains < bound ? explains : bound;
            return explains >= application ? 0
                 : explains > minimum      ? application - explains
                                           : excess;
        };
        // On a path with jitter, one low sample explains a reply less well than the smoothed RTT.
        std::uint64_t const at_least = left_by(rises ? own : after);
        return {.most = at_least >= jitter && 5 * at_least >= 4 * excess,
                .some = left_by(own) >= jitter};
    }

    Microseconds mostly_unexplained_{}; // the lowest reply that is explained little
    Microseconds partly_unexplained_{}; // the lowest that is not explained wholly
    bool began_explained_ = false;      // the first exchange is explained
};

} // namespace detail

} // namespace aroma

#endif // AROMA_TRANSPORT_EXCUSE_HPP
