// SPDX-License-Identifier: BSL-1.0
//
// aroma/stopwatch.hpp: an application RTT by the server's own clock, finer than the kernel's
// stamps.
//
// Synopsis
//   class Stopwatch {
//       void         sent(now);           the last byte of what the client answers at once has been
//                                         written
//       Microseconds answered(now);       the answer has been read: the time since, once; zero
//                                         where nothing was sent
//       bool         running();
//   };
//
// now is any monotonic clock's: a time point (std::chrono::steady_clock::now()), or the time since
// any fixed moment. Such a clock also counts the server's own delays, a blocked event loop's above
// all; score(fd, Exchange::reply, watch.answered(now)) lets it refine the kernel's figure within
// one tick, and no further.
#ifndef AROMA_STOPWATCH_HPP
#define AROMA_STOPWATCH_HPP

#include <aroma/duration.hpp>

#include <ratio> // micro

namespace aroma {

// Times one exchange after the other; 16 bytes.
class Stopwatch {
public:
    template <duration_like D>
    constexpr void sent(D now) noexcept
    {
        sent_ = count_in<std::micro>(now);
        running_ = true;
    }

    template <duration_like D>
    [[nodiscard]] constexpr Microseconds answered(D now) noexcept
    {
        double const taken = count_in<std::micro>(now) - sent_;
        bool const counts = running_;
        running_ = false;
        return counts ? to_microseconds(Duration<double, std::micro>{taken}) : Microseconds{};
    }

    // clang-format off
    template <class TimePoint>
        requires requires(TimePoint const now) { { now.time_since_epoch() } -> duration_like; }
    // clang-format on
    constexpr void sent(TimePoint now) noexcept { sent(now.time_since_epoch()); }

    // clang-format off
    template <class TimePoint>
        requires requires(TimePoint const now) { { now.time_since_epoch() } -> duration_like; }
    // clang-format on
    [[nodiscard]] constexpr Microseconds answered(TimePoint now) noexcept
    {
        return answered(now.time_since_epoch());
    }

    // was something sent, and not answered yet?
    [[nodiscard]] constexpr bool running() const noexcept { return running_; }

private:
    double sent_ = 0; // microseconds of the caller's clock: 0.25 us fine for 140 years
    bool running_ = false;
};

} // namespace aroma

#endif // AROMA_STOPWATCH_HPP
