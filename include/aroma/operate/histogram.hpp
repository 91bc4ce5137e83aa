// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/histogram.hpp: counts of scores and of RTTs, in a fixed number of bins.
//
// Synopsis
//   class ScoreHistogram {                bins of 0.002, and one for 1 itself
//       void   add(Score);                an unknown score is not counted
//       Score  quantile(q);               q from 0 to 1; within 0.001 of the score of that
//                                         rank; unknown if nothing was counted
//       count_below(double edge);         how many scores were below a multiple of 0.002, as
//                                         ThresholdClassifier compares them
//       static bin(Score);  static double lower_edge(bin);
//   };
//   class RttHistogram {                  32 bins for each doubling of whole microseconds, up to
//                                         2^26 (67 s); the last has all longer ones
//       void   add(duration);             not counted unless measured()
//       Microseconds quantile(q);         within 1/64 (1.6 %) of the whole us of that rank; zero,
//                                         "not measured", if nothing was counted
//       count_below(duration edge);       how many RTTs were in lower bins than the edge
//       static bin(duration);  static Microseconds lower_edge(bin);
//   };
//   both:  count(bin);  total();  add(bin, count);  merge(other);  operator==;  bins;  error;  most
//
// Merging gives the same as counting everything in one histogram, in any order. A count stops at
// 2^31 - 1 (most). An edge that is not a bin's lower edge counts as the next lower one.
//
// One thread may add() to a histogram while others merge() it into theirs: no count is lost or
// torn, and this merge or the next one sees what is added meanwhile. As usual, no other call may
// run while the histogram is changed.
//
// Log-linear bins as in HdrHistogram: merges are exact in any order, unlike those of KLL or
// t-digest.
#ifndef AROMA_OPERATE_HISTOGRAM_HPP
#define AROMA_OPERATE_HISTOGRAM_HPP

#include <aroma/detail/atomic.hpp>
#include <aroma/detail/binomial.hpp>
#include <aroma/detail/millionths.hpp>
#include <aroma/detail/range.hpp>
#include <aroma/duration.hpp>
#include <aroma/score.hpp>

#include <bit>         // bit_width
#include <cstddef>     // size_t
#include <cstdint>     // uint32_t, uint64_t
#include <ratio>       // micro
#include <type_traits> // is_integral_v

namespace aroma {

namespace detail {

// A count stops there: the sum of two counts fits into 32 bits.
inline constexpr std::uint32_t most_counted = 0x7fff'ffff;

constexpr void count_more(std::uint32_t& count, std::uint32_t more) noexcept
{
    std::uint32_t const before = load_relaxed(count), room = most_counted - before;
    store_relaxed(count, before + (more < room ? more : room));
}

template <std::size_t Bins>
class Counts {
public:
    static constexpr std::size_t bins = Bins;
    static constexpr std::uint32_t most = most_counted;

    [[nodiscard]] constexpr std::uint32_t count(std::size_t bin) const noexcept
    {
        return bin < bins ? load_relaxed(counts_[bin]) : 0;
    }

    [[nodiscard]] constexpr std::uint64_t total() const noexcept { return sum_below(bins); }

    constexpr void add(std::size_t bin, std::uint32_t count) noexcept
    {
        if (bin < bins)
            count_more(counts_[bin], count);
    }

    constexpr void merge(Counts const& other) noexcept
    {
        for (std::size_t bin = 0; bin < bins; ++bin)
            count_more(counts_[bin], load_relaxed(other.counts_[bin]));
    }

    friend constexpr bool operator==(Counts const&, Counts const&) noexcept = default;

protected:
    [[nodiscard]] constexpr std::uint64_t sum_below(std::size_t end) const noexcept
    {
        std::uint64_t sum = 0;
        for (std::size_t bin = 0; bin < end; ++bin)
            sum += load_relaxed(counts_[bin]);
        return sum;
    }

    // The bin of the value at this rank: the smallest value such that at least the share q of all
    // is not above it (the nearest-rank method). `bins` if there is none.
    [[nodiscard]] constexpr std::size_t bin_of_quantile(double q) const noexcept
    {
        std::uint64_t const all = total();
        if (all == 0 || !is_between(0, q, 1))
            return bins;
        std::uint64_t rank = most_within(q, all);
        if (static_cast<double>(rank) / static_cast<double>(all) < q || rank == 0)
            ++rank;
        std::size_t last = bins;
        for (std::size_t bin = 0; bin < bins && rank > 0; ++bin) {
            std::uint64_t const here = count(bin);
            last = here > 0 ? bin : last;
            rank = here < rank ? rank - here : 0;
        }
        return last;
    }

private:
    std::uint32_t counts_[bins]{};
};

} // namespace detail

// How often each score came: bins of 0.002, and one for 1 itself.
class ScoreHistogram : public detail::Counts<501> {
public:
    static constexpr double error = 0.001; // of a quantile, at most

    // The bin of a known score. Edges are the nearest doubles, equal to literals such as 0.1.
    [[nodiscard]] static constexpr std::size_t bin(Score score) noexcept
    {
        return detail::to_millionths(score.value_or(0)) / 2000;
    }

    // The lowest score of a bin.
    [[nodiscard]] static constexpr double lower_edge(std::size_t bin) noexcept
    {
        return detail::from_millionths(static_cast<std::uint32_t>(bin < bins ? bin : bins - 1)
                                       * 2000);
    }

    using Counts::add;
    constexpr void add(Score score) noexcept
    {
        if (score.known())
            add(bin(score), 1);
    }

    [[nodiscard]] constexpr std::uint64_t count_below(double edge) const noexcept
    {
        return edge > 1 && detail::is_number(edge) ? total() : sum_below(bin(Score{edge}));
    }

    [[nodiscard]] constexpr Score quantile(double q) const noexcept
    {
        std::size_t const bin = bin_of_quantile(q);
        return bin < bins ? Score{(lower_edge(bin) + lower_edge(bin + 1)) / 2} : Score{};
    }

    friend constexpr bool operator==(ScoreHistogram const&,
                                     ScoreHistogram const&) noexcept = default;
};

// How often each RTT came: 32 bins for each doubling of whole microseconds, up to 2^26 (67 s); the
// last has all longer ones.
class RttHistogram : public detail::Counts<(26 - 5 + 1) * 32> {
public:
    // of the RTT: half a bin, of which the narrowest has 32 to its lower edge
    static constexpr double error = 1.0 / 64;

    // The bin of an RTT; the last one for all longer RTTs.
    template <duration_like D>
    [[nodiscard]] static constexpr std::size_t bin(D rtt) noexcept
    {
        // [0, 64) in bins of 1 us, then 32 bins for each doubling.
        double exact = rtt.count() > 0 ? count_in<std::micro>(rtt) : 0;
        if constexpr (!std::is_integral_v<typename D::rep>)
            exact = detail::is_number(exact) ? exact : 0;
        std::uint32_t const us = exact < longest ? static_cast<std::uint32_t>(exact) : longest;
        auto const doublings = static_cast<std::uint32_t>(26 - std::countl_zero(us | 63));
        return doublings * 32 + (us >> doublings);
    }

    // The shortest RTT of a bin.
    [[nodiscard]] static constexpr Microseconds lower_edge(std::size_t bin) noexcept
    {
        auto const at = static_cast<std::uint32_t>(bin < bins ? bin : bins);
        std::uint32_t const doublings = at < 64 ? 0 : at / 32 - 1;
        return Microseconds{(at - doublings * 32) << doublings};
    }

    using Counts::add;
    template <duration_like D>
    constexpr void add(D rtt) noexcept
    {
        if (measured(rtt))
            add(bin(rtt), 1);
    }

    template <duration_like D>
    [[nodiscard]] constexpr std::uint64_t count_below(D edge) const noexcept
    {
        return sum_below(bin(edge));
    }

    [[nodiscard]] constexpr Microseconds quantile(double q) const noexcept
    {
        std::size_t const bin = bin_of_quantile(q);
        if (bin == bins)
            return Microseconds{};
        std::uint32_t const lowest = lower_edge(bin).count(), next = lower_edge(bin + 1).count();
        // below 1 us it is nearer to 1 than to "not measured"
        return Microseconds{next > 1 ? lowest + (next - lowest) / 2 : 1};
    }

    friend constexpr bool operator==(RttHistogram const&, RttHistogram const&) noexcept = default;

private:
    static constexpr std::uint32_t longest = (std::uint32_t{1} << 26) - 1;
};

} // namespace aroma

#endif // AROMA_OPERATE_HISTOGRAM_HPP
