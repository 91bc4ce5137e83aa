// SPDX-License-Identifier: BSL-1.0
//
// Every rule that the benchmarks compare: the library's own, and the field's, written down from
// their papers.
//
// Synopsis
//   struct Recorded;                      what was recorded of one connection
//   struct Verdict { Band band; double evidence; };      evidence: more of it speaks more for a
//                                                        proxy; NaN where the rule is silent
//   struct Rule { name, source, judge };  Verdict judge(Recorded const&)
//   rules                                 all of them
//
// A rule that lacks what it needs says unknown, and is counted so.
#ifndef AROMA_BENCHMARKS_JUDGE_RULES_HPP
#define AROMA_BENCHMARKS_JUDGE_RULES_HPP

#include <aroma/aroma.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace judge {

using Milliseconds = std::chrono::duration<double, std::milli>;
using Sample = aroma::RttSample<Milliseconds>;

// Zero is what nobody has measured, as in the library.
struct Recorded {
    enum class What { opening, tls, redirect, ping, request };

    // A request has TCP's numbers alone, the others an application RTT too. Where only the
    // difference of the two was recorded, `difference_only` says that they themselves mean nothing.
    struct At {
        What what{};
        Sample sample{};
        bool difference_only = false;
        // the application RTT by the kernel's stamps alone, a tick taken off
        Milliseconds kernel{0};
        // the difference of those stamps as it is, in ms; below zero: not known
        double stamped = -1;
    };

    std::vector<At> moments;   // in the order of time
    Milliseconds handshake{0}; // TCP's RTT of the handshake
};

struct Verdict {
    aroma::Band band = aroma::Band::unknown;
    double evidence = std::numeric_limits<double>::quiet_NaN();
};

struct Rule {
    std::string_view name;
    std::string_view source;
    Verdict (*judge)(Recorded const&);
};

namespace detail {

using aroma::Band;
using aroma::measured;
using At = Recorded::At;
using What = Recorded::What;

inline Verdict verdict(aroma::Score score, Band band)
{
    return score.known() ? Verdict{band, 1 - score.value()} : Verdict{};
}

// Recorded decimals as the whole microseconds that they stand for, the library's unit: in binary
// 8.002 ms - 2.002 ms exceed 6.
using Microseconds = std::chrono::duration<double, std::micro>;
inline Microseconds whole(Milliseconds time)
{
    return Microseconds{std::round(time.count() * 1000)};
}
inline aroma::RttSample<Microseconds> whole(Sample const& sample)
{
    return {whole(sample.minimum), whole(sample.smoothed), whole(sample.variation),
            whole(sample.application)};
}

template <class Method>
Verdict verdict(Sample const& sample)
{
    auto const a = aroma::assess(whole(sample), aroma::ScoreCalculator<Method>{});
    return verdict(a.score, a.band);
}

inline At const* first(Recorded const& recorded, bool (*is)(What))
{
    auto const found = std::find_if(recorded.moments.begin(), recorded.moments.end(),
                                    [&](At const& at) { return is(at.what); });
    return found == recorded.moments.end() ? nullptr : &*found;
}
inline bool is_opening(What what)
{
    return what == What::opening;
}
inline bool is_tls(What what)
{
    return what == What::tls;
}
inline bool is_echo(What what)
{
    return what == What::redirect || what == What::ping;
}

template <class Method, bool (*Is)(What)>
Verdict one(Recorded const& recorded)
{
    At const* const exchange = first(recorded, Is);
    if (!exchange
        || (exchange->difference_only && !std::is_same_v<Method, aroma::ReferenceOverExcess>))
        return {};
    return verdict<Method>(exchange->sample);
}

// The last of the moments at which TCP knew more than the handshake, and the worst of them.
inline bool knows_transport(At const& at)
{
    return !is_opening(at.what) && !is_tls(at.what) && !at.difference_only
        && measured(at.sample.smoothed);
}
inline Verdict last_transport(Recorded const& recorded)
{
    auto const last =
        std::find_if(recorded.moments.rbegin(), recorded.moments.rend(), knows_transport);
    return last == recorded.moments.rend() ? Verdict{}
                                           : verdict<aroma::MinOverSmoothed>(last->sample);
}
inline Verdict worst_transport(Recorded const& recorded)
{
    Verdict worst;
    for (At const& at : recorded.moments) {
        Verdict const v =
            knows_transport(at) ? verdict<aroma::MinOverSmoothed>(at.sample) : Verdict{};
        // the first one is worse than not a number
        if (v.band != Band::unknown && !(v.evidence <= worst.evidence))
            worst = v;
    }
    return worst;
}

// The library's ConnectionHistory, and what it would be with one thing changed: its defaults are
// chosen between these.
struct Variant {
    bool only_handshake = false;
    bool kernel_clock = false;        // no stopwatch
    std::uint8_t exchanges = 2;       // HistoryOptions::min_exchanges
    bool without_own_samples = false; // nothing is excused that TCP has seen too
};

template <Variant variant>
Verdict connection_history(Recorded const& recorded)
{
    aroma::ConnectionHistory history{aroma::HistoryOptions{.min_exchanges = variant.exchanges}};
    for (At const& at : recorded.moments) {
        if (variant.only_handshake && (is_echo(at.what) || at.what == What::request))
            continue;
        Sample sample = at.sample;
        if (variant.kernel_clock && at.what != What::request
            && !measured(sample.application = at.kernel))
            continue;
        if (variant.without_own_samples && at.what != What::request)
            sample.smoothed = {};
        if (at.what == What::request)
            history.observe(whole(sample));
        else
            history.observe(is_opening(at.what) ? aroma::Exchange::opening : aroma::Exchange::reply,
                            whole(sample));
    }
    auto const a = history.assess(); // without a reply a long opening alone is evidence
    return verdict(a.score, a.band);
}

inline Verdict above(std::optional<double> value, double edge)
{
    return value ? Verdict{*value > edge ? Band::proxy : Band::normal, *value} : Verdict{};
}

inline std::optional<double> excess(At const* exchange, Milliseconds transport)
{
    if (!exchange || !measured(whole(transport)))
        return std::nullopt;
    return (whole(exchange->sample.application) - whole(transport)).count() / 1000;
}

// The handshake's own RTT where it was recorded, else the lowest that TCP had seen by then.
inline Milliseconds handshake(Recorded const& recorded, At const* exchange)
{
    return measured(recorded.handshake) && !(exchange && exchange->difference_only)
             ? recorded.handshake
         : exchange ? exchange->sample.minimum
                    : Milliseconds{0};
}

inline Verdict aroma_vcl(Recorded const& recorded)
{
    Verdict const v = last_transport(recorded);
    return v.band == Band::unknown
             ? v
             : Verdict{v.evidence > 0.9 ? Band::proxy : Band::normal, v.evidence};
}

inline Verdict badpass(Recorded const& recorded)
{
    At const* const tls = first(recorded, is_tls);
    return above(excess(tls, handshake(recorded, tls)), 50);
}

// On the stamps as they are, since a tick taken off is the library's own caution.
inline Verdict first_four_packets(Recorded const& recorded)
{
    At const* const opening = first(recorded, is_opening);
    if (opening && opening->stamped >= 0)
        return above(opening->stamped, 6);
    return above(excess(opening, opening ? opening->sample.minimum : Milliseconds{0}), 6);
}

// Minimum against minimum, over all echoes.
inline Verdict calculatency(Recorded const& recorded)
{
    std::optional<double> lowest;
    for (At const& at : recorded.moments) {
        if (!is_echo(at.what))
            continue;
        double const this_one =
            (whole(at.sample.application) - whole(at.sample.minimum)).count() / 1000;
        lowest = lowest ? std::min(*lowest, this_one) : this_one;
    }
    return above(lowest, 50);
}

// The lowest of all echoes, and of what TCP had seen by the last of them.
struct Lowest {
    Microseconds echo{0}, tcp{0}; // zero: there was none
};
inline Lowest lowest(Recorded const& recorded)
{
    Lowest all;
    auto const keep = [](Microseconds& least, Milliseconds time) {
        Microseconds const now = whole(time);
        if (measured(now) && (!measured(least) || now < least))
            least = now;
    };
    for (At const& at : recorded.moments) {
        keep(all.tcp, at.sample.minimum);
        if (is_echo(at.what))
            keep(all.echo, at.sample.application);
    }
    return all;
}

// Evidence: how much of both of its edges the gap has reached, of the one of which it has less. Its
// guard, below 1 ms of TCP and 10 ms above it, changes no band: such a gap is below 10 ms.
inline Verdict pingly(Recorded const& recorded)
{
    Microseconds const echo = lowest(recorded).echo, tcp = whole(recorded.handshake);
    if (!measured(echo) || !measured(tcp))
        return {};
    double const gap = (echo - tcp).count(),
                 of_likely = std::min(gap / 20'000, gap / (tcp.count() / 2));
    return {of_likely >= 1     ? Band::proxy
            : of_likely >= 0.5 ? Band::suspicious
                               : Band::normal,
            of_likely};
}

inline Verdict rttgap(Recorded const& recorded)
{
    auto const [echo, tcp] = lowest(recorded);
    if (!measured(echo) || !measured(tcp))
        return {};
    double const gap = (echo - tcp).count() / 1000;
    return {gap > 25 ? Band::proxy : gap > 12 ? Band::unstable : Band::normal, gap};
}

// A log line is written when a request is answered: with what TCP had smoothed by then.
inline Verdict envoy_log(Recorded const& recorded)
{
    At const* const tls = first(recorded, is_tls);
    At const* const request = first(recorded, [](What what) { return what == What::request; });
    if (!tls || tls->difference_only)
        return {};
    return above(excess(tls, request ? request->sample.smoothed : tls->sample.smoothed), 50);
}

inline Verdict tls_over_tcp(Recorded const& recorded)
{
    At const* const tls = first(recorded, is_tls);
    Milliseconds const tcp = handshake(recorded, tls);
    if (!tls || tls->difference_only || !measured(whole(tcp)))
        return {};
    double const quotient = whole(tls->sample.application) / whole(tcp);
    Band const band = quotient >= 12                    ? Band::proxy
                    : quotient >= 6 && tcp.count() < 40 ? Band::suspicious
                    : quotient >= 6                     ? Band::unstable
                                                        : Band::normal;
    return {band, quotient};
}

} // namespace detail

inline constexpr std::array rules{
    Rule{"min_over_smoothed", "the library, TCP alone, at the last request",
         detail::last_transport},
    Rule{"min_over_smoothed_worst", "the library, TCP alone, at the worst of all requests",
         detail::worst_transport},
    Rule{"opening", "the library, ReferenceOverExcess on the opening alone",
         detail::one<aroma::ReferenceOverExcess, detail::is_opening>},
    Rule{"opening_ratio", "the library, TransportOverApplication on the opening alone",
         detail::one<aroma::TransportOverApplication, detail::is_opening>},
    Rule{"reply", "the library, ReferenceOverExcess on the TLS flight's reply alone",
         detail::one<aroma::ReferenceOverExcess, detail::is_tls>},
    Rule{"reply_ratio", "the library, TransportOverApplication on the TLS flight's reply alone",
         detail::one<aroma::TransportOverApplication, detail::is_tls>},
    Rule{"echo", "the library, ReferenceOverExcess on the first redirect or ping alone",
         detail::one<aroma::ReferenceOverExcess, detail::is_echo>},
    Rule{"connection_history", "the library, ConnectionHistory with all exchanges",
         detail::connection_history<detail::Variant{}>},
    Rule{"connection_history_tls", "ConnectionHistory with opening and TLS handshake alone",
         detail::connection_history<detail::Variant{.only_handshake = true}>},
    Rule{"connection_history_kernel", "ConnectionHistory by the kernel's clock alone",
         detail::connection_history<detail::Variant{.kernel_clock = true}>},
    Rule{"connection_history_exchanges_1",
         "ConnectionHistory with min_exchanges = 1: one exchange is enough",
         detail::connection_history<detail::Variant{.exchanges = 1}>},
    Rule{"connection_history_exchanges_3", "ConnectionHistory with min_exchanges = 3",
         detail::connection_history<detail::Variant{.exchanges = 3}>},
    Rule{"connection_history_unexcused",
         "ConnectionHistory if it did not look at TCP's own samples of the exchanges",
         detail::connection_history<detail::Variant{.without_own_samples = true}>},
    Rule{"aroma_vcl", "Aroma (Sakura-sx, 2025): tcpi_min_rtt / tcpi_rtt < 0.1", detail::aroma_vcl},
    Rule{"first_four_packets", "First Four Packets (2026): opening gap > 6 ms",
         detail::first_four_packets},
    Rule{"badpass", "BADPASS (Chiapponi et al., 2022): TLS RTT - TCP RTT > 50 ms", detail::badpass},
    Rule{
        "calculatency",
        "CalcuLatency (Ramesh et al., USENIX Security 2024): application RTT - network RTT > 50 ms",
        detail::calculatency},
    Rule{"pingly",
         "pingly 0.2 (2026): lowest echo - the handshake's RTT, likely from 20 ms and 50 % on, "
         "possible from 10 ms and 25 %",
         detail::pingly},
    Rule{"rttgap", "rttgap (2026): lowest echo - lowest RTT, a proxy > 25 ms, direct up to 12 ms",
         detail::rttgap},
    Rule{"envoy_log",
         "Envoy's access log (2026): TLS RTT - DOWNSTREAM_CX_RTT, the smoothed one; without a "
         "threshold of its own, so BADPASS's 50 ms",
         detail::envoy_log},
    Rule{"tls_over_tcp",
         "TLS RTT / TCP RTT, JA4L's delta: 12 a relay, 6 below 40 ms a possible one "
         "(RttFingerprint)",
         detail::tls_over_tcp},
};

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_RULES_HPP
