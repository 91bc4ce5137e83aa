// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/text.hpp: views, their order, and what is taken from the front.

#include <aroma/detail/text.hpp>

#include <cstdint>
#include <string_view>

namespace {

using namespace aroma::detail;
using namespace std::string_view_literals;

static_assert(Text{}.size() == 0 && Text{nullptr} == "" && Text{"ab"} == "ab"sv
              && Text{"a\0b"sv}.size() == 3 && Text{"abc", 2} == "ab");
static_assert(Text{"a"} < "b" && Text{""} < "a" && Text{"a"} < "aa" && !(Text{"aa"} < "a")
              && !(Text{"a"} < "a") && Text{"z"} < "\xc3\xa9");
static_assert(common_size(Text{"abc"}, Text{"abd"}) == 2 && common_size(Text{}, Text{"a"}) == 0);
static_assert([] {
    Text from = "key=42;";
    bool const taken = take(from, "key=") && !take(from, "key=");
    std::uint32_t number = 0;
    return taken && take_number(from, number, 42) && number == 42 && from == ";"
        && take_while(from, is_digit).size() == 0 && take(from, 1) == ";" && from.size() == 0;
}());
constexpr bool is_number_up_to(Text from, std::uint32_t most)
{
    std::uint32_t number = 0;
    return take_number(from, number, most);
}
static_assert(is_number_up_to("0", 0) && is_number_up_to("007", 7)
              && is_number_up_to("4294967295", 4294967295) && !is_number_up_to("8", 7)
              && !is_number_up_to("", 7) && !is_number_up_to("x", 7) && !is_number_up_to("-1", 7)
              && !is_number_up_to("99999999999999999999999", 4294967295));
static_assert(is_digit('0') && is_digit('9') && !is_digit('/') && !is_digit(':'));
static_assert(is_letter('a') && is_letter('Z') && !is_letter('@') && !is_letter('['));

} // namespace
