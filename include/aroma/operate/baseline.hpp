// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/baseline.hpp: the distributions of scores and RTTs, segment by segment.
//
// Synopsis
//   struct Segment {                      7,768 bytes, trivially copyable
//       ScoreHistogram scores;
//       RttHistogram   transport;         TCP's minimum RTTs                   sample.minimum
//       RttHistogram   application;       RTTs above TCP                       sample.application
//       UnknownCounts  unknown;           assessments without a score, by their status; nothing
//                                         else of them is counted
//       void           record(assessment);
//       std::uint64_t  total();           assessments recorded
//       void           merge(Segment);
//   };
//   class UnknownCounts {                 count(Status), total(), add(Status, count), merge(other)
//       static Status status(bin);        bins of them: each Status but ok, in its order
//   };
//   class Baseline<MostSegments> {        a fixed size, some 8 KiB for each segment: static, or on
//                                         the heap, but not on a stack
//       Segment&       find_or_add(name); that of the name, added if it is new; others() if
//                                         it cannot be
//       Segment const* find(name);        nullptr if there is none
//       Segment const& others();          what was recorded for names that could not be added
//       std::size_t    size();            how many have names
//       void           for_each(f);       f(SegmentName, Segment const&) in order of name; then
//                                         "(others)", if anything is in it
//       Segment        within(path);      all of that path and below it; of "", of everything
//       void           merge(Baseline);   one with another MostSegments too
//       void           merge(name, Segment);
//       void           merge_each(source);        source(f) calls f(name, segment), every name once
//   };
//
// A segment is a group of clients with a baseline of its own: a PoP, a country, a kind of network,
// a device. Invalid names, and new names if there are MostSegments already, are counted together in
// others(), so that nothing is lost. Room goes to the first names: take them from a list of your
// own, and add them when the server starts. If a client's header chose the name, that client could
// fill the baseline.
//
//     static aroma::Baseline<64> mine[threads];              // each thread records in its own:
//     aroma::Segment& cdg = mine[i].find_or_add("cdg/mobile");   // looked up once
//     cdg.record(aroma::score(fd));                          // a few ns, without a lock
//     for (auto const& one : mine) all->merge(one);          // and any other thread merges them
//
//     for (auto const& day : last_seven_days) week->merge(day);  // a window that moves
//
// Merging is exact, and its order does not matter if all names fit. If they do not, the names with
// the most assessments in the two baselines stay (of equal ones, those first in byte order), and
// the rest goes to others(); it does not matter which one is merged into the other. With three or
// more baselines, the names that stay may depend on the order. A removed name had at most 1 /
// (MostSegments + 1) of all assessments until then, and starts anew if it appears again. To be
// independent of the order, merge into a baseline in which all names fit, and that one into the
// smaller one. Merging may remove a segment: never merge into a baseline while its segments are
// recorded in.
//
// One thread may call find_or_add() and record() while others merge() this baseline into theirs:
// every count is exact, and this merge or the next one sees what is recorded meanwhile. No other
// call may run while the baseline is changed.
#ifndef AROMA_OPERATE_BASELINE_HPP
#define AROMA_OPERATE_BASELINE_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/atomic.hpp>
#include <aroma/detail/bisect.hpp>
#include <aroma/duration.hpp>
#include <aroma/operate/histogram.hpp>
#include <aroma/operate/segment_name.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint16_t, uint32_t, uint64_t

namespace aroma {

// The number of assessments without a score, by status.
class UnknownCounts : public detail::Counts<static_cast<std::size_t>(Status::refused)> {
public:
    // of that bin; Status::ok has none
    [[nodiscard]] static constexpr Status status(std::size_t bin) noexcept
    {
        return static_cast<Status>(bin + 1);
    }

    using Counts::count;
    // Of that status; 0 of ok.
    [[nodiscard]] constexpr std::uint32_t count(Status of) const noexcept
    {
        return of == Status::ok ? 0 : count(static_cast<std::size_t>(of) - 1);
    }

    using Counts::add;
    // ok and invalid statuses count as no_sample.
    constexpr void add(Status of, std::uint32_t count) noexcept
    {
        auto const value = static_cast<std::size_t>(of);
        add(value >= 1 && value <= bins ? value - 1 : 0, count);
    }

    friend constexpr bool operator==(UnknownCounts const&, UnknownCounts const&) noexcept = default;
};

// What was recorded of one segment: 7,768 bytes, trivially copyable.
struct Segment {
    ScoreHistogram scores{}; // of assessments whose status is ok
    RttHistogram transport{};
    RttHistogram application{};
    UnknownCounts unknown{};

    static constexpr std::uint32_t most = detail::most_counted; // at which a count stops: 2^31 - 1

    // Counts the score and the RTTs of an assessment that has a score, and the status of any other.
    template <duration_like D>
    constexpr void record(BasicAssessment<D> const& assessment) noexcept
    {
        if (!assessment.score.known()) [[unlikely]] {
            unknown.add(assessment.status, 1);
            return;
        }
        scores.add(assessment.score);
        transport.add(assessment.sample.minimum);
        application.add(assessment.sample.application);
    }

    // Assessments recorded, with a score and without.
    [[nodiscard]] constexpr std::uint64_t total() const noexcept
    {
        return scores.total() + unknown.total();
    }

    // Adds what the other has counted; stops at most.
    constexpr void merge(Segment const& other) noexcept
    {
        scores.merge(other.scores);
        transport.merge(other.transport);
        application.merge(other.application);
        unknown.merge(other.unknown);
    }

    friend constexpr bool operator==(Segment const&, Segment const&) noexcept = default;
};

// Segments by their names, in a fixed size of some 8 KiB for each: static, or on the heap, but on
// no stack.
template <std::size_t MostSegments>
class Baseline {
    static_assert(MostSegments >= 1 && MostSegments <= 65'535,
                  "a baseline has 1 to 65,535 segments");

public:
    static constexpr std::size_t most_segments = MostSegments; // the template's MostSegments

    // About 80 ns with 64 names: keep the reference, which stays valid as long as the baseline.
    [[nodiscard]] constexpr Segment& find_or_add(SegmentName name) noexcept
    {
        if (validate(name) != NameError::none)
            return others_;
        std::size_t const at = position(name);
        if (is_at(at, name))
            return slots_[order_[at]].segment;
        if (size_ == MostSegments)
            return others_;
        return add(at, size_, name);
    }

    [[nodiscard]] constexpr Segment const* find(SegmentName name) const noexcept
    {
        if (name == name_of_others)
            return &others_;
        std::size_t const at = position(name);
        return is_at(at, name) ? &slots_[order_[at]].segment : nullptr;
    }

    // What was recorded under names that could not be added.
    [[nodiscard]] constexpr Segment const& others() const noexcept { return others_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

    template <class F>
    constexpr void for_each(F&& f) const
    {
        for (std::size_t i = 0; i < size_; ++i)
            f(SegmentName{slots_[order_[i]].name}, slots_[order_[i]].segment);
        if (!(others_ == Segment{}))
            f(name_of_others, others_);
    }

    [[nodiscard]] constexpr Segment within(SegmentName path) const noexcept
    {
        Segment sum;
        for_each([&](SegmentName name, Segment const& segment) {
            if (name.is_within(path))
                sum.merge(segment);
        });
        return sum;
    }

    // Adds all counts of the other, those of names beyond the limit to others().
    constexpr void merge(Baseline const& other) noexcept
    {
        std::size_t const theirs = detail::load_acquire(other.size_); // it may be recorded in
        merge_each([&](auto const& f) {
            for (std::size_t i = 0; i < theirs; ++i)
                f(SegmentName{other.slots_[i].name}, other.slots_[i].segment);
        });
        others_.merge(other.others_);
    }

    // The same for a baseline with another limit, in which no thread records meanwhile.
    template <std::size_t OtherMost>
    constexpr void merge(Baseline<OtherMost> const& other) noexcept
    {
        merge_each([&](auto const& f) { other.for_each(f); });
    }

    // The same for one segment, which may be one of this baseline.
    constexpr void merge(SegmentName name, Segment const& segment) noexcept
    {
        Segment own; // a copy: a segment of this baseline may go to others() first
        own.merge(segment);
        if (StoredSegmentName const stored{name}; validate(name) == NameError::none)
            merge_each([&](auto const& f) { f(SegmentName{stored}, own); });
        else
            others_.merge(own);
    }

    // The same for every segment that source(f) passes to f(name, segment): no name twice, and no
    // segment of this baseline. source is called up to four times.
    template <class Source>
    constexpr void merge_each(Source const& source)
    {
        std::size_t added = 0;
        source([&](SegmentName name, Segment const&) {
            added += validate(name) == NameError::none && !find(name) ? 1u : 0u;
        });
        if (size_ + added > MostSegments)
            choose(source);
        source([&](SegmentName name, Segment const& segment) { find_or_add(name).merge(segment); });
    }

    friend constexpr bool operator==(Baseline const& a, Baseline const& b) noexcept
    {
        if (a.size_ != b.size_ || !(a.others_ == b.others_))
            return false;
        for (std::size_t i = 0; i < a.size_; ++i) {
            Slot const &of_a = a.slots_[a.order_[i]], &of_b = b.slots_[b.order_[i]];
            if (!(of_a.name == of_b.name && of_a.segment == of_b.segment))
                return false;
        }
        return true;
    }

private:
    struct Slot {
        Segment segment{};
        StoredSegmentName name{};
    };

    // Gives a place to the MostSegments names with the most assessments, of those here and those to
    // be merged. The other segments here go to others(). Nothing is merged yet, so a name that has
    // lost its place is then treated like a new one.
    template <class Source>
    constexpr void choose(Source const& source)
    {
        for (std::size_t slot = 0; slot < size_; ++slot)
            ranks_[slot] = rank(slots_[slot].segment.total(), slot);
        source([&](SegmentName name, Segment const& segment) {
            if (std::size_t const at = position(name); is_at(at, name))
                ranks_[order_[at]] += rank(segment.total(), 0);
        });
        if (size_ == MostSegments)
            make_heap();
        source([&](SegmentName name, Segment const& segment) {
            if (validate(name) != NameError::none || find(name))
                return;
            std::uint64_t const total = segment.total();
            if (size_ < MostSegments) {
                ranks_[size_] = rank(total, size_);
                add(position(name), size_, name);
                if (size_ == MostSegments)
                    make_heap();
                return;
            }
            std::size_t const slot = slot_of(ranks_[0]);
            if (is_before(total_of(ranks_[0]), slots_[slot].name, total, name))
                return;
            others_.merge(slots_[slot].segment);
            slots_[slot].segment = Segment{};
            remove(slot);
            add(position(name), slot, name);
            ranks_[0] = rank(total, slot);
            sift(0);
        });
    }

    // A slot and its assessments, which are below 2^42: 515 counts of two segments.
    [[nodiscard]] static constexpr std::uint64_t rank(std::uint64_t total,
                                                      std::size_t slot) noexcept
    {
        static_assert(2 * (ScoreHistogram::bins + UnknownCounts::bins) < 2048);
        return total << 16 | slot;
    }
    [[nodiscard]] static constexpr std::uint64_t total_of(std::uint64_t rank) noexcept
    {
        return rank >> 16;
    }
    [[nodiscard]] static constexpr std::uint16_t slot_of(std::uint64_t rank) noexcept
    {
        return static_cast<std::uint16_t>(rank & 0xffff);
    }

    // Of all slots, the one whose name is the first to go in front.
    constexpr void make_heap() noexcept
    {
        for (std::size_t at = MostSegments / 2; at > 0; --at)
            sift(at - 1);
    }
    constexpr void sift(std::size_t at) noexcept
    {
        auto const stays = [this](std::uint64_t a, std::uint64_t b) {
            return is_before(total_of(a), slots_[slot_of(a)].name, total_of(b),
                             slots_[slot_of(b)].name);
        };
        for (std::size_t child = 2 * at + 1; child < MostSegments; child = 2 * at + 1) {
            if (child + 1 < MostSegments && stays(ranks_[child], ranks_[child + 1]))
                ++child;
            if (!stays(ranks_[at], ranks_[child]))
                return;
            std::uint64_t const moved = ranks_[at];
            ranks_[at] = ranks_[child];
            ranks_[child] = moved;
            at = child;
        }
    }

    // Whether a stays rather than b.
    [[nodiscard]] static constexpr bool is_before(std::uint64_t total_a, SegmentName a,
                                                  std::uint64_t total_b, SegmentName b) noexcept
    {
        return total_a != total_b ? total_a > total_b : a < b;
    }

    // The first place in order whose name is not before this one.
    [[nodiscard]] constexpr std::size_t position(SegmentName name) const noexcept
    {
        return detail::first_without(
            std::size_t{0}, size_, [&](std::size_t at) { return slots_[order_[at]].name < name; });
    }

    [[nodiscard]] constexpr bool is_at(std::size_t at, SegmentName name) const noexcept
    {
        return at < size_ && slots_[order_[at]].name == name;
    }

    // Puts a name into a free slot, and the slot into its place in order; later places move up.
    constexpr Segment& add(std::size_t at, std::size_t slot, SegmentName name) noexcept
    {
        slots_[slot].name = StoredSegmentName{name};
        for (std::size_t i = size_; i > at; --i)
            order_[i] = order_[i - 1];
        order_[at] = static_cast<std::uint16_t>(slot);
        // A thread that reads the size may read the names below it: slots are never moved.
        detail::store_release(size_, size_ + 1);
        return slots_[slot].segment;
    }

    // Removes the slot from its place.
    constexpr void remove(std::size_t slot) noexcept
    {
        --size_;
        for (std::size_t i = position(slots_[slot].name); i < size_ && i + 1 < MostSegments; ++i)
            order_[i] = order_[i + 1];
    }

    // All zero initially, so that a static baseline takes no room in the executable.
    Slot slots_[MostSegments]{};
    Segment others_{};
    std::uint64_t ranks_[MostSegments]{}; // of slots, while a merge chooses
    std::uint16_t order_[MostSegments]{}; // slots in order of name
    std::size_t size_ = 0;
};

} // namespace aroma

#endif // AROMA_OPERATE_BASELINE_HPP
