// SPDX-License-Identifier: BSL-1.0
//
// Facts about thresholds and their text: what loads, what does not and on which line, and whose
// thresholds a segment has.

#include "facts.hpp"

#include <aroma/operate/threshold_table.hpp>
#include <aroma/operate/threshold_text.hpp>

#include <initializer_list>
#include <limits>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;

constexpr TableResult parsed(std::string_view text)
{
    ThresholdTable<4> table;
    return load(text.data(), text.size(), table);
}

constexpr bool is(std::string_view text, TableError error, std::uint32_t line)
{
    return parsed(text) == TableResult{error, line};
}

// One row after a first line and before the last one.
constexpr TableError row(std::string_view text)
{
    char whole[400] = "aroma-thresholds 1\n";
    std::size_t size = 19;
    for (std::string_view const part : {text, std::string_view{"\nend\n"}})
        for (char const c : part)
            whole[size++] = c;
    TableResult const answer = parsed({whole, size});
    return answer.line == (answer.error == TableError::none ? 0 : 2) ? answer.error
                                                                     : TableError{99};
}

constexpr ThresholdTable<4> table_of(std::string_view text)
{
    ThresholdTable<4> table;
    (void)load(text.data(), text.size(), table);
    return table;
}

// A file as people write it.
constexpr std::string_view whole = "aroma-thresholds 1\r\n"
                                   "\n"
                                   "  # segment  unstable_below suspicious_below proxy_below\n"
                                   "cdg/mobile\t0.5 0.3   0.05  \r\n"
                                   "*           0.7    0.3      0.1\n"
                                   "cdg 1 0.123456 0\n"
                                   "end\n"
                                   "\n# and a last word";
constexpr ThresholdTable<4> table = table_of(whole);
static_assert(parsed(whole) == TableResult{} && table.size() == 3);
static_assert(table[0].name() == "" && table[1].name() == "cdg" && table[2].name() == "cdg/mobile",
              "in order of name");
static_assert(table.thresholds("cdg/mobile") == Thresholds{0.5, 0.3, 0.05}
              && table.thresholds("cdg") == Thresholds{1, 0.123456, 0});
static_assert(table.thresholds("cdg/lan/x") == table.thresholds("cdg")
              && table.thresholds("cdg/mobile/4g") == table.thresholds("cdg/mobile"));
static_assert(table.thresholds("arn") == Thresholds{} && table.thresholds("") == Thresholds{}
              && table.thresholds("cdgx") == Thresholds{});
static_assert(table_of("aroma-thresholds 1\n* 0.9 0.5 0.2\nend").thresholds("anything/at/all")
              == Thresholds{0.9, 0.5, 0.2});
static_assert(ThresholdTable<4>{}.thresholds("cdg") == Thresholds{},
              "without a row for anybody, the published ones");
static_assert(table.classifier("cdg/mobile")(Score{0.07}) == Band::suspicious
              && table.classifier("arn")(Score{0.07}) == Band::proxy);

// The first line and the last one.
static_assert(is("", TableError::no_version, 1)
              && is("\naroma-thresholds 1\nend\n", TableError::no_version, 1));
static_assert(is("aroma-baseline 1\n", TableError::no_version, 1)
              && is("aroma-thresholds", TableError::no_version, 1));
static_assert(is("aroma-thresholds 2\nend\n", TableError::unknown_version, 1)
              && is("aroma-thresholds 10\nend\n", TableError::unknown_version, 1));
static_assert(is("aroma-thresholds 1", TableError::no_end, 1)
              && is("aroma-thresholds 1\n* 0.7 0.3 0.1\n\n", TableError::no_end, 3));
static_assert(is("aroma-thresholds 1\nend\n* 0.7 0.3 0.1\n", TableError::after_end, 3)
              && is("aroma-thresholds 1\nend\nend\n", TableError::after_end, 3));
static_assert(is("aroma-thresholds 1\nend", TableError::none, 0));

static_assert(is("aroma-thresholds 1\n \n \t \nend\n ", TableError::none, 0),
              "lines of blanks alone");

// As editors, shells and spreadsheets leave it.
static_assert(is("\xef\xbb\xbf"
                 "aroma-thresholds 1\r\n* 0.7 0.3 0.1\r\nend",
                 TableError::none, 0)
              && is("\xef\xbb\xbf\xef\xbb\xbf"
                    "aroma-thresholds 1\nend\n",
                    TableError::no_version, 1));
static_assert(is({"\xff\xfe"
                  "a\0r\0",
                  6},
                 TableError::utf16, 1)
              && is({"\xfe\xff\0a\0r", 6}, TableError::utf16, 1)
              && is({"a\0r\0o\0", 6}, TableError::utf16, 1)
              && is({"\0a\0r\0o", 6}, TableError::utf16, 1));
static_assert(is("aroma-thresholds 1\r* 0.7 0.3 0.1\rcdg 1 1 1\rend\r", TableError::none, 0)
              && is("aroma-thresholds 1\rcdg 1 1\rend", TableError::not_four_fields, 2)
              && is("aroma-thresholds 1\r\ncdg 1 1\r\nend", TableError::not_four_fields, 2));
static_assert(is("aroma-thresholds\t1 \t\ncdg\t0.7\t 0.3\t0.1\t\n\tend\t\n", TableError::none, 0));
static_assert(is("aroma-thresholds 1;;;\n*;0.7;0.3;0.1\nend;;;\n", TableError::wrong_separator, 1)
              && is("aroma-thresholds;1\n", TableError::wrong_separator, 1)
              && is("aroma-thresholds 1\nend;;;\n", TableError::wrong_separator, 2));
static_assert(row("cdg;0.7;0.3;0.1") == TableError::wrong_separator
              && row("cdg; 0.7; 0.3; 0.1") == TableError::wrong_separator
              && row("cdg,0.7,0.3,0.1") == TableError::wrong_separator
              && row("cdg, 0.7, 0.3, 0.1") == TableError::wrong_separator
              && row("cdg 0,7;0,3;0,1") == TableError::wrong_separator
              && row("cdg 0,7 0,3 0,1") == TableError::not_a_number);
static_assert(row("cdg 0.7 0.3 0.1 # since May; a, b") == TableError::none
              && is("aroma-thresholds 1 # by hand\nend # of it\n# more\n", TableError::none, 0)
              && row("cdg 0.7 0.3 # 0.1") == TableError::not_four_fields);
static_assert(is({"aroma-thresholds 1\n* 0.7 0.3\0 0.1\nend\n", 38}, TableError::zero_byte, 2)
              && is({"aroma-thresholds 1\nend\n\0\0\0\0", 27}, TableError::zero_byte, 3)
              && is({"\0\0\0\0", 4}, TableError::zero_byte, 1)
              && is({"aroma-thresholds 1\0\nend\n", 24}, TableError::zero_byte, 1));
static_assert([] { // a null pointer has no bytes
    ThresholdTable<4> none;
    return load(nullptr, 7, none) == TableResult{TableError::no_version, 1};
}());

// Rows.
static_assert(row("end 0.7 0.3 0.1") == TableError::none, "a segment may be called so");
static_assert(row("cdg 0.7 0.3") == TableError::not_four_fields
              && row("cdg 0.7 0.3 0.1 0") == TableError::not_four_fields);
static_assert(row("0.7 0.3 0.1") == TableError::not_four_fields
              && row("cdg # 0.7") == TableError::not_four_fields
              && row("End") == TableError::not_four_fields);
static_assert(row("cdg 0.7 0.3 x") == TableError::not_a_number
              && row("cdg 0,7 0.3 0.1") == TableError::not_a_number);
static_assert(row("cdg .7 0.3 0.1") == TableError::not_a_number
              && row("cdg 0.7 0.3 0.") == TableError::not_a_number);
static_assert(row("cdg 0.7 0.3 1e-1") == TableError::not_a_number
              && row("cdg 0.7 0.3 -0.1") == TableError::not_a_number);
static_assert(row("cdg 0.7 0.3 0.1.0") == TableError::not_a_number
              && row("cdg nan 0.3 0.1") == TableError::not_a_number);
static_assert(row("cdg 0.7 0.3 0.1234567") == TableError::not_a_number
              && row("cdg 0.7 0.3 0.123456") == TableError::none);
static_assert(row("cdg 1.000001 0.3 0.1") == TableError::outside_0_to_1
              && row("cdg 70 30 10") == TableError::outside_0_to_1);
static_assert(row("cdg 18446744073709551617 0 0") == TableError::outside_0_to_1
              && row("cdg 1.0 01 0.000000") == TableError::none);
static_assert(row("cdg 0.1 0.3 0.7") == TableError::out_of_order
              && row("cdg 0.7 0.1 0.100001") == TableError::out_of_order);
static_assert(row("cdg 0.7 0.3 0.1\ncdg 0.7 0.3 0.1") == TableError{99},
              "the line is the second one's");
static_assert(is("aroma-thresholds 1\na 1 1 1\n\na 1 1 1\n", TableError::twice, 4)
              && is("aroma-thresholds 1\n* 1 1 1\n* 1 1 1\n", TableError::twice, 3));
static_assert(is("aroma-thresholds 1\na 1 1 1\nb 1 1 1\nc 1 1 1\nd 1 1 1\ne 1 1 1\nend\n",
                 TableError::too_many, 6));

// Names.
static_assert(table_of("aroma-thresholds 1\n* 0.5 0.3 0.1\nend\n")[0].name() == "");
static_assert(row("a%20b 0.7 0.3 0.1") == TableError::wrong_name
              && row("** 0.7 0.3 0.1") == TableError::wrong_name
              && row("\xc3\xa9 0.7 0.3 0.1") == TableError::wrong_name);
static_assert(row("a\x01 0.7 0.3 0.1") == TableError::wrong_name
              && row("a//b 0.7 0.3 0.1") == TableError::wrong_name
              && row("203.0.113.7 0.7 0.3 0.1") == TableError::wrong_name
              && row("(others) 0.7 0.3 0.1") == TableError::wrong_name);
static_assert(row("123456789012345678901234567890123456789012345678901234567890123 1 1 1")
              == TableError::none);
static_assert(row("1234567890123456789012345678901234567890123456789012345678901234 1 1 1")
              == TableError::wrong_name);

// Nothing is changed by what is wrong.
constexpr bool unchanged = [] {
    ThresholdTable<4> t = table;
    std::string_view const wrong = "aroma-thresholds 1\nz 0.9 0.9 0.9\nz 0.9 0.9 0.9\nend\n";
    bool const refused = load(wrong.data(), wrong.size(), t).error == TableError::twice;
    return refused && t == table;
}();
static_assert(unchanged);

// By hand.
constexpr bool by_hand = [] {
    ThresholdTable<2> t;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    bool right = t.set("cdg", {0.5, 0.25, 0.2500001}) == TableError::out_of_order
              && t.set("cdg", {nan, 0.3, 0.1}) == TableError::not_a_number
              && t.set("cdg", {7, 0.3, 0.1}) == TableError::outside_0_to_1
              && t.set("c\n", {}) == TableError::wrong_name
              && t.set("*", {}) == TableError::wrong_name
              && t.set(nullptr, {}) == TableError::wrong_name && t.size() == 0;
    right = right && t.set("cdg", {0.5, 0.3, 0.1}) == TableError::none
         && t.set("", {0.9, 0.8, 0.12345678}) == TableError::none;
    right = right && t.set("arn", {}) == TableError::too_many
         && t.set("cdg", {0.6, 0.3, 0.1}) == TableError::none && t.size() == 2;
    return right && t.thresholds("cdg").unstable_below == 0.6
        && t.thresholds("arn") == Thresholds{0.9, 0.8, 0.123456};
}();
static_assert(by_hand);

// Of numbers and a name that are in a row which moves.
constexpr bool from_itself = [] {
    ThresholdTable<4> t;
    (void)t.set("cdg/lan", {0.9, 0.8, 0.7});
    (void)t.set("dub", {0.6, 0.5, 0.4});
    (void)t.set("arn", {0.3, 0.2, 0.1});
    bool const right = t.set(t[1].name().parent(), t[2].thresholds) == TableError::none;
    return right && t.thresholds("cdg") == Thresholds{0.6, 0.5, 0.4}
        && t.thresholds("cdg/lan") == Thresholds{0.9, 0.8, 0.7}
        && t.thresholds("dub") == Thresholds{0.6, 0.5, 0.4}
        && t.thresholds("arn") == Thresholds{0.3, 0.2, 0.1} && t.size() == 4
        && t.set("arn", t[1].thresholds) == TableError::none
        && t.thresholds("arn") == Thresholds{0.6, 0.5, 0.4};
}();
static_assert(from_itself);

// Written: three decimals or as many as there are, in order of name.
struct Text {
    char text[200]{};
    std::size_t size = 0;
    constexpr bool operator()(char const* data, std::size_t length)
    {
        for (std::size_t i = 0; i < length; ++i)
            text[size++] = data[i];
        return true;
    }
};
constexpr Text written = [] {
    ThresholdTable<4> t;
    (void)t.set("a/b", {1, 0.3, 0});
    (void)t.set("A", {0.700001, 0.3, 0.05});
    (void)t.set("", {});
    Text text;
    (void)save(t, text);
    return text;
}();
static_assert(std::string_view{written.text, written.size}
              == "aroma-thresholds 1\n* 0.700 0.300 0.100\nA 0.700001 0.300 0.050\na/b 1.000 "
                 "0.300 0.000\nend\n");
constexpr int lines_until_refused = [] {
    int lines = 0;
    bool const all = save(table, [&](char const*, std::size_t) { return ++lines < 3; });
    return all ? -1 : lines;
}();
static_assert(lines_until_refused == 3, "a write that fails ends it");

static_assert(noexcept(table.thresholds("")));
static_assert(std::is_trivially_copyable_v<ThresholdTable<4>>);
static_assert(sizeof(ThresholdRow) == 88);

static_assert(facts::described<TableError>());
static_assert(message(TableError{200}) == std::string_view{"not a table error"});

} // namespace
