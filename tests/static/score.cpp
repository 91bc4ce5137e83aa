// SPDX-License-Identifier: BSL-1.0
//
// Facts about score.hpp: a number in (0, 1], or none.

#include <aroma/methods.hpp>
#include <aroma/score.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>

namespace {

using aroma::Score;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double tiny = (std::numeric_limits<double>::min)();
constexpr double huge = (std::numeric_limits<double>::max)();

static_assert(sizeof(Score) == 8 && std::is_trivially_copyable_v<Score>);
static_assert(std::is_nothrow_default_constructible_v<Score>);
static_assert(std::is_nothrow_constructible_v<Score, double>);
static_assert(!std::is_convertible_v<double, Score>);
static_assert(!std::is_convertible_v<Score, double>);
static_assert(!std::is_convertible_v<Score, bool>);

static_assert(!Score{}.known() && Score{} == Score{0.0});
static_assert(Score{}.value() != Score{}.value(),
              "NaN: whatever an unknown score is compared with, the answer is false");
static_assert(Score{}.value_or(0.5) == 0.5 && Score{0.25}.value_or(0.5) == 0.25);

static_assert(Score{0.25}.known() && Score{0.25}.value() == 0.25);
static_assert(Score{1.0}.value() == 1 && Score{1.0285}.value() == 1
              && Score{infinity}.value() == 1);
static_assert(!Score{-0.1}.known() && !Score{-infinity}.known() && !Score{nan}.known()
              && !Score{-0.0}.known());
static_assert(Score{0.25} == Score{0.25} && Score{0.25} != Score{0.5} && Score{0.25} != Score{});

static_assert(Score::ratio(5, 50).value() == 0.1
              && Score::ratio(1, 10) == Score::ratio(4294967, 42949670));
static_assert(Score::ratio(3, 10).value() == 0.3 && Score::ratio(7, 10).value() == 0.7);
static_assert(Score::ratio(2, 1).value() == 1 && Score::ratio(huge, tiny).value() == 1);
static_assert(Score::ratio(tiny, huge).known() && Score::ratio(tiny, huge).value() > 0,
              "never rounded down to unknown");
static_assert(!Score::ratio(0, 1).known() && !Score::ratio(1, 0).known()
              && !Score::ratio(0, 0).known());
static_assert(!Score::ratio(-1, 2).known() && !Score::ratio(1, -2).known()
              && !Score::ratio(-1, -2).known());
static_assert(!Score::ratio(nan, 1).known() && !Score::ratio(1, nan).known());
static_assert(!Score::ratio(infinity, 1).known() && !Score::ratio(1, infinity).known()
              && !Score::ratio(infinity, infinity).known());

// Of integers: the very same quotients, at both ends of what they hold.
constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
constexpr bool same(std::uint32_t part, std::uint32_t whole)
{
    return aroma::detail::CountRatio::of(part, whole, true)
            == Score::ratio(static_cast<double>(part), static_cast<double>(whole))
        && !aroma::detail::CountRatio::of(part, whole, false).known();
}
static_assert(same(5, 50) && same(3, 10) && same(7, 10) && same(1, 3) && same(2, 3) && same(50, 5)
              && same(1, 1) && same(123'456, 654'321));
static_assert(same(1, most) && same(most, 1) && same(most, most) && same(most - 1, most)
              && same(1U << 31, most) && same((1U << 31) - 1, 1U << 31));
static_assert(same(0, 1) && same(1, 0) && same(0, 0) && same(0, most) && same(most, 0));
static_assert(noexcept(aroma::detail::CountRatio::of(1U, 2U, true)));

static_assert(noexcept(Score::ratio(1, 2)) && noexcept(Score{}.value()) && noexcept(
    Score{}.value_or(1)) && noexcept(Score{}.known()));

} // namespace
