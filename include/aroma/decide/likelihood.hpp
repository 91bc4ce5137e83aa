// SPDX-License-Identifier: BSL-1.0
//
// aroma/decide/likelihood.hpp: likelihood ratios, from counts: how much an observation suggests a
// proxy.
//
// Synopsis
//   class Probability;                    in (0, 1), exclusive: a prior of 0 or 1 cannot be
//                                         updated
//   struct Likelihoods { if_proxy, if_direct; };          how probable an observation is behind a
//                                                         proxy, and directly
//   class LikelihoodRatio {               their quotient, kept as its natural logarithm; 1 is
//                                         neutral, above 1 suggests a proxy
//       static consteval LikelihoodRatio with(Likelihoods);
//                                         for constants: invalid ones do not compile
//       EvidenceError adjust(Likelihoods);
//                                         at run time: invalid ones change nothing; the error says
//                                         why
//       double value();  double nats();   the quotient, and its logarithm
//   };
//   class ScoreLikelihood<Bins> {         from distributions of scores, direct and behind
//                                         proxies; with() and adjust() alike
//       LikelihoodRatio operator()(Score);                            1 if the score is unknown
//   };
//   LikelihoodRatio connection_ratio(assessment);
//                                         of ConnectionHistory::assess(), by counts of the lab and
//                                         of recorded connections
//   LikelihoodRatio reply_ratio(assessment);
//                                         of one reply alone, without a history
//
// The unit is the nat, the natural logarithm of a likelihood ratio; one nat is 10 / ln 10 = 4.343
// decibans.
#ifndef AROMA_DECIDE_LIKELIHOOD_HPP
#define AROMA_DECIDE_LIKELIHOOD_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/logarithm.hpp>
#include <aroma/detail/millionths.hpp>
#include <aroma/detail/range.hpp>
#include <aroma/duration.hpp>
#include <aroma/score.hpp>
#include <aroma/score_calculator.hpp>

#include <cstddef> // size_t
#include <cstdint> // int32_t, int64_t, uint8_t, uint32_t, uint64_t
#include <limits>  // numeric_limits

namespace aroma {

// What may be wrong with a probability, likelihoods, counts, caps or error rates.
enum class EvidenceError : std::uint8_t {
    none,
    not_a_number,
    outside_0_to_1,
    no_counts,
    cap_out_of_range,
    correlation_out_of_range,
    rates_too_high
};

[[nodiscard]] constexpr char const* message(EvidenceError error) noexcept
{
    switch (error) {
    case EvidenceError::none: return "valid";
    case EvidenceError::not_a_number:
        return "not a number: give a value for every probability, cap and correlation";
    case EvidenceError::outside_0_to_1:
        return "a probability is not between 0 and 1: both ends are excluded, since nothing "
               "observed is impossible; estimate it from more data";
    case EvidenceError::no_counts:
        return "one of the two distributions has no scores in it: count some, direct and behind "
               "proxies";
    case EvidenceError::cap_out_of_range:
        return "a group's cap is not above 0 and at most 700 nats";
    case EvidenceError::correlation_out_of_range:
        return "a correlation is not from 0, independent, to 1, always the same";
    case EvidenceError::rates_too_high:
        return "the two error rates sum up to 1 or more: false_positive + miss must be below 1";
    default: break;
    }
    return "not an evidence error";
}

namespace detail {

// Neither constexpr nor defined: for invalid constants, the compiler's error names the function
// that was called.
void not_a_number();
void a_probability_is_not_between_0_and_1();
void a_distribution_has_no_counts();
void a_cap_is_out_of_range();
void a_correlation_is_out_of_range();
void the_error_rates_are_too_high();

consteval void reject(EvidenceError error)
{
    switch (error) {
    case EvidenceError::none: break;
    case EvidenceError::not_a_number: not_a_number(); break;
    case EvidenceError::outside_0_to_1: a_probability_is_not_between_0_and_1(); break;
    case EvidenceError::no_counts: a_distribution_has_no_counts(); break;
    case EvidenceError::cap_out_of_range: a_cap_is_out_of_range(); break;
    case EvidenceError::correlation_out_of_range: a_correlation_is_out_of_range(); break;
    case EvidenceError::rates_too_high: the_error_rates_are_too_high(); break;
    default: break;
    }
}

inline constexpr double lowest_above_0 = (std::numeric_limits<double>::min)(),
                        nearest_to_1 = 1 - std::numeric_limits<double>::epsilon() / 2;

[[nodiscard]] constexpr EvidenceError validate_probability(double p) noexcept
{
    return is_between(lowest_above_0, p, nearest_to_1) ? EvidenceError::none
         : is_number(p)                                ? EvidenceError::outside_0_to_1
                                                       : EvidenceError::not_a_number;
}

// Nats in whole millionths. At most 1,500 of them come from two probabilities, so that 32 bits hold
// any ratio, and 64 any sum.
[[nodiscard]] constexpr std::int64_t to_micronats(double nats) noexcept
{
    double const scaled = nats * 1e6;
    return static_cast<std::int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5));
}
[[nodiscard]] constexpr double to_nats(std::int64_t micronats) noexcept
{
    return static_cast<double>(micronats) / 1e6;
}
[[nodiscard]] constexpr std::int32_t saturated(std::int64_t micronats) noexcept
{
    constexpr std::int32_t most = (std::numeric_limits<std::int32_t>::max)();
    return micronats > most  ? most
         : micronats < -most ? -most
                             : static_cast<std::int32_t>(micronats);
}

} // namespace detail

// A probability in (0, 1), both ends excluded: what is certain cannot learn.
class Probability {
public:
    constexpr Probability() noexcept = default; // one half: even odds

    [[nodiscard]] static consteval Probability with(double value)
    {
        detail::reject(detail::validate_probability(value));
        Probability made;
        made.value_ = value;
        return made;
    }

    [[nodiscard]] constexpr EvidenceError adjust(double value) noexcept
    {
        EvidenceError const why = detail::validate_probability(value);
        if (why == EvidenceError::none)
            value_ = value;
        return why;
    }

    // From natural log-odds; never 0 or 1, however large they are.
    [[nodiscard]] static constexpr Probability of_log_odds(double log_odds) noexcept
    {
        double const p = 1 / (1 + detail::exponential(-log_odds));
        Probability made;
        made.value_ = p < detail::nearest_to_1 ? p : detail::nearest_to_1;
        return made;
    }

    [[nodiscard]] constexpr double value() const noexcept { return value_; } // in (0, 1)
    // Of p, ln(p / (1 - p)), in nats.
    [[nodiscard]] constexpr double log_odds() const noexcept
    {
        return detail::logarithm(value_) - detail::logarithm(1 - value_);
    }

    friend constexpr bool operator<(Probability a, Probability b) noexcept
    {
        return a.value_ < b.value_;
    }
    friend constexpr bool operator>(Probability a, Probability b) noexcept { return b < a; }
    friend constexpr bool operator<=(Probability a, Probability b) noexcept
    {
        return a.value_ <= b.value_;
    }
    friend constexpr bool operator>=(Probability a, Probability b) noexcept { return b <= a; }
    friend constexpr bool operator==(Probability a, Probability b) noexcept
    {
        return detail::equal(a.value_, b.value_);
    }

private:
    double value_ = 0.5;
};

// How probable one and the same observation is behind a proxy, and directly. Estimate both from
// counts, as ScoreLikelihood does: a share of 0 in a hundred connections is not impossible, it is
// about one in two hundred.
struct Likelihoods {
    double if_proxy = 0;  // of the observation behind a proxy, in (0, 1)
    double if_direct = 0; // of it directly, in (0, 1)
};

[[nodiscard]] constexpr EvidenceError validate(Likelihoods const& l) noexcept
{
    EvidenceError const first = detail::validate_probability(l.if_proxy);
    return first != EvidenceError::none ? first : detail::validate_probability(l.if_direct);
}

// The quotient of two Likelihoods, kept as its natural logarithm; 1 says nothing, above 1 speaks
// for a proxy.
class LikelihoodRatio {
public:
    constexpr LikelihoodRatio() noexcept = default; // 1: neutral

    // LikelihoodRatio::with({.if_proxy = 0.3, .if_direct = 0.02})
    [[nodiscard]] static consteval LikelihoodRatio with(Likelihoods likelihoods)
    {
        LikelihoodRatio made;
        detail::reject(made.adjust(likelihoods));
        return made;
    }

    [[nodiscard]] constexpr EvidenceError adjust(Likelihoods const& likelihoods) noexcept
    {
        EvidenceError const why = validate(likelihoods);
        if (why == EvidenceError::none)
            *this = of_micronats(detail::to_micronats(detail::logarithm(likelihoods.if_proxy)
                                                      - detail::logarithm(likelihoods.if_direct)));
        return why;
    }

    // From a natural logarithm in millionths, clamped to 2^31 - 1 of them either way.
    [[nodiscard]] static constexpr LikelihoodRatio of_micronats(std::int64_t micronats) noexcept
    {
        LikelihoodRatio made;
        made.micronats_ = detail::saturated(micronats);
        return made;
    }

    // The quotient itself.
    [[nodiscard]] constexpr double value() const noexcept { return detail::exponential(nats()); }
    // Its natural logarithm.
    [[nodiscard]] constexpr double nats() const noexcept { return detail::to_nats(micronats_); }
    // millionths of a nat
    [[nodiscard]] constexpr std::int32_t micronats() const noexcept { return micronats_; }

    // For two independent observations together. For dependent ones use an Evidence.
    friend constexpr LikelihoodRatio operator*(LikelihoodRatio a, LikelihoodRatio b) noexcept
    {
        return of_micronats(std::int64_t{a.micronats_} + b.micronats_);
    }
    friend constexpr bool operator<(LikelihoodRatio a, LikelihoodRatio b) noexcept
    {
        return a.micronats_ < b.micronats_;
    }
    friend constexpr bool operator>(LikelihoodRatio a, LikelihoodRatio b) noexcept { return b < a; }
    friend constexpr bool operator<=(LikelihoodRatio a, LikelihoodRatio b) noexcept
    {
        return a.micronats_ <= b.micronats_;
    }
    friend constexpr bool operator>=(LikelihoodRatio a, LikelihoodRatio b) noexcept
    {
        return b <= a;
    }
    friend constexpr bool operator==(LikelihoodRatio, LikelihoodRatio) noexcept = default;

private:
    std::int32_t micronats_ = 0;
};

// The number of scores in each of `Bins` equal parts of (0, 1], from the lowest. An edge belongs to
// the part above it.
template <std::size_t Bins>
struct ScoreCounts {
    std::uint64_t proxied[Bins]{}; // of connections behind a proxy
    std::uint64_t direct[Bins]{};  // of direct connections
};

// From a score to the LikelihoodRatio of a proxy, by counts of scores, direct and proxied. The
// probabilities are shares with half a connection added to every part (Jeffreys' prior for a
// multinomial distribution), so that an empty part is improbable and never impossible. A lower
// score never speaks more for direct than a higher one: if the counts say so, neighbouring parts
// are pooled until none does (pool adjacent violators: Ayer et al., Annals of Mathematical
// Statistics 26, 1955).
template <std::size_t Bins = 10>
class ScoreLikelihood {
    static_assert(Bins >= 1 && Bins <= 1000);

public:
    constexpr ScoreLikelihood() noexcept = default; // neutral

    [[nodiscard]] static consteval ScoreLikelihood with(ScoreCounts<Bins> const& counts)
    {
        ScoreLikelihood made;
        detail::reject(made.adjust(counts));
        return made;
    }

    [[nodiscard]] constexpr EvidenceError adjust(ScoreCounts<Bins> const& counts) noexcept
    {
        struct Pool {
            double proxied = 0, direct = 0;
            std::size_t end = 0; // of its bins, one past the last
        } pools[Bins];
        double all_proxied = 0, all_direct = 0;
        std::size_t used = 0;
        for (std::size_t bin = 0; bin < Bins; ++bin) {
            auto const p = static_cast<double>(counts.proxied[bin]),
                       d = static_cast<double>(counts.direct[bin]);
            all_proxied += p;
            all_direct += d;
            pools[used++] = {p + 0.5, d + 0.5, bin + 1};
            for (; used > 1
                   && pools[used - 2].proxied * pools[used - 1].direct
                          < pools[used - 1].proxied * pools[used - 2].direct;
                 --used)
                pools[used - 2] = {pools[used - 2].proxied + pools[used - 1].proxied,
                                   pools[used - 2].direct + pools[used - 1].direct, bin + 1};
        }
        if (!(all_proxied > 0 && all_direct > 0))
            return EvidenceError::no_counts;
        constexpr double added = 0.5 * static_cast<double>(Bins);
        double const whole =
            detail::logarithm(all_direct + added) - detail::logarithm(all_proxied + added);
        for (std::size_t pool = 0, bin = 0; pool < used; ++pool) {
            double const nats = detail::logarithm(pools[pool].proxied)
                              - detail::logarithm(pools[pool].direct) + whole;
            for (; bin < pools[pool].end; ++bin)
                ratios_[bin] = LikelihoodRatio::of_micronats(detail::to_micronats(nats));
        }
        return EvidenceError::none;
    }

    [[nodiscard]] constexpr LikelihoodRatio operator()(Score score) const noexcept
    {
        if (!score.known())
            return LikelihoodRatio{};
        std::size_t const bin = detail::to_parts<Bins>(score.value());
        return ratios_[bin < Bins ? bin : Bins - 1];
    }

private:
    LikelihoodRatio ratios_[Bins]{};
};

// The defaults, counted by tenths of the score. benchmarks/results/likelihoods.txt has the counts,
// and a test that they are these: half `choose` of the last full run of the lab on an idle machine,
// 4,002 direct connections and 1,524 proxied ones, and 1,269 recorded ones. The direct ones are the
// lab's (benchmarks/README.md), whose paths are harsher than real ones, so these ratios accuse less
// than they could. The proxied ones are the lab's, with proxy legs of 2 to 300 ms, and recorded
// residential proxies, which are farther from their clients ("First Four Packets",
// two_exchanges.csv).
//
// They describe these proxies only, and none of a kind that is always next to its client.

// A ConnectionHistory with the opening and the TLS handshake's reply. With more exchanges the
// evidence is stronger than these ratios.
inline constexpr auto connection_likelihood = ScoreLikelihood<10>::with({
    .proxied = {1709, 483, 35, 385, 92, 44, 17, 9, 14, 5},
    .direct = {4, 65, 6, 1227, 323, 359, 361, 894, 395, 335},
});
// The TLS handshake's reply alone.
inline constexpr auto reply_likelihood = ScoreLikelihood<10>::with({
    .proxied = {2075, 291, 159, 87, 92, 44, 17, 9, 14, 5},
    .direct = {77, 423, 468, 333, 323, 359, 361, 894, 395, 335},
});
// TCP's own ratio at the connection's last request, from the lab alone. Most proxies there are 1 ms
// from the server, where this ratio can detect them.
inline constexpr auto transport_likelihood = ScoreLikelihood<10>::with({
    .proxied = {145, 320, 187, 39, 24, 38, 22, 63, 76, 610},
    .direct = {20, 36, 77, 155, 210, 302, 355, 436, 598, 1813},
});

namespace detail {

// By the table of cross-layer scores, or by that of TCP's ratio if there is no other score.
template <duration_like D>
[[nodiscard]] constexpr LikelihoodRatio ratio_by(ScoreLikelihood<10> const& across_layers,
                                                 BasicAssessment<D> const& a) noexcept
{
    return a.basis == Basis::reference_over_excess ? across_layers(a.score)
         : a.basis == Basis::min_over_smoothed     ? transport_likelihood(a.score)
                                                   : LikelihoodRatio{};
}

} // namespace detail

// Of the result of ConnectionHistory::assess(), whatever its basis.
template <duration_like D>
[[nodiscard]] constexpr LikelihoodRatio connection_ratio(BasicAssessment<D> const& a) noexcept
{
    return detail::ratio_by(connection_likelihood, a);
}

// Of one exchange alone. Not for an opening: a short one rules out nothing; a ConnectionHistory
// takes that into account.
template <duration_like D>
[[nodiscard]] constexpr LikelihoodRatio reply_ratio(BasicAssessment<D> const& a) noexcept
{
    return detail::ratio_by(reply_likelihood, a);
}

} // namespace aroma

#endif // AROMA_DECIDE_LIKELIHOOD_HPP
