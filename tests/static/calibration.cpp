// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/calibration.hpp: the bound, what a rate needs, and whose threshold an edge
// is.

#include "facts.hpp"

#include <aroma/operate/calibration.hpp>

#include <limits>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;

// So many scores below each of two edges, and the others at 1.
struct Steps {
    std::uint32_t all = 0, low = 0, middle = 0; // at 0.05 and 0.2
    constexpr operator ScoreHistogram() const noexcept
    {
        ScoreHistogram scores;
        scores.add(ScoreHistogram::bin(Score{0.05}), low);
        scores.add(ScoreHistogram::bin(Score{0.2}), middle);
        scores.add(ScoreHistogram::bin(Score{1.0}), all - low - middle);
        return scores;
    }
};

constexpr bool near(double a, double b)
{
    return a - b < 1e-12 && b - a < 1e-12;
}

// The rule of three, and its exact form.
static_assert(detail::connections_needed(0.1) == 29 && detail::connections_needed(0.01) == 299
              && detail::connections_needed(0.0004) == 7488);
static_assert(detail::connections_needed(0.5, 0.5) == 1
              && detail::connections_needed(0.01, 0.99) == 459);
static_assert(detail::share_upper_bound(0, 0) == 1 && detail::share_upper_bound(7, 7) == 1
              && near(detail::share_upper_bound(0, 1), 0.95));
static_assert(near(detail::share_upper_bound(5, 100), 0.10225337764327449)
              && near(detail::share_upper_bound(1, 3, 0.5), 0.5));

// Enough connections: the highest edge that keeps the rate, and no higher than the published one.
constexpr Calibration quiet = calibrate(Steps{.all = 10'000});
static_assert(quiet.thresholds() == Thresholds{} && quiet.error == CalibrationError::none);
static_assert(quiet.proxy_below.fallback == Fallback::none && quiet.proxy_below.below == 0
              && !quiet.proxy_below.too_few() && quiet.proxy_below.needed == 7488);
static_assert(quiet.proxy_below.upper_bound <= 0.0004 && quiet.proxy_below.target == 0.0004
              && quiet.unstable_below.target == 0.1);
constexpr Calibration jittery = calibrate(Steps{.all = 10'000, .low = 2, .middle = 200});
static_assert(jittery.thresholds() == Thresholds{0.7, 0.2, 0.05} && jittery.proxy_below.below == 0
              && jittery.unstable_below.below == 202);
static_assert(near(jittery.unstable_below.share(), 0.0202)
              && jittery.unstable_below.upper_bound > 0.0202
              && jittery.unstable_below.upper_bound < 0.1);
static_assert(calibrate(Steps{.all = 100'000, .low = 2}).thresholds() == Thresholds{},
              "2 of 100,000 keep 0.04 %");
static_assert(calibrate(Steps{.all = 10'000}, {.may_raise = true}).thresholds()
                  == Thresholds{1, 1, 1},
              "all score 1");
static_assert(calibrate(Steps{.all = 100'000, .low = 90'000}).thresholds()
              == Thresholds{0.05, 0.05, 0.05});

// Too few: no threshold of its own, but none above what its own data allow either.
constexpr Calibration few = calibrate(Steps{.all = 100});
static_assert(few.thresholds() == Thresholds{} && few.proxy_below.fallback == Fallback::published
              && few.proxy_below.too_few() && few.suspicious_below.too_few());
static_assert(!few.unstable_below.too_few() && few.unstable_below.fallback == Fallback::none
              && few.proxy_below.upper_bound > 0.02);
static_assert(calibrate(Steps{.all = 100, .middle = 2}).thresholds() == Thresholds{0.7, 0.2, 0.1},
              "2 of 100 are more than 1 %");
static_assert(calibrate(Steps{.all = 100, .middle = 1}).thresholds() == Thresholds{},
              "and 1 is not");
static_assert(calibrate(Steps{}).thresholds() == Thresholds{}
              && calibrate(Steps{}).unstable_below.upper_bound == 1);

// It falls back on the next one above that has enough.
constexpr CalibrationOptions usual{};
constexpr Calibration child = calibrate(Steps{.all = 100}, usual, jittery);
static_assert(child.thresholds() == Thresholds{0.7, 0.2, 0.05}
              && child.proxy_below.fallback == Fallback::parent && child.proxy_below.levels == 1);
static_assert(child.unstable_below.fallback == Fallback::none && child.unstable_below.levels == 0);
constexpr Calibration grandchild = calibrate(Steps{.all = 10}, usual, child);
static_assert(grandchild.proxy_below.levels == 2 && grandchild.unstable_below.levels == 1
              && grandchild.thresholds() == jittery.thresholds());
static_assert(calibrate(Steps{.all = 10}, usual, few).proxy_below.fallback == Fallback::published);
constexpr Calibration few_and_low = calibrate(Steps{.all = 100, .low = 2});
static_assert(few_and_low.thresholds() == Thresholds{0.7, 0.05, 0.05}
              && few_and_low.proxy_below.fallback == Fallback::published);
static_assert(calibrate(Steps{}, usual, few_and_low).thresholds() == few_and_low.thresholds(),
              "one that was never seen is judged as its parent");
static_assert(calibrate(Steps{.all = 10, .low = 1}, usual, quiet).thresholds()
                  == Thresholds{0.7, 0.05, 0.05},
              "lower than its parent's, by its own");
constexpr CalibrationOptions raising{.may_raise = true};
static_assert(
    calibrate(Steps{.all = 10}, raising, calibrate(Steps{.all = 10'000}, raising)).thresholds()
        == Thresholds{},
    "raised by its own data alone");
// Between two rates that are near to each other one edge may be its own and that of a worse band
// fall back on a higher one: the lower stands.
static_assert(calibrate(Steps{.all = 300, .low = 1}, {.rates = {0.0099, 0.01, 0.1}}).thresholds()
              == Thresholds{0.7, 0.05, 0.05});
static_assert(calibrate(Steps{.all = 300, .low = 1}, {.rates = {0.001, 0.0099, 0.01}}).thresholds()
              == Thresholds{0.05, 0.05, 0.05});
// The worst edge is its parent's, and comes down with the others.
static_assert(calibrate(Steps{.all = 400, .low = 300}, usual, quiet).thresholds()
              == Thresholds{0.05, 0.05, 0.05});

// Believed to be proxied: off the bottom, and off the total.
constexpr Calibration cleaned = calibrate(Steps{.all = 10'000, .low = 100}, {.proxied = 0.01});
static_assert(cleaned.thresholds() == Thresholds{} && cleaned.proxy_below.connections == 9'900
              && cleaned.proxy_below.below == 0);
static_assert(calibrate(Steps{.all = 10'000, .low = 101}, {.proxied = 0.01}).thresholds()
              == Thresholds{0.7, 0.3, 0.05});

static_assert(calibrate(Steps{.all = 100}, {.proxied = 0.29}).proxy_below.connections == 71,
              "0.29 * 100 is below 29");

// From others than Aroma's; between two bins nothing is known, so the lower one's edge stands.
static_assert(calibrate(Steps{.all = 10'000}, {.published = {0.8, 0.4, 0.151}}).thresholds()
              == Thresholds{0.8, 0.4, 0.15});

// Options that are wrong: by reason, and nothing is calculated with them.
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr CalibrationError of_rates(TargetRates rates)
{
    return validate(CalibrationOptions{.rates = rates});
}
static_assert(validate(CalibrationOptions{}) == CalibrationError::none
              && of_rates({0.000001, 0.5, 0.5}) == CalibrationError::none);
static_assert(of_rates({0, 0.1, 0.2}) == CalibrationError::rate_out_of_range
              && of_rates({0.1, 0.2, 0.51}) == CalibrationError::rate_out_of_range);
static_assert(of_rates({9e-7, 0.1, 0.2}) == CalibrationError::rate_out_of_range
              && of_rates({1e-6, 0.1, 0.2}) == CalibrationError::none);
static_assert(CalibratedEdge{}.share() == 0, "of no connections");
static_assert(of_rates({nan, 0.1, 0.2}) == CalibrationError::rate_out_of_range
              && of_rates({-0.1, 0.1, 0.2}) == CalibrationError::rate_out_of_range);
static_assert(of_rates({0.02, 0.01, 0.2}) == CalibrationError::rates_out_of_order
              && of_rates({0.01, 0.3, 0.2}) == CalibrationError::rates_out_of_order);
static_assert(validate(CalibrationOptions{.confidence = 95})
              == CalibrationError::confidence_out_of_range);
static_assert(validate(CalibrationOptions{.confidence = 1})
              == CalibrationError::confidence_out_of_range);
static_assert(validate(CalibrationOptions{.proxied = -0.1})
              == CalibrationError::proxied_out_of_range);
static_assert(validate(CalibrationOptions{.proxied = nan})
              == CalibrationError::proxied_out_of_range);
static_assert(validate(CalibrationOptions{.published = {0.1, 0.3, 0.7}})
              == CalibrationError::published_wrong);
static_assert(validate(CalibrationOptions{.published = {nan, 0.3, 0.1}})
              == CalibrationError::published_wrong);
constexpr Calibration wrong = calibrate(Steps{.all = 10'000, .low = 5'000}, {.confidence = 2});
static_assert(wrong.error == CalibrationError::confidence_out_of_range
              && wrong.thresholds() == Thresholds{} && wrong.unstable_below.connections == 0);

static_assert(noexcept(calibrate(Steps{})));
static_assert(std::is_trivially_copyable_v<Calibration>);

static_assert(facts::named<Fallback>());
static_assert(facts::described<CalibrationError>());
static_assert(message(CalibrationError{200}) == std::string_view{"not a calibration error"});

} // namespace
