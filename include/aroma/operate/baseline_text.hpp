// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/baseline_text.hpp: a baseline as text, and back.
//
// Synopsis
//   bool save(baseline, write);
//       write(char const* data, std::size_t size) -> bool, some hundred bytes at a time; stops if
//       it is false
//   BaselineResult merge_text(data, size, baseline);
//       merges the text into the baseline: all of it, or nothing if there is an error
//   struct BaselineResult { BaselineError error; std::size_t line; };
//   char const* message(BaselineError);           what to do about it
//
// The format, version 2, is for people, other programs, and later versions of this library:
//
//     aroma-baseline 2
//     segment cdg/mobile
//     scores 100:3 998:12 1000:7                  thousandths where a bin begins : how many scores
//                                                 are in it
//     transport 30208:21 31232:1                  the same in microseconds
//     application 96256:3
//     unknown no_sample:2 handshake_only:41     the same for each Status but ok
//     segment (others)                            last, and only if anything was recorded for
//                                                 others
//     ...
//     end 12 c3bb6e7a1d2f4905                     how many lines, this one included; the 64 bits
//                                                 FNV-1a of all bytes before this line
//
// Lines end with a line feed, fields are separated by single spaces, and numbers have no leading
// zeros. The root is "*". Segments are in byte order of their names, bins in ascending order,
// statuses in the enumeration's order, and zero counts are left out: equal baselines give equal
// bytes. A text that an editor has changed is refused, since its counts can no longer be trusted.
//
// Save a baseline in which no thread records: merge() into one of your own first. Several texts may
// be merged into one baseline, with the rules of merge() about order; too many segments are not an
// error, but go to others().
#ifndef AROMA_OPERATE_BASELINE_TEXT_HPP
#define AROMA_OPERATE_BASELINE_TEXT_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/hash.hpp>
#include <aroma/detail/text.hpp>
#include <aroma/detail/text_out.hpp>
#include <aroma/duration.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/histogram.hpp>
#include <aroma/operate/segment_name.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t, uint32_t, uint64_t

namespace aroma {

// What may be wrong with the text of a baseline.
enum class BaselineError : std::uint8_t {
    none,
    not_a_baseline,
    utf16,
    byte_order_mark,
    windows_lines,
    other_version,
    wrong_line,
    wrong_name,
    names_out_of_order,
    wrong_number,
    no_such_bin,
    no_such_status,
    bins_out_of_order,
    missing_end,
    wrong_checksum,
    bytes_after_end,
};

[[nodiscard]] constexpr char const* message(BaselineError error) noexcept
{
    switch (error) {
    case BaselineError::none: return "loaded";
    case BaselineError::not_a_baseline:
        return "not a baseline, which begins with a line aroma-baseline and its version: name the "
               "file that was saved";
    case BaselineError::utf16:
        return "the text is UTF-16, as PowerShell's > writes it: copy the file as it was saved, "
               "byte by byte";
    case BaselineError::byte_order_mark:
        return "the text begins with a byte order mark, which an editor adds: take a copy as it "
               "was saved";
    case BaselineError::windows_lines:
        return "the line ends as Windows' do, which an editor or a transfer as text changes: take "
               "a copy as it was saved";
    case BaselineError::other_version:
        return "saved by another version of aroma, in a form that this one does not know: load it "
               "with that one";
    case BaselineError::wrong_line:
        return "another line is due here, or ends earlier: the text was changed, take a copy as it "
               "was saved";
    case BaselineError::wrong_name:
        return "no segment has such a name, as message(validate(SegmentName)) says: the text was "
               "changed, take a copy as it was saved";
    case BaselineError::names_out_of_order:
        return "a segment stands twice or out of order: the text was changed, take a copy as it "
               "was saved";
    case BaselineError::wrong_number:
        return "not a number, or not one in its range: the text was changed, take a copy as it was "
               "saved";
    case BaselineError::no_such_bin:
        return "no bin begins there: the text was changed, take a copy as it was saved";
    case BaselineError::no_such_status:
        return "no status without a score has such a name: the text was changed, take a copy as it "
               "was saved";
    case BaselineError::bins_out_of_order:
        return "a bin or a status stands twice or out of order: the text was changed, take a copy "
               "as it was saved";
    case BaselineError::missing_end:
        return "the text ends before its last line: it was cut short, copy it again";
    case BaselineError::wrong_checksum:
        return "some line is not as it was saved, this or one before it: take a copy as it was "
               "saved";
    case BaselineError::bytes_after_end:
        return "more follows after the last line: an editor or a crash has added it, take a copy "
               "as it was saved; or these are several texts, load each by itself, they add up";
    default: break;
    }
    return "not a baseline error";
}

// The result of merge_text().
struct BaselineResult {
    BaselineError error = BaselineError::none; // none, or why nothing was loaded
    std::size_t line = 0;                      // the wrong line, from 1 on; 0 if none

    friend constexpr bool operator==(BaselineResult const&,
                                     BaselineResult const&) noexcept = default;
};

namespace detail {

inline constexpr std::uint32_t text_version = 2;

// A bin's lower edge as in the text, and the bin that begins there.
[[nodiscard]] constexpr std::uint32_t edge_in_text(ScoreHistogram const&, std::size_t bin) noexcept
{
    static_assert((ScoreHistogram::bins - 1) * 2 == 1000, "thousandths");
    return static_cast<std::uint32_t>(bin * 2);
}
[[nodiscard]] constexpr std::uint32_t edge_in_text(RttHistogram const&, std::size_t bin) noexcept
{
    return RttHistogram::lower_edge(bin).count();
}
[[nodiscard]] constexpr std::size_t bin_in_text(ScoreHistogram const&, std::uint32_t edge) noexcept
{
    return edge / 2;
}
[[nodiscard]] constexpr std::size_t bin_in_text(RttHistogram const&, std::uint32_t edge) noexcept
{
    return RttHistogram::bin(Microseconds{edge});
}

template <class Out, class Histogram>
constexpr void write_counts(Out& out, char const* of, Histogram const& histogram)
{
    out << of;
    for (std::size_t bin = 0; bin < Histogram::bins; ++bin)
        if (std::uint32_t const count = histogram.count(bin); count > 0)
            out << ' ' << std::uint64_t{edge_in_text(histogram, bin)} << ':'
                << std::uint64_t{count};
    out << '\n';
}

template <class Out>
constexpr void write_counts(Out& out, char const* of, UnknownCounts const& unknown)
{
    out << of;
    for (std::size_t bin = 0; bin < UnknownCounts::bins; ++bin)
        if (std::uint32_t const count = unknown.count(bin); count > 0)
            out << ' ' << name(UnknownCounts::status(bin)) << ':' << std::uint64_t{count};
    out << '\n';
}

class BaselineIn {
public:
    constexpr BaselineIn(char const* data, std::size_t size) noexcept : rest_{data, size} {}

    // Parses the whole text, and passes each segment to f(name, segment).
    template <class F>
    [[nodiscard]] constexpr BaselineResult read(F const& f) noexcept
    {
        BaselineError const error = read_all(f);
        return {error, error == BaselineError::none ? 0 : number_};
    }

private:
    template <class F>
    [[nodiscard]] constexpr BaselineError read_all(F const& f) noexcept
    {
        bool const has_first = next_line();
        std::uint32_t version = 0;
        if (is_utf16(line_))
            return BaselineError::utf16;
        if (!take(line_, "aroma-baseline "))
            return take(line_, byte_order_mark) ? BaselineError::byte_order_mark
                                                : BaselineError::not_a_baseline;
        if (!has_first)
            return BaselineError::missing_end;
        if (!take_count(version) || version == 0)
            return BaselineError::not_a_baseline;
        if (version != text_version)
            return BaselineError::other_version;
        if (line_.size() > 0)
            return line_ == "\r" ? BaselineError::windows_lines : BaselineError::wrong_line;

        bool any = false, others = false;
        SegmentName last;
        while (true) {
            std::uint64_t const hash = checksum_.hash();
            if (!next_line())
                return BaselineError::missing_end;
            if (take(line_, "end "))
                return read_end(hash);
            if (!take(line_, "segment ") || line_.size() == 0)
                return BaselineError::wrong_line;
            SegmentName const name = SegmentName::from_text(line_);
            bool const named = aroma::validate(name) == NameError::none;
            if (!named && !(name == name_of_others))
                return BaselineError::wrong_name;
            if (others || (any && named && !(last < name)))
                return BaselineError::names_out_of_order;
            any = true;
            others = !named;
            last = name;

            Segment segment;
            BaselineError error = read_counts("scores", segment.scores);
            if (error == BaselineError::none)
                error = read_counts("transport", segment.transport);
            if (error == BaselineError::none)
                error = read_counts("application", segment.application);
            if (error == BaselineError::none)
                error = read_counts("unknown", segment.unknown);
            if (error != BaselineError::none)
                return error;
            f(name, static_cast<Segment const&>(segment));
        }
    }

    template <class Histogram>
    [[nodiscard]] constexpr BaselineError read_counts(char const* of, Histogram& histogram) noexcept
    {
        if (!next_line())
            return BaselineError::missing_end;
        if (!take(line_, of))
            return BaselineError::wrong_line;
        std::size_t next = 0;
        while (line_.size() > 0) {
            std::size_t bin = 0;
            std::uint32_t count = 0;
            if (!take(line_, " "))
                return BaselineError::wrong_line;
            if (BaselineError const why = take_bin(histogram, bin); why != BaselineError::none)
                return why;
            if (!take(line_, ":") || !take_count(count) || count == 0)
                return BaselineError::wrong_number;
            if (bin < next)
                return BaselineError::bins_out_of_order;
            next = bin + 1;
            histogram.add(bin, count);
        }
        return BaselineError::none;
    }

    template <class Histogram>
    [[nodiscard]] constexpr BaselineError take_bin(Histogram const& histogram,
                                                   std::size_t& bin) noexcept
    {
        std::uint32_t edge = 0;
        if (!take_count(edge))
            return BaselineError::wrong_number;
        bin = bin_in_text(histogram, edge);
        return bin < Histogram::bins && edge_in_text(histogram, bin) == edge
                 ? BaselineError::none
                 : BaselineError::no_such_bin;
    }
    [[nodiscard]] constexpr BaselineError take_bin(UnknownCounts const&, std::size_t& bin) noexcept
    {
        Text const status =
            take_while(line_, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
        while (bin < UnknownCounts::bins && !(status == name(UnknownCounts::status(bin))))
            ++bin;
        return bin < UnknownCounts::bins ? BaselineError::none : BaselineError::no_such_status;
    }

    [[nodiscard]] constexpr BaselineError read_end(std::uint64_t hash) noexcept
    {
        std::uint32_t counted = 0;
        if (!take_count(counted))
            return BaselineError::wrong_number;
        if (!take(line_, " "))
            return BaselineError::wrong_line;
        if (!take(line_, HexDigits{hash}) || counted != number_)
            return BaselineError::wrong_checksum;
        if (line_.size() > 0)
            return BaselineError::wrong_line;
        if (rest_.size() == 0)
            return BaselineError::none;
        ++number_;
        return BaselineError::bytes_after_end;
    }

    // Whether the next line is complete.
    [[nodiscard]] constexpr bool next_line() noexcept
    {
        ++number_;
        line_ = take_while(rest_, [](char c) { return c != '\n'; });
        std::size_t const end = rest_.size() > 0 ? 1 : 0;
        checksum_.add(line_.data(), line_.size() + end);
        take(rest_, end);
        return end > 0;
    }

    // From 0 to most_counted, without needless zeros.
    [[nodiscard]] constexpr bool take_count(std::uint32_t& to) noexcept
    {
        Text const before = line_;
        return take_number(line_, to, most_counted)
            && (before.size() - line_.size() == 1 || *before.data() != '0');
    }

    Text rest_;
    Text line_{};
    std::size_t number_ = 0; // of the line
    Fnv1a checksum_{};
};

} // namespace detail

// Writes all of it with write(), in pieces; false as soon as write() returns false.
template <std::size_t MostSegments, text_writer Write>
[[nodiscard]] constexpr bool save(Baseline<MostSegments> const& baseline, Write&& write)
{
    detail::Fnv1a checksum;
    std::uint64_t number = 1;
    auto checked = [&](char const* data, std::size_t size) {
        checksum.add(data, size);
        for (std::size_t i = 0; i < size; ++i)
            number += data[i] == '\n' ? 1 : 0;
        return write(data, size);
    };
    detail::TextSink out{checked};
    out << "aroma-baseline " << std::uint64_t{detail::text_version} << '\n';
    baseline.for_each([&](SegmentName name, Segment const& segment) {
        if (!out.good())
            return;
        out << "segment " << name.in_text() << '\n';
        detail::write_counts(out, "scores", segment.scores);
        detail::write_counts(out, "transport", segment.transport);
        detail::write_counts(out, "application", segment.application);
        detail::write_counts(out, "unknown", segment.unknown);
    });
    out.flush(); // before the checksum is computed
    std::uint64_t const hash = checksum.hash();
    out << "end " << number << ' ' << detail::Text{detail::HexDigits{hash}} << '\n';
    out.flush();
    return out.good();
}

// Merges a text into the baseline: all of it, or nothing if there is an error. So it is read twice.
template <std::size_t MostSegments>
[[nodiscard]] constexpr BaselineResult merge_text(char const* data, std::size_t size,
                                                  Baseline<MostSegments>& into) noexcept
{
    detail::BaselineIn const text{data, data ? size : 0};
    BaselineResult const result =
        detail::BaselineIn{text}.read([](SegmentName, Segment const&) noexcept {});
    if (result.error == BaselineError::none)
        into.merge_each([&](auto const& f) { (void)detail::BaselineIn{text}.read(f); });
    return result;
}

} // namespace aroma

#endif // AROMA_OPERATE_BASELINE_TEXT_HPP
