// SPDX-License-Identifier: BSL-1.0
//
// Facts about rtt_sample.hpp and score_calculator.hpp: the formulas, over every kind of duration.

#include <aroma/score_calculator.hpp>

#include "facts.hpp"

#include <array>
#include <chrono>
#include <limits>
#include <span>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;
using facts::QuicTime;
using FractionalMs = std::chrono::duration<double, std::milli>;

static_assert(sizeof(RttSample<Microseconds>) == 16);
static_assert(std::is_trivially_copyable_v<RttSample<Microseconds>>);
static_assert(std::is_aggregate_v<RttSample<Microseconds>>);
static_assert(RttSample<Microseconds>{} == RttSample<Microseconds>{.minimum = Microseconds{0}});
static_assert(std::is_same_v<decltype(RttSample{5ms, 50ms}), RttSample<std::chrono::milliseconds>>);
static_assert(
    std::is_same_v<decltype(RttSample{5ms, 50ms, 1ms}), RttSample<std::chrono::milliseconds>>);
static_assert(RttSample{1us, 2us, 3us, 4us}.application == 4us
              && RttSample{1us, 2us, 3us}.variation == 3us);

constexpr ScoreCalculator<> aromas_score;
constexpr ScoreCalculator<TransportOverApplication> across;
constexpr ScoreCalculator<ReferenceOverExcess> excess;

// Aroma's worked example: 5 ms over 50 ms, in every unit.
static_assert(aromas_score(RttSample{5ms, 50ms}).value() == 0.1);
static_assert(aromas_score(RttSample{Microseconds{5000}, Microseconds{50'000}}).value() == 0.1);
static_assert(aromas_score(RttSample{Nanoseconds{5'000'000}, Nanoseconds{50'000'000}}).value()
              == 0.1);
static_assert(aromas_score(RttSample{QuicTime{5'000'000}, QuicTime{50'000'000}}).value() == 0.1);
static_assert(aromas_score(RttSample{FractionalMs{5.0}, FractionalMs{50.0}}).value() == 0.1);

// Nothing measured, nothing scored; above 1 is 1.
static_assert(!aromas_score(RttSample{0us, 50us}).known()
              && !aromas_score(RttSample{5us, 0us}).known());
static_assert(!aromas_score(RttSample{-5us, 50us}).known()
              && !aromas_score(RttSample{5us, -50us}).known());
static_assert(!aromas_score(RttSample{Microseconds{4294967295}, Microseconds{750'000}}).known());
static_assert(!aromas_score(RttSample{Microseconds{4294967295}, Microseconds{4294967295}}).known());
static_assert(aromas_score(RttSample{14'500us, 14'057us}).value() == 1);
static_assert(aromas_score(RttSample{Microseconds{1}, Microseconds{4294967294}}).value() > 0);

static_assert(across(RttSample{1ms, 1ms, 0ms, 41ms}).value() == 1.0 / 41);
static_assert(!across(RttSample{1ms, 1ms}).known(), "no application RTT");
static_assert(!across(RttSample{0ms, 1ms, 0ms, 41ms}).known());
static_assert(across(RttSample{41ms, 41ms, 0ms, 1ms}).value() == 1);

// R / (R + excess) with R = 50 ms / 9: the published 50 ms lie on the edge 0.1 to the last bit,
// whatever TCP's RTT is.
static_assert(excess(RttSample{1ms, 1ms, 0ms, 51ms}).value() == 0.1);
static_assert(excess(RttSample{200ms, 1ms, 0ms, 250ms}).value() == 0.1);
static_assert(excess(RttSample{1000us, 1000us, 0us, 51'001us}).value() < 0.1);
static_assert(excess(RttSample{1ms, 1ms, 0ms, 14ms}).value() < 0.3
              && excess(RttSample{1000us, 1us, 0us, 13'900us}).value() > 0.3);
static_assert(excess(RttSample{1000us, 1us, 0us, 3400us}).value() < 0.7
              && excess(RttSample{1000us, 1us, 0us, 3300us}).value() > 0.7);
static_assert(excess(RttSample{20ms, 20ms, 0ms, 20ms}).value() == 1
              && excess(RttSample{20ms, 20ms, 0ms, 3ms}).value() == 1);
static_assert(!excess(RttSample{20ms, 20ms}).known()
              && !excess(RttSample{0ms, 20ms, 0ms, 20ms}).known());

constexpr ScoreCalculator adjusted{ReferenceOverExcess{.reference = 10ms, .allowance = 5ms}};
static_assert(adjusted(RttSample{1ms, 1ms, 0ms, 16ms}).value() == 0.5);
static_assert(adjusted(RttSample{1ms, 1ms, 0ms, 6ms}).value() == 1);
static_assert(!ScoreCalculator{
    ReferenceOverExcess{.reference = 0ms}}(RttSample{1ms, 1ms, 0ms, 16ms})
                   .known());

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Fractional = Duration<double, std::micro>;
static_assert(!ScoreCalculator{
    ReferenceOverExcess{.allowance = Fractional{nan}}}(RttSample{5ms, 5ms, 0ms, 500ms})
                   .known());
static_assert(!ScoreCalculator{
    ReferenceOverExcess{.allowance = Fractional{-1.0}}}(RttSample{5ms, 5ms, 0ms, 5ms})
                   .known());
static_assert(!ScoreCalculator{
    ReferenceOverExcess{.reference = Fractional{nan}}}(RttSample{5ms, 5ms, 0ms, 500ms})
                   .known());
static_assert(
    excess(RttSample{Fractional{1}, Fractional{1}, Fractional{0}, Fractional{1.7e308}}).value() > 0,
    "worse than anything is not unknown");

// A method of one's own: a class, a class with state, a lambda.
struct Variation {
    template <duration_like D>
    constexpr Score operator()(RttSample<D> const& s) const noexcept
    {
        return Score::ratio(static_cast<double>(s.minimum.count()),
                            static_cast<double>((s.minimum.count() + s.variation.count())));
    }
};
static_assert(scoring_method<Variation> && scoring_method<Variation, std::chrono::milliseconds>);
static_assert(ScoreCalculator{Variation{}}(RttSample{1ms, 9ms, 3ms}).value() == 0.25);
struct Floored {
    std::chrono::microseconds floor;
    constexpr Score operator()(RttSample<std::chrono::microseconds> const& s) const noexcept
    {
        return s.smoothed - s.minimum < floor ? Score{1.0} : MinOverSmoothed{}(s);
    }
};
// TCP's ratio with a floor under its difference; without one it is Aroma's to the letter.
constexpr MinOverSmoothed floored{.floor = Duration<double, std::micro>{4000.0}};
static_assert(floored(RttSample{1000us, 4999us}).value() == 1
              && floored(RttSample{1000us, 5000us}).value() == 0.2
              && floored(RttSample{1ms, 10ms}).value() == 0.1);
static_assert(floored(RttSample{10ms, 5ms}).value() == 1 && !floored(RttSample{0ms, 1ms}).known()
              && !floored(RttSample{1ms, 0ms}).known());
static_assert(MinOverSmoothed{}(RttSample{100us, 1000us}).value() == 0.1
              && MinOverSmoothed::near_floor.count() == 6000);
static_assert(
    !MinOverSmoothed{.floor = Duration<double, std::micro>{-1.0}}(RttSample{1ms, 2ms}).known());
static_assert(!MinOverSmoothed{
    .floor = Duration<double, std::micro>{std::numeric_limits<double>::quiet_NaN()}}(RttSample{1ms,
                                                                                               2ms})
                   .known());

static_assert(ScoreCalculator{Floored{2ms}}(RttSample{100us, 900us}).value() == 1);
static_assert(ScoreCalculator{Floored{2ms}}(RttSample{1000us, 10'000us}).value() == 0.1);
static_assert(!scoring_method<Floored>, "it scores chrono's microseconds and no others");
static_assert(
    ScoreCalculator{[](auto const&) noexcept { return Score{0.5}; }}(RttSample{1us, 1us}).value()
    == 0.5);
struct MoveOnly {
    constexpr explicit MoveOnly(double s) : score{s} {}
    MoveOnly(MoveOnly&&) = default;
    MoveOnly(MoveOnly const&) = delete;
    constexpr Score operator()(auto const&) const noexcept { return Score{score}; }
    double score;
    Basis basis = Basis::custom; // a member by chance of the name
};
static_assert(ScoreCalculator{MoveOnly{0.25}}(RttSample{1us, 1us}).value() == 0.25
              && detail::basis_of<MoveOnly> == Basis::custom);
static_assert(detail::basis_of<MinOverSmoothed> == Basis::min_over_smoothed
              && detail::basis_of<Variation> == Basis::custom);
static_assert(detail::basis_of<TransportOverApplication> == Basis::transport_over_application);
static_assert(detail::basis_of<ReferenceOverExcess> == Basis::reference_over_excess);
static_assert(
    !scoring_method<int> && !scoring_method<Score> && !scoring_method<ReferenceOverExcess, int>);

// A span of samples into a span of scores: whatever has data() and size(), and bare pointers.
constexpr auto spans_are_scored = [] {
    std::array const samples{RttSample{5ms, 50ms}, RttSample{0ms, 50ms}, RttSample{50ms, 50ms}};
    std::array<Score, 3> scores{};
    if (aromas_score(samples, scores) != 3 || scores[0].value() != 0.1 || scores[1].known()
        || scores[2].value() != 1)
        return false;
    std::array<Score, 3> first_two{};
    if (aromas_score(samples, std::span{first_two}.first(2)) != 2 || first_two[2].known()
        || first_two[0].value() != 0.1)
        return false;
    std::array<Score, 4> more_room{};
    more_room[3] = Score{0.5};
    if (aromas_score(std::span{samples}, more_room) != 3 || more_room[3].value() != 0.5)
        return false;
    RttSample<std::chrono::milliseconds> const c_array[] = {RttSample{1ms, 2ms}};
    Score one[1];
    return aromas_score(c_array, 1, one) == 1 && one[0].value() == 0.5
        && aromas_score(std::span<RttSample<Microseconds> const>{}, more_room) == 0
        && more_room[0].value() == 0.1;
}();
static_assert(spans_are_scored);
// Of a method that is not to be copied for each call, too.
struct Counted {
    constexpr Counted() = default;
    constexpr Counted(Counted const&) noexcept {}
    template <duration_like D>
    constexpr Score operator()(RttSample<D> const& sample) const noexcept
    {
        return MinOverSmoothed{}(sample);
    }
};
static_assert(!std::is_trivially_copyable_v<Counted>);
static_assert([] {
    RttSample<std::chrono::milliseconds> const samples[] = {
        RttSample{5ms, 50ms}, RttSample{0ms, 50ms}, RttSample{50ms, 50ms}};
    Score scores[4];
    return ScoreCalculator<Counted>{}(samples, 3, scores) == 3 && scores[0].value() == 0.1
        && !scores[1].known() && scores[2].value() == 1 && !scores[3].known();
}());
static_assert(
    std::is_invocable_v<ScoreCalculator<>, std::span<RttSample<Microseconds>>, std::span<Score>>);
static_assert(!std::is_invocable_v<ScoreCalculator<>, std::span<Microseconds>, std::span<Score>>);
static_assert(!std::is_invocable_v<ScoreCalculator<>, std::span<int>, std::span<Score>>);

constexpr RttSample<Microseconds> nothing;
static_assert(
    noexcept(aromas_score(nothing)) && noexcept(across(nothing)) && noexcept(excess(nothing)));

} // namespace
