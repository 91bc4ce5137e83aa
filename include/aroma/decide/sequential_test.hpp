// SPDX-License-Identifier: BSL-1.0
//
// aroma/decide/sequential_test.hpp: Wald's sequential test: proxy, direct or undecided, with stated
// error rates.
//
// Synopsis
//   class SequentialTest {                Wald's, with stated error rates
//       Verdict decide(LikelihoodRatio);  Verdict decide(Evidence);   proxy, direct or undecided
//   };
#ifndef AROMA_DECIDE_SEQUENTIAL_TEST_HPP
#define AROMA_DECIDE_SEQUENTIAL_TEST_HPP

#include <aroma/decide/evidence.hpp>
#include <aroma/decide/likelihood.hpp>
#include <aroma/detail/logarithm.hpp>

#include <cstdint> // int64_t, uint8_t

namespace aroma {

// What Wald's test says.
enum class Verdict : std::uint8_t {
    undecided, // between the two thresholds: go on observing
    direct,    // the ratio is at most miss / (1 - false_positive)
    proxy,     // the ratio is at least (1 - miss) / false_positive
};

[[nodiscard]] constexpr char const* name(Verdict verdict) noexcept
{
    switch (verdict) {
    case Verdict::undecided: return "undecided";
    case Verdict::direct: return "direct";
    case Verdict::proxy: return "proxy";
    default: break;
    }
    return "undecided";
}

// The rates of wrong verdicts: direct clients called proxied, and proxied ones called direct.
struct ErrorRates {
    double false_positive = 0.01; // share of direct clients called proxied, in (0, 1)
    double miss = 0.05;           // share of proxied clients called direct, in (0, 1)

    friend constexpr bool operator==(ErrorRates const&, ErrorRates const&) noexcept = default;
};

namespace detail {

// The ratios from which the verdict is proxy or direct, in millionths of a nat.
[[nodiscard]] constexpr std::int64_t proxy_from(ErrorRates const& rates) noexcept
{
    return to_micronats(logarithm(1 - rates.miss) - logarithm(rates.false_positive));
}
[[nodiscard]] constexpr std::int64_t direct_from(ErrorRates const& rates) noexcept
{
    return to_micronats(logarithm(rates.miss) - logarithm(1 - rates.false_positive));
}

} // namespace detail

[[nodiscard]] constexpr EvidenceError validate(ErrorRates const& rates) noexcept
{
    double const both[] = {rates.false_positive, rates.miss};
    for (double const rate : both)
        if (EvidenceError const why = detail::validate_probability(rate);
            why != EvidenceError::none)
            return why;
    // if the sum is nearly 1, there is a verdict without evidence
    return rates.false_positive + rates.miss < 1 && detail::proxy_from(rates) > 0
                && detail::direct_from(rates) < 0
             ? EvidenceError::none
             : EvidenceError::rates_too_high;
}

// Wald's sequential probability ratio test (Annals of Mathematical Statistics 16, 1945): after each
// observation, proxy if the ratio is at least (1 - miss) / false_positive, direct if it is at most
// miss / (1 - false_positive), undecided between. Stop at the first verdict: the rates hold for
// that one. They do not depend on the prior, so a verdict says nothing about the share of proxied
// clients.
//
// They are the rates of Wald's approximation: the share of direct clients that are ever called
// proxied is at most false_positive / (1 - miss), whatever the number of observations, as long as
// the likelihoods are right (Ville's inequality). Caps limit how much a group can count for
// "direct": since max(ratio, e^-cap) <= ratio + e^-cap, they multiply the bound by at most 1 +
// e^-cap for each group, 1.48 with all defaults and 1.007 with the round trips' cap alone.
// Dependent observations break the bound: simulated at the assumed correlation of 0.5, up to 1.5
// times as many direct clients were called proxied as stated; at 0.25, as many as stated
// (tests/unit/sequential_test.cpp). A threshold beyond the caps is never reached: with a
// false-positive rate below 0.006, round trips alone, at most 5 nats, never give the verdict proxy.
class SequentialTest {
public:
    // With the default error rates.
    constexpr SequentialTest() noexcept { set(ErrorRates{}); }

    [[nodiscard]] static consteval SequentialTest with(ErrorRates rates)
    {
        SequentialTest made;
        detail::reject(made.adjust(rates));
        return made;
    }

    [[nodiscard]] constexpr EvidenceError adjust(ErrorRates const& rates) noexcept
    {
        EvidenceError const why = validate(rates);
        if (why == EvidenceError::none)
            set(rates);
        return why;
    }

    // The verdict on the ratio of all observations so far.
    [[nodiscard]] constexpr Verdict decide(LikelihoodRatio ratio) const noexcept
    {
        return ratio >= proxy_from_  ? Verdict::proxy
             : ratio <= direct_from_ ? Verdict::direct
                                     : Verdict::undecided;
    }
    // The same on an Evidence's ratio, after its caps.
    [[nodiscard]] constexpr Verdict decide(Evidence const& evidence) const noexcept
    {
        return decide(evidence.ratio());
    }

    friend constexpr bool operator==(SequentialTest const&,
                                     SequentialTest const&) noexcept = default;

private:
    constexpr void set(ErrorRates const& rates) noexcept
    {
        proxy_from_ = LikelihoodRatio::of_micronats(detail::proxy_from(rates));
        direct_from_ = LikelihoodRatio::of_micronats(detail::direct_from(rates));
    }

    LikelihoodRatio proxy_from_{}, direct_from_{};
};

} // namespace aroma

#endif // AROMA_DECIDE_SEQUENTIAL_TEST_HPP
