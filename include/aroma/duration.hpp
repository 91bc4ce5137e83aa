// SPDX-License-Identifier: BSL-1.0
//
// aroma/duration.hpp: the duration_like concept, and a small duration that needs no std::chrono.
//
// Synopsis
//   concept duration_like<D>;             std::chrono::duration, and every type of its shape:
//                                         D::rep, D::period, count(), zero(), an order
//   class Duration<Rep, Period>;          for code that avoids <chrono>; converts explicitly to
//                                         any other
//   using Microseconds = Duration<std::uint32_t, std::micro>;    unit and width of Linux' tcp_info
//   using Nanoseconds  = Duration<std::uint64_t, std::nano>;     unit and width of most QUIC stacks
//
//   bool   measured(d);                   whether d was measured: neither zero nor a marker
//   double count_in<std::milli>(d);       d in another unit, fractions kept
//   Microseconds to_microseconds(d);      d rounded down to the kernel's unit
#ifndef AROMA_DURATION_HPP
#define AROMA_DURATION_HPP

#include <aroma/detail/range.hpp>

#include <concepts>    // convertible_to, same_as, totally_ordered
#include <cstdint>     // intmax_t, uint32_t, uint64_t
#include <limits>      // numeric_limits
#include <ratio>       // micro, nano, ratio_divide
#include <type_traits> // is_arithmetic_v, is_floating_point_v

namespace aroma {

// A length of time: a count of ticks of D::period seconds. std::chrono::duration and types of the
// same shape model it; a bare number does not, since it has no unit. totally_ordered is checked
// last: on other types it would recurse into Duration's constructor.
// clang-format off
template <class D>
concept duration_like = std::is_arithmetic_v<typename D::rep> && requires(D const d) {
    { d.count() } -> std::convertible_to<typename D::rep>;
    { D::zero() } -> std::convertible_to<D>;
    { D::period::num } -> std::convertible_to<std::intmax_t>;
    { D::period::den } -> std::convertible_to<std::intmax_t>;
} && std::totally_ordered<D>;
// clang-format on

// d in ticks of Period, as a double: exact if the result is a whole number below 2^53.
template <class Period, duration_like D>
[[nodiscard]] constexpr double count_in(D d) noexcept
{
    using Factor = std::ratio_divide<std::ratio<D::period::num, D::period::den>, Period>;
    return static_cast<double>(d.count()) * static_cast<double>(Factor::num)
         / static_cast<double>(Factor::den);
}

// Whether d was measured. Zero and less were not, since a round trip takes time. Nor were infinity,
// NaN and the type's largest value, which stacks use for a minimum before its first sample (Linux'
// tcpi_min_rtt 4294967295, ngtcp2's UINT64_MAX).
template <duration_like D>
[[nodiscard]] constexpr bool measured(D d) noexcept
{
    constexpr auto largest = (std::numeric_limits<typename D::rep>::max)();
    if constexpr (std::is_floating_point_v<typename D::rep>)
        return detail::is_inside(static_cast<double>(d.count()), static_cast<double>(largest));
    else
        return d.count() > 0 && d.count() < largest;
}

namespace detail {

// A count as an integer type, rounded toward zero; zero if it does not fit. A floating type keeps
// fractions.
template <class Count>
[[nodiscard]] constexpr Count cast_or_zero(double count) noexcept
{
    using Limits = std::numeric_limits<Count>;
    if constexpr (std::is_floating_point_v<Count>)
        return static_cast<Count>(count);
    else
        return is_number(count) && count >= static_cast<double>((Limits::min)())
                    && count < static_cast<double>((Limits::max)())
                 ? static_cast<Count>(count)
                 : Count{0};
}

} // namespace detail

// The smallest type that models duration_like. It has no arithmetic on purpose: subtracting
// unsigned RTTs could wrap, and the formulas need quotients only.
template <class Rep, class Period>
class Duration {
public:
    using rep = Rep;       // type of a count
    using period = Period; // seconds in a tick, a std::ratio

    constexpr Duration() noexcept = default;
    // that many ticks; explicit, since a bare number has no unit
    constexpr explicit Duration(Rep ticks) noexcept : ticks_{ticks} {}

    // From any other duration, if Rep can hold fractions: Duration<double, std::micro>{5ms}.
    template <class D>
        requires(!std::same_as<D, Duration> && std::is_floating_point_v<Rep> && duration_like<D>)
    constexpr Duration(D other) noexcept : ticks_{static_cast<Rep>(count_in<Period>(other))} {}

    // static_cast<std::chrono::microseconds>(d): whole ticks, rounded toward zero; zero ("not
    // measured") if the count does not fit.
    template <class D>
        requires(!std::same_as<D, Duration> && requires(typename D::rep ticks) { D{ticks}; }
                 && duration_like<D>)
    [[nodiscard]] constexpr explicit operator D() const noexcept
    {
        return D{detail::cast_or_zero<typename D::rep>(count_in<typename D::period>(*this))};
    }

    [[nodiscard]] constexpr Rep count() const noexcept { return ticks_; } // in ticks
    // no time, which is not measured()
    [[nodiscard]] static constexpr Duration zero() noexcept { return Duration{}; }

    // Whether the first is shorter. Five operators instead of <=>: <compare> is an eighth of the
    // umbrella's lines.
    friend constexpr bool operator<(Duration a, Duration b) noexcept { return a.ticks_ < b.ticks_; }
    friend constexpr bool operator>(Duration a, Duration b) noexcept { return b < a; }
    friend constexpr bool operator<=(Duration a, Duration b) noexcept
    {
        return a.ticks_ <= b.ticks_;
    }
    friend constexpr bool operator>=(Duration a, Duration b) noexcept { return b <= a; }
    friend constexpr bool operator==(Duration a, Duration b) noexcept { return a <= b && b <= a; }

private:
    Rep ticks_ = 0;
};

using Microseconds = Duration<std::uint32_t, std::micro>;
using Nanoseconds = Duration<std::uint64_t, std::nano>;

// Any duration in whole microseconds, rounded down; zero ("not measured") if it is not measured()
// or does not fit.
template <duration_like D>
[[nodiscard]] constexpr Microseconds to_microseconds(D d) noexcept
{
    if constexpr (std::same_as<D, Microseconds>)
        return measured(d) ? d : Microseconds{};
    double const count = measured(d) ? count_in<std::micro>(d) : 0;
    return Microseconds{count < 4294967295.0 ? static_cast<std::uint32_t>(count) : 0};
}

} // namespace aroma

#endif // AROMA_DURATION_HPP
