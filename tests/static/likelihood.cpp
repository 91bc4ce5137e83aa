// SPDX-License-Identifier: BSL-1.0
//
// Facts about decide/likelihood.hpp: probabilities, ratios, likelihoods from counts, and what is
// refused.

#include "facts.hpp"

#include <aroma/decide/likelihood.hpp>

#include <array>
#include <limits>
#include <type_traits>

namespace {

using namespace aroma;
using facts::near;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double denormal = std::numeric_limits<double>::denorm_min();

// Probabilities: certainty is none of them.
static_assert(Probability{}.value() == 0.5 && Probability{}.log_odds() == 0
              && Probability::with(0.25).value() == 0.25);
static_assert(near(Probability::with(0.01).log_odds(), -4.59511985013459));
constexpr auto probability_fault = [](double value) {
    Probability p = Probability::with(0.25);
    EvidenceError const why = p.adjust(value);
    return (why == EvidenceError::none) == (p.value() == value)
                && (why == EvidenceError::none || p.value() == 0.25)
             ? why
             : EvidenceError{99};
};
static_assert(probability_fault(0.01) == EvidenceError::none
              && probability_fault(0) == EvidenceError::outside_0_to_1);
static_assert(probability_fault(1) == EvidenceError::outside_0_to_1
              && probability_fault(-0.1) == EvidenceError::outside_0_to_1);
static_assert(probability_fault(50) == EvidenceError::outside_0_to_1
              && probability_fault(infinity) == EvidenceError::outside_0_to_1);
static_assert(probability_fault(-infinity) == EvidenceError::outside_0_to_1
              && probability_fault(denormal) == EvidenceError::outside_0_to_1);
static_assert(probability_fault(nan) == EvidenceError::not_a_number
              && probability_fault(-nan) == EvidenceError::not_a_number);
static_assert(Probability::of_log_odds(0).value() == 0.5);
static_assert(Probability::of_log_odds(1e9).value() < 1
              && Probability::of_log_odds(-1e9).value() > 0);

// Ratios.
constexpr auto ten_to_one = LikelihoodRatio::with({.if_proxy = 0.5, .if_direct = 0.05});
static_assert(near(ten_to_one.nats(), 2.302585) && near(ten_to_one.value(), 10, 1e-5)
              && ten_to_one.micronats() == 2302585);
static_assert(LikelihoodRatio{}.value() == 1
              && LikelihoodRatio{} == LikelihoodRatio::with({.if_proxy = 0.3, .if_direct = 0.3}));
static_assert(LikelihoodRatio::with({.if_proxy = 0.05, .if_direct = 0.5}).micronats()
                  == -ten_to_one.micronats(),
              "symmetric");
static_assert((ten_to_one * ten_to_one).micronats() == 2 * 2302585
              && ten_to_one > LikelihoodRatio{});
static_assert(LikelihoodRatio::of_micronats(9e18).micronats() == 2147483647
              && LikelihoodRatio::of_micronats(-9e18).micronats() == -2147483647);
static_assert(LikelihoodRatio::with({.if_proxy = (std::numeric_limits<double>::min)(),
                                     .if_direct = 0.999})
                      .nats()
                  > -710,
              "never infinite");
static_assert(validate(Likelihoods{}) == EvidenceError::outside_0_to_1
              && validate({.if_proxy = 0.5, .if_direct = 0}) == EvidenceError::outside_0_to_1);
static_assert(validate({.if_proxy = 1, .if_direct = 0.5}) == EvidenceError::outside_0_to_1
              && validate({.if_proxy = 0.5, .if_direct = nan}) == EvidenceError::not_a_number);
constexpr auto a_wrong_ratio_changes_nothing = [] {
    LikelihoodRatio r = ten_to_one;
    return r.adjust({.if_proxy = 0.5, .if_direct = 1}) == EvidenceError::outside_0_to_1
        && r == ten_to_one && r.adjust({.if_proxy = 0.2, .if_direct = 0.4}) == EvidenceError::none
        && near(r.nats(), -0.693147);
}();
static_assert(a_wrong_ratio_changes_nothing);

// Likelihoods from counts: shares with half a connection more in each of the parts.
constexpr auto two = ScoreLikelihood<2>::with({.proxied = {9, 0}, .direct = {0, 9}});
static_assert(near(two(Score{0.2}).value(), 9.5 / 0.5, 1e-4)
              && two(Score{0.2}).micronats() == -two(Score{0.9}).micronats());
static_assert(two(Score{}) == LikelihoodRatio{}, "what was not measured says nothing");
static_assert(two(Score{0.5}) == two(Score{1.0})
                  && two(Score{0.49}) == two(Score{(std::numeric_limits<double>::min)()}),
              "an edge is of the part above");
static_assert(ScoreLikelihood<10>{}(Score{0.05}) == LikelihoodRatio{});
constexpr auto many = ScoreLikelihood<2>::with(
    {.proxied = {1'000'000'000'000'000'000u, 0}, .direct = {0, 18'446'744'073'709'551'615u}});
static_assert(many(Score{0.2}).nats() > 40 && many(Score{0.2}).nats() < 100,
              "large counts are no overflow");

// The edges of the bands are edges of the tenths, in binary too.
constexpr auto steps =
    ScoreLikelihood<10>::with({.proxied = {90, 80, 70, 60, 50, 40, 30, 20, 10, 0},
                               .direct = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90}});
constexpr auto edges_are_of_the_part_above = [] {
    for (double const edge : std::array{0.1, 0.3, 0.7})
        if (!(steps(Score{edge}) == steps(Score{edge + 0.05})
              && steps(Score{edge}) < steps(Score{edge - 1e-9})))
            return false;
    return true;
}();
static_assert(edges_are_of_the_part_above);

// Neighbours that contradict the order are pooled: 2 of 12 against 3 of 12 become 5 of 24.
constexpr auto pooled = ScoreLikelihood<3>::with({.proxied = {10, 20, 0}, .direct = {10, 5, 15}});
static_assert(pooled(Score{0.1}) == pooled(Score{0.5}) && pooled(Score{0.5}) > pooled(Score{0.9}));
static_assert(near(pooled(Score{0.1}).value(), (31.0 / 31.5) / (16.0 / 31.5), 1e-5));

constexpr auto no_counts_change_nothing = [] {
    ScoreLikelihood<2> l = two;
    return l.adjust({.proxied = {0, 0}, .direct = {1, 1}}) == EvidenceError::no_counts
        && l(Score{0.2}) == two(Score{0.2})
        && l.adjust({.proxied = {1, 1}, .direct = {0, 0}}) == EvidenceError::no_counts
        && l(Score{0.2}) == two(Score{0.2});
}();
static_assert(no_counts_change_nothing);

// The defaults: what is known of them without measuring again.
constexpr auto lower_speaks_for_a_proxy = [](auto const& likelihood) {
    for (int i = 1; i < 100; ++i)
        if (likelihood(Score{i / 100.0}) < likelihood(Score{(i + 1) / 100.0}))
            return false;
    return likelihood(Score{0.01}) > LikelihoodRatio{}
        && likelihood(Score{1.0}) < LikelihoodRatio{};
};
static_assert(lower_speaks_for_a_proxy(connection_likelihood)
              && lower_speaks_for_a_proxy(reply_likelihood)
              && lower_speaks_for_a_proxy(transport_likelihood));
static_assert(reply_likelihood(Score{0.05}) < connection_likelihood(Score{0.05}),
              "one exchange may be unlucky");
static_assert(transport_likelihood(Score{1.0}) > reply_likelihood(Score{1.0}),
              "TCP's ratio clears hardly anybody");
constexpr auto assessment = [](Basis basis) {
    return Assessment{
        .score = Score{0.05}, .band = Band::proxy, .basis = basis, .status = Status::ok};
};
static_assert(connection_ratio(assessment(Basis::reference_over_excess))
              == connection_likelihood(Score{0.05}));
static_assert(connection_ratio(assessment(Basis::min_over_smoothed))
              == transport_likelihood(Score{0.05}));
static_assert(reply_ratio(assessment(Basis::reference_over_excess))
              == reply_likelihood(Score{0.05}));
static_assert(reply_ratio(assessment(Basis::min_over_smoothed))
              == transport_likelihood(Score{0.05}));
static_assert(connection_ratio(assessment(Basis::custom)) == LikelihoodRatio{}
              && reply_ratio(assessment(Basis::transport_over_application)) == LikelihoodRatio{});
static_assert(connection_ratio(Assessment{}) == LikelihoodRatio{}
              && reply_ratio(Assessment{}) == LikelihoodRatio{});

static_assert(facts::described<EvidenceError>());
static_assert(sizeof(LikelihoodRatio) == 4 && sizeof(connection_likelihood) == 40);
static_assert(std::is_trivially_copyable_v<ScoreLikelihood<>>);
static_assert(noexcept(connection_ratio(Assessment{})));

} // namespace
