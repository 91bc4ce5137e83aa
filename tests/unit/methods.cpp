// SPDX-License-Identifier: BSL-1.0
//
// What the formulas of methods.hpp promise for every sample: in (0, 1], monotone as the formula
// says, free of scale.

#include "../support/catch.hpp"
#include "rtts.hpp"

#include <aroma/aroma.hpp>

#include <chrono>

using namespace aroma;

namespace {

template <class Method>
void check_method(Method const& method, auto&& change_for_the_worse)
{
    Rtts rtt;
    ScoreCalculator const calculate{method};
    for (int i = 0; i < 100'000; ++i) {
        RttSample<Microseconds> const sample{Microseconds{rtt()}, Microseconds{rtt()},
                                             Microseconds{rtt()}, Microseconds{rtt()}};
        double const score = calculate(sample).value();
        RttSample<Microseconds> const worse = change_for_the_worse(sample);
        if (!(score > 0 && score <= 1) || !(calculate(worse).value() <= score))
            FAIL(sample.minimum.count() << " " << sample.smoothed.count() << " "
                                        << sample.application.count() << ": " << score);
    }
    SUCCEED();
}

Microseconds longer(Microseconds d)
{
    return Microseconds{d.count() + d.count() / 7 + 1};
}

} // namespace

TEST_CASE("MinOverSmoothed: falls with the smoothed RTT")
{
    check_method(MinOverSmoothed{}, [](auto s) { return s.smoothed = longer(s.smoothed), s; });
}
TEST_CASE("TransportOverApplication: falls with the application RTT")
{
    check_method(TransportOverApplication{},
                 [](auto s) { return s.application = longer(s.application), s; });
}
TEST_CASE("ReferenceOverExcess: falls with the application RTT")
{
    check_method(ReferenceOverExcess{},
                 [](auto s) { return s.application = longer(s.application), s; });
}

TEST_CASE("methods: rise with minimum, reference and allowance")
{
    Rtts rtt;
    auto const never_falls = [](Score less, Score more) {
        return less.known() && more.known() && less.value() <= more.value();
    };
    for (int i = 0; i < 100'000; ++i) {
        RttSample<Microseconds> const sample{Microseconds{rtt()}, Microseconds{rtt()},
                                             Microseconds{rtt()}, Microseconds{rtt()}};
        RttSample<Microseconds> nearer = sample;
        nearer.minimum = Microseconds{1 + sample.minimum.count() / 2};
        using Us = Duration<double, std::micro>;
        Us const reference{static_cast<double>(rtt())}, allowance{static_cast<double>(rtt())},
            floor{static_cast<double>(rtt())};
        auto const check = [&](auto const& method) {
            ScoreCalculator const calculate{method};
            if (nearer.minimum <= sample.minimum
                && !never_falls(calculate(nearer), calculate(sample)))
                FAIL(sample.minimum.count()
                     << " " << sample.smoothed.count() << " " << sample.application.count());
        };
        check(MinOverSmoothed{});
        check(MinOverSmoothed{.floor = floor});
        check(TransportOverApplication{});
        check(ReferenceOverExcess{.reference = reference, .allowance = allowance});
        auto const by = [&](double r, double a) {
            return ScoreCalculator{ReferenceOverExcess{.reference = Us{r}, .allowance = Us{a}}}(
                sample);
        };
        if (!never_falls(by(reference.count(), allowance.count()),
                         by(reference.count() * 1.5, allowance.count()))
            || !never_falls(by(reference.count(), allowance.count()),
                            by(reference.count(), allowance.count() + 100)))
            FAIL(reference.count() << " " << allowance.count());
        // A floor clears, and accuses nobody.
        if (!never_falls(ScoreCalculator<>{}(sample),
                         ScoreCalculator{MinOverSmoothed{.floor = floor}}(sample)))
            FAIL(floor.count());
    }
    SUCCEED();
}

TEST_CASE("ReferenceOverExcess: independent of the near leg")
{
    Rtts rtt;
    ScoreCalculator<ReferenceOverExcess> const calculate;
    for (int i = 0; i < 10'000; ++i) {
        using Us = std::chrono::microseconds;
        Us const leg{rtt() % 10'000'000}, near{1 + rtt() % 1000}, far{1 + rtt() % 10'000'000};
        CHECK(calculate(RttSample{near, near, Us{0}, near + leg})
              == calculate(RttSample{far, far, Us{0}, far + leg}));
    }
}

TEST_CASE("MinOverSmoothed: the same bits in every unit")
{
    Rtts rtt;
    ScoreCalculator<> const calculate;
    for (int i = 0; i < 10'000; ++i) {
        std::uint32_t const a = rtt(), b = rtt();
        Score const us = calculate(RttSample{Microseconds{a}, Microseconds{b}});
        CHECK(us == calculate(RttSample{Nanoseconds{a * 1000ull}, Nanoseconds{b * 1000ull}}));
        CHECK(us == calculate(RttSample{std::chrono::seconds{a}, std::chrono::seconds{b}}));
        CHECK(us
              == calculate(
                  RttSample{std::chrono::duration<double>{a}, std::chrono::duration<double>{b}}));
    }
}

TEST_CASE("methods: which have a scale")
{
    Rtts rtt;
    ScoreCalculator<TransportOverApplication> const across;
    ScoreCalculator<ReferenceOverExcess> const difference;
    int differ = 0;
    for (int i = 0; i < 10'000; ++i) {
        std::uint32_t const a = rtt() % 1'000'000 + 1, b = a + rtt() % 1'000'000 + 1;
        auto const scaled = [&](std::uint64_t by) {
            return RttSample{Nanoseconds{a * by}, Nanoseconds{a * by}, Nanoseconds{0},
                             Nanoseconds{b * by}};
        };
        CHECK(across(scaled(1000)) == across(scaled(1)));
        CHECK(across(scaled(1000)) == across(scaled(7'000'000)));
        differ += difference(scaled(1000)) == difference(scaled(2000)) ? 0 : 1;
        // Everything twice as long, the reference too.
        ScoreCalculator const twice{ReferenceOverExcess{
            .reference =
                Duration<double, std::micro>{2 * ReferenceOverExcess{}.reference.count()}}};
        CHECK(difference(scaled(1000)).value()
              == Approx(twice(scaled(2000)).value()).epsilon(1e-12));
    }
    CHECK(differ > 9900);
}
