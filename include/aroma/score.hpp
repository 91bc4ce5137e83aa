// SPDX-License-Identifier: BSL-1.0
//
// aroma/score.hpp: a number in (0, 1], or unknown.
//
// Synopsis
//   class Score {
//       Score();                          unknown: nothing has been measured
//       explicit Score(double);           above 1 is 1; zero, less and NaN are unknown
//       static Score ratio(part, whole);  part / whole, guarded; the whole formula of most methods
//       bool   known();
//       double value();                   in (0, 1]; NaN if unknown, so that no comparison
//                                         accuses or clears anyone
//       double value_or(double);          in (0, 1], or the argument if unknown
//   };
//
// Near 1, the compared RTTs agree. The smaller the score, the more they differ, as behind a
// proxy.
#ifndef AROMA_SCORE_HPP
#define AROMA_SCORE_HPP

#include <aroma/detail/range.hpp>

#include <limits>      // numeric_limits
#include <type_traits> // is_constant_evaluated

namespace aroma {

namespace detail {

// Rounds to a 64-bit double. Without SSE (32-bit x86, as in Debian's i386) a register holds 80 bits
// of a quotient, and 0.7 could be below 0.7.
[[nodiscard]] constexpr double as_double(double value) noexcept
{
    if (__FLT_EVAL_METHOD__ == 2 && !std::is_constant_evaluated()) {
        double const volatile stored = value;
        return stored;
    }
    return value;
}

struct CountRatio;

} // namespace detail

// A number in (0, 1], or unknown: there is no other value.
class Score {
public:
    constexpr Score() noexcept = default;
    // Above 1 is 1; zero, less and NaN are unknown.
    constexpr explicit Score(double value) noexcept
        : value_{detail::as_double(
            detail::is_inside(value, 1)                                             ? value
            : detail::is_between(1, value, std::numeric_limits<double>::infinity()) ? 1
                                                                                    : 0)}
    {
    }

    // part / whole if both are finite and above zero, at most 1 and never rounded down to 0;
    // otherwise unknown. One correctly rounded division: 5 over 50 is exactly the double 0.1, so a
    // quotient on a band's edge stays on it. Under -ffast-math or -freciprocal-math this fails if
    // `whole` is a constant: by its reciprocal, 7 over 70 is below 0.1.
    [[nodiscard]] static constexpr Score ratio(double part, double whole) noexcept
    {
        constexpr double infinity = std::numeric_limits<double>::infinity();
        constexpr double smallest = (std::numeric_limits<double>::min)();
        if (!detail::is_inside(part, infinity) || !detail::is_inside(whole, infinity))
            return Score{};
        double const quotient = part < whole ? part / whole : 1; // never an overflow
        Score score;
        score.value_ = detail::as_double(quotient > smallest ? quotient : smallest);
        return score;
    }

    [[nodiscard]] constexpr bool known() const noexcept { return value_ > 0; } // there is a score

    [[nodiscard]] constexpr double value() const noexcept
    {
        return known() ? value_ : std::numeric_limits<double>::quiet_NaN();
    }

    [[nodiscard]] constexpr double value_or(double unknown) const noexcept
    {
        return known() ? value_ : unknown;
    }

    friend constexpr bool operator==(Score a, Score b) noexcept
    {
        return detail::equal(a.value_, b.value_);
    }

private:
    friend struct detail::CountRatio;

    double value_ = 0; // 0 is outside (0, 1], so it is free to mean unknown
};

} // namespace aroma

#endif // AROMA_SCORE_HPP
