// SPDX-License-Identifier: BSL-1.0
//
// Facts about duration.hpp: what is a duration, what is measured, and what a unit is worth.

#include <aroma/duration.hpp>

#include "facts.hpp"

#include <chrono>
#include <limits>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;
using Fractional = Duration<double, std::micro>;

static_assert(
    duration_like<Microseconds> && duration_like<Nanoseconds> && duration_like<Fractional>);
static_assert(duration_like<std::chrono::microseconds> && duration_like<std::chrono::hours>);
static_assert(duration_like<std::chrono::duration<double, std::milli>>);
static_assert(duration_like<std::chrono::duration<float, std::ratio<1, 60>>>);
static_assert(duration_like<facts::QuicTime>);
static_assert(!duration_like<int> && !duration_like<double> && !duration_like<char const*>);
static_assert(!duration_like<std::chrono::steady_clock::time_point>);

static_assert(sizeof(Microseconds) == 4);
static_assert(std::is_trivially_copyable_v<Microseconds>);
static_assert(std::is_nothrow_default_constructible_v<Microseconds>);
static_assert(!std::is_convertible_v<unsigned, Microseconds>,
              "a bare number does not say what it counts");
static_assert(Microseconds{1} < Microseconds{2} && Microseconds{2} == Microseconds{2});
static_assert(Microseconds::zero() == Microseconds{});

// Into a fractional duration everything converts, and nothing converts into an integral one behind
// one's back.
static_assert(Fractional{5ms}.count() == 5000 && Fractional{1500ns}.count() == 1.5
              && Fractional{Microseconds{7}}.count() == 7);
static_assert(std::is_convertible_v<std::chrono::milliseconds, Fractional>);
static_assert(!std::is_convertible_v<std::chrono::milliseconds, Microseconds>);

// Explicitly it converts to every other; what does not fit is not measured.
static_assert(static_cast<std::chrono::microseconds>(Microseconds{1500}) == 1500us);
static_assert(std::chrono::milliseconds{Microseconds{1999}} == 1ms
              && std::chrono::milliseconds{Duration<int, std::micro>{-1999}} == -1ms);
static_assert(static_cast<std::chrono::duration<double>>(Nanoseconds{500'000'000}) == 0.5s);
static_assert(static_cast<Microseconds>(Fractional{7.9}) == Microseconds{7}
              && static_cast<facts::QuicTime>(Microseconds{2}) == facts::QuicTime{2000});
static_assert(static_cast<Microseconds>(Fractional{-1.0}) == Microseconds{}
              && static_cast<Microseconds>(Nanoseconds{~std::uint64_t{0}}) == Microseconds{}
              && static_cast<Duration<signed char, std::micro>>(Microseconds{127}).count() == 0
              && static_cast<Duration<signed char, std::micro>>(Microseconds{126}).count() == 126
              && static_cast<Microseconds>(Fractional{std::numeric_limits<double>::infinity()})
                     == Microseconds{});
static_assert(!std::is_convertible_v<Microseconds, std::chrono::microseconds>);
static_assert(!std::is_constructible_v<int, Microseconds>);
static_assert(!std::is_constructible_v<std::chrono::steady_clock::time_point, Microseconds>);

static_assert(count_in<std::milli>(Microseconds{1500}) == 1.5);
static_assert(count_in<std::micro>(Nanoseconds{1}) == 0.001);
static_assert(count_in<std::micro>(1h) == 3.6e9);
static_assert(count_in<std::micro>(facts::QuicTime{-2000}) == -2.0);

static_assert(measured(Microseconds{1}) && measured(1ns) && measured(facts::QuicTime{1}));
static_assert(!measured(Microseconds{0}) && !measured(0ms) && !measured(-1ms)
              && !measured(facts::QuicTime{-1}));
static_assert(!measured(Microseconds{4294967295}), "tcpi_min_rtt before its first sample");
static_assert(measured(Microseconds{4294967294}));
static_assert(!measured(Nanoseconds{~std::uint64_t{0}}),
              "ngtcp2's min_rtt before its first sample");
static_assert(!measured(std::chrono::microseconds::max()));
using FloatMs = std::chrono::duration<float, std::milli>;
static_assert(measured(FloatMs{0.001f}));
static_assert(!measured(FloatMs{std::numeric_limits<float>::infinity()}));
static_assert(!measured(FloatMs{std::numeric_limits<float>::quiet_NaN()}));
static_assert(!measured(FloatMs{-std::numeric_limits<float>::infinity()}));

// Down to whole ones, and what does not fit is not measured.
static_assert(to_microseconds(1999ns) == Microseconds{1}
              && to_microseconds(999ns) == Microseconds{0}
              && to_microseconds(5ms) == Microseconds{5000});
static_assert(to_microseconds(Fractional{4294967294.9}) == Microseconds{4294967294});
static_assert(to_microseconds(Fractional{4294967295.0}) == Microseconds{0}
              && to_microseconds(2h) == Microseconds{0});
static_assert(to_microseconds(-5ms) == Microseconds{0}
              && to_microseconds(FloatMs{std::numeric_limits<float>::quiet_NaN()})
                     == Microseconds{0});

} // namespace
