// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/baseline.hpp: names and their order, what a segment records, and where a name
// goes when there are too many.

#include <aroma/operate/baseline.hpp>
#include <aroma/operate/segment_name.hpp>

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

static_assert(std::is_trivially_copyable_v<Segment>);
static_assert(std::is_trivially_copyable_v<Baseline<3>>);
static_assert(sizeof(Segment) == 7640 && sizeof(Baseline<64>) <= 65 * 7712 + 128);

// Names.
static_assert(std::is_nothrow_convertible_v<char const*, SegmentName>);
static_assert(std::is_nothrow_convertible_v<std::string_view, SegmentName>);
static_assert(std::is_nothrow_convertible_v<std::string const&, SegmentName>);
static_assert(!std::is_convertible_v<int, SegmentName>);
constexpr SegmentName cdg{"cdg/mobile"};
static_assert(cdg == "cdg/mobile"sv && cdg.parent() == "cdg" && cdg.parent().parent() == ""
              && SegmentName{}.parent() == "");
static_assert(SegmentName{}.size() == 0 && SegmentName{} == "" && SegmentName{nullptr} == "");
static_assert(SegmentName{"/"}.parent() == "" && SegmentName{"a//b"}.parent() == "a/");
static_assert(cdg.is_within("") && cdg.is_within("cdg") && cdg.is_within("cdg/mobile")
              && SegmentName{}.is_within(""));
static_assert(!cdg.is_within("cdg/mobile/5g") && !cdg.is_within("cd") && !cdg.is_within("cdh")
              && !cdg.is_within("cdg/m") && !SegmentName{}.is_within("cdg"));
static_assert(SegmentName{"a"} < "b" && SegmentName{""} < "a" && SegmentName{"a"} < "aa"
              && !(SegmentName{"aa"} < "a") && !(SegmentName{"a"} < "a"));
static_assert(SegmentName{"z"} < "\xc3\xa9", "by bytes, which are not signed");

constexpr char const longest[] = "123456789012345678901234567890123456789012345678901234567890abcd";
static_assert(validate({longest, 63}) == NameError::none
              && validate({longest, 64}) == NameError::too_long);
static_assert(validate("") == NameError::none && validate("de/mobile/fra1") == NameError::none
              && validate("AS64496") == NameError::none && validate("a.b_c-d") == NameError::none
              && validate("AZaz09") == NameError::none);
static_assert(validate("/de") == NameError::empty_part && validate("de/") == NameError::empty_part
              && validate("/") == NameError::empty_part
              && validate("de//mobile") == NameError::empty_part);
static_assert(validate("de mobile") == NameError::wrong_character
              && validate("a=b") == NameError::wrong_character
              && validate("S\xc3\xa3o Paulo/\xff") == NameError::wrong_character);
static_assert(validate("a\nb") == NameError::wrong_character
              && validate("\x7f") == NameError::wrong_character
              && validate("a\0b"sv) == NameError::wrong_character);
static_assert(validate("*") == NameError::wrong_character
              && validate("2001:db8::1") == NameError::wrong_character
              && validate(name_of_others) == NameError::wrong_character);
static_assert(validate("203.0.113.7") == NameError::address
              && validate("net/10.0.0.0") == NameError::address
              && validate("8.8.4.4") == NameError::address
              && validate("ip-10-0-0-1") == NameError::address);
static_assert(validate("8.8..4.4") == NameError::none && validate("8-8--4-4") == NameError::none
              && validate("1.2.3") == NameError::none && validate("1/2/3/4") == NameError::none
              && validate({"1.2.3.4", 6}) == NameError::none);

// Text has a name for the root too, and that is no other segment's.
static_assert(SegmentName{}.in_text() == "*" && cdg.in_text() == cdg
              && SegmentName::from_text("*") == "" && SegmentName::from_text("cdg/mobile") == cdg
              && SegmentName::from_text("") == "");

// A copy.
static_assert(StoredSegmentName{} == SegmentName{} && StoredSegmentName{cdg} == cdg
              && StoredSegmentName{{longest, 64}} == SegmentName{longest, 63});
static_assert(sizeof(StoredSegmentName) == 64 && std::is_trivially_copyable_v<StoredSegmentName>);

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
                   && segment.application.total() == 1 && segment.unknown == 2;
    bool const where = segment.scores.count(50) == 1
                    && segment.transport.count(RttHistogram::bin(5ms)) == 2
                    && segment.application.count(RttHistogram::bin(65ms)) == 1;
    segment.merge(segment);
    return each && where && segment.scores.count(50) == 2 && segment.transport.total() == 4
        && segment.application.total() == 2 && segment.unknown == 4;
}
static_assert(records());

constexpr bool unknown_saturates()
{
    Segment a;
    a.add_unknown(Segment::most - 1);
    Segment b = a;
    b.record(Assessment{});
    b.record(Assessment{});
    a.merge(b);
    return a.unknown == Segment::most && b.unknown == Segment::most;
}
static_assert(unknown_saturates());

// Recording: first come, first served, and nothing is lost.
constexpr bool adds()
{
    Baseline<2> baseline;
    auto const record = [&](SegmentName name) {
        baseline.find_or_add(name).record(assess(RttSample{5ms, 50ms}));
    };
    for (char const* const name : {"m", "m", "z", "a", "(others)", "b\n"})
        record(name);
    SegmentName const expected[] = {"m", "z", name_of_others};
    std::uint64_t const counts[] = {2, 1, 3};
    std::size_t at = 0;
    bool in_order = true;
    baseline.for_each([&](SegmentName name, Segment const& segment) {
        in_order =
            in_order && at < 3 && name == expected[at] && segment.scores.total() == counts[at];
        ++at;
    });
    return in_order && at == 3 && baseline.size() == 2 && baseline.others().scores.total() == 3
        && baseline.find("m")->scores.total() == 2 && baseline.find("a") == nullptr
        && baseline.find("(others)") == &baseline.others()
        && baseline.within("").scores.total() == 6 && baseline.within("m").scores.total() == 2
        && baseline.within("q") == Segment{};
}
static_assert(adds());

// Merging: of all names those that sort first stay.
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
    bool const kept = ab.size() == 2 && ab.find("c") && ab.find("m") && !ab.find("z")
                   && ab.others().scores.total() == 2;
    ab.merge("b", a.others());
    ab.merge("(others)", *a.find("m"));
    ab.merge("\t", *a.find("m"));
    return kept && ba != ab && ab.size() == 2 && ab.find("b") && ab.find("b")->scores.total() == 0
        && ab.others().scores.total() == 5;
}
static_assert(merges());

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
