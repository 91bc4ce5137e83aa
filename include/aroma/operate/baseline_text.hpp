// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/baseline_text.hpp: a baseline as text, and back.
//
// Synopsis
//   bool       save(baseline, write);             write(char const* data, std::size_t size) ->
//                                                 bool, some KiB at a time; stops if it is false
//   LoadResult load(data, size, baseline);        merges the text into the baseline: all of it, or
//                                                 nothing if there is an error
//   struct LoadResult { LoadError error; std::size_t line; };
//   char const* message(LoadError);              what to do about it
//
// The form, in its version 1, is for people, for other programs, and for later versions of this
// library:
//
//     aroma-baseline 1
//     segment cdg/mobile
//     scores 100:3 998:12 1000:7                  thousandths where a bin begins : how many scores
//                                                 are in it
//     transport 30208:21 31232:1                  the same of microseconds
//     application 96256:3
//     unknown 2
//     segment (others)                            last, and only if anything was recorded for
//                                                 others
//     ...
//     end 12 c3bb6e7a1d2f4905                     how many lines, this one included; the 64 bits
//                                                 FNV-1a of all bytes before this line
//
// Each line ends with a line feed, single spaces part it, and no number begins with a needless
// zero. Names stand as they are, since no name has a control character; of the root it is "segment"
// alone. Segments are in order of name, by their bytes, and bins of number, those without a count
// left out: equal baselines are equal bytes.
//
// Save a baseline that nobody records in: merge() it into one of your own first. Many texts are
// loaded into one baseline, in any order, as merge() would; too many segments are no error but go
// to others() by its rule.
#ifndef AROMA_OPERATE_BASELINE_TEXT_HPP
#define AROMA_OPERATE_BASELINE_TEXT_HPP

#include <aroma/duration.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/histogram.hpp>
#include <aroma/operate/segment_name.hpp>

#include <concepts> // same_as
#include <cstddef>  // size_t
#include <cstdint>  // uint8_t, uint32_t, uint64_t

namespace aroma {

enum class LoadError : std::uint8_t {
    none,
    not_a_baseline,
    newer_version,
    wrong_line,
    wrong_name,
    names_out_of_order,
    wrong_number,
    no_such_bin,
    bins_out_of_order,
    missing_end,
    wrong_checksum,
    bytes_after_end,
};

[[nodiscard]] constexpr char const* message(LoadError error) noexcept
{
    switch (error) {
    case LoadError::none: return "loaded";
    case LoadError::not_a_baseline:
        return "not a baseline, which begins with a line aroma-baseline and its version: name the "
               "file that was saved";
    case LoadError::newer_version:
        return "saved by a newer aroma, in a form that this one does not know: load it with that "
               "one";
    case LoadError::wrong_line:
        return "another line is due here, or ends earlier: the text was changed, take a copy as it "
               "was saved";
    case LoadError::wrong_name:
        return "no segment has such a name: the text was changed, take a copy as it was saved";
    case LoadError::names_out_of_order:
        return "a segment stands twice or out of order: the text was changed, take a copy as it "
               "was saved";
    case LoadError::wrong_number:
        return "not a number, or not one in its range: the text was changed, take a copy as it was "
               "saved";
    case LoadError::no_such_bin:
        return "no bin begins there: the text was changed, take a copy as it was saved";
    case LoadError::bins_out_of_order:
        return "a bin stands twice or out of order: the text was changed, take a copy as it was "
               "saved";
    case LoadError::missing_end:
        return "the text ends before its last line: it was cut short, copy it again";
    case LoadError::wrong_checksum:
        return "some line is not as it was saved, this or one before it: take a copy as it was "
               "saved";
    case LoadError::bytes_after_end:
        return "more follows after the last line: load each text by itself, they add up";
    }
    return "not a load error";
}

// What load() answers.
struct LoadResult {
    LoadError error = LoadError::none; // none, or why nothing was loaded
    std::size_t line = 0;              // that is wrong, from 1 on; 0 if none is

    friend constexpr bool operator==(LoadResult const&, LoadResult const&) noexcept = default;
};

// Says whether it wrote all of it. bool and nothing else: the -1 of ::write would be taken for
// true.
// clang-format off
template <class Write>
concept text_writer = requires(Write& write, char const* data, std::size_t size) {
    { write(data, size) } -> std::same_as<bool>;
};
// clang-format on

namespace detail {

// FNV-1a of 64 bits (draft-eastlake-fnv, section 6): no change of a single byte can leave it the
// same, since each of its steps can be undone.
class Fnv1a {
public:
    constexpr void add(char byte) noexcept
    {
        hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
    }
    [[nodiscard]] constexpr std::uint64_t hash() const noexcept { return hash_; }

private:
    std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325;
};

inline constexpr std::uint32_t text_version = 1;
inline constexpr char hexadecimal[] = "0123456789abcdef";

// Where a bin begins, as the text has it, and the bin that begins there.
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

template <class Write>
class TextOut {
public:
    constexpr explicit TextOut(Write& write) noexcept : write_{write} {}

    constexpr void byte(char byte)
    {
        if (size_ == sizeof buffer_)
            flush();
        buffer_[size_++] = byte;
        checksum_.add(byte);
        lines_ += byte == '\n' ? 1 : 0;
    }

    constexpr void text(char const* text, std::size_t size)
    {
        for (std::size_t i = 0; i < size; ++i)
            byte(text[i]);
    }

    constexpr void text(char const* terminated)
    {
        for (; *terminated != '\0'; ++terminated)
            byte(*terminated);
    }

    constexpr void number(std::uint64_t number)
    {
        char digits[20]{};
        std::size_t first = sizeof digits;
        do {
            digits[--first] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        text(digits + first, sizeof digits - first);
    }

    template <class Histogram>
    constexpr void counts(char const* of, Histogram const& histogram)
    {
        text(of);
        for (std::size_t bin = 0; bin < Histogram::bins; ++bin) {
            if (std::uint32_t const count = histogram.count(bin); count > 0) {
                byte(' ');
                number(edge_in_text(histogram, bin));
                byte(':');
                number(count);
            }
        }
        byte('\n');
    }

    constexpr void segment(SegmentName name, Segment const& segment)
    {
        text("segment");
        if (name.size() > 0)
            byte(' ');
        text(name.data(), name.size());
        byte('\n');
        counts("scores", segment.scores);
        counts("transport", segment.transport);
        counts("application", segment.application);
        text("unknown ");
        number(segment.unknown);
        byte('\n');
    }

    constexpr void end()
    {
        std::uint64_t const hash = checksum_.hash();
        text("end ");
        number(lines_ + 1);
        byte(' ');
        for (int shift = 60; shift >= 0; shift -= 4)
            byte(hexadecimal[hash >> shift & 15]);
        byte('\n');
        flush();
    }

    [[nodiscard]] constexpr bool good() const noexcept { return good_; }

private:
    constexpr void flush()
    {
        good_ = good_ && write_(static_cast<char const*>(buffer_), size_);
        size_ = 0;
    }

    Write& write_;
    Fnv1a checksum_{};
    std::uint64_t lines_ = 0;
    std::size_t size_ = 0;
    bool good_ = true;
    char buffer_[4096]{};
};

class TextIn {
public:
    constexpr TextIn(char const* data, std::size_t size) noexcept
        : at_{data}, line_end_{data}, end_{data + size}
    {
    }

    // The whole text, and each segment of it to f(name, segment).
    template <class F>
    [[nodiscard]] constexpr LoadResult read(F f) noexcept
    {
        LoadError const error = read_all(f);
        return {error, error == LoadError::none ? 0 : line_};
    }

private:
    template <class F>
    [[nodiscard]] constexpr LoadError read_all(F& f) noexcept
    {
        bool const has_first = next_line();
        if (!has_first)
            line_end_ = end_;
        std::uint32_t version = 0;
        if (!take("aroma-baseline "))
            return LoadError::not_a_baseline;
        if (!has_first)
            return LoadError::missing_end;
        if (!number(version) || version == 0)
            return LoadError::not_a_baseline;
        if (version > text_version)
            return LoadError::newer_version;
        if (!at_line_end())
            return LoadError::wrong_line;

        bool any = false, others = false;
        SegmentName last;
        while (true) {
            std::uint64_t const hash = checksum_.hash();
            if (!next_line())
                return LoadError::missing_end;
            if (take("end "))
                return read_end(hash);
            if (!take("segment") || !(at_line_end() || (take(" ") && !at_line_end())))
                return LoadError::wrong_line;
            SegmentName const name{at_, static_cast<std::size_t>(line_end_ - at_)};
            NameError const why = aroma::validate(name);
            if (why != NameError::none && why != NameError::reserved)
                return LoadError::wrong_name;
            if (others || (any && why == NameError::none && !(last < name)))
                return LoadError::names_out_of_order;
            any = true;
            others = why == NameError::reserved;
            last = name;

            Segment segment;
            LoadError error = read_counts("scores", segment.scores);
            if (error == LoadError::none)
                error = read_counts("transport", segment.transport);
            if (error == LoadError::none)
                error = read_counts("application", segment.application);
            if (error == LoadError::none)
                error = read_unknown(segment);
            if (error != LoadError::none)
                return error;
            f(name, static_cast<Segment const&>(segment));
        }
    }

    template <class Histogram>
    [[nodiscard]] constexpr LoadError read_counts(char const* of, Histogram& histogram) noexcept
    {
        if (!next_line())
            return LoadError::missing_end;
        if (!take(of))
            return LoadError::wrong_line;
        std::size_t next = 0;
        while (!at_line_end()) {
            std::uint32_t edge = 0, count = 0;
            if (!take(" "))
                return LoadError::wrong_line;
            if (!number(edge) || !take(":") || !number(count) || count == 0)
                return LoadError::wrong_number;
            std::size_t const bin = bin_in_text(histogram, edge);
            if (bin >= Histogram::bins || edge_in_text(histogram, bin) != edge)
                return LoadError::no_such_bin;
            if (bin < next)
                return LoadError::bins_out_of_order;
            next = bin + 1;
            histogram.add(bin, count);
        }
        return LoadError::none;
    }

    [[nodiscard]] constexpr LoadError read_unknown(Segment& segment) noexcept
    {
        if (!next_line())
            return LoadError::missing_end;
        if (!take("unknown "))
            return LoadError::wrong_line;
        if (!number(segment.unknown))
            return LoadError::wrong_number;
        return at_line_end() ? LoadError::none : LoadError::wrong_line;
    }

    [[nodiscard]] constexpr LoadError read_end(std::uint64_t hash) noexcept
    {
        std::uint32_t lines = 0;
        if (!number(lines))
            return LoadError::wrong_number;
        if (!take(" "))
            return LoadError::wrong_line;
        for (int shift = 60; shift >= 0; shift -= 4)
            if (char const digit[] = {hexadecimal[hash >> shift & 15], '\0'}; !take(digit))
                return LoadError::wrong_checksum;
        if (lines != line_)
            return LoadError::wrong_checksum;
        if (!at_line_end())
            return LoadError::wrong_line;
        line_ += line_end_ + 1 != end_ ? 1 : 0;
        return line_end_ + 1 != end_ ? LoadError::bytes_after_end : LoadError::none;
    }

    // To the beginning of the next line, if it has an end.
    [[nodiscard]] constexpr bool next_line() noexcept
    {
        at_ = line_ == 0 ? line_end_ : line_end_ + 1;
        ++line_;
        for (line_end_ = at_; line_end_ != end_; ++line_end_) {
            checksum_.add(*line_end_);
            if (*line_end_ == '\n')
                return true;
        }
        return false;
    }

    [[nodiscard]] constexpr bool at_line_end() const noexcept { return at_ == line_end_; }

    [[nodiscard]] constexpr bool take(char const* text) noexcept
    {
        char const* at = at_;
        for (; *text != '\0'; ++text, ++at)
            if (at == line_end_ || *at != *text)
                return false;
        at_ = at;
        return true;
    }

    // From 0 to most_counted, as TextOut writes it.
    [[nodiscard]] constexpr bool number(std::uint32_t& to) noexcept
    {
        char const* const begin = at_;
        std::uint64_t value = 0;
        for (; at_ != line_end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
            value = value * 10 + static_cast<std::uint64_t>(*at_ - '0');
            if (value > most_counted)
                return false;
        }
        to = static_cast<std::uint32_t>(value);
        return at_ - begin == 1 || (at_ != begin && *begin != '0');
    }

    char const* at_;
    char const* line_end_;
    char const* end_;
    std::size_t line_ = 0;
    Fnv1a checksum_{};
};

} // namespace detail

template <std::size_t MostSegments, text_writer Write>
[[nodiscard]] constexpr bool save(Baseline<MostSegments> const& baseline, Write&& write)
{
    detail::TextOut<Write> out{write};
    out.text("aroma-baseline ");
    out.number(detail::text_version);
    out.byte('\n');
    baseline.for_each([&](SegmentName name, Segment const& segment) {
        if (out.good())
            out.segment(name, segment);
    });
    out.end();
    return out.good();
}

// Twice over the text: nothing of one with an error in its last line may have been merged.
template <std::size_t MostSegments>
[[nodiscard]] constexpr LoadResult load(char const* data, std::size_t size,
                                        Baseline<MostSegments>& into) noexcept
{
    LoadResult const result =
        detail::TextIn{data, size}.read([](SegmentName, Segment const&) noexcept {});
    if (result.error != LoadError::none)
        return result;
    return detail::TextIn{data, size}.read(
        [&](SegmentName name, Segment const& segment) noexcept { into.merge(name, segment); });
}

} // namespace aroma

#endif // AROMA_OPERATE_BASELINE_TEXT_HPP
