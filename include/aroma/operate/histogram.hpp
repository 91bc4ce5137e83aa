// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/histogram.hpp: how often each score and each round-trip time came, in a fixed
// number of bins.
//
// Synopsis
//   class ScoreHistogram {                bins of 0.002, and one for 1 itself
//       void   add(Score);                an unknown one is not counted
//       Score  quantile(q);               q from 0 to 1; within 0.001 of the score of that
//                                         rank; unknown if nothing was counted
//       count_below(double edge);         how many scores were below a multiple of 0.002: what
//                                         ThresholdClassifier would say of them
//       static bin(Score);  static double lower_edge(bin);
//   };
//   class RttHistogram {                  32 bins for each doubling of whole microseconds, up to
//                                         2^26 (67 s); the last has all longer ones
//       void   add(duration);             one that is not measured() is not counted
//       Microseconds quantile(q);         within 1/64 (1.6 %) of the whole us of that rank; zero,
//                                         "not measured", if nothing was counted
//       count_below(duration edge);       how many RTTs were in lower bins than the edge
//       static bin(duration);  static Microseconds lower_edge(bin);
//   };
//   both:  count(bin);  total();  add(bin, count);  merge(other);  operator==;  bins;  error;  most
//
// The result of merging is that of counting everything in one histogram, whatever the order. A
// count stops at most, 2^31 - 1. Between bins nothing is known: an edge that is no bin's lower edge
// counts as the next lower one.
//
// One thread may add() to a histogram while others merge() it into theirs: no count is lost or
// torn, and what is added meanwhile is seen by this merge or the next one. All else needs what any
// object needs: that nobody changes it at the same time.
//
// Log-linear bins as in HdrHistogram: a merge is exact in any order, which no sketch of ranks (KLL,
// t-digest) can promise.
#ifndef AROMA_OPERATE_HISTOGRAM_HPP
#define AROMA_OPERATE_HISTOGRAM_HPP

#include <aroma/duration.hpp>
#include <aroma/score.hpp>

#include <bit>         // bit_width, countr_zero
#include <cstddef>     // size_t
#include <cstdint>     // uint32_t, uint64_t
#include <limits>      // numeric_limits
#include <ratio>       // micro
#include <type_traits> // is_constant_evaluated, is_same_v

namespace aroma {

namespace detail {

// What one thread writes and others read: no operation that locks, and no <atomic>, which costs 300
// ms to include.
template <class Integer>
[[nodiscard]] constexpr Integer load_relaxed(Integer const& from) noexcept
{
    static_assert(__atomic_always_lock_free(sizeof(Integer), nullptr),
                  "this processor cannot read 64 bits at once");
    if (std::is_constant_evaluated())
        return from;
    return __atomic_load_n(&from, __ATOMIC_RELAXED);
}

template <class Integer>
constexpr void store_relaxed(Integer& to, Integer value) noexcept
{
    if (std::is_constant_evaluated())
        to = value;
    else
        __atomic_store_n(&to, value, __ATOMIC_RELAXED);
}

inline constexpr std::uint32_t most_counted = 0x7fff'ffff;

// Counts of 31 bits, two to a word: so one addition adds two of them, no carry crosses, and the bit
// above each says when to stop. A block is a cache line, and merging touches only those in which
// anything was counted.
template <std::size_t Bins>
class alignas(64) Counts {
public:
    static constexpr std::size_t bins = Bins;
    static constexpr std::uint32_t most = most_counted;

    [[nodiscard]] constexpr std::uint32_t count(std::size_t bin) const noexcept
    {
        return bin < bins
                 ? static_cast<std::uint32_t>(load_relaxed(words_[bin / 2]) >> shift(bin)) & most
                 : 0;
    }

    [[nodiscard]] constexpr std::uint64_t total() const noexcept { return sum_below(bins); }

    constexpr void add(std::size_t bin, std::uint32_t count) noexcept
    {
        if (bin >= bins || count == 0)
            return;
        std::uint64_t const room = most - this->count(bin);
        std::uint64_t& word = words_[bin / 2];
        store_relaxed(word, load_relaxed(word) + ((count < room ? count : room) << shift(bin)));
        occupy(bin);
    }

    constexpr void merge(Counts const& other) noexcept
    {
        std::uint64_t const theirs = load_relaxed(other.occupied_);
        std::uint64_t sums = 0;
        for (std::uint64_t left = theirs; left != 0; left &= left - 1) {
            std::size_t const at =
                static_cast<std::size_t>(std::countr_zero(left)) * words_per_block;
            sums |= add_four(words_ + at, other.words_ + at)
                  | add_four(words_ + at + 4, other.words_ + at + 4);
        }
        occupied_ |= theirs;
        if ((sums & full) != 0) {
            for (std::uint64_t& word : words_) {
                std::uint64_t const over = word & full;
                word = (word | (over - (over >> 31))) & ~full;
            }
        }
    }

    // By the counts alone: a merge may have seen a block taken for a count that it did not see yet.
    friend constexpr bool operator==(Counts const& a, Counts const& b) noexcept
    {
        for (std::size_t at = 0; at < blocks * words_per_block; ++at)
            if (a.words_[at] != b.words_[at])
                return false;
        return true;
    }

protected:
    constexpr void add_one(std::size_t bin) noexcept
    {
        std::uint64_t& word = words_[bin / 2];
        std::uint64_t const before = load_relaxed(word), sum = before + one[bin % 2];
        if (before == 0) [[unlikely]]
            occupy(bin);
        if ((sum & full) == 0) [[likely]]
            store_relaxed(word, sum);
    }

    [[nodiscard]] constexpr std::uint64_t sum_below(std::size_t end) const noexcept
    {
        std::uint64_t sum = 0;
        for (std::uint64_t left = load_relaxed(occupied_); left != 0; left &= left - 1) {
            std::size_t const begin =
                static_cast<std::size_t>(std::countr_zero(left)) * bins_per_block;
            for (std::size_t bin = begin; bin < begin + bins_per_block && bin < end; ++bin)
                sum += count(bin);
        }
        return sum;
    }

    // The bin of the value that stands at that rank in order: the smallest that at least q of all
    // are not above (the nearest-rank method). bins if there is none.
    [[nodiscard]] constexpr std::size_t bin_of_quantile(double q) const noexcept
    {
        std::uint64_t const all = total();
        if (all == 0 || !(q >= 0 && q <= 1))
            return bins;
        double const exact = q * static_cast<double>(all);
        auto rank = static_cast<std::uint64_t>(exact);
        if (static_cast<double>(rank) < exact || rank == 0)
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
    static constexpr std::size_t bins_per_block = 16, words_per_block = bins_per_block / 2;
    static constexpr std::size_t blocks = (bins + bins_per_block - 1) / bins_per_block;
    // a table, since a shift by a variable takes 0.2 ns more
    static constexpr std::uint64_t one[2] = {1, std::uint64_t{1} << 32};
    static constexpr std::uint64_t full = 0x8000'0000'8000'0000;
    static_assert(blocks <= 64);

    [[nodiscard]] static constexpr std::size_t shift(std::size_t bin) noexcept
    {
        return bin % 2 * 32;
    }

    constexpr void occupy(std::size_t bin) noexcept
    {
        store_relaxed(occupied_,
                      load_relaxed(occupied_) | std::uint64_t{1} << bin / bins_per_block);
    }

    // Four at a time, all of them read before one is written: half the time of a loop over each.
    static constexpr std::uint64_t add_four(std::uint64_t* to, std::uint64_t const* from) noexcept
    {
        std::uint64_t const a = to[0] + load_relaxed(from[0]), b = to[1] + load_relaxed(from[1]);
        std::uint64_t const c = to[2] + load_relaxed(from[2]), d = to[3] + load_relaxed(from[3]);
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
        return a | b | c | d;
    }

    std::uint64_t words_[blocks * words_per_block]{};
    std::uint64_t occupied_ = 0; // a bit for each block in which anything was ever counted
};

struct ScoreEdges {
    double at[501]{};
};
inline constexpr ScoreEdges score_edges = [] {
    ScoreEdges edges;
    for (int i = 0; i <= 500; ++i)
        edges.at[i] = i / 500.0; // as 0.1 is written in a program: the double nearest to it
    return edges;
}();

} // namespace detail

class ScoreHistogram : public detail::Counts<501> {
public:
    static constexpr double error = 0.001; // of a quantile, at most

    // A known score's bin. Three roundings, each within 2^-53, lie between an edge and its number;
    // the factor is higher by 2^-50, so that the product is never too low, and the table says where
    // it is too high. No division, which -ffast-math may replace by an inexact product.
    [[nodiscard]] static constexpr std::size_t bin(Score score) noexcept
    {
        constexpr double factor = 500 * (1 + 4 * std::numeric_limits<double>::epsilon());
        double const value = score.value_or(0);
        // to a signed one is a single instruction
        auto const at = static_cast<std::size_t>(static_cast<int>(value * factor));
        return at - (value < detail::score_edges.at[at] ? 1 : 0);
    }

    // The lowest score of a bin.
    [[nodiscard]] static constexpr double lower_edge(std::size_t bin) noexcept
    {
        return detail::score_edges.at[bin < bins ? bin : bins - 1];
    }

    using Counts::add;
    constexpr void add(Score score) noexcept
    {
        if (score.known())
            add_one(bin(score));
    }

    [[nodiscard]] constexpr std::uint64_t count_below(double edge) const noexcept
    {
        return edge > 1 ? total() : sum_below(bin(Score{edge}));
    }

    [[nodiscard]] constexpr Score quantile(double q) const noexcept
    {
        std::size_t const bin = bin_of_quantile(q);
        return bin < bins ? Score{(lower_edge(bin) + lower_edge(bin + 1)) / 2} : Score{};
    }

    friend constexpr bool operator==(ScoreHistogram const&,
                                     ScoreHistogram const&) noexcept = default;
};

class RttHistogram : public detail::Counts<(26 - 5 + 1) * 32> {
public:
    // of the RTT: half a bin, of which the narrowest has 32 to its lower edge
    static constexpr double error = 1.0 / 64;

    // In which bin an RTT is counted; the last one for all that is longer.
    template <duration_like D>
    [[nodiscard]] static constexpr std::size_t bin(D rtt) noexcept
    {
        return bin_of(whole_microseconds(rtt));
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
        std::uint32_t const us = whole_microseconds(rtt);
        if (us - 1 < longest - 1) [[likely]] // one comparison for all that is neither zero nor long
            add_one(bin_of(us));
        else if (measured(rtt))
            add_one(bin_of(us));
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

    // [0, 64) by the microsecond, then 32 bins to each doubling.
    [[nodiscard]] static constexpr std::size_t bin_of(std::uint32_t us) noexcept
    {
        auto const doublings = static_cast<std::uint32_t>(std::bit_width(us | 63)) - 6;
        return doublings * 32 + (us >> doublings);
    }

    template <duration_like D>
    [[nodiscard]] static constexpr std::uint32_t whole_microseconds(D rtt) noexcept
    {
        if constexpr (std::is_same_v<D, Microseconds>) {
            return rtt.count() < longest ? rtt.count() : longest;
        } else {
            double const us = rtt.count() > 0 ? count_in<std::micro>(rtt) : 0;
            return us < longest ? static_cast<std::uint32_t>(us) : longest;
        }
    }
};

} // namespace aroma

#endif // AROMA_OPERATE_HISTOGRAM_HPP
