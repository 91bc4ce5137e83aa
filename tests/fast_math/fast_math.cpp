// SPDX-License-Identifier: BSL-1.0
//
// What holds under -ffast-math: NaN and infinity are refused wherever a double enters, although the
// compiler may take every comparison with them for either. Values come from their bits at run time.

#include <aroma/aroma.hpp>
#include <aroma/decide/distance.hpp>
#include <aroma/decide/evidence.hpp>
#include <aroma/decide/policy.hpp>
#include <aroma/decide/sequential_test.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/calibration.hpp>
#include <aroma/operate/histogram.hpp>
#include <aroma/operate/threshold_table.hpp>

#include <cstdint>
#include <cstdio>
#include <initializer_list>

using namespace aroma;

namespace {

int checked = 0, failed = 0;

void check(bool holds, char const* what, std::uint64_t bits = 0)
{
    ++checked;
    if (holds)
        return;
    ++failed;
    std::printf("FAILED: %s, with the bits %016llx\n", what, static_cast<unsigned long long>(bits));
}

// What no compiler sees through.
double of_bits(std::uint64_t bits)
{
    std::uint64_t volatile const hidden = bits;
    return detail::bit_cast<double>(std::uint64_t{hidden});
}
std::uint64_t bits_of(double value)
{
    return detail::bit_cast<std::uint64_t>(value);
}

using Time = Duration<double, std::micro>;
using Sample = RttSample<Time>;

constexpr std::uint64_t nans[] = {0x7FF8'0000'0000'0000, 0xFFF8'0000'0000'0000,
                                  0x7FF0'0000'0000'0001, 0xFFFF'FFFF'FFFF'FFFF};
constexpr std::uint64_t infinity = 0x7FF0'0000'0000'0000, minus_infinity = 0xFFF0'0000'0000'0000;
constexpr std::uint64_t minus_zero = 0x8000'0000'0000'0000, minus_one = 0xBFF0'0000'0000'0000;
constexpr std::uint64_t subnormal = 0x0000'0000'0000'0001, two = 0x4000'0000'0000'0000;

// By each of its members, in the place of a valid one.
template <class Options, class Error, class... Members>
void refuses(char const* what, std::uint64_t bits, Error expected, Options valid,
             Members... members)
{
    auto const one = [&](auto member) {
        Options wrong = valid;
        member(wrong) = of_bits(bits);
        check(validate(wrong) == expected, what, bits);
    };
    (one(members), ...);
}

void refuse_options(std::uint64_t bits, bool nan)
{
    auto const unless_nan = [nan](auto of_nan, auto otherwise) { return nan ? of_nan : otherwise; };
    refuses(
        "Thresholds", bits,
        unless_nan(ThresholdError::not_a_number, ThresholdError::outside_0_to_1), Thresholds{},
        [](Thresholds& t) -> double& { return t.unstable_below; },
        [](Thresholds& t) -> double& { return t.suspicious_below; },
        [](Thresholds& t) -> double& { return t.proxy_below; });
    ThresholdClassifier classify;
    check(classify.adjust({.unstable_below = of_bits(bits)}) != ThresholdError::none
              && classify.thresholds() == Thresholds{},
          "ThresholdClassifier::adjust", bits);
    ThresholdTable<2> table;
    check(table.set("a", {.proxy_below = of_bits(bits)}) != TableError::none && table.size() == 0,
          "ThresholdTable::set", bits);

    EvidenceError const why =
        unless_nan(EvidenceError::not_a_number, EvidenceError::outside_0_to_1);
    Probability p;
    check(p.adjust(of_bits(bits)) == why && p == Probability{}, "Probability::adjust", bits);
    refuses(
        "Likelihoods", bits, why, Likelihoods{0.5, 0.5},
        [](Likelihoods& l) -> double& { return l.if_proxy; },
        [](Likelihoods& l) -> double& { return l.if_direct; });
    refuses(
        "ErrorRates", bits, why, ErrorRates{},
        [](ErrorRates& r) -> double& { return r.false_positive; },
        [](ErrorRates& r) -> double& { return r.miss; });
    refuses(
        "ResponseEdges", bits, PolicyError::not_a_probability, Rule{},
        [](Rule& r) -> double& { return r.by_probability.observe; },
        [](Rule& r) -> double& { return r.by_probability.challenge; },
        [](Rule& r) -> double& { return r.by_probability.block; });
    using Options = CalibrationOptions;
    refuses(
        "TargetRates", bits, CalibrationError::rate_out_of_range, Options{},
        [](Options& o) -> double& { return o.rates.proxy; },
        [](Options& o) -> double& { return o.rates.suspicious; },
        [](Options& o) -> double& { return o.rates.unstable; });
    refuses("confidence", bits, CalibrationError::confidence_out_of_range, Options{},
            [](Options& o) -> double& { return o.confidence; });
    refuses("proxied", bits, CalibrationError::proxied_out_of_range, Options{},
            [](Options& o) -> double& { return o.proxied; });
    refuses("published", bits, CalibrationError::published_wrong, Options{},
            [](Options& o) -> double& { return o.published.suspicious_below; });
    refuses("correlation", bits,
            unless_nan(EvidenceError::not_a_number, EvidenceError::correlation_out_of_range),
            GroupDependences{},
            [](GroupDependences& d) -> double& { return d.round_trips.correlation; });
    check(!ScoreHistogram{}.quantile(of_bits(bits)).known(), "ScoreHistogram::quantile", bits);
    ScoreHistogram scores;
    scores.add(Score{0.5});
    check(!scores.quantile(of_bits(bits)).known(), "ScoreHistogram::quantile", bits);
    RttHistogram rtts;
    rtts.add(Microseconds{100});
    check(!measured(rtts.quantile(of_bits(bits))), "RttHistogram::quantile", bits);
}

// What is not the length of anything: zero and less, infinity, NaN.
void refuse_durations(std::uint64_t bits)
{
    double const value = of_bits(bits);
    Time const time{value};
    check(!measured(time), "measured(double)", bits);
    check(!measured(Duration<float, std::milli>{static_cast<float>(value)}), "measured(float)",
          bits);
    check(!measured(Duration<long double, std::micro>{value}), "measured(long double)", bits);
    check(to_microseconds(time).count() == 0, "to_microseconds", bits);
    check(static_cast<Nanoseconds>(time).count() == 0, "Duration's conversion", bits);
    for (Sample const& sample : {Sample{.minimum = time, .smoothed = Time{9.0}},
                                 Sample{.minimum = Time{9.0}, .smoothed = time}}) {
        check(!MinOverSmoothed{}(sample).known(), "MinOverSmoothed", bits);
        check(assess(sample).status == Status::no_sample, "assess(sample)", bits);
    }
    for (Sample const& sample :
         {Sample{.minimum = time, .smoothed = Time{9.0}, .application = Time{90.0}},
          Sample{.minimum = Time{9.0}, .smoothed = Time{9.0}, .application = time}}) {
        check(!TransportOverApplication{}(sample).known(), "TransportOverApplication", bits);
        check(!ReferenceOverExcess{}(sample).known(), "ReferenceOverExcess", bits);
    }
    Sample const sample{.minimum = Time{9.0}, .smoothed = Time{90.0}, .application = Time{90.0}};
    check(!ReferenceOverExcess{.reference = time}(sample).known(), "reference", bits);

    constexpr TcpInfo info{.status = Status::ok,
                           .state = TcpState::established,
                           .rtt = {.minimum = Microseconds{100}, .smoothed = Microseconds{200}}};
    check(assess(info, Options<>{.application_rtt = time}) == assess(info), "application_rtt",
          bits);
    check(assess(info, Options<>{.stopwatch = time}) == assess(info), "stopwatch", bits);

    RttHistogram rtts;
    rtts.add(time);
    check(rtts.total() == 0, "RttHistogram::add", bits);
    check(farthest(time).known() == false, "farthest", bits);
    check(possible(Kilometres{9000}, time) == Possibility::unknown, "possible", bits);
    ConnectionHistory history;
    (void)history.probe_sent(7, {.written = 9, .segments = 1}, Time{9.0}, {.any_pieces = true});
    check(history.probing() && history.since_probe(Time{value}).count() == 0, "since_probe", bits);
}

void refuse_nan(std::uint64_t bits)
{
    double const nan = of_bits(bits);
    check(!Score{nan}.known(), "Score", bits);
    check(ThresholdClassifier{}(Score{nan}) == Band::unknown, "Score's band", bits);
    check(!Score::ratio(nan, 1).known() && !Score::ratio(1, nan).known(), "Score::ratio", bits);
    check(Score{nan}.value_or(0.25) == 0.25, "Score::value_or", bits);
    ScoreHistogram scores;
    scores.add(Score{nan});
    scores.add(Score{0.5});
    check(scores.total() == 1 && scores.count_below(nan) == 0, "ScoreHistogram::count_below", bits);
    check(RttHistogram::bin(Time{nan}) == 0, "RttHistogram::bin", bits);
    Segment segment;
    segment.record(assess(Sample{.minimum = Time{nan}, .smoothed = Time{nan}}));
    check(segment.scores.total() == 0 && segment.unknown.total() == 1, "Segment::record", bits);
    Sample const sample{.minimum = Time{9.0}, .smoothed = Time{90.0}, .application = Time{90.0}};
    check(!MinOverSmoothed{.floor = Time{nan}}(sample).known(), "floor", bits);
    check(!ReferenceOverExcess{.allowance = Time{nan}}(sample).known(), "allowance", bits);
    check(!Kilometres{nan}.known(), "Kilometres", bits);
    check(possible(Kilometres{nan}, Microseconds{9}) == Possibility::unknown
              && possible(Kilometres{9}, Microseconds{9}, Kilometres{nan}) == Possibility::unknown,
          "possible's distances", bits);
    for (Position const& at :
         {Position{Latitude{nan}, Longitude{1}}, Position{Latitude{1}, Longitude{nan}}}) {
        check(validate(at) == PositionError::not_a_number, "Position", bits);
        check(!great_circle(at, at).known(), "great_circle", bits);
    }
    check(Probability::of_log_odds(nan) == Probability{}, "Probability::of_log_odds", bits);
    refuses("cap", bits, EvidenceError::not_a_number, GroupDependences{},
            [](GroupDependences& d) -> double& { return d.path.cap; });
}

void infinities()
{
    double const most = of_bits(infinity), least = of_bits(minus_infinity);
    check(Score{most} == Score{1.0} && !Score{least}.known(), "Score of infinity");
    check(!Score::ratio(most, 1).known() && !Score::ratio(1, most).known(), "ratio of infinity");
    check(!Kilometres{most}.known() && !Kilometres{least}.known(), "Kilometres of infinity");
    check(validate(Position{Latitude{most}, Longitude{0}}) == PositionError::latitude_outside_90
              && validate(Position{Latitude{0}, Longitude{least}})
                     == PositionError::longitude_outside_180,
          "Position of infinity");
    ScoreHistogram scores;
    scores.add(Score{1.0});
    check(scores.count_below(most) == 1 && scores.count_below(least) == 0,
          "count_below of infinity");
    check(RttHistogram::bin(Time{most}) == RttHistogram::bins - 1
              && RttHistogram::bin(Time{least}) == 0,
          "RttHistogram::bin of infinity");
    check(Probability::of_log_odds(most).value() < 1 && Probability::of_log_odds(least).value() > 0,
          "of_log_odds of infinity");
    Sample const sample{.minimum = Time{9.0}, .smoothed = Time{90.0}, .application = Time{90.0}};
    check(!ReferenceOverExcess{.allowance = Time{most}}(sample).known()
              && !ReferenceOverExcess{.allowance = Time{least}}(sample).known(),
          "allowance of infinity");
    check(!MinOverSmoothed{.floor = Time{least}}(sample).known(), "floor of infinity");
    check(MinOverSmoothed{.floor = Time{most}}(sample) == Score{1.0}, "floor of infinity");
}

void zeros_and_subnormals()
{
    double const zero = of_bits(minus_zero), tiny = of_bits(subnormal);
    check(!Score{zero}.known() && !Score{of_bits(minus_one)}.known(), "Score of -0 and -1");
    check(Score{of_bits(two)} == Score{1.0}, "Score of 2");
    Score const least{tiny}; // a processor that takes subnormals for 0 has none
    check(!least.known() || (least.value() <= 1 && ThresholdClassifier{}(least) == Band::proxy),
          "Score of a subnormal");
    check(validate(Thresholds{.proxy_below = zero}) == ThresholdError::none
              && validate(Thresholds{.proxy_below = tiny}) == ThresholdError::none,
          "Thresholds of -0 and of a subnormal");
    check(validate(Likelihoods{tiny, 0.5}) == EvidenceError::outside_0_to_1
              && validate(Likelihoods{zero, 0.5}) == EvidenceError::outside_0_to_1,
          "Likelihoods of -0 and of a subnormal");
    check(Kilometres{zero}.known(), "Kilometres of -0");
    Sample const sample{.minimum = Time{9.0}, .smoothed = Time{90.0}, .application = Time{90.0}};
    check(MinOverSmoothed{.floor = Time{zero}}(sample) == MinOverSmoothed{}(sample), "floor of -0");
    check(ReferenceOverExcess{.allowance = Time{zero}}(sample) == ReferenceOverExcess{}(sample),
          "allowance of -0");
}

// And what is a number is what it is without those flags: edges too.
void numbers()
{
    for (std::uint32_t millionths : {100'000u, 290'000u, 300'000u, 570'000u, 700'000u}) {
        double const edge = of_bits(bits_of(detail::from_millionths(millionths)));
        check(detail::to_millionths(edge) == millionths, "to_millionths of an edge", bits_of(edge));
        check(detail::to_parts<100>(edge) == millionths / 10'000, "to_parts of an edge",
              bits_of(edge));
    }
    check(of_bits(bits_of(0.7)) == detail::from_millionths(700'000), "0.7");
    check(measured(Time{of_bits(bits_of(1.5))}), "a length of time");
    check(validate(Rule{}) == PolicyError::none && validate(ErrorRates{}) == EvidenceError::none
              && validate(CalibrationOptions{}) == CalibrationError::none
              && validate(GroupDependences{}) == EvidenceError::none
              && validate(Thresholds{}) == ThresholdError::none,
          "the defaults");
}

} // namespace

int main()
{
    for (std::uint64_t const bits : nans) {
        refuse_nan(bits);
        refuse_durations(bits);
        refuse_options(bits, true);
    }
    for (std::uint64_t const bits : {infinity, minus_infinity, minus_zero, minus_one})
        refuse_durations(bits);
    for (std::uint64_t const bits : {infinity, minus_infinity, minus_one, two})
        refuse_options(bits, false);
    infinities();
    zeros_and_subnormals();
    numbers();
    std::printf("%d of %d checks passed\n", checked - failed, checked);
    return failed == 0 && checked > 200 ? 0 : 1;
}
