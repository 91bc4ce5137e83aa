// SPDX-License-Identifier: BSL-1.0
//
// aroma/threshold_classifier.hpp: from a score to a band.
//
// Synopsis
//   enum class Band { unknown, normal, unstable, suspicious, proxy };
//   bool accuses(Band);                   whether it is suspicious or proxy
//
//   struct Thresholds {                   each is named for what lies below it; normal is the rest,
//                                         up to 1
//       double unstable_below   = 0.7;    0.3 <= score < 0.7: Wi-Fi, mobile, satellite
//       double suspicious_below = 0.3;    0.1 <= score < 0.3: possibly a proxy
//       double proxy_below      = 0.1;    0 < score < 0.1: probably a TCP proxy
//   };
//   ThresholdError validate(Thresholds);     what is wrong with a set, or ThresholdError::none
//
//   class ThresholdClassifier {
//       ThresholdClassifier();            the thresholds above
//       static consteval ThresholdClassifier with(Thresholds);
//                                         constants: an invalid set does not compile; the error
//                                         says why
//       ThresholdError adjust(Thresholds);
//                                         at run time: an invalid set changes nothing; the error
//                                         says why
//       Band operator()(Score);
//   };
#ifndef AROMA_THRESHOLD_CLASSIFIER_HPP
#define AROMA_THRESHOLD_CLASSIFIER_HPP

#include <aroma/detail/range.hpp>
#include <aroma/score.hpp>

#include <cstdint> // uint8_t

namespace aroma {

// What a score means. From unknown over best to worst.
enum class Band : std::uint8_t {
    unknown,    // there is no score
    normal,     // one path
    unstable,   // Wi-Fi, mobile, satellite
    suspicious, // perhaps a proxy
    proxy,      // a TCP proxy
};

[[nodiscard]] constexpr char const* name(Band band) noexcept
{
    switch (band) {
    case Band::unknown: return "unknown";
    case Band::normal: return "normal";
    case Band::unstable: return "unstable";
    case Band::suspicious: return "suspicious";
    case Band::proxy: return "proxy";
    default: break;
    }
    return "unknown";
}

// Whether it is suspicious or proxy.
[[nodiscard]] constexpr bool accuses(Band band) noexcept
{
    return band == Band::suspicious || band == Band::proxy;
}

// The three edges between the bands. The defaults are Aroma's published ones (Sakura-sx/Aroma,
// 2025). They are experimental there and differ by country and network: measure your own. Two equal
// edges leave the band between them empty; proxy_below = 0 empties the worst one.
struct Thresholds {
    double unstable_below = 0.7;
    double suspicious_below = 0.3;
    double proxy_below = 0.1;

    friend constexpr bool operator==(Thresholds const& a, Thresholds const& b) noexcept
    {
        return detail::equal(a.unstable_below, b.unstable_below)
            && detail::equal(a.suspicious_below, b.suspicious_below)
            && detail::equal(a.proxy_below, b.proxy_below);
    }
};

// What may be wrong with thresholds.
enum class ThresholdError : std::uint8_t {
    none,           // the thresholds are valid
    not_a_number,   // one of them is NaN
    outside_0_to_1, // one of them is below 0 or above 1
    out_of_order,   // unstable_below, suspicious_below and proxy_below do not descend
};

// What is wrong with Thresholds, or that nothing is.
[[nodiscard]] constexpr ThresholdError validate(Thresholds const& t) noexcept
{
    double const edges[] = {t.unstable_below, t.suspicious_below, t.proxy_below};
    for (double const edge : edges) {
        if (!detail::is_number(edge))
            return ThresholdError::not_a_number;
        if (!detail::is_between(0, edge, 1))
            return ThresholdError::outside_0_to_1;
    }
    return t.unstable_below >= t.suspicious_below && t.suspicious_below >= t.proxy_below
             ? ThresholdError::none
             : ThresholdError::out_of_order;
}

[[nodiscard]] constexpr char const* message(ThresholdError error) noexcept
{
    switch (error) {
    case ThresholdError::none: return "the thresholds are valid";
    case ThresholdError::not_a_number:
        return "a threshold is not a number: give each a value from 0 to 1";
    case ThresholdError::outside_0_to_1:
        return "a threshold is outside 0 to 1: scores are in (0, 1], so give each a value from 0 "
               "to 1";
    case ThresholdError::out_of_order:
        return "the thresholds are out of order: unstable_below >= suspicious_below >= proxy_below "
               "must hold";
    default: break;
    }
    return "not a threshold error";
}

namespace detail {

// Neither constexpr nor defined: for an invalid constant set, the compiler's error names the
// function that was called.
void a_threshold_is_not_a_number();
void a_threshold_is_outside_0_to_1();
void thresholds_are_out_of_order();

} // namespace detail

// From a score to a band, by three thresholds that are always valid.
class ThresholdClassifier {
public:
    constexpr ThresholdClassifier() noexcept = default;

    // ThresholdClassifier::with({.unstable_below = 0.8, .proxy_below = 0.05}). Not a constructor:
    // clang before 15 calls a consteval constructor at run time for members of a namespace or a
    // class.
    [[nodiscard]] static consteval ThresholdClassifier with(Thresholds thresholds)
    {
        switch (validate(thresholds)) {
        case ThresholdError::none: break;
        case ThresholdError::not_a_number: detail::a_threshold_is_not_a_number(); break;
        case ThresholdError::outside_0_to_1: detail::a_threshold_is_outside_0_to_1(); break;
        case ThresholdError::out_of_order: detail::thresholds_are_out_of_order(); break;
        default: break;
        }
        ThresholdClassifier made;
        made.thresholds_ = thresholds;
        return made;
    }

    [[nodiscard]] constexpr ThresholdError adjust(Thresholds const& thresholds) noexcept
    {
        ThresholdError const why = validate(thresholds);
        if (why == ThresholdError::none)
            thresholds_ = thresholds;
        return why;
    }

    // Band::unknown for an unknown score.
    [[nodiscard]] constexpr Band operator()(Score score) const noexcept
    {
        if (!score.known())
            return Band::unknown;
        double const value = score.value();
        return value >= thresholds_.unstable_below   ? Band::normal
             : value >= thresholds_.suspicious_below ? Band::unstable
             : value >= thresholds_.proxy_below      ? Band::suspicious
                                                     : Band::proxy;
    }

    // in use
    [[nodiscard]] constexpr Thresholds const& thresholds() const noexcept { return thresholds_; }

private:
    Thresholds thresholds_{};
};

} // namespace aroma

#endif // AROMA_THRESHOLD_CLASSIFIER_HPP
