// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/threshold_table.hpp: thresholds by segment.
//
// Synopsis
//   class ThresholdTable<MostRows = 256> {                  88 bytes a row
//       Thresholds thresholds(name);                        of the segment, else of its nearest
//                                                           parent that has a row, else the
//                                                           default ones
//       ThresholdClassifier classifier(name);               the same, ready
//       TableError set(name, thresholds);                   adds or replaces a row; "" is the root,
//                                                           which contains all segments
//       ThresholdRow const& operator[](i);  size();         in order of name; row.name(),
//                                                           row.thresholds
//   };
//   char const* message(TableError);
//
// Thresholds are kept in millionths, rounded down, so that no more clients are accused.
#ifndef AROMA_OPERATE_THRESHOLD_TABLE_HPP
#define AROMA_OPERATE_THRESHOLD_TABLE_HPP

#include <aroma/detail/bisect.hpp>
#include <aroma/detail/millionths.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/threshold_classifier.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t

namespace aroma {

// What may be wrong with a table's text or row.
enum class TableError : std::uint8_t {
    none,
    utf16,
    no_version,
    unknown_version,
    zero_byte,
    wrong_separator,
    not_four_fields,
    wrong_name,
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
    case TableError::utf16: return "the file is UTF-16: save it as UTF-8";
    case TableError::no_version:
        return "the first line is not \"aroma-thresholds 1\": this is no file of thresholds";
    case TableError::unknown_version:
        return "a version of the format that is not known here: write \"aroma-thresholds 1\", or "
               "use a newer aroma";
    case TableError::zero_byte:
        return "there is a zero byte, as a crash may leave it, and no text: write the file anew";
    case TableError::wrong_separator:
        return "';' or ',' stands between fields: write blanks between them, and thresholds with a "
               "point";
    case TableError::not_four_fields:
        return "not a segment's name and three thresholds: write SEGMENT UNSTABLE_BELOW "
               "SUSPICIOUS_BELOW PROXY_BELOW";
    case TableError::wrong_name:
        return "not a segment's name: write parts of letters, digits, '.', '_' and '-', one '/' "
               "between two of them, at most 63 bytes and no address; * for the root";
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
    default: break;
    }
    return "not a table error";
}

// One segment's thresholds.
struct ThresholdRow {
    StoredSegmentName segment{}; // whose thresholds
    Thresholds thresholds{};     // each a whole number of millionths

    // of the segment; "" is the root
    [[nodiscard]] constexpr SegmentName name() const noexcept { return segment; }

    friend constexpr bool operator==(ThresholdRow const&, ThresholdRow const&) noexcept = default;
};

namespace detail {

[[nodiscard]] constexpr Thresholds in_millionths(Thresholds const& t) noexcept
{
    return {from_millionths(to_millionths(t.unstable_below)),
            from_millionths(to_millionths(t.suspicious_below)),
            from_millionths(to_millionths(t.proxy_below))};
}

// The first of the sorted rows that is not before this name. row(i): a row, or a copy of one.
template <class Row>
[[nodiscard]] constexpr std::size_t row_position(SegmentName name, std::size_t rows,
                                                 Row const& row) noexcept
{
    return first_without(std::size_t{0}, rows, [&](std::size_t i) { return row(i).name() < name; });
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

} // namespace detail

// The thresholds of each segment that has its own, 88 bytes a row.
template <std::size_t MostRows = 256>
class ThresholdTable {
    static_assert(MostRows >= 1, "a table has at least the root's row");

public:
    static constexpr std::size_t most_rows = MostRows; // the template's MostRows

    // How many rows it has.
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    // The row of that place in the order of names.
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
        (void)classify.adjust(thresholds(name)); // valid, as all in the table
        return classify;
    }

    // Never returns twice: a second set() of a name replaces the first.
    [[nodiscard]] constexpr TableError set(SegmentName name, Thresholds const& thresholds) noexcept
    {
        if (validate(name) != NameError::none)
            return TableError::wrong_name;
        switch (validate(thresholds)) {
        case ThresholdError::none: break;
        case ThresholdError::not_a_number: return TableError::not_a_number;
        case ThresholdError::outside_0_to_1: return TableError::outside_0_to_1;
        case ThresholdError::out_of_order: return TableError::out_of_order;
        default: break;
        }
        // before rows move: both may refer to a row of this table
        ThresholdRow const row{StoredSegmentName{name}, detail::in_millionths(thresholds)};
        std::size_t const at = position(name);
        if (at == size_ || !(rows_[at].name() == name)) {
            if (size_ == MostRows)
                return TableError::too_many;
            for (std::size_t i = size_++; i > at; --i)
                rows_[i] = rows_[i - 1];
        }
        rows_[at] = row;
        return TableError::none;
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
    [[nodiscard]] constexpr std::size_t position(SegmentName name) const noexcept
    {
        return detail::row_position(
            name, size_, [this](std::size_t i) -> ThresholdRow const& { return rows_[i]; });
    }

    ThresholdRow rows_[MostRows]{};
    std::size_t size_ = 0;
};

} // namespace aroma

#endif // AROMA_OPERATE_THRESHOLD_TABLE_HPP
