// SPDX-License-Identifier: BSL-1.0
//
// Any sample of any type of duration, any method's constants, any thresholds, and the bins that
// scores and RTTs are counted in.

#include "fuzz.hpp"

#include <aroma/operate/histogram.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>

#include <cstdlib>

using namespace aroma;
using fuzz::holds;

namespace {

using Milliseconds = Duration<double, std::milli>;
using Signed = Duration<std::int64_t, std::nano>;

void check_score(Score score)
{
    double const value = score.value();
    holds(score.known() ? value > 0 && value <= 1 : value != value,
          "a score is in (0, 1], or there is none");
}

// Never a higher score for a longer second, nor a lower one for a longer first; what is known stays
// known.
void check_not_above(Score worse, Score better)
{
    if (worse.known() && better.known())
        holds(worse.value() <= better.value(), "a score is monotone as its formula is");
}

template <duration_like D>
void check_sample(RttSample<D> const& s, RttSample<D> const& other, MinOverSmoothed const& quotient,
                  ReferenceOverExcess const& difference)
{
    ScoreCalculator const by_quotient{quotient};
    ScoreCalculator const by_difference{difference};
    ScoreCalculator<TransportOverApplication> const across;
    check_score(by_quotient(s));
    check_score(by_difference(s));
    check_score(across(s));
    fuzz::check({.score = by_quotient(s),
                 .band = ThresholdClassifier{}(by_quotient(s)),
                 .basis = by_quotient(s).known() ? Basis::min_over_smoothed : Basis::none,
                 .status = by_quotient(s).known() ? Status::ok : Status::no_sample,
                 .sample = {.minimum = Microseconds{1}}});
    if (!measured(s.minimum) || !measured(s.smoothed))
        holds(!by_quotient(s).known(), "nothing is scored that was not measured");
    if (!measured(s.minimum) || !measured(s.application))
        holds(!by_difference(s).known() && !across(s).known(),
              "nothing is scored that was not measured");

    RttSample<D> longer = s; // each argument by itself, whichever of the two is longer
    auto const change = [&](D RttSample<D>::*which, bool better, auto const& calculate) {
        longer = s;
        longer.*which = other.*which;
        if (measured(s.*which) && measured(other.*which)) {
            bool const is_longer = other.*which > s.*which;
            check_not_above(calculate(is_longer == better ? s : longer),
                            calculate(is_longer == better ? longer : s));
        }
    };
    change(&RttSample<D>::minimum, true, by_quotient);
    change(&RttSample<D>::minimum, true, across);
    change(&RttSample<D>::minimum, true, by_difference);
    change(&RttSample<D>::smoothed, false, by_quotient);
    change(&RttSample<D>::application, false, across);
    change(&RttSample<D>::application, false, by_difference);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    MinOverSmoothed quotient;
    ReferenceOverExcess difference;
    if (in.flag()) {
        quotient.floor = Duration<double, std::micro>{in.take<double>()};
        difference.reference = Duration<double, std::micro>{in.take<double>()};
        difference.allowance = Duration<double, std::micro>{in.take<double>()};
    }
    auto const us = [&] { return Microseconds{in.take<std::uint32_t>()}; };
    auto const ms = [&] { return Milliseconds{in.take<double>()}; };
    auto const ns = [&] { return Signed{in.take<std::int64_t>()}; };
    RttSample const a{us(), us(), us(), us()}, b{us(), us(), us(), us()};
    check_sample(a, b, quotient, difference);
    check_sample(RttSample{ms(), ms(), ms(), ms()}, RttSample{ms(), ms(), ms(), ms()}, quotient,
                 difference);
    check_sample(RttSample{ns(), ns(), ns(), ns()}, RttSample{ns(), ns(), ns(), ns()}, quotient,
                 difference);

    // A quotient of integers has no scale, to the last bit.
    std::uint64_t const scale = in.take<std::uint16_t>() + std::uint64_t{1};
    auto const scaled = [&](Microseconds d) { return Nanoseconds{d.count() * scale}; };
    if (measured(a.minimum) && measured(a.smoothed) && measured(a.application)) {
        RttSample const times{scaled(a.minimum), scaled(a.smoothed), scaled(a.variation),
                              scaled(a.application)};
        holds(ScoreCalculator<>{}(a) == ScoreCalculator<>{}(times), "a quotient has no scale");
        holds(ScoreCalculator<TransportOverApplication>{}(a)
                  == ScoreCalculator<TransportOverApplication>{}(times),
              "a quotient has no scale");
    }

    // Any doubles at all.
    double const x = in.take<double>(), y = in.take<double>(), z = in.take<double>();
    check_score(Score{x});
    check_score(Score::ratio(x, y));
    Thresholds const thresholds{x, y, z};
    ThresholdClassifier classify;
    ThresholdError const why = classify.adjust(thresholds);
    holds((why == ThresholdError::none) == (x <= 1 && x >= y && y >= z && z >= 0),
          "thresholds are valid where they are in order");
    holds(classify.thresholds() == (why == ThresholdError::none ? thresholds : Thresholds{}),
          "a wrong set changes nothing");
    Score const low{in.take<double>()}, high{in.take<double>()};
    if (low.known() && high.known()) {
        bool const in_order = low.value() <= high.value();
        holds(in_order ? classify(low) >= classify(high) : classify(low) <= classify(high),
              "bands fall with scores");
        std::size_t const bin = ScoreHistogram::bin(low);
        holds(ScoreHistogram::lower_edge(bin) <= low.value(),
              "a bin's lower edge is not above what is in it");
        holds(bin + 1 == ScoreHistogram::bins || low.value() < ScoreHistogram::lower_edge(bin + 1),
              "a bin's upper edge is above what is in it");
    }
    if (measured(a.minimum)) {
        std::size_t const bin = RttHistogram::bin(a.minimum);
        holds(bin < RttHistogram::bins && RttHistogram::lower_edge(bin) <= a.minimum,
              "a bin's lower edge is not above what is in it");
        holds(bin + 1 == RttHistogram::bins || a.minimum < RttHistogram::lower_edge(bin + 1),
              "a bin's upper edge is above what is in it");
    }
    return 0;
}
