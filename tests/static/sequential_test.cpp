// SPDX-License-Identifier: BSL-1.0
//
// Facts about decide/sequential_test.hpp: Wald's thresholds, verdicts, and which rates are refused.

#include "facts.hpp"

#include <aroma/decide/sequential_test.hpp>

#include <limits>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using facts::near;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr auto ten_to_one = LikelihoodRatio::with({.if_proxy = 0.5, .if_direct = 0.05});
constexpr auto hundred = LikelihoodRatio::with({.if_proxy = 0.5, .if_direct = 0.005});
constexpr auto one_in_hundred = LikelihoodRatio::with({.if_proxy = 0.005, .if_direct = 0.5});
constexpr Evidence nothing{Probability::with(0.01)};
constexpr Evidence full = [] { // up to its cap
    Evidence e = nothing;
    e.add(Signal::this_connection, hundred);
    e.add(Signal::other_connections, hundred);
    return e;
}();

// Wald's thresholds.
constexpr SequentialTest test;
constexpr auto at_micronats = [](std::int64_t micronats) {
    return test.decide(LikelihoodRatio::of_micronats(micronats));
};
static_assert(at_micronats(4'553'877) == Verdict::proxy
                  && at_micronats(4'553'876) == Verdict::undecided,
              "ln (0.95 / 0.01)");
static_assert(at_micronats(-2'985'682) == Verdict::direct
                  && at_micronats(-2'985'681) == Verdict::undecided,
              "ln (0.05 / 0.99)");
static_assert(test.decide(hundred) == Verdict::proxy
              && test.decide(ten_to_one) == Verdict::undecided
              && test.decide(one_in_hundred) == Verdict::direct);
static_assert(test.decide(LikelihoodRatio{}) == Verdict::undecided);
static_assert(test.decide(full) == Verdict::proxy && test.decide(nothing) == Verdict::undecided);
constexpr auto strict = SequentialTest::with({.false_positive = 0.001, .miss = 0.01});
static_assert(strict.decide(hundred) == Verdict::undecided
                  && strict.decide(full) == Verdict::undecided,
              "the cap is below it");
static_assert(validate(ErrorRates{}) == EvidenceError::none
              && validate(ErrorRates{0.5, 0.5}) == EvidenceError::rates_too_high);
static_assert(validate(ErrorRates{0, 0.1}) == EvidenceError::outside_0_to_1
              && validate(ErrorRates{0.1, 1}) == EvidenceError::outside_0_to_1
              && validate(ErrorRates{nan, 0.1}) == EvidenceError::not_a_number);
constexpr auto wrong_rates_change_nothing = [] {
    SequentialTest t = strict;
    return t.adjust({0.7, 0.7}) == EvidenceError::rates_too_high && t == strict && !(t == test)
        && t.adjust({}) == EvidenceError::none && t == test;
}();
static_assert(wrong_rates_change_nothing);

// Rates whose thresholds are 0 in millionths of a nat would say something of no evidence.
constexpr auto never_of_nothing = [](ErrorRates const& rates) {
    SequentialTest t;
    return t.adjust(rates) == EvidenceError::rates_too_high && t == test
        && validate(rates) == EvidenceError::rates_too_high;
};
static_assert(never_of_nothing({0.4999999, 0.5}) && never_of_nothing({0.9999999, 1e-10})
              && never_of_nothing({0.3, 0.6999999}) && never_of_nothing({1e-10, 0.9999999}));
static_assert([] {
    SequentialTest t;
    return t.adjust({0.49, 0.5}) == EvidenceError::none && t.decide(nothing) == Verdict::undecided;
}());

static_assert(facts::named<Verdict>() && name(Verdict{200}) == std::string_view{"undecided"});
static_assert(std::is_trivially_copyable_v<SequentialTest>);
static_assert(noexcept(test.decide(full)));

} // namespace
