// SPDX-License-Identifier: BSL-1.0
//
// Facts about score_calculator.hpp: which classes are methods, and a span of samples into a span of
// scores.

#include <aroma/score_calculator.hpp>

#include <array>
#include <chrono>
#include <span>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

constexpr ScoreCalculator<> aromas_score;

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
static_assert(noexcept(aromas_score(nothing)));

} // namespace
