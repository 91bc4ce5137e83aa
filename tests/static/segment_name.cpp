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
static_assert(SegmentName{}.size() == 0 && SegmentName{} == "" && SegmentName{nullptr} == "");
static_assert(SegmentName{"/"}.parent() == "" && SegmentName{"a//b"}.parent() == "a/");
static_assert(cdg.is_within("") && cdg.is_within("cdg") && cdg.is_within("cdg/mobile")
              && SegmentName{}.is_within(""));
static_assert(!cdg.is_within("cdg/mobile/5g") && !cdg.is_within("cd") && !cdg.is_within("cdh")
              && !cdg.is_within("cdg/m") && !SegmentName{}.is_within("cdg"));
static_assert(SegmentName{"a"} < "b" && SegmentName{""} < "a" && SegmentName{"a"} < "aa"
              && !(SegmentName{"aa"} < "a") && !(SegmentName{"a"} < "a"));
static_assert(SegmentName{"z"} < "\xc3\xa9", "by bytes, which are not signed");

constexpr char const longest[] = "123456789012345678901234567890123456789012345678901234567890123";
static_assert(validate(SegmentName{longest}) == NameError::none
              && validate(SegmentName{longest, 64}) == NameError::too_long);
static_assert(validate("") == NameError::none
              && validate("S\xc3\xa3o Paulo/\xff") == NameError::none);
static_assert(validate("a\nb") == NameError::control_character
              && validate("\x7f") == NameError::control_character
              && validate("a\0b"sv) == NameError::control_character);
static_assert(validate("(others)") == NameError::reserved
              && validate("(others)/x") == NameError::none
              && validate("(other") == NameError::none);

static_assert(facts::described<NameError>(static_cast<int>(NameError::reserved) + 1));
static_assert(message(NameError{200}) == std::string_view{"not a name error"});

} // namespace
