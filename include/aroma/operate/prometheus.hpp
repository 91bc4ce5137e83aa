// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/prometheus.hpp: a baseline as Prometheus scrapes it, so that a fleet's is the sum
// of its servers'.
//
// Synopsis
//   struct PrometheusOptions {
//       char const* prefix = "aroma";     of the metrics' names
//       char const* labels = "";          of every sample, as they stand between the braces:
//                                         pop="cdg",host="a"
//   };
//   PrometheusError validate(PrometheusOptions);             what is wrong with them, or
//                                                         PrometheusError::none
//   PrometheusError write_prometheus(baseline, options, write);
//                                through bool write(char const*, std::size_t), a line at a time
//
//   aroma_score                           histogram: the scores
//   aroma_transport_rtt_seconds           histogram: the lowest RTTs of TCP
//   aroma_application_rtt_seconds         histogram: the RTTs above TCP
//   aroma_unknown_total                   counter: assessments without a score
//
// Each has a label `segment`, the baseline's name for it, and "(others)" for those beyond its
// limit: so there are never more than prometheus_series for each of MostSegments + 1 segments,
// whatever clients do.
//
// A score on an edge belongs to the better band, so here it is counted above it, le
// notwithstanding: `sum(aroma_score_bucket{le="0.1"})` is the number of those below 0.1, as
// ThresholdClassifier counts them. Likewise for RTTs. le="1" and le="+Inf" have all. The sums are
// of the bins' middles: within 0.001 a score, within 1.6 % of an RTT.
//
// Text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): serve it as text/plain;
// version=0.0.4; charset=utf-8.
#ifndef AROMA_OPERATE_PROMETHEUS_HPP
#define AROMA_OPERATE_PROMETHEUS_HPP

#include <aroma/duration.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/histogram.hpp>
#include <aroma/operate/segment_name.hpp>

#include <concepts> // convertible_to
#include <cstddef>  // size_t
#include <cstdint>  // uint8_t, uint32_t, uint64_t

namespace aroma {

// Names and labels of what is written.
struct PrometheusOptions {
    char const* prefix = "aroma";
    char const* labels = "";
};

enum class PrometheusError : std::uint8_t { none, prefix, labels, not_written };

[[nodiscard]] constexpr char const* message(PrometheusError error) noexcept
{
    switch (error) {
    case PrometheusError::none: return "the metrics are written";
    case PrometheusError::prefix:
        return "the prefix is not 1 to 32 letters, digits and '_' that begin with a letter: give "
               "one such as aroma";
    case PrometheusError::labels:
        return "the labels are not name=\"value\" with commas between, each name of letters, "
               "digits and '_' and neither le nor segment, at most 200 characters";
    case PrometheusError::not_written:
        return "the output did not take all of it: what was written is not complete, discard it";
    }
    return "not a Prometheus error";
}

namespace detail {

constexpr bool is_letter(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// How many characters from there on are a name: [a-zA-Z_][a-zA-Z0-9_]*.
constexpr std::size_t label_name(char const* text) noexcept
{
    std::size_t size = 0;
    while (is_letter(text[size]) || text[size] == '_'
           || (size > 0 && text[size] >= '0' && text[size] <= '9'))
        ++size;
    return size;
}

// How many bytes from there on are one character of UTF-8 (RFC 3629): 0 if they are none.
constexpr std::size_t utf8_character(char const* text, std::size_t size) noexcept
{
    auto const byte = [&](std::size_t i) {
        return i < size ? static_cast<unsigned char>(text[i]) : 0u;
    };
    auto const follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    unsigned const first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF && follows(1))
        return 2;
    if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2))
        return (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0) ? 0 : 3;
    if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3))
        return (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90) ? 0 : 4;
    return 0;
}

constexpr bool utf8_text(char const* text, std::size_t size) noexcept
{
    for (std::size_t i = 0; i < size;) {
        std::size_t const one = utf8_character(text + i, size - i);
        if (one == 0)
            return false;
        i += one;
    }
    return true;
}

// Where the cumulative counts are reported: all of them are lower edges of bins. Scores by
// hundredths, where thresholds are, and coarser above.
inline constexpr std::size_t score_edge_count = 34;
constexpr double score_edge(std::size_t i) noexcept
{
    auto const n = static_cast<double>(i + 1);
    return i < 10 ? n / 100 : i < 20 ? (10 + (n - 10) * 2) / 100 : (30 + (n - 20) * 5) / 100;
}
// RTTs at 2^n and 1.5 2^n microseconds, from 256 us to 50 s.
inline constexpr std::size_t rtt_edge_count = 36;
constexpr std::uint32_t rtt_edge(std::size_t i) noexcept
{
    return (i % 2 == 0 ? 2u : 3u) << (7 + i / 2);
}

// One line, and where it goes.
template <class Write>
class PrometheusLine {
public:
    constexpr PrometheusLine(Write& write, PrometheusOptions const& options) noexcept
        : write_{write}, options_{options}
    {
    }

    [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }

    constexpr PrometheusLine& operator<<(char const* text) noexcept
    {
        while (*text != '\0')
            put(*text++);
        return *this;
    }
    constexpr PrometheusLine& operator<<(std::uint64_t number) noexcept
    {
        char digits[20]{};
        int count = 0;
        do
            digits[count++] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        while (count > 0)
            put(digits[--count]);
        return *this;
    }
    // So many parts, of which ten to the power of decimals are one.
    constexpr PrometheusLine& decimal(std::uint64_t parts, int decimals) noexcept
    {
        std::uint64_t scale = 1;
        for (int i = 0; i < decimals; ++i)
            scale *= 10;
        *this << parts / scale;
        if (parts % scale == 0)
            return *this;
        put('.');
        for (std::uint64_t left = parts % scale; left != 0; left %= scale) {
            scale /= 10;
            put(static_cast<char>('0' + left / scale));
        }
        return *this;
    }

    // The name of a metric, its labels and a space. Names of segments may have any bytes;
    // Prometheus refuses all of an answer that is not UTF-8, so each other byte becomes U+FFFD and
    // two digits, and so does U+FFFD itself: different names stay different.
    constexpr PrometheusLine& sample(char const* metric, char const* suffix,
                                     SegmentName segment) noexcept
    {
        *this << options_.prefix << metric << suffix << "{";
        if (*options_.labels != '\0')
            *this << options_.labels << ",";
        *this << "segment=\"";
        for (std::size_t i = 0; i < segment.size();) {
            char const* const at = segment.data() + i;
            std::size_t const size = utf8_character(at, segment.size() - i);
            bool const replacement =
                size == 3 && at[0] == '\xEF' && at[1] == '\xBF' && at[2] == '\xBD';
            if (size == 0 || replacement) {
                constexpr char digits[] = "0123456789abcdef";
                auto const byte = static_cast<unsigned char>(*at);
                *this << "\xEF\xBF\xBD";
                put(digits[byte / 16]);
                put(digits[byte % 16]);
                ++i;
                continue;
            }
            if (*at == '\\' || *at == '"')
                put('\\');
            for (std::size_t j = 0; j < size; ++j)
                put(at[j]);
            i += size;
        }
        return *this << "\"";
    }

    constexpr void end()
    {
        put('\n');
        if (ok_)
            ok_ = static_cast<bool>(write_(static_cast<char const*>(text_), size_));
        size_ = 0;
    }

private:
    constexpr void put(char c) noexcept
    {
        if (size_ < sizeof text_)
            text_[size_++] = c;
    }

    // The longest: prefix 32, metric and suffix 32, labels 200, a name of 63 bytes as 5 each, le
    // and a number 40.
    char text_[1024]{};
    std::size_t size_ = 0;
    Write& write_;
    PrometheusOptions const& options_;
    bool ok_ = true;
};

constexpr std::uint64_t add_saturating(std::uint64_t a, std::uint64_t b) noexcept
{
    return a + b < a ? ~std::uint64_t{0} : a + b;
}

} // namespace detail

// Samples of one segment: buckets with +Inf, sum and count of three histograms, and one counter.
inline constexpr std::size_t prometheus_series =
    (detail::score_edge_count + 3) + 2 * (detail::rtt_edge_count + 3) + 1;

[[nodiscard]] constexpr PrometheusError validate(PrometheusOptions const& options) noexcept
{
    std::size_t const prefix = options.prefix ? detail::label_name(options.prefix) : 0;
    if (prefix == 0 || prefix > 32 || options.prefix[prefix] != '\0'
        || !detail::is_letter(options.prefix[0]))
        return PrometheusError::prefix;
    if (!options.labels)
        return PrometheusError::labels;
    std::size_t size = 0;
    while (options.labels[size] != '\0')
        if (++size > 200)
            return PrometheusError::labels;
    for (char const* at = options.labels; *at != '\0';) {
        std::size_t const length = detail::label_name(at);
        SegmentName const label{at, length};
        if (length == 0 || label == SegmentName{"le"} || label == SegmentName{"segment"}
            || (length > 1 && at[0] == '_' && at[1] == '_'))
            return PrometheusError::labels;
        at += length;
        if (at[0] != '=' || at[1] != '"')
            return PrometheusError::labels;
        for (at += 2; *at != '"'; ++at) {
            if (*at == '\\')
                ++at;
            if (static_cast<unsigned char>(*at) < 0x20)
                return PrometheusError::labels;
        }
        ++at;
        if (*at == ',' && at[1] != '\0')
            ++at;
        else if (*at != '\0')
            return PrometheusError::labels;
    }
    return detail::utf8_text(options.labels, size) ? PrometheusError::none
                                                   : PrometheusError::labels;
}

namespace detail {

// What all histograms end with.
template <class Line>
constexpr void write_end(Line& line, SegmentName segment, char const* metric, char const* last,
                         std::uint64_t sum, int decimals, std::uint64_t total)
{
    char const* const edges[] = {last, "+Inf"};
    for (char const* const edge : edges) {
        if (!edge)
            continue;
        line.sample(metric, "_bucket", segment) << ",le=\"" << edge << "\"} " << total;
        line.end();
    }
    (line.sample(metric, "_sum", segment) << "} ").decimal(sum, decimals);
    line.end();
    line.sample(metric, "_count", segment) << "} " << total;
    line.end();
}

template <class Line>
constexpr void write_scores(Line& line, SegmentName segment, ScoreHistogram const& scores)
{
    for (std::size_t i = 0; i + 1 < score_edge_count; ++i) {
        line.sample("_score", "_bucket", segment) << ",le=\"";
        line.decimal(static_cast<std::uint64_t>(score_edge(i) * 100 + 0.5), 2)
            << "\"} " << scores.count_below(score_edge(i));
        line.end();
    }
    std::uint64_t sum = 0; // thousandths
    for (std::size_t bin = 0; bin < ScoreHistogram::bins; ++bin)
        sum = add_saturating(sum, std::uint64_t{scores.count(bin)}
                                      * (bin + 1 < ScoreHistogram::bins ? 2 * bin + 1 : 1000));
    write_end(line, segment, "_score", "1", sum, 3, scores.total());
}

template <class Line>
constexpr void write_rtts(Line& line, SegmentName segment, char const* metric,
                          RttHistogram const& rtts)
{
    for (std::size_t i = 0; i < rtt_edge_count; ++i) {
        line.sample(metric, "_bucket", segment) << ",le=\"";
        line.decimal(rtt_edge(i), 6) << "\"} " << rtts.count_below(Microseconds{rtt_edge(i)});
        line.end();
    }
    std::uint64_t sum = 0; // microseconds
    for (std::size_t bin = 0; bin < RttHistogram::bins; ++bin)
        if (std::uint64_t const count = rtts.count(bin); count > 0)
            sum = add_saturating(sum, count
                                          * ((std::uint64_t{RttHistogram::lower_edge(bin).count()}
                                              + RttHistogram::lower_edge(bin + 1).count())
                                             / 2));
    write_end(line, segment, metric, nullptr, sum, 6, rtts.total());
}

} // namespace detail

// clang-format off
template <class Write>
concept prometheus_writer = requires(Write& write, char const* text, std::size_t size) {
    { write(text, size) } -> std::convertible_to<bool>;
};
// clang-format on

template <std::size_t MostSegments, prometheus_writer Write>
[[nodiscard]] constexpr PrometheusError write_prometheus(Baseline<MostSegments> const& baseline,
                                                         PrometheusOptions const& options,
                                                         Write&& write)
{
    if (PrometheusError const why = validate(options); why != PrometheusError::none)
        return why;
    detail::PrometheusLine<Write> line{write, options};
    auto const family = [&](char const* metric, char const* help, char const* type, auto&& each) {
        line << "# HELP " << options.prefix << metric << " " << help;
        line.end();
        line << "# TYPE " << options.prefix << metric << " " << type;
        line.end();
        baseline.for_each(each);
    };
    family("_score", "Scores of connections; one on an edge is counted above it.", "histogram",
           [&](SegmentName name, Segment const& segment) {
               detail::write_scores(line, name, segment.scores);
           });
    family("_transport_rtt_seconds", "The lowest round-trip times of TCP.", "histogram",
           [&](SegmentName name, Segment const& segment) {
               detail::write_rtts(line, name, "_transport_rtt_seconds", segment.transport);
           });
    family("_application_rtt_seconds", "Round-trip times above TCP.", "histogram",
           [&](SegmentName name, Segment const& segment) {
               detail::write_rtts(line, name, "_application_rtt_seconds", segment.application);
           });
    family("_unknown_total", "Assessments without a score.", "counter",
           [&](SegmentName name, Segment const& segment) {
               line.sample("_unknown", "_total", name) << "} " << std::uint64_t{segment.unknown};
               line.end();
           });
    return line.ok() ? PrometheusError::none : PrometheusError::not_written;
}

} // namespace aroma

#endif // AROMA_OPERATE_PROMETHEUS_HPP
