// SPDX-License-Identifier: BSL-1.0
//
// Facts about threshold_classifier.hpp: which band each edge belongs to, and which thresholds are
// refused.

#include "facts.hpp"

#include <aroma/threshold_classifier.hpp>

#include <limits>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;

constexpr ThresholdClassifier classify;
constexpr Band band(double score)
{
    return classify(Score{score});
}

// 0.7-1 normal, 0.3-0.7 unstable, 0.1-0.3 suspicious, below 0.1 proxy; an edge belongs to the
// better band of the two.
static_assert(band(1) == Band::normal && band(0.7) == Band::normal);
static_assert(band(0.69999999999999984) == Band::unstable && band(0.3) == Band::unstable);
static_assert(band(0.29999999999999993) == Band::suspicious && band(0.1) == Band::suspicious);
static_assert(band(0.099999999999999992) == Band::proxy
              && band((std::numeric_limits<double>::min)()) == Band::proxy);
static_assert(classify(Score{}) == Band::unknown);
static_assert(classify(Score::ratio(5, 50)) == Band::suspicious, "Aroma's worked example");
static_assert(classify(Score::ratio(3, 10)) == Band::unstable
              && classify(Score::ratio(7, 10)) == Band::normal);
static_assert(classify(Score::ratio(4999, 50'000)) == Band::proxy);

// Thresholds of one's own.
constexpr auto strict =
    ThresholdClassifier::with({.unstable_below = 0.9, .suspicious_below = 0.5, .proxy_below = 0.2});
static_assert(strict(Score{0.8}) == Band::unstable && strict(Score{0.2}) == Band::suspicious
              && strict(Score{0.19}) == Band::proxy);
static_assert(strict.thresholds() == Thresholds{0.9, 0.5, 0.2}
              && classify.thresholds() == Thresholds{});
constexpr auto never_proxy = ThresholdClassifier::with({.proxy_below = 0});
static_assert(never_proxy(Score{(std::numeric_limits<double>::min)()}) == Band::suspicious);
constexpr auto two_bands =
    ThresholdClassifier::with({.unstable_below = 0.5, .suspicious_below = 0.5, .proxy_below = 0.5});
static_assert(two_bands(Score{0.5}) == Band::normal && two_bands(Score{0.49}) == Band::proxy);
constexpr auto all_proxy = ThresholdClassifier::with({1, 1, 1});
static_assert(all_proxy(Score{0.999}) == Band::proxy && all_proxy(Score{1.0}) == Band::normal);

// In a class and in a namespace, constant or not.
struct Server {
    ThresholdClassifier classify = ThresholdClassifier::with({.unstable_below = 0.9});
};
static_assert(Server{}.classify(Score{0.8}) == Band::unstable);

// Wrong sets, by reason.
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
static_assert(validate(Thresholds{}) == ThresholdError::none
              && validate(Thresholds{1, 1, 1}) == ThresholdError::none
              && validate(Thresholds{0, 0, 0}) == ThresholdError::none);
static_assert(validate(Thresholds{0.3, 0.7, 0.1}) == ThresholdError::out_of_order
              && validate(Thresholds{0.7, 0.1, 0.3}) == ThresholdError::out_of_order);
static_assert(validate(Thresholds{0.1, 0.3, 0.7}) == ThresholdError::out_of_order);
static_assert(validate(Thresholds{1.1, 0.3, 0.1}) == ThresholdError::outside_0_to_1
              && validate(Thresholds{0.7, 0.3, -0.1}) == ThresholdError::outside_0_to_1);
static_assert(validate(Thresholds{infinity, 0.3, 0.1}) == ThresholdError::outside_0_to_1
              && validate(Thresholds{0.7, 0.3, -infinity}) == ThresholdError::outside_0_to_1);
static_assert(validate(Thresholds{70, 30, 10}) == ThresholdError::outside_0_to_1, "percent");
static_assert(validate(Thresholds{nan, 0.3, 0.1}) == ThresholdError::not_a_number
              && validate(Thresholds{0.7, nan, 0.1}) == ThresholdError::not_a_number);
static_assert(validate(Thresholds{0.7, 0.3, nan}) == ThresholdError::not_a_number);

// At run time a wrong set changes nothing, and a right one everything.
constexpr auto adjusts = [] {
    ThresholdClassifier classifier;
    if (classifier.adjust({0.3, 0.7, 0.1}) != ThresholdError::out_of_order
        || !(classifier.thresholds() == Thresholds{}))
        return false;
    if (classifier.adjust({nan, 0.7, 0.1}) != ThresholdError::not_a_number
        || !(classifier.thresholds() == Thresholds{}))
        return false;
    return classifier.adjust({0.9, 0.5, 0.2}) == ThresholdError::none
        && classifier(Score{0.8}) == Band::unstable;
}();
static_assert(adjusts);

static_assert(sizeof(Band) == 1);
static_assert(std::is_trivially_copyable_v<ThresholdClassifier>);
static_assert(noexcept(classify(Score{})) && noexcept(validate(Thresholds{})));

static_assert(facts::described<ThresholdError>());
static_assert(message(ThresholdError{200}) == std::string_view{"not a threshold error"});

} // namespace
