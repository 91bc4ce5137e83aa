// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/histogram.hpp: where each bin begins, that no value falls between two, and
// that counting is adding.

#include "facts.hpp"

#include <aroma/operate/histogram.hpp>
#include <aroma/threshold_classifier.hpp>

#include <bit>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

static_assert(std::is_trivially_copyable_v<ScoreHistogram>);
static_assert(std::is_trivially_copyable_v<RttHistogram>);
static_assert(sizeof(ScoreHistogram) == 501 * 4 && sizeof(RttHistogram) == 704 * 4);
static_assert(std::is_nothrow_default_constructible_v<ScoreHistogram>);
static_assert(std::is_nothrow_default_constructible_v<RttHistogram>);
static_assert(!std::is_convertible_v<ScoreHistogram&, RttHistogram&>);

// Scores: an edge is in the bin that it begins, and the double before it in the bin before.
constexpr double just_below(double value)
{
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) - 1);
}
constexpr bool edges_are_exact()
{
    for (std::size_t bin = 1; bin < ScoreHistogram::bins; ++bin) {
        double const edge = ScoreHistogram::lower_edge(bin);
        if (ScoreHistogram::bin(Score{edge}) != bin
            || ScoreHistogram::bin(Score{just_below(edge)}) != bin - 1)
            return false;
        if (edge - ScoreHistogram::lower_edge(bin - 1) > 2 * ScoreHistogram::error + 1e-15)
            return false;
    }
    return true;
}
static_assert(edges_are_exact());
static_assert(ScoreHistogram::bins == 501 && ScoreHistogram::lower_edge(0) == 0
              && ScoreHistogram::lower_edge(500) == 1);
static_assert(ScoreHistogram::lower_edge(50) == 0.1 && ScoreHistogram::lower_edge(150) == 0.3
              && ScoreHistogram::lower_edge(350) == 0.7);
static_assert(ScoreHistogram::bin(Score{std::numeric_limits<double>::denorm_min()}) == 0
              && ScoreHistogram::bin(Score{1.0}) == 500);
static_assert(ScoreHistogram::lower_edge(501) == 1
              && ScoreHistogram::lower_edge(~std::size_t{0}) == 1);

// What the classifier says on an edge and just below it is what is counted, for every edge that a
// threshold can have here.
constexpr bool agrees_with_the_classifier(std::size_t first, std::size_t end)
{
    for (std::size_t bin = first; bin < end; ++bin) {
        double const edge = ScoreHistogram::lower_edge(bin);
        ThresholdClassifier classify;
        if (classify.adjust({.unstable_below = edge, .suspicious_below = edge, .proxy_below = edge})
            != ThresholdError::none)
            return false;
        ScoreHistogram histogram;
        for (double const value : {edge, just_below(edge)}) {
            std::uint64_t const before = histogram.count_below(edge);
            histogram.add(Score{value});
            if ((classify(Score{value}) == Band::proxy)
                != (histogram.count_below(edge) == before + 1))
                return false;
        }
    }
    return true;
}
// in parts, since clang stops a constant after 2^20 steps
static_assert(agrees_with_the_classifier(1, 150) && ScoreHistogram::bins == 501);
static_assert(agrees_with_the_classifier(150, 250));
static_assert(agrees_with_the_classifier(250, 320));
static_assert(agrees_with_the_classifier(320, 380));
static_assert(agrees_with_the_classifier(380, 440));
static_assert(agrees_with_the_classifier(440, 501));

// RTTs: bins begin where the ones before end, each within the bound, up to 2^26 us.
constexpr bool gap_free()
{
    for (std::size_t bin = 0; bin < RttHistogram::bins; ++bin) {
        std::uint32_t const lowest = RttHistogram::lower_edge(bin).count(),
                            next = RttHistogram::lower_edge(bin + 1).count();
        if (next <= lowest || RttHistogram::bin(Microseconds{lowest}) != bin
            || RttHistogram::bin(Microseconds{next - 1}) != bin)
            return false;
        std::uint32_t const middle = lowest + (next - lowest) / 2;
        if (middle - lowest > RttHistogram::error * lowest
            || next - 1 - middle > RttHistogram::error * lowest)
            return false;
    }
    return RttHistogram::lower_edge(RttHistogram::bins).count() == 1u << 26;
}
static_assert(gap_free());
static_assert(RttHistogram::bins == 704 && RttHistogram::error <= 0.016);
static_assert(RttHistogram::bin(Microseconds{1u << 26}) == 703
              && RttHistogram::bin(Microseconds{0xffff'fffe}) == 703
              && RttHistogram::bin(72h) == 703);
static_assert(RttHistogram::bin(30ms) == RttHistogram::bin(Microseconds{30'000})
              && RttHistogram::bin(1999ns) == 1 && RttHistogram::bin(-5ms) == 0);
static_assert(RttHistogram::bin(facts::QuicTime{30'000'000})
              == RttHistogram::bin(Microseconds{30'000}));
static_assert(RttHistogram::bin(Duration<double, std::micro>{
                  std::numeric_limits<double>::infinity()})
              == 703);

// What is not counted, and what is.
constexpr std::uint64_t scores_counted(auto... scores)
{
    ScoreHistogram histogram;
    (histogram.add(scores), ...);
    return histogram.total();
}
constexpr std::uint64_t rtts_counted(auto... rtts)
{
    RttHistogram histogram;
    (histogram.add(rtts), ...);
    return histogram.total();
}
static_assert(scores_counted(Score{}, Score{-1.0}, Score{std::numeric_limits<double>::quiet_NaN()})
              == 0);
static_assert(scores_counted(Score{1.0}, Score{0.5}, Score{1e-300}) == 3);
static_assert(rtts_counted(Microseconds{}, Microseconds{0xffff'ffff}, 0ms, -1ms,
                           std::chrono::nanoseconds::max())
              == 0);
static_assert(rtts_counted(Microseconds{1}, 1ns, 1h, Microseconds{(1u << 26) - 1},
                           Microseconds{1u << 26}, Microseconds{0xffff'fffe})
              == 6);

// Quantiles: none of nothing; the value itself where one was counted; by nearest rank.
constexpr bool quantiles()
{
    ScoreHistogram scores;
    RttHistogram rtts;
    if (scores.quantile(0.5).known() || measured(rtts.quantile(0.5)))
        return false;
    scores.add(Score{1.0});
    rtts.add(100ns);
    if (scores.quantile(0).value() != 1 || scores.quantile(1).value() != 1
        || rtts.quantile(0.5).count() != 1)
        return false;
    for (int i = 0; i < 3; ++i)
        rtts.add(Microseconds{60});
    bool const ranks = rtts.quantile(0).count() == 1 && rtts.quantile(0.25).count() == 1
                    && rtts.quantile(0.2501).count() == 60 && rtts.quantile(1).count() == 60;
    bool const outside = !measured(rtts.quantile(-0.1)) && !measured(rtts.quantile(1.1))
                      && !measured(rtts.quantile(std::numeric_limits<double>::quiet_NaN()));
    return ranks && outside;
}
static_assert(quantiles());

// The 14th of a hundred is at 0.14, and 0.14 * 100 is above 14.
constexpr bool exact_ranks()
{
    RttHistogram rtts;
    for (std::uint32_t us = 1; us <= 50; ++us)
        rtts.add(us, 2); // the bins of 1 us
    for (std::uint32_t percent = 2; percent <= 100; percent += 2)
        if (rtts.quantile(percent / 100.0).count() != percent / 2)
            return false;
    return true;
}
static_assert(exact_ranks());

constexpr bool counts_below()
{
    ScoreHistogram scores;
    RttHistogram rtts;
    for (double const value : {0.05, 0.1, 0.5, 1.0})
        scores.add(Score{value});
    for (std::uint32_t const us : {10u, 20u, 1'000'000u})
        rtts.add(Microseconds{us});
    return scores.count_below(0) == 0 && scores.count_below(-1) == 0 && scores.count_below(0.1) == 1
        && scores.count_below(1) == 3 && scores.count_below(1.5) == 4
        && scores.count_below(0.101) == 1 && scores.count_below(0.102) == 2
        && scores.count_below(std::numeric_limits<double>::quiet_NaN()) == 0
        && rtts.count_below(20us) == 1 && rtts.count_below(21us) == 2 && rtts.count_below(1h) == 3
        && rtts.count_below(0us) == 0;
}
static_assert(counts_below());

// A count stops at most, and its neighbour goes on, whatever way it gets there;
// and no bin is beyond the last.
constexpr bool saturates()
{
    constexpr std::uint32_t most = RttHistogram::most;
    for (std::size_t const bin : {std::size_t{40}, std::size_t{41}}) {
        RttHistogram one;
        one.add(bin, most - 1);
        one.add(bin ^ 1, 7);
        RttHistogram two = one;
        two.add(Microseconds{static_cast<std::uint32_t>(bin)});
        if (two.count(bin) != most)
            return false;
        two.add(Microseconds{static_cast<std::uint32_t>(bin)});
        one.merge(two);
        if (two.count(bin) != most || one.count(bin) != most || one.count(bin ^ 1) != 14)
            return false;
        two.merge(two);
        two.add(bin, ~std::uint32_t{0});
        two.add(RttHistogram::bins, 1);
        if (two.count(bin) != most || two.count(bin ^ 1) != 14 || two.count(RttHistogram::bins) != 0
            || two.total() != most + std::uint64_t{14})
            return false;
    }
    return most == 2'147'483'647;
}
static_assert(saturates());

constexpr bool compares()
{
    ScoreHistogram a, b;
    a.add(Score{0.5});
    bool const differs = a != b;
    b.add(Score{0.5});
    return differs && a == b;
}
static_assert(compares());

static_assert(noexcept(RttHistogram{}.add(Nanoseconds{1})) && noexcept(
    RttHistogram{}.quantile(0.5)) && noexcept(RttHistogram{}.merge(RttHistogram{})));
static_assert(noexcept(ScoreHistogram{}.add(Score{})) && noexcept(
    ScoreHistogram{}.quantile(0.5)) && noexcept(ScoreHistogram{}.count_below(1)));

} // namespace
