// SPDX-License-Identifier: BSL-1.0
//
// Facts about exchange.hpp: a stopwatch by any monotonic clock, and names.

#include <aroma/exchange.hpp>

#include <bit>
#include <chrono>
#include <string_view>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

// A stopwatch, by any monotonic clock.
using Clock = std::chrono::steady_clock;
constexpr Clock::time_point start{1000h};
constexpr Microseconds taken = [] {
    Stopwatch watch;
    watch.sent(start);
    return watch.answered(start + 62'345us);
}();
static_assert(taken == Microseconds{62'345});
constexpr bool once = [] {
    Stopwatch watch;
    if (watch.running() || measured(watch.answered(start)))
        return false;
    watch.sent(Nanoseconds{5'000'000});
    watch.sent(Nanoseconds{7'000'000}); // the last byte counts
    return watch.running() && watch.answered(Nanoseconds{9'000'000}) == Microseconds{2000}
        && !watch.running() && !measured(watch.answered(Nanoseconds{99'000'000}));
}();
static_assert(once);
constexpr bool backwards = [] {
    Stopwatch watch;
    watch.sent(start);
    return !measured(watch.answered(start - 1s));
}();
static_assert(backwards, "a clock that goes backwards has measured nothing");

static_assert(std::string_view{name(Exchange::opening)} == "opening"
              && std::string_view{name(Exchange::reply)} == "reply");

} // namespace
