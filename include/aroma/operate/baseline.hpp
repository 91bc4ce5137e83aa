// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/baseline.hpp: the distributions of scores and RTTs, segment by segment.
//
// Synopsis
//   struct Segment {                      7,640 bytes, trivially copyable
//       ScoreHistogram scores;
//       RttHistogram   transport;         lowest RTTs of TCP                   sample.minimum
//       RttHistogram   application;       RTTs above TCP                       sample.application
//       std::uint32_t  unknown;           assessments without a score, of which nothing else is
//                                         counted
//       void record(assessment);
//       void merge(Segment);
//   };
//   class Baseline<MostSegments> {        a fixed size, some 8 KiB for each segment: static, or on
//                                         the heap, but on no stack
//       Segment&       find_or_add(name); that of the name, added if it is new; others() if
//                                         it cannot be
//       Segment const* find(name);        nullptr if there is none
//       Segment const& others();          what was recorded for names that could not be added
//       std::size_t    size();            how many have names
//       void           for_each(f);       f(SegmentName, Segment const&) in order of name; then
//                                         "(others)", if anything is in it
//       Segment        within(path);      all of that path and below it; of "", of everything
//       void           merge(Baseline);
//       void           merge(name, Segment);
//   };
//
// A segment is whatever has a baseline of its own: a PoP, a country, a kind of network, a device.
// Names that must not be, and new names if there are MostSegments already, are counted together
// in others(), so that an attacker's names can take no memory and nothing is lost.
//
//     static aroma::Baseline<64> mine[threads];              // each thread records in its own:
//     aroma::Segment& cdg = mine[i].find_or_add("cdg/mobile");   // looked up once
//     cdg.record(aroma::score(fd));                          // a few ns, without a lock
//     for (auto const& one : mine) all->merge(one);          // and any other thread merges them
//
//     for (auto const& day : last_seven_days) week->merge(day);  // a window that moves
//
// Merging gives the same result in every order, the limit included: of all names those that sort
// first stay, by their bytes, and the rest goes to others(). So a segment may go there that had
// been one of its own: never merge into a baseline whose segments are being recorded in.
//
// One thread may call find_or_add() and record() while others merge() this baseline into theirs:
// every count is exact, and what is recorded meanwhile is seen by this merge or the next one. All
// else needs that nobody changes the baseline at the same time.
#ifndef AROMA_OPERATE_BASELINE_HPP
#define AROMA_OPERATE_BASELINE_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/atomic.hpp>
#include <aroma/detail/bisect.hpp>
#include <aroma/duration.hpp>
#include <aroma/operate/histogram.hpp>
#include <aroma/operate/segment_name.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint16_t, uint32_t

namespace aroma {

struct Segment {
    ScoreHistogram scores{}; // of assessments whose status is ok
    RttHistogram transport{};
    RttHistogram application{};
    std::uint32_t unknown = 0;

    static constexpr std::uint32_t most = detail::most_counted; // at which a count stops: 2^31 - 1

    // Counts the score and the RTTs of an assessment that has a score, and one unknown for any
    // other.
    template <duration_like D>
    constexpr void record(BasicAssessment<D> const& assessment) noexcept
    {
        if (!assessment.score.known()) [[unlikely]] {
            add_unknown(1);
            return;
        }
        scores.add(assessment.score);
        transport.add(assessment.sample.minimum);
        application.add(assessment.sample.application);
    }

    // As many more assessments without a score; stops at most.
    constexpr void add_unknown(std::uint32_t count) noexcept { detail::count_more(unknown, count); }

    // Adds what the other has counted; stops at most.
    constexpr void merge(Segment const& other) noexcept
    {
        scores.merge(other.scores);
        transport.merge(other.transport);
        application.merge(other.application);
        add_unknown(detail::load_relaxed(other.unknown));
    }

    friend constexpr bool operator==(Segment const&, Segment const&) noexcept = default;
};

template <std::size_t MostSegments>
class Baseline {
    static_assert(MostSegments >= 1 && MostSegments <= 65'535,
                  "a baseline has 1 to 65,535 segments");

public:
    static constexpr std::size_t most_segments = MostSegments; // the template's MostSegments

    // Some 80 ns of 64 names: keep the reference, which stays valid as long as the baseline.
    [[nodiscard]] constexpr Segment& find_or_add(SegmentName name) noexcept
    {
        if (validate(name) != NameError::none)
            return others_;
        std::size_t const at = position(name);
        if (is_at(at, name))
            return slots_[order_[at]].segment;
        if (size_ == MostSegments)
            return others_;
        return add(at, name);
    }

    [[nodiscard]] constexpr Segment const* find(SegmentName name) const noexcept
    {
        if (name == name_of_others)
            return &others_;
        std::size_t const at = position(name);
        return is_at(at, name) ? &slots_[order_[at]].segment : nullptr;
    }

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

    // Adds all that the other has counted, the names beyond the limit to others(); the same in
    // every order.
    constexpr void merge(Baseline const& other) noexcept
    {
        std::size_t const theirs = detail::load_acquire(other.size_);
        for (std::size_t i = 0; i < theirs; ++i)
            place(other.slots_[i].name).merge(other.slots_[i].segment);
        others_.merge(other.others_);
    }

    // The same of one segment.
    constexpr void merge(SegmentName name, Segment const& segment) noexcept
    {
        (validate(name) == NameError::none ? place(name) : others_).merge(segment);
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

    // Where what is merged under a valid name belongs: of all names, those that sort first stay.
    [[nodiscard]] constexpr Segment& place(SegmentName name) noexcept
    {
        std::size_t const at = position(name);
        if (is_at(at, name))
            return slots_[order_[at]].segment;
        if (size_ < MostSegments)
            return add(at, name);
        if (at == MostSegments)
            return others_;
        std::uint16_t const last = order_[MostSegments - 1];
        others_.merge(slots_[last].segment);
        slots_[last].segment = Segment{};
        return put(at, last, name);
    }

    // The first place in order whose name is not before that one.
    [[nodiscard]] constexpr std::size_t position(SegmentName name) const noexcept
    {
        return detail::first_without(
            std::size_t{0}, size_, [&](std::size_t at) { return slots_[order_[at]].name < name; });
    }

    [[nodiscard]] constexpr bool is_at(std::size_t at, SegmentName name) const noexcept
    {
        return at < size_ && slots_[order_[at]].name == name;
    }

    constexpr Segment& add(std::size_t at, SegmentName name) noexcept
    {
        Segment& added = put(at, static_cast<std::uint16_t>(size_), name);
        // Who reads the size reads the names below it: slots are never moved.
        detail::store_release(size_, size_ + 1);
        return added;
    }

    // A name into a slot, and the slot into its place in order; the places from there on move up by
    // one, over the last if it is full.
    constexpr Segment& put(std::size_t at, std::uint16_t slot, SegmentName name) noexcept
    {
        slots_[slot].name = StoredSegmentName{name};
        for (std::size_t i = size_ < MostSegments ? size_ : MostSegments - 1; i > at; --i)
            order_[i] = order_[i - 1];
        order_[at] = slot;
        return slots_[slot].segment;
    }

    // All zero at first, so that a static baseline takes no room in the program's file.
    Slot slots_[MostSegments]{};
    Segment others_{};
    std::uint16_t order_[MostSegments]{}; // slots in order of name
    std::size_t size_ = 0;
};

} // namespace aroma

#endif // AROMA_OPERATE_BASELINE_HPP
