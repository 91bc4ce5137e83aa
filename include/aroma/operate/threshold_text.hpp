// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/threshold_text.hpp: a table of thresholds as text that people can edit, and back.
//
// Synopsis
//   TableResult load(data, size, table);  replaces all rows; if the text is wrong, changes nothing
//   bool        save(table, write);       as text that loads as the same: bool write(char const*,
//                                         size_t), line by line; stops if it is false
//   struct TableResult { TableError error; std::uint32_t line; };       line: of the text, from 1
//
//     aroma-thresholds 1
//     # segment       unstable_below suspicious_below proxy_below
//     *               0.7            0.3              0.1
//     cdg             0.7            0.3              0.084
//     cdg/lan         0.522          0.274            0.05
//     end
//
// The first line is the format's version, and the last one shows that the file is complete: half a
// file is refused. A line has a segment's name and its three thresholds, separated by blanks or
// tabs. Thresholds are from 0 to 1, with at most six decimals and a point in every locale. * is the
// root, the default of all others. Comments begin with #, and empty lines are ignored. Lines may
// end as on any system, the last one need not end, and a byte order mark of UTF-8 is skipped.
#ifndef AROMA_OPERATE_THRESHOLD_TEXT_HPP
#define AROMA_OPERATE_THRESHOLD_TEXT_HPP

#include <aroma/detail/millionths.hpp>
#include <aroma/detail/text.hpp>
#include <aroma/detail/text_out.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/operate/threshold_table.hpp>
#include <aroma/threshold_classifier.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint32_t

namespace aroma {

// What load() answers.
struct [[nodiscard]] TableResult {
    TableError error = TableError::none; // none, or why nothing was loaded
    std::uint32_t line = 0;              // where it is wrong

    friend constexpr bool operator==(TableResult const&, TableResult const&) noexcept = default;
};

namespace detail {

[[nodiscard]] constexpr bool is_blank(char c) noexcept
{
    return c == ' ' || c == '\t';
}

// Removes a comment, and the blanks around the rest.
constexpr Text take_line(Text& from) noexcept
{
    Text whole = take_while(from, [](char c) { return c != '\n' && c != '\r'; });
    if (!take(from, "\r\n"))
        take(from, from.size() > 0 ? 1 : 0);
    Text line = take_while(whole, [](char c) { return c != '#'; });
    take_while(line, is_blank);
    while (line.size() > 0 && is_blank(line.data()[line.size() - 1]))
        line = {line.data(), line.size() - 1};
    return line;
}

constexpr Text take_field(Text& from) noexcept
{
    take_while(from, is_blank);
    return take_while(from, [](char c) { return !is_blank(c); });
}

[[nodiscard]] constexpr bool has(Text text, char byte) noexcept
{
    take_while(text, [byte](char c) { return c != byte; });
    return text.size() > 0;
}

// The first line.
[[nodiscard]] constexpr TableError load_version(Text line) noexcept
{
    if (has(line, '\0'))
        return TableError::zero_byte;
    bool const separated = has(line, ';') || has(line, ',');
    Text first = take_field(line);
    Text const version = take_field(line);
    if (!take(first, "aroma-thresholds"))
        return TableError::no_version;
    if (separated)
        return TableError::wrong_separator;
    if (first.size() > 0 || version.size() == 0)
        return TableError::no_version;
    return version == "1" && line.size() == 0 ? TableError::none : TableError::unknown_version;
}

// Digits, and optionally a point and up to six more.
[[nodiscard]] constexpr TableError parse_threshold(Text text, double& value) noexcept
{
    Text whole = take_while(text, is_digit), decimals;
    bool const has_point = take(text, ".");
    if (has_point)
        decimals = take_while(text, is_digit);
    std::size_t places = decimals.size();
    if (whole.size() == 0 || text.size() > 0 || (has_point && places == 0) || places > 6)
        return TableError::not_a_number;
    std::uint32_t ones = 0, millionths = 0;
    if (!take_number(whole, ones, 1))
        return TableError::outside_0_to_1;
    (void)take_number(decimals, millionths, 999'999);
    for (; places < 6; ++places)
        millionths *= 10;
    millionths += ones * 1'000'000;
    if (millionths > 1'000'000)
        return TableError::outside_0_to_1;
    value = from_millionths(millionths);
    return TableError::none;
}

template <std::size_t MostRows>
[[nodiscard]] constexpr TableError load_row(Text line, ThresholdTable<MostRows>& table) noexcept
{
    Text const whole = line, text = take_field(line),
               numbers[] = {take_field(line), take_field(line), take_field(line)};
    bool const four = numbers[2].size() > 0 && line.size() == 0;
    if (has(whole, '\0'))
        return TableError::zero_byte;
    // a comma in a threshold must be a point
    if (has(whole, ';') || has(text, ',') || (!four && has(whole, ',')))
        return TableError::wrong_separator;
    if (!four)
        return TableError::not_four_fields;
    SegmentName const name = SegmentName::from_text(text);
    if (validate(name) != NameError::none)
        return TableError::wrong_name;
    Thresholds thresholds;
    double* const edges[] = {&thresholds.unstable_below, &thresholds.suspicious_below,
                             &thresholds.proxy_below};
    for (std::size_t i = 0; i < 3; ++i)
        if (TableError const why = parse_threshold(numbers[i], *edges[i]); why != TableError::none)
            return why;
    std::size_t const before = table.size();
    TableError const why = table.set(name, thresholds);
    return why == TableError::none && table.size() == before ? TableError::twice : why;
}

} // namespace detail

// Needs the table's size in stack, 22 KiB for 256 rows.
template <std::size_t MostRows>
constexpr TableResult load(char const* data, std::size_t size,
                           ThresholdTable<MostRows>& into) noexcept
{
    ThresholdTable<MostRows> made;
    detail::Text text{data, data ? size : 0};
    if (detail::is_utf16(text))
        return {TableError::utf16, 1};
    (void)take(text, detail::byte_order_mark);
    std::uint32_t line = 1;
    if (TableError const why = detail::load_version(detail::take_line(text));
        why != TableError::none)
        return {why, line};
    bool ended = false;
    while (text.size() > 0) {
        ++line;
        detail::Text const one = detail::take_line(text);
        if (one.size() == 0)
            continue;
        if (ended)
            return {detail::has(one, '\0') ? TableError::zero_byte : TableError::after_end, line};
        if (one == "end")
            ended = true;
        else if (TableError const why = detail::load_row(one, made); why != TableError::none)
            return {why, line};
    }
    if (!ended)
        return {TableError::no_end, line};
    into = made;
    return {};
}

template <std::size_t MostRows, text_writer Write>
[[nodiscard]] constexpr bool save(ThresholdTable<MostRows> const& table, Write&& write)
{
    detail::TextSink out{write};
    out << "aroma-thresholds 1\n";
    out.flush();
    for (std::size_t i = 0; i < table.size() && out.good(); ++i) {
        Thresholds const& t = table[i].thresholds;
        double const edges[] = {t.unstable_below, t.suspicious_below, t.proxy_below};
        out << table[i].name().in_text();
        for (double const edge : edges)
            (out << ' ').decimal(detail::to_millionths(edge), 6, 3);
        out << '\n';
        out.flush();
    }
    out << "end\n";
    out.flush();
    return out.good();
}

} // namespace aroma

#endif // AROMA_OPERATE_THRESHOLD_TEXT_HPP
