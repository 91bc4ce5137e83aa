// SPDX-License-Identifier: BSL-1.0
//
// Facts about assessment.hpp: the four rooms in a row, on samples alone.

#include "facts.hpp"

#include <aroma/assessment.hpp>

#include <chrono>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

static_assert(sizeof(Assessment) <= 32);
static_assert(std::is_trivially_copyable_v<Assessment>);
static_assert(Assessment{}.band == Band::unknown && Assessment{}.status == Status::no_sample
              && !Assessment{}.score.known());

constexpr auto by_tcp = assess(RttSample{5ms, 50ms});
static_assert(by_tcp.score.value() == 0.1 && by_tcp.band == Band::suspicious
              && by_tcp.basis == Basis::min_over_smoothed);
static_assert(by_tcp.status == Status::ok && by_tcp.sample == RttSample{5ms, 50ms});

// The best-informed method speaks.
constexpr auto across = assess(RttSample{1ms, 1ms, 0ms, 61ms});
static_assert(across.basis == Basis::reference_over_excess && across.band == Band::proxy);
static_assert(ScoreCalculator<>{}(across.sample).value() == 1,
              "the sample carries what the other methods need");

// Our own fractional durations, too.
constexpr auto fractional =
    assess(RttSample{Duration<double, std::milli>{5}, Duration<double, std::milli>{50}});
static_assert(fractional.score.value() == 0.1 && fractional == fractional);
static_assert(
    assess(RttSample{Duration<float, std::milli>{5}, Duration<float, std::milli>{50}}).band
    == Band::suspicious);

// Nothing measured.
constexpr auto nothing = assess(RttSample<Microseconds>{});
static_assert(nothing == Assessment{} && nothing.basis == Basis::none);
static_assert(assess(RttSample{0ms, 50ms}).sample.smoothed == 50ms,
              "the numbers are kept even where they are not enough");
static_assert(assess(RttSample{5ms, 50ms}, ScoreCalculator<TransportOverApplication>{}).status
              == Status::no_sample);

// One's own method, one's own thresholds, and both.
constexpr auto lenient = ThresholdClassifier::with(
    {.unstable_below = 0.1, .suspicious_below = 0.05, .proxy_below = 0.01});
static_assert(assess(RttSample{5ms, 50ms}, lenient).band == Band::normal);
static_assert(assess(RttSample{1ms, 1ms, 0ms, 51ms}, lenient).band == Band::normal);
static_assert(assess(RttSample{1ms, 1ms, 0ms, 10ms}, ScoreCalculator<TransportOverApplication>{},
                     lenient)
                  .band
              == Band::normal);
static_assert(assess(RttSample{5ms, 50ms},
                     ScoreCalculator{[](auto const&) noexcept { return Score{0.5}; }})
                  .basis
              == Basis::custom);
static_assert(assess(RttSample{1ms, 1ms, 0ms, 61ms}, ScoreCalculator<>{}).band == Band::normal);

static_assert(noexcept(assess(by_tcp.sample)) && noexcept(assess(by_tcp.sample, lenient)));

// Every enumerator has its name, and a value that is none has one too.
static_assert(facts::named<Band>());
static_assert(facts::named<Basis>());
static_assert(facts::named<Status>());
static_assert(facts::described<Status>());
static_assert(name(Band::proxy) == std::string_view{"proxy"}
              && name(Status::handshake_only) == std::string_view{"handshake_only"});
static_assert(name(Band{200}) == std::string_view{"unknown"}
              && name(Basis{200}) == std::string_view{"none"});
static_assert(name(Status{200}) == std::string_view{"not a status"}
              && message(Status{200}) == std::string_view{"not a status"});

} // namespace
