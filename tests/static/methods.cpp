// SPDX-License-Identifier: BSL-1.0
//
// Facts about methods.hpp: the three formulas, over every kind of duration.

#include "facts.hpp"

#include <aroma/methods.hpp>
#include <aroma/score_calculator.hpp>

#include <chrono>
#include <limits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;
using facts::QuicTime;
using FractionalMs = std::chrono::duration<double, std::milli>;

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

static_assert(detail::basis_of<MinOverSmoothed> == Basis::min_over_smoothed);
static_assert(detail::basis_of<TransportOverApplication> == Basis::transport_over_application);
static_assert(detail::basis_of<ReferenceOverExcess> == Basis::reference_over_excess);
constexpr RttSample<Microseconds> nothing;
static_assert(
    noexcept(aromas_score(nothing)) && noexcept(across(nothing)) && noexcept(excess(nothing)));

} // namespace
