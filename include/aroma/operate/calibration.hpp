// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/calibration.hpp: from a baseline's scores to thresholds for a target
// false-positive rate.
//
// Synopsis
//   struct TargetRates {                  the share of direct connections that may come out as
//                                         that band or a worse one
//       double proxy      = 0.0004;       below Thresholds::proxy_below
//       double suspicious = 0.01;         below Thresholds::suspicious_below
//       double unstable   = 0.1;          below Thresholds::unstable_below
//   };
//   struct CalibrationOptions {
//       TargetRates rates;
//       double      confidence = 0.95;    that a rate is kept; for each of the three by itself
//       bool        may_raise = false;    above the published thresholds too
//       double      proxied = 0;          share of the counted connections believed to be
//                                         proxied; removed from the lowest scores
//       Thresholds  published;            the published ones, or those in use
//   };
//   CalibrationError validate(options);      what is wrong with them, or CalibrationError::none
//
//   Calibration calibrate(scores, options = {});            with the published thresholds as
//                                                           fallback if there are too few
//                                                           connections
//   Calibration calibrate(scores, options, parent);         with those of the next segment above
//                                                           as fallback
//   Calibration calibrate(baseline, name, options = {});    of all that is within that name,
//                                                           with all that is within its parents
//                                                           as fallback
//
//   struct Calibration {
//       CalibratedEdge unstable_below, suspicious_below, proxy_below;
//       CalibrationError error; thresholds();
//   };
//   struct CalibratedEdge {
//       double   threshold;               what to apply: a multiple of 0.002
//       double   target;                  the target rate
//       uint64_t below, connections;      how many were below the threshold, of how many; share()
//                                         is their quotient
//       uint64_t needed;                  the fewest connections that can show this rate
//       double   upper_bound;             with that confidence, at most this share of direct
//                                         connections is below the threshold
//       Fallback fallback; int levels;    whose threshold it is: its own, one `levels` levels
//                                         up, or the published one
//       bool     too_few();               connections < needed
//   };
//
// A threshold is the highest one for which the exact bound on the share below it is at most the
// target rate. The bound is Clopper and Pearson's (Biometrika 26, 1934); for a threshold chosen
// from the same data it holds as Wilks' tolerance limit (Ann. Math. Stat. 12, 1941), for every
// distribution. It needs -ln(1 - confidence) / rate connections, 7,488 for 0.04 %, even if none of
// them is below. With fewer, the edge falls back to that of the nearest enclosing segment with
// enough connections, or to the published one. It is then never above the score at the target rate
// in its own segment and those between, nor above the published one.
//
// This assumes that all counted connections were direct, and that future ones are similar. A proxy
// counted below an edge lowers that edge, which costs detection and accuses no more clients. A
// proxy above it counts as one more direct connection: if a share p was proxied, direct clients are
// below an edge at 1 / (1 - p) times the rate at most. `proxied` restores detection, but is
// dangerous: it takes the clients with the lowest scores for proxies, so if there are fewer proxies
// than that, false positives exceed the rate by the difference.
//
// Of a ConnectionHistory, record assess() with the published thresholds. With few exchanges it
// raises its score to an edge of the classifier, so scores recorded with lowered thresholds would
// keep them low.
//
// Thresholds are only lowered, unless may_raise is set: on a steady network a slow client is not
// yet a proxy. A threshold of 0 leaves its band empty: direct clients then score that low at the
// target rate.
//
// The bound sums some sqrt(connections) terms, some hundred times: 10 ms for 10^6 connections, 0.2
// s for 10^9, and seconds for 10^12. Do not call it on a request thread.
#ifndef AROMA_OPERATE_CALIBRATION_HPP
#define AROMA_OPERATE_CALIBRATION_HPP

#include <aroma/detail/binomial.hpp>
#include <aroma/detail/bisect.hpp>
#include <aroma/detail/range.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/histogram.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/threshold_classifier.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t, uint64_t

namespace aroma {

// Of direct connections, the share that may come out as each band or a worse one. The defaults:
// BADPASS' share of direct connections whose TLS RTT exceeds TCP's by more than 50 ms, which is
// where the worst band's published edge lies (0.04 % of 92.7 M connections; Chiapponi et al.,
// 2022); the rate at which the field compares detectors (Xue et al., NDSS 2025); and one in ten for
// a band that says "Wi-Fi, mobile, satellite" and accuses nobody.
struct TargetRates {
    double proxy = 0.0004;
    double suspicious = 0.01;
    double unstable = 0.1;

    friend constexpr bool operator==(TargetRates const&, TargetRates const&) noexcept = default;
};

// The options of calibrate().
struct CalibrationOptions {
    TargetRates rates{}; // each from 0 to 1
    double confidence = 0.95;
    bool may_raise = false;
    double proxied = 0;
    Thresholds published{};
};

// What may be wrong with the options of a calibration.
enum class CalibrationError : std::uint8_t {
    none,
    rate_out_of_range,
    rates_out_of_order,
    confidence_out_of_range,
    proxied_out_of_range,
    published_wrong
};

[[nodiscard]] constexpr char const* message(CalibrationError error) noexcept
{
    switch (error) {
    case CalibrationError::none: return "the options are valid";
    case CalibrationError::rate_out_of_range:
        return "a target rate is not within 0.000001 to 0.5: it is a share of the direct "
               "connections, 0.01 for one in a hundred";
    case CalibrationError::rates_out_of_order:
        return "the target rates are out of order: proxy <= suspicious <= unstable must hold, "
               "since each includes the worse bands";
    case CalibrationError::confidence_out_of_range:
        return "the confidence is not within 0.5 to 0.9999: 0.95 is usual";
    case CalibrationError::proxied_out_of_range:
        return "the share believed to be proxied is not within 0 to 0.5: leave it at 0 unless it "
               "is known";
    case CalibrationError::published_wrong:
        return "the thresholds to start from are not valid: unstable_below >= suspicious_below >= "
               "proxy_below, each "
               "from 0 to 1";
    default: break;
    }
    return "not a calibration error";
}

[[nodiscard]] constexpr CalibrationError validate(CalibrationOptions const& options) noexcept
{
    using detail::is_between;
    TargetRates const& r = options.rates;
    double const rates[] = {r.proxy, r.suspicious, r.unstable};
    for (double const rate : rates)
        if (!is_between(1e-6, rate, 0.5))
            return CalibrationError::rate_out_of_range;
    if (r.proxy > r.suspicious || r.suspicious > r.unstable)
        return CalibrationError::rates_out_of_order;
    if (!is_between(0.5, options.confidence, 0.9999))
        return CalibrationError::confidence_out_of_range;
    if (!is_between(0, options.proxied, 0.5))
        return CalibrationError::proxied_out_of_range;
    return validate(options.published) == ThresholdError::none ? CalibrationError::none
                                                               : CalibrationError::published_wrong;
}

// Whose threshold it is: the segment's own, that of one above it, or the published one.
enum class Fallback : std::uint8_t {
    none,      // the segment's own
    parent,    // that of a segment above it
    published, // the published one, or the one of CalibrationOptions::published
};

[[nodiscard]] constexpr char const* name(Fallback fallback) noexcept
{
    switch (fallback) {
    case Fallback::none: return "none";
    case Fallback::parent: return "parent";
    case Fallback::published: return "published";
    default: break;
    }
    return "published";
}

// One edge of a calibration, with the counts behind it.
struct CalibratedEdge {
    double threshold = 0;
    double target = 0;
    std::uint64_t below = 0;       // how many scores were below the threshold
    std::uint64_t connections = 0; // of how many
    std::uint64_t needed = 0;
    double upper_bound = 1;
    Fallback fallback = Fallback::published; // whose threshold it is
    int levels = 0; // above the segment, if it falls back on one of its parents: 1 is the next

    [[nodiscard]] constexpr bool too_few() const noexcept { return connections < needed; }
    // The quotient of below and connections, from 0 to 1; 0 if nothing was counted.
    [[nodiscard]] constexpr double share() const noexcept
    {
        return connections > 0 ? static_cast<double>(below) / static_cast<double>(connections) : 0;
    }
};

// Three edges for one segment, and whether the options were valid.
struct Calibration {
    CalibratedEdge unstable_below{};   // at the rate of Band::unstable and worse
    CalibratedEdge suspicious_below{}; // at that of Band::suspicious and worse
    CalibratedEdge proxy_below{};      // at that of Band::proxy
    // then the thresholds are the default ones, and nothing else was calculated
    CalibrationError error = CalibrationError::none;

    // For a ThresholdClassifier; the published ones if there is an error.
    [[nodiscard]] constexpr Thresholds thresholds() const noexcept
    {
        return {.unstable_below = unstable_below.threshold,
                .suspicious_below = suspicious_below.threshold,
                .proxy_below = proxy_below.threshold};
    }
};

namespace detail {

// The highest edge between two bins, up to a limit, for which holds(). It must hold for all lower
// ones.
template <class Holds>
[[nodiscard]] constexpr double highest_threshold(double highest, Holds holds) noexcept
{
    return ScoreHistogram::lower_edge(
        first_without(std::size_t{1}, ScoreHistogram::bins,
                      [&](std::size_t bin) {
                          double const threshold = ScoreHistogram::lower_edge(bin);
                          return threshold <= highest && holds(threshold);
                      })
        - 1);
}

// The counts, without the connections believed to be proxied.
struct BelievedDirect {
    ScoreHistogram const& scores;
    std::uint64_t all = scores.total();
    std::uint64_t proxied = 0;

    [[nodiscard]] constexpr std::uint64_t total() const noexcept { return all - proxied; }
    [[nodiscard]] constexpr std::uint64_t count_below(double threshold) const noexcept
    {
        std::uint64_t const below = scores.count_below(threshold);
        return below > proxied ? below - proxied : 0;
    }
};

[[nodiscard]] constexpr CalibratedEdge calibrated_edge(BelievedDirect const& direct, double rate,
                                                       double published,
                                                       CalibrationOptions const& options,
                                                       CalibratedEdge const& parent) noexcept
{
    std::uint64_t const total = direct.total();
    CalibratedEdge edge{.target = rate,
                        .connections = total,
                        .needed = connections_needed(rate, options.confidence)};
    if (!edge.too_few()) {
        edge.fallback = Fallback::none;
        edge.threshold =
            highest_threshold(options.may_raise ? 1 : published, [&](double threshold) {
                return shows_rate(direct.count_below(threshold), total, rate, options.confidence);
            });
        return edge;
    }
    if (parent.fallback != Fallback::published) {
        edge.fallback = Fallback::parent;
        edge.levels = parent.levels + 1;
    }
    double const highest = parent.threshold < published ? parent.threshold : published;
    std::uint64_t const most = most_within(rate, total);
    edge.threshold = highest_threshold(
        highest, [&](double threshold) { return direct.count_below(threshold) <= most; });
    return edge;
}

// Initially, and if the options are invalid.
[[nodiscard]] constexpr Calibration uncalibrated(
    Thresholds const& thresholds, CalibrationError error = CalibrationError::none) noexcept
{
    return {.unstable_below = {.threshold = thresholds.unstable_below},
            .suspicious_below = {.threshold = thresholds.suspicious_below},
            .proxy_below = {.threshold = thresholds.proxy_below},
            .error = error};
}

} // namespace detail

// parent: of the next segment above, calibrated with the same options.
[[nodiscard]] constexpr Calibration calibrate(ScoreHistogram const& scores,
                                              CalibrationOptions const& options,
                                              Calibration const& parent) noexcept
{
    if (CalibrationError const why = validate(options); why != CalibrationError::none)
        return detail::uncalibrated(Thresholds{}, why);
    Calibration made;
    detail::BelievedDirect direct{scores};
    direct.proxied = detail::most_within(options.proxied, direct.all);
    TargetRates const& rates = options.rates;
    Thresholds const& published = options.published;
    made.unstable_below = detail::calibrated_edge(direct, rates.unstable, published.unstable_below,
                                                  options, parent.unstable_below);
    made.suspicious_below = detail::calibrated_edge(
        direct, rates.suspicious, published.suspicious_below, options, parent.suspicious_below);
    made.proxy_below = detail::calibrated_edge(direct, rates.proxy, published.proxy_below, options,
                                               parent.proxy_below);

    // An edge of its own and a fallback may be out of order: use the lower one, which accuses less.
    if (made.suspicious_below.threshold > made.unstable_below.threshold)
        made.suspicious_below.threshold = made.unstable_below.threshold;
    if (made.proxy_below.threshold > made.suspicious_below.threshold)
        made.proxy_below.threshold = made.suspicious_below.threshold;
    CalibratedEdge* const edges[] = {&made.unstable_below, &made.suspicious_below,
                                     &made.proxy_below};
    for (CalibratedEdge* const edge : edges) {
        edge->below = direct.count_below(edge->threshold);
        edge->upper_bound =
            detail::share_upper_bound(edge->below, edge->connections, options.confidence);
    }
    return made;
}

// With the published thresholds as fallback if there are too few connections.
[[nodiscard]] constexpr Calibration calibrate(ScoreHistogram const& scores,
                                              CalibrationOptions const& options = {}) noexcept
{
    return calibrate(scores, options, detail::uncalibrated(options.published));
}

// Uses baseline.within(name): a parent is the sum of all in it, so it need not be a segment itself.
template <std::size_t MostSegments>
[[nodiscard]] constexpr Calibration calibrate(Baseline<MostSegments> const& baseline,
                                              SegmentName name,
                                              CalibrationOptions const& options = {}) noexcept
{
    Calibration made = calibrate(baseline.within("").scores, options);
    for (std::size_t end = 1; end <= name.size(); ++end) // from the root down
        if (end == name.size() || name.data()[end] == '/')
            made = calibrate(baseline.within({name.data(), end}).scores, options, made);
    return made;
}

} // namespace aroma

#endif // AROMA_OPERATE_CALIBRATION_HPP
