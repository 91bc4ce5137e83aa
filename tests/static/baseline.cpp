// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/baseline.hpp: what a segment records, and where a name goes when there are
// too many.

#include <aroma/operate/baseline.hpp>
#include <aroma/operate/segment_name.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

static_assert(std::is_trivially_copyable_v<Segment>);
static_assert(std::is_trivially_copyable_v<Baseline<3>>);
static_assert(sizeof(Segment) == 7768 && sizeof(Baseline<64>) <= 65 * 7840 + 128);

// What a segment records.
constexpr bool records()
{
    Segment segment;
    segment.record(assess(RttSample{5ms, 50ms, 1ms, 65ms}));
    segment.record(assess(RttSample{5ms, 50ms}));
    segment.record(Assessment{});
    segment.record(BasicAssessment<Nanoseconds>{.status = Status::handshake_only,
                                                .sample = {Nanoseconds{7}, Nanoseconds{7}}});
    bool const each = segment.scores.total() == 2 && segment.transport.total() == 2
                   && segment.application.total() == 1 && segment.unknown.total() == 2
                   && segment.total() == 4;
    bool const where = segment.scores.count(50) == 1
                    && segment.transport.count(RttHistogram::bin(5ms)) == 2
                    && segment.application.count(RttHistogram::bin(65ms)) == 1
                    && segment.unknown.count(Status::no_sample) == 1
                    && segment.unknown.count(Status::handshake_only) == 1;
    segment.merge(segment);
    return each && where && segment.scores.count(50) == 2 && segment.transport.total() == 4
        && segment.application.total() == 2 && segment.unknown.total() == 4;
}
static_assert(records());

constexpr bool unknown_saturates()
{
    Segment a;
    a.unknown.add(Status::no_sample, Segment::most - 1);
    Segment b = a;
    b.record(Assessment{});
    b.record(Assessment{});
    a.merge(b);
    return a.unknown.count(Status::no_sample) == Segment::most
        && b.unknown.count(Status::no_sample) == Segment::most;
}
static_assert(unknown_saturates());

// Each status has a count of its own, and no other value takes one.
constexpr bool counts_by_status()
{
    UnknownCounts counts;
    for (std::size_t bin = 0; bin < UnknownCounts::bins; ++bin)
        counts.add(UnknownCounts::status(bin), static_cast<std::uint32_t>(bin + 1));
    bool each = counts.count(Status::no_sample) == 1
             && counts.count(Status::refused) == UnknownCounts::bins
             && counts.count(Status::ok) == 0 && counts.count(Status{200}) == 0;
    for (std::size_t bin = 0; bin < UnknownCounts::bins; ++bin)
        each = each && counts.count(UnknownCounts::status(bin)) == bin + 1;
    counts.add(Status::ok, 1);
    counts.add(Status{200}, 1);
    return each && counts.count(Status::no_sample) == 3;
}
static_assert(counts_by_status());
static_assert(name(UnknownCounts::status(UnknownCounts::bins)) == std::string_view{"not a status"},
              "no status is behind the last");

// Recording: first come, first served, and nothing is lost.
constexpr bool adds()
{
    Baseline<2> baseline;
    auto const record = [&](SegmentName name) {
        baseline.find_or_add(name).record(assess(RttSample{5ms, 50ms}));
    };
    for (char const* const name :
         {"m", "m", "z", "a", "(others)", "b\n", static_cast<char const*>(nullptr)})
        record(name);
    SegmentName const expected[] = {"m", "z", name_of_others};
    std::uint64_t const counts[] = {2, 1, 4};
    std::size_t at = 0;
    bool in_order = true;
    baseline.for_each([&](SegmentName name, Segment const& segment) {
        in_order =
            in_order && at < 3 && name == expected[at] && segment.scores.total() == counts[at];
        ++at;
    });
    return in_order && at == 3 && baseline.size() == 2 && baseline.others().scores.total() == 4
        && baseline.find(nullptr) == nullptr && baseline.find("m")->scores.total() == 2
        && baseline.find("a") == nullptr && baseline.find("(others)") == &baseline.others()
        && baseline.within("").scores.total() == 7 && baseline.within("m").scores.total() == 2
        && baseline.within("q") == Segment{};
}
static_assert(adds());

// Merging: of the names of both, those with the most assessments stay.
constexpr bool merges()
{
    Assessment const some = {.score = Score{0.5}, .band = Band::unstable, .status = Status::ok};
    Baseline<2> a, b;
    a.find_or_add("m").record(some);
    a.find_or_add("z").record(some);
    b.find_or_add("z").record(some);
    b.find_or_add("c").record(some);
    Baseline<2> ab = a, ba = b;
    ab.merge(b);
    ba.merge(a);
    bool const kept = ab == ba && ab.size() == 2 && ab.find("z") && ab.find("z")->total() == 2
                   && ab.find("c") && !ab.find("m") && ab.others().total() == 1;
    ab.merge("b", a.others()); // of no assessment
    ab.merge("(others)", *a.find("m"));
    ab.merge("\t", *a.find("m"));
    return kept && ba != ab && ab.size() == 2 && !ab.find("b") && ab.others().total() == 3;
}
static_assert(merges());

// A name that goes while others of its baseline are still to come is counted once.
constexpr bool merges_once()
{
    Baseline<1> here, there;
    here.merge("x", {});
    for (int i = 0; i < 5; ++i)
        here.find_or_add("x").record(Assessment{});
    Baseline<2> both;
    for (int i = 0; i < 10; ++i)
        both.find_or_add("y").record(Assessment{});
    both.find_or_add("x").record(Assessment{});
    here.merge_each([&](auto const& f) {
        both.for_each([&](SegmentName name, Segment const& segment) { f(name, segment); });
    });
    there.merge_each([&](auto const& f) { // in the other order
        f(SegmentName{"y"}, *both.find("y"));
        f(SegmentName{"x"}, *both.find("x"));
    });
    return here.size() == 1 && here.find("y") && here.find("y")->total() == 10
        && here.others().total() == 6 && there.find("y")->total() == 10
        && there.others().total() == 1;
}
static_assert(merges_once());

constexpr bool compares()
{
    Baseline<2> a, b;
    (void)a.find_or_add("x");
    (void)a.find_or_add("y");
    (void)b.find_or_add("y");
    bool const differs = a != b;
    (void)b.find_or_add("x");
    Baseline<2> another_first, another_last;
    for (char const* name : {"w", "y"})
        (void)another_first.find_or_add(name);
    for (char const* name : {"x", "z"})
        (void)another_last.find_or_add(name);
    return differs && a == b && a != another_first && a != another_last;
}
static_assert(compares());

static_assert(noexcept(Baseline<1>{}.find_or_add("")) && noexcept(
    Baseline<1>{}.find("")) && noexcept(Baseline<1>{}.within("")));

} // namespace
