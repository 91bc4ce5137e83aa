// SPDX-License-Identifier: BSL-1.0
//
// aroma/decide/evidence.hpp: scores and other signals to one probability, each contribution listed.
//
// Synopsis
//   enum class Signal;                    where an observation comes from; signals that depend on
//                                         each other are of one Group
//   struct GroupDependences;              the cap of each group, and the correlation of its
//                                         observations
//   class Evidence {                      trivially copyable, 168 bytes
//       explicit Evidence(Probability prior);
//                                         of a proxy, before anything was observed
//       void add(Signal, LikelihoodRatio);
//                                         adds an observation
//       void set(Signal, LikelihoodRatio);
//                                         replaces the signal's observations by one
//       LikelihoodRatio ratio();  double log_odds();  Probability probability();
//       Contribution contribution(Signal);  void for_each(f);
//                                         each signal's observations, and their contribution
//   };
//
// Sums are kept in whole millionths of a nat, so that the order of observations does not matter, to
// the last bit.
//
// A probability is only as good as its prior and likelihoods: take the prior from your own traffic.
// There is no default prior, since no known prior holds for two services.
#ifndef AROMA_DECIDE_EVIDENCE_HPP
#define AROMA_DECIDE_EVIDENCE_HPP

#include <aroma/decide/likelihood.hpp>
#include <aroma/detail/range.hpp>

#include <cstddef> // size_t
#include <cstdint> // int64_t, uint8_t, uint32_t
#include <limits>  // numeric_limits

namespace aroma {

// Signals that may be wrong for the same reason.
enum class Group : std::uint8_t {
    round_trips, // scores, of this connection and of the client's others
    address,     // what is said about the client's address
    software,    // what the client sends: TLS fingerprint, HTTP headers
    path,        // the size of its segments
};

enum class Signal : std::uint8_t {
    // its score: set() it as the connection goes on, since the assessment already has all of its
    // exchanges in it
    this_connection,
    other_connections, // the scores of further connections of the same client: add() each once
    ip_intelligence,   // what a list or a vendor says about the client's address
    tls_fingerprint,   // the TLS client against the program that the User-Agent names
    http_headers,      // headers and their order against that program
    // the client's MSS against this host's own: segment_shortfall() of linux/tcp_info.hpp
    segment_size,
};

namespace detail {

// the number of Signals: the last is the weakest, as which an invalid one counts
inline constexpr std::size_t signal_count = static_cast<std::size_t>(Signal::segment_size) + 1;

inline constexpr std::size_t group_count = 4; // how many enumerators Group has

// The group in which a signal's observations are capped.
[[nodiscard]] constexpr Group group_of(Signal signal) noexcept
{
    switch (signal) {
    case Signal::this_connection:
    case Signal::other_connections: return Group::round_trips;
    case Signal::ip_intelligence: return Group::address;
    case Signal::tls_fingerprint:
    case Signal::http_headers: return Group::software;
    case Signal::segment_size: return Group::path;
    default: break;
    }
    return Group::path;
}

} // namespace detail

[[nodiscard]] constexpr char const* name(Signal signal) noexcept
{
    switch (signal) {
    case Signal::this_connection: return "this_connection";
    case Signal::other_connections: return "other_connections";
    case Signal::ip_intelligence: return "ip_intelligence";
    case Signal::tls_fingerprint: return "tls_fingerprint";
    case Signal::http_headers: return "http_headers";
    case Signal::segment_size: return "segment_size";
    default: break;
    }
    return "unknown";
}

// How the observations of a group count together. What the signals of a group say together is cut
// to at most `cap` nats either way, since they may all be wrong for the same reason. Of n
// observations of one signal, their sum divided by 1 + (n - 1) correlation counts (the design
// effect: Kish, Survey Sampling, 1965): at 0 the sum, at 1 the mean.
struct Dependence {
    double cap = 0;         // nats either way, above 0 and at most 700
    double correlation = 1; // of two observations of one signal, from 0 to 1

    friend constexpr bool operator==(Dependence const&, Dependence const&) noexcept = default;
};

// How much the signals of each group may say together. Round trips: NDSS 2025 (Xue et al.) found
// 0.6 to 0.7 % of an ISP's flows to look proxied for a reason that stays, processing time above
// all, so no number of exchanges says more than 1 / 0.0067 = 150, 5.0 nats. With a prior of 1 %
// that leads to 60 % and not beyond; a user who knows of no such clients raises it. Scores over one
// direct path are correlated in the lab by 0.3 (connections), 0.4 (TLS replies), 0.5 (redirects)
// and 0.7 (TCP's ratio): aroma-likelihoods, "within one path".
//
// The library does not measure the other signals. Their caps are from Kass and Raftery's scale
// (JASA 90, 1995): 20, the end of "positive"; and 3, the end of "not worth more than a bare
// mention", for the segment size, since DSL, mobile networks and tunnels have the same sizes. How
// much two lists of addresses have in common is unknown, so repetitions count as their mean.
struct GroupDependences {
    Dependence round_trips{5.0, 0.5}; // this connection and the client's others
    Dependence address{3.0, 1};       // IP intelligence
    Dependence software{3.0, 1};      // TLS fingerprint and HTTP headers
    Dependence path{1.1, 1};          // segment size

    friend constexpr bool operator==(GroupDependences const&,
                                     GroupDependences const&) noexcept = default;
};

[[nodiscard]] constexpr EvidenceError validate(GroupDependences const& d) noexcept
{
    Dependence const groups[] = {d.round_trips, d.address, d.software, d.path};
    for (Dependence const& one : groups) {
        if (!detail::is_number(one.cap) || !detail::is_number(one.correlation))
            return EvidenceError::not_a_number;
        if (!detail::is_between(detail::lowest_above_0, one.cap, 700))
            return EvidenceError::cap_out_of_range;
        if (!detail::is_between(0, one.correlation, 1))
            return EvidenceError::correlation_out_of_range;
    }
    return EvidenceError::none;
}

// The contribution of one signal so far.
struct Contribution {
    Signal signal{};                // the signal
    std::uint32_t observations = 0; // without those of ratio 1
    double sum = 0;                 // nats, as observed
    // nats that count in the log-odds, after the correlation of repetitions and the group's cap
    double counted = 0;
};

// What was observed of a client, from a prior to a probability of a proxy. Trivially copyable, 168
// bytes.
class Evidence {
public:
    constexpr explicit Evidence(Probability prior) noexcept : prior_{prior} {}

    [[nodiscard]] static consteval Evidence with(Probability prior,
                                                 GroupDependences const& dependences)
    {
        Evidence made{prior};
        detail::reject(made.adjust(dependences));
        return made;
    }

    [[nodiscard]] constexpr EvidenceError adjust(GroupDependences const& dependences) noexcept
    {
        EvidenceError const why = validate(dependences);
        if (why == EvidenceError::none)
            dependences_ = dependences;
        return why;
    }

    constexpr void add(Signal signal, LikelihoodRatio ratio) noexcept
    {
        if (ratio == LikelihoodRatio{})
            return;
        Seen& seen = seen_[index_of(signal)];
        if (seen.observations == (std::numeric_limits<std::uint32_t>::max)())
            return; // 64 bits hold the sum of at most this many
        ++seen.observations;
        seen.micronats += ratio.micronats();
    }

    constexpr void set(Signal signal, LikelihoodRatio ratio) noexcept
    {
        seen_[index_of(signal)] = Seen{};
        add(signal, ratio);
    }

    // Of all observations, after caps.
    [[nodiscard]] constexpr LikelihoodRatio ratio() const noexcept
    {
        std::int64_t sum = 0;
        for (std::size_t group = 0; group < detail::group_count; ++group)
            sum += capped(static_cast<Group>(group));
        return LikelihoodRatio::of_micronats(sum);
    }

    [[nodiscard]] constexpr Probability prior() const noexcept { return prior_; } // as given
    // The prior's log-odds and what counts of every group, in nats.
    [[nodiscard]] constexpr double log_odds() const noexcept
    {
        return prior_.log_odds() + ratio().nats();
    }
    // of a proxy, in (0, 1)
    [[nodiscard]] constexpr Probability probability() const noexcept
    {
        return Probability::of_log_odds(log_odds());
    }

    // What this signal has observed so far, and what counts of it.
    [[nodiscard]] constexpr Contribution contribution(Signal signal) const noexcept
    {
        Seen const& seen = seen_[index_of(signal)];
        Group const group = detail::group_of(signal);
        std::int64_t const all = uncapped(group), own = effective(signal);
        double const share =
            all == 0 ? 1 : static_cast<double>(capped(group)) / static_cast<double>(all);
        return {signal, seen.observations, detail::to_nats(seen.micronats),
                detail::to_nats(own) * share};
    }

    // f(Contribution const&) for each signal that was observed, in the order of Signal.
    template <class F>
    constexpr void for_each(F&& f) const
    {
        for (std::size_t i = 0; i < detail::signal_count; ++i)
            if (seen_[i].observations > 0)
                f(contribution(static_cast<Signal>(i)));
    }

private:
    struct Seen {
        std::int64_t micronats = 0;
        std::uint32_t observations = 0;
    };

    static constexpr std::size_t index_of(Signal signal) noexcept
    {
        auto const index = static_cast<std::size_t>(signal);
        // an invalid signal: counts as the weakest
        return index < detail::signal_count ? index : detail::signal_count - 1;
    }

    constexpr Dependence const& of(Group group) const noexcept
    {
        return group == Group::round_trips ? dependences_.round_trips
             : group == Group::address     ? dependences_.address
             : group == Group::software    ? dependences_.software
                                           : dependences_.path;
    }

    constexpr std::int64_t effective(Signal signal) const noexcept
    {
        Seen const& seen = seen_[index_of(signal)];
        if (seen.observations < 2)
            return seen.micronats;
        double const design_effect =
            1
            + static_cast<double>(seen.observations - 1) * of(detail::group_of(signal)).correlation;
        return detail::to_micronats(static_cast<double>(seen.micronats) / 1e6 / design_effect);
    }

    constexpr std::int64_t uncapped(Group group) const noexcept
    {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < detail::signal_count; ++i)
            if (detail::group_of(static_cast<Signal>(i)) == group)
                sum += effective(static_cast<Signal>(i));
        return sum;
    }

    constexpr std::int64_t capped(Group group) const noexcept
    {
        std::int64_t const sum = uncapped(group), cap = detail::to_micronats(of(group).cap);
        return sum > cap ? cap : sum < -cap ? -cap : sum;
    }

    Seen seen_[detail::signal_count]{};
    GroupDependences dependences_{};
    Probability prior_;
};

} // namespace aroma

#endif // AROMA_DECIDE_EVIDENCE_HPP
