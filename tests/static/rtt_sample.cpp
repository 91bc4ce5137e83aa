// SPDX-License-Identifier: BSL-1.0
//
// Facts about rtt_sample.hpp: four durations of one type, each in its place.

#include <aroma/duration.hpp>
#include <aroma/rtt_sample.hpp>

#include <chrono>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

static_assert(sizeof(RttSample<Microseconds>) == 16);
static_assert(std::is_trivially_copyable_v<RttSample<Microseconds>>);
static_assert(std::is_aggregate_v<RttSample<Microseconds>>);
static_assert(RttSample<Microseconds>{} == RttSample<Microseconds>{.minimum = Microseconds{0}});
static_assert(std::is_same_v<decltype(RttSample{5ms, 50ms}), RttSample<std::chrono::milliseconds>>);
static_assert(
    std::is_same_v<decltype(RttSample{5ms, 50ms, 1ms}), RttSample<std::chrono::milliseconds>>);
static_assert(RttSample{1us, 2us, 3us, 4us}.application == 4us
              && RttSample{1us, 2us, 3us}.variation == 3us);

} // namespace
