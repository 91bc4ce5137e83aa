// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/segment_name.hpp: names, their parents and their order, and which are
// refused.

#include "facts.hpp"

#include <aroma/operate/segment_name.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::string_view_literals;

static_assert(std::is_nothrow_convertible_v<char const*, SegmentName>);
static_assert(std::is_nothrow_convertible_v<std::string_view, SegmentName>);
static_assert(std::is_nothrow_convertible_v<std::string const&, SegmentName>);
static_assert(!std::is_convertible_v<int, SegmentName>);
constexpr SegmentName cdg{"cdg/mobile"};
static_assert(cdg == "cdg/mobile"sv && cdg.parent() == "cdg" && cdg.parent().parent() == ""
              && SegmentName{}.parent() == "");
static_assert(SegmentName{}.size() == 0 && SegmentName{} == "");
static_assert(validate(nullptr) == NameError::null_pointer
              && validate("\0"sv) == NameError::null_pointer
              && validate(std::string_view{}) == NameError::none
              && !SegmentName{nullptr}.is_within("cdg") && SegmentName{nullptr}.parent() == "");
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
static_assert(validate("8.8..4.4") == NameError::address
              && validate("8-8--4-4") == NameError::address
              && validate("203/0/113/7") == NameError::address
              && validate("cdg/203.0/113_007") == NameError::address
              && validate("1..2..3..4") == NameError::address);
static_assert(validate("1.2.3") == NameError::none && validate({"1.2.3.4", 6}) == NameError::none
              && validate("2026-11-28") == NameError::none
              && validate("2026/11/28/12") == NameError::none
              && validate("2026-11-28-12") == NameError::none
              && validate("pop/1/rack2/3/4") == NameError::none
              && validate("3.256.1.2") == NameError::none);
static_assert(validate("2001-db8--1") == NameError::address
              && validate("net/2001_db8__1") == NameError::address
              && validate("fe80--1") == NameError::address
              && validate("FD00--ab-1") == NameError::address
              && validate("host-2a02-26f7-d6c1--a") == NameError::address
              && validate("2001-0db8-85a3-0000-0000-8a2e-0370-7334") == NameError::address);
static_assert(validate("a--b") == NameError::none && validate("face--b00c") == NameError::none
              && validate("2001-db8") == NameError::none && validate("xn--bcher") == NameError::none
              && validate("2026--beta") == NameError::none
              && validate("2a02/26f7") == NameError::none
              && validate("a-b-c-d-e-f-a") == NameError::none
              && validate("550e8400-e29b-41d4-a716-446655440000") == NameError::none);

// Text has a name for the root too, and that is no other segment's.
static_assert(SegmentName{}.in_text() == "*" && cdg.in_text() == cdg
              && SegmentName::from_text("*") == "" && SegmentName::from_text("cdg/mobile") == cdg
              && SegmentName::from_text("") == "");

// A copy.
static_assert(StoredSegmentName{} == SegmentName{} && StoredSegmentName{cdg} == cdg
              && StoredSegmentName{{longest, 64}} == SegmentName{longest, 63});
static_assert(sizeof(StoredSegmentName) == 64 && std::is_trivially_copyable_v<StoredSegmentName>);

static_assert(facts::described<NameError>());
static_assert(message(NameError{200}) == std::string_view{"not a name error"});

} // namespace
