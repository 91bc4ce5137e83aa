// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/threshold_table.hpp: thresholds per segment, and the text that a person edits.
//
// Synopsis
//   class ThresholdTable<MostRows = 256> {                  88 bytes a row
//       Thresholds thresholds(name);                        of the segment, else of the nearest one
//                                                           above it that has a row, else the
//                                                           default ones
//       ThresholdClassifier classifier(name);               the same, ready
//       TableError set(name, thresholds);                   a row, new or another; "" is the root,
//                                                           which all segments are within
//       ParsedTable parse(data, size);                      all rows anew from text; if it is
//                                                           wrong, nothing is changed
//       bool write(write);                                  as text that parses to the same: bool
//                                                           write(char const*, size_t), line by
//                                                           line
//       ThresholdRow const& operator[](i);  size();         in order of name; row.name(),
//                                                           row.thresholds
//   };
//   struct ParsedTable { TableError error; std::uint32_t line; };       line: of the text, from 1
//   char const* message(TableError);
//
//     aroma-thresholds 1
//     # segment       unstable_below suspicious_below proxy_below
//     *               0.7            0.3              0.1
//     cdg             0.7            0.3              0.084
//     cdg/my%20lan    0.522          0.274            0.05
//     end
//
// The first line is the format's version, and the last one says that nothing is missing: a file
// that is half written parses to nothing. A line has a segment's name and its three edges, from 0
// to 1 with at most six decimals and a point whatever the locale; * is the root, the default of all
// others. In a name, a blank, % and # are written %20, %25 and %23, and a name that is * alone %2A.
// What begins with # is a comment, an empty line nothing, and lines may end as Windows' do.
//
// Thresholds are kept in millionths, rounded down, which accuses nobody more.
#ifndef AROMA_OPERATE_THRESHOLD_TABLE_HPP
#define AROMA_OPERATE_THRESHOLD_TABLE_HPP

#include <aroma/detail/millionths.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/threshold_classifier.hpp>

#include <concepts> // same_as
#include <cstddef>  // size_t
#include <cstdint>  // uint8_t, uint32_t

namespace aroma {

enum class TableError : std::uint8_t {
    none,
    no_version,
    unknown_version,
    not_four_fields,
    name_too_long,
    name_wrong,
    not_a_number,
    outside_0_to_1,
    out_of_order,
    twice,
    too_many,
    no_end,
    after_end,
};

[[nodiscard]] constexpr char const* message(TableError error) noexcept
{
    switch (error) {
    case TableError::none: return "the thresholds are valid";
    case TableError::no_version:
        return "the first line is not \"aroma-thresholds 1\": this is no file of thresholds";
    case TableError::unknown_version:
        return "a version of the format that is not known here: write \"aroma-thresholds 1\", or "
               "use a newer aroma";
    case TableError::not_four_fields:
        return "not a segment's name and three thresholds: write SEGMENT UNSTABLE_BELOW "
               "SUSPICIOUS_BELOW PROXY_BELOW, a blank in a name as %20";
    case TableError::name_too_long: return "the segment's name is longer than 63 bytes";
    case TableError::name_wrong:
        return "the segment's name is reserved, or has a control character, or a % that is not "
               "followed by two hexadecimal digits";
    case TableError::not_a_number:
        return "a threshold is not a number: write it as 0.25, with a point and at most six "
               "decimals";
    case TableError::outside_0_to_1: return "a threshold is outside 0 to 1: scores are in (0, 1]";
    case TableError::out_of_order:
        return "the thresholds are out of order: unstable_below >= suspicious_below >= proxy_below "
               "must hold";
    case TableError::twice: return "the segment has a line already: leave one of the two";
    case TableError::too_many:
        return "more segments than this table has rows: leave out those that are as their parent "
               "is";
    case TableError::no_end: return "the last line is not \"end\": the file is not complete";
    case TableError::after_end:
        return "there is something after the line \"end\": move that line to the end";
    }
    return "not a table error";
}

struct [[nodiscard]] ParsedTable {
    TableError error = TableError::none; // none, or why nothing was taken
    std::uint32_t line = 0;              // where it is wrong

    friend constexpr bool operator==(ParsedTable const&, ParsedTable const&) noexcept = default;
};

// One segment's thresholds.
struct ThresholdRow {
    char text[SegmentName::longest]{}; // the name's bytes, as many as length says
    std::uint8_t length = 0;           // in bytes
    Thresholds thresholds{};           // each a whole number of millionths

    // of the segment; "" is the root
    [[nodiscard]] constexpr SegmentName name() const noexcept { return {text, length}; }

    friend constexpr bool operator==(ThresholdRow const&, ThresholdRow const&) noexcept = default;
};

namespace detail {

[[nodiscard]] constexpr Thresholds in_millionths(Thresholds const& t) noexcept
{
    return {from_millionths(to_millionths(t.unstable_below)),
            from_millionths(to_millionths(t.suspicious_below)),
            from_millionths(to_millionths(t.proxy_below))};
}

// The first of the rows, which are in order, that is not before that name. row(i): one of them, or
// a copy.
template <class Row>
[[nodiscard]] constexpr std::size_t row_position(SegmentName name, std::size_t rows,
                                                 Row const& row) noexcept
{
    std::size_t begin = 0, end = rows;
    while (begin < end) {
        std::size_t const middle = begin + (end - begin) / 2;
        if (row(middle).name() < name)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

template <class Row>
[[nodiscard]] constexpr Thresholds thresholds_among(SegmentName name, std::size_t rows,
                                                    Row const& row) noexcept
{
    for (;; name = name.parent()) {
        std::size_t const at = row_position(name, rows, row);
        if (at < rows) {
            ThresholdRow const& found = row(at);
            if (found.name() == name)
                return found.thresholds;
        }
        if (name.size() == 0)
            return Thresholds{};
    }
}

struct TextView {
    char const* data = "";
    std::size_t size = 0;

    [[nodiscard]] static constexpr bool blank(char c) noexcept
    {
        return c == ' ' || c == '\t' || c == '\r';
    }

    [[nodiscard]] constexpr bool is(SegmentName text) const noexcept
    {
        return SegmentName{data, size} == text;
    }
    [[nodiscard]] constexpr bool begins(SegmentName text) const noexcept
    {
        return size >= text.size() && SegmentName{data, text.size()} == text;
    }

    constexpr void skip_blanks() noexcept
    {
        for (; size > 0 && blank(*data); --size)
            ++data;
    }

    // What stands before the next blank, and is then no longer part of this.
    constexpr TextView next_field() noexcept
    {
        skip_blanks();
        TextView field{data, 0};
        for (; size > 0 && !blank(*data); --size, ++data)
            ++field.size;
        skip_blanks();
        return field;
    }

    constexpr TextView next_line() noexcept
    {
        TextView line{data, 0};
        for (; size > 0 && *data != '\n'; --size, ++data)
            ++line.size;
        if (size > 0)
            ++data, --size;
        line.skip_blanks();
        while (line.size > 0 && blank(line.data[line.size - 1]))
            --line.size;
        return line;
    }
};

// Digits, and perhaps a point and up to six more.
[[nodiscard]] constexpr TableError parse_threshold(TextView text, double& value) noexcept
{
    std::uint32_t millionths = 0, unit = 1'000'000;
    bool fraction = false, above = false;
    for (std::size_t i = 0; i < text.size; ++i) {
        char const c = text.data[i];
        if (c == '.' && !fraction && i > 0 && i + 1 < text.size) {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9')
            return TableError::not_a_number;
        auto const digit = static_cast<std::uint32_t>(c - '0');
        if (fraction) {
            unit /= 10;
            if (unit == 0)
                return TableError::not_a_number;
            millionths += digit * unit;
        } else {
            above = above || millionths != 0; // ten or more
            millionths = digit * unit;
        }
    }
    if (text.size == 0)
        return TableError::not_a_number;
    if (above || millionths > 1'000'000)
        return TableError::outside_0_to_1;
    value = from_millionths(millionths);
    return TableError::none;
}

[[nodiscard]] constexpr int hex_digit(char c) noexcept
{
    return c >= '0' && c <= '9' ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// A name without its escapes, into a row.
[[nodiscard]] constexpr TableError parse_name(TextView text, ThresholdRow& row) noexcept
{
    if (text.is("*"))
        return TableError::none;
    for (std::size_t i = 0; i < text.size; ++i) {
        char c = text.data[i];
        if (c == '%') {
            int const high = i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1,
                      low = high < 0 ? -1 : hex_digit(text.data[i + 2]);
            if (low < 0)
                return TableError::name_wrong;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (row.length == SegmentName::longest)
            return TableError::name_too_long;
        row.text[row.length++] = c;
    }
    return validate(row.name()) == NameError::none ? TableError::none : TableError::name_wrong;
}

} // namespace detail

template <std::size_t MostRows = 256>
class ThresholdTable {
    static_assert(MostRows >= 1, "a table has at least the root's row");

public:
    static constexpr std::size_t most_rows = MostRows; // the template's MostRows

    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr ThresholdRow const& operator[](std::size_t i) const noexcept
    {
        return rows_[i];
    }

    [[nodiscard]] constexpr Thresholds thresholds(SegmentName name) const noexcept
    {
        return detail::thresholds_among(
            name, size_, [this](std::size_t i) -> ThresholdRow const& { return rows_[i]; });
    }

    [[nodiscard]] constexpr ThresholdClassifier classifier(SegmentName name) const noexcept
    {
        ThresholdClassifier classify;
        (void)classify.adjust(thresholds(name)); // valid, as no others come into the table
        return classify;
    }

    // twice is none of its errors: a second set() of a name replaces the first.
    [[nodiscard]] constexpr TableError set(SegmentName name, Thresholds const& thresholds) noexcept
    {
        switch (validate(name)) {
        case NameError::none: break;
        case NameError::too_long: return TableError::name_too_long;
        default: return TableError::name_wrong;
        }
        switch (validate(thresholds)) {
        case ThresholdError::none: break;
        case ThresholdError::not_a_number: return TableError::not_a_number;
        case ThresholdError::outside_0_to_1: return TableError::outside_0_to_1;
        case ThresholdError::out_of_order: return TableError::out_of_order;
        }
        std::size_t const at = position(name);
        if (at == size_ || !(rows_[at].name() == name)) {
            if (size_ == MostRows)
                return TableError::too_many;
            for (std::size_t i = size_++; i > at; --i)
                rows_[i] = rows_[i - 1];
            rows_[at] = ThresholdRow{};
            for (std::size_t i = 0; i < name.size(); ++i)
                rows_[at].text[i] = name.data()[i];
            rows_[at].length = static_cast<std::uint8_t>(name.size());
        }
        rows_[at].thresholds = detail::in_millionths(thresholds);
        return TableError::none;
    }

    // Needs the table's size in stack, 22 KiB for 256 rows.
    constexpr ParsedTable parse(char const* data, std::size_t size) noexcept
    {
        ThresholdTable made;
        detail::TextView text{data, size};
        std::uint32_t line = 1;
        detail::TextView const first = text.next_line();
        if (!first.is("aroma-thresholds 1"))
            return {first.begins("aroma-thresholds ") ? TableError::unknown_version
                                                      : TableError::no_version,
                    line};
        bool ended = false;
        while (text.size > 0) {
            ++line;
            detail::TextView one = text.next_line();
            if (one.size == 0 || *one.data == '#')
                continue;
            if (ended)
                return {TableError::after_end, line};
            if (one.is("end"))
                ended = true;
            else if (TableError const why = made.parse_line(one); why != TableError::none)
                return {why, line};
        }
        if (!ended)
            return {TableError::no_end, line};
        *this = made;
        return {};
    }

    // Writes the table a line at a time and stops if write returns false; whether it never did.
    // A bool alone will do: the -1 of ::write would be taken for true.
    // clang-format off
    template <class Write>
        requires requires(Write& write, char const* data, std::size_t size) {
            { write(data, size) } -> std::same_as<bool>;
        }
    // clang-format on
    constexpr bool write(Write&& write) const
    {
        constexpr char first[] = "aroma-thresholds 1\n", last[] = "end\n";
        if (!write(static_cast<char const*>(first), sizeof first - 1))
            return false;
        for (std::size_t i = 0; i < size_; ++i) {
            Line line;
            line.put_name(rows_[i].name());
            line.put_threshold(rows_[i].thresholds.unstable_below);
            line.put_threshold(rows_[i].thresholds.suspicious_below);
            line.put_threshold(rows_[i].thresholds.proxy_below);
            line.put('\n');
            if (!write(static_cast<char const*>(line.text), line.size))
                return false;
        }
        return write(static_cast<char const*>(last), sizeof last - 1);
    }

    friend constexpr bool operator==(ThresholdTable const& a, ThresholdTable const& b) noexcept
    {
        if (a.size_ != b.size_)
            return false;
        for (std::size_t i = 0; i < a.size_; ++i)
            if (!(a.rows_[i] == b.rows_[i]))
                return false;
        return true;
    }

private:
    struct Line {
        char text[3 * SegmentName::longest + 3 * 9 + 1]{}; // every byte of the name escaped
        std::size_t size = 0;

        constexpr void put(char c) noexcept { text[size++] = c; }

        constexpr void put_name(SegmentName name) noexcept
        {
            constexpr char digits[] = "0123456789ABCDEF";
            if (name.size() == 0)
                put('*');
            for (std::size_t i = 0; i < name.size(); ++i) {
                char const c = name.data()[i];
                if (c == ' ' || c == '%' || c == '#' || (c == '*' && name.size() == 1)) {
                    put('%');
                    put(digits[c / 16]);
                    put(digits[c % 16]);
                } else {
                    put(c);
                }
            }
        }

        // three decimals, or as many as it has
        constexpr void put_threshold(double threshold) noexcept
        {
            std::uint32_t const millionths = detail::to_millionths(threshold);
            put(' ');
            put(millionths == 1'000'000 ? '1' : '0');
            put('.');
            std::uint32_t rest = millionths % 1'000'000;
            for (std::uint32_t unit = 100'000; unit > 0 && (unit >= 1000 || rest > 0); unit /= 10) {
                put(static_cast<char>('0' + rest / unit));
                rest %= unit;
            }
        }
    };

    [[nodiscard]] constexpr std::size_t position(SegmentName name) const noexcept
    {
        return detail::row_position(
            name, size_, [this](std::size_t i) -> ThresholdRow const& { return rows_[i]; });
    }

    constexpr TableError parse_line(detail::TextView line) noexcept
    {
        ThresholdRow row;
        detail::TextView const name = line.next_field();
        detail::TextView const numbers[] = {line.next_field(), line.next_field(),
                                            line.next_field()};
        if (numbers[2].size == 0 || line.size > 0)
            return TableError::not_four_fields;
        if (TableError const why = detail::parse_name(name, row); why != TableError::none)
            return why;
        double* const edges[] = {&row.thresholds.unstable_below, &row.thresholds.suspicious_below,
                                 &row.thresholds.proxy_below};
        for (std::size_t i = 0; i < 3; ++i)
            if (TableError const why = detail::parse_threshold(numbers[i], *edges[i]);
                why != TableError::none)
                return why;
        std::size_t const at = position(row.name());
        if (at < size_ && rows_[at].name() == row.name())
            return TableError::twice;
        return set(row.name(), row.thresholds);
    }

    ThresholdRow rows_[MostRows]{};
    std::size_t size_ = 0;
};

} // namespace aroma

#endif // AROMA_OPERATE_THRESHOLD_TABLE_HPP
