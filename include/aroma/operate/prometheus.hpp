// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/prometheus.hpp: a baseline in Prometheus' text format, summable over a fleet.
//
// Synopsis
//   struct PrometheusOptions {
//       char const* prefix = "aroma";     of the metrics' names
//       char const* labels = "";          of every sample, as written between the braces:
//                                         pop="cdg",host="a"
//   };
//   PrometheusError validate(PrometheusOptions);
//   PrometheusError write_prometheus(baseline, options, write);
//                                         through bool write(char const*, std::size_t), a line at
//                                         a time
//   struct LabelledBaseline { Baseline const& baseline; char const* labels; };
//   PrometheusError write_prometheus(labelled, options, write);
//   PrometheusError write_prometheus(labelled, count, options, write);
//                                         several on one page, each with labels of its own beside
//                                         those of the options
//
//   PrometheusError write_prometheus(AccusedKeys, options, write);
//                                         after the others, on the same page
//
//   aroma_score                           histogram: the scores
//   aroma_transport_rtt_seconds           histogram: TCP's minimum RTTs
//   aroma_application_rtt_seconds         histogram: the RTTs above TCP
//   aroma_unknown_total                   counter: assessments without a score, by `status`
//   aroma_keys, aroma_accused_keys        gauges: of an AccusedShare, without `segment`
//   aroma_accused_share_implausible       gauge: 1 if the server itself is the suspect
//
// Each has a label `segment`: the name in the baseline, "*" for the root, "(others)" for those
// beyond its limit. So there are never more than prometheus_series series for each of MostSegments
// + 1 segments. Every status has its series from the start, at 0, since increase() misses the first
// count of a new series.
//
// A page must have each metric family once, with all of its lines together. So write several
// baselines in one call, with labels that differ:
//
//     aroma::LabelledBaseline<64> const all[] = {{*web, R"(listener="web")"},
//                                                {*api, R"(listener="api")"}};
//     auto why = write_prometheus(all, {.labels = R"(pop="cdg")"}, write);
//
// Labels that some parser of the format would refuse are refused, not corrected. They are
// name="value" with commas between and no blanks. Names have letters, digits and '_', do not begin
// with a digit or "__", differ, and are none of le, quantile, segment and status. Values are valid
// UTF-8 without control characters, with only the escapes \\, \" and \n.
//
// A score on an edge belongs to the better band, so it is counted above the edge, although `le`
// means "less or equal": `sum(aroma_score_bucket{le="0.1"})` is the number of scores below 0.1, as
// ThresholdClassifier compares them. The same holds for RTTs. le="1" and le="+Inf" include all.
// Sums use the middles of bins: within 0.001 of each score, within 1.6 % of each RTT.
//
// Text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): serve it as text/plain;
// version=0.0.4; charset=utf-8.
#ifndef AROMA_OPERATE_PROMETHEUS_HPP
#define AROMA_OPERATE_PROMETHEUS_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/text.hpp>
#include <aroma/detail/text_out.hpp>
#include <aroma/duration.hpp>
#include <aroma/operate/accused_share.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/histogram.hpp>
#include <aroma/operate/segment_name.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t, uint32_t, uint64_t

namespace aroma {

// Names and labels of what is written.
struct PrometheusOptions {
    char const* prefix = "aroma";
    char const* labels = "";
};

// What may be wrong with the options of a page, or went wrong as it was written.
enum class PrometheusError : std::uint8_t {
    none,
    prefix,
    labels,
    label_name,
    label_twice,
    same_labels,
    not_written,
};

[[nodiscard]] constexpr char const* message(PrometheusError error) noexcept
{
    switch (error) {
    case PrometheusError::none: return "the metrics are written";
    case PrometheusError::prefix:
        return "the prefix is not 1 to 32 letters, digits and '_' that begin with a letter: give "
               "one such as aroma; ':' is for recording rules";
    case PrometheusError::labels:
        return "the labels are not name=\"value\" with commas between, at most 200 bytes: a name "
               "has letters, digits and '_', a value UTF-8 without control characters, and escapes "
               "are \\\\, \\\" and \\n alone";
    case PrometheusError::label_name:
        return "a label is called le, segment or status, which are written here, or quantile or "
               "begins with __, which are Prometheus' own: give it another name";
    case PrometheusError::label_twice:
        return "a label's name stands twice, in the options' labels or those of a baseline: leave "
               "one of the two";
    case PrometheusError::same_labels:
        return "two baselines have the same labels, so their samples would be the same: give each "
               "a label that differs";
    case PrometheusError::not_written:
        return "the output did not take all of it: what was written is incomplete, discard it";
    default: break;
    }
    return "not a Prometheus error";
}

namespace detail {

// [a-zA-Z_][a-zA-Z0-9_]* at the front; empty if there is none.
constexpr Text take_label_name(Text& from) noexcept
{
    Text const name =
        take_while(from, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
    return name.size() > 0 && is_digit(*name.data()) ? Text{} : name;
}

// The number of bytes of the UTF-8 character there (RFC 3629); 0 if there is none.
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

constexpr bool is_utf8(Text text) noexcept
{
    while (text.size() > 0) {
        std::size_t const one = utf8_character(text.data(), text.size());
        if (one == 0)
            return false;
        take(text, one);
    }
    return true;
}

// Whether it begins with a control character in UTF-8: below U+0020, or U+007F to U+009F.
[[nodiscard]] constexpr bool is_control(Text text) noexcept
{
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text.data()[i]); };
    return byte(0) < 0x20 || byte(0) == 0x7f
        || (byte(0) == 0xc2 && text.size() > 1 && byte(1) < 0xa0);
}

// Removes one name="value" from the front, and the comma before the next; false if there is none.
[[nodiscard]] constexpr bool take_label(Text& from, Text& name, Text& value) noexcept
{
    name = take_label_name(from);
    if (name.size() == 0 || !take(from, "=\""))
        return false;
    Text const begin = from;
    while (!take(from, "\"")) {
        bool const escaped = take(from, "\\");
        if (from.size() == 0)
            return false;
        char const c = *from.data();
        if (is_control(from) || (escaped && c != '\\' && c != '"' && c != 'n'))
            return false;
        take(from, 1);
    }
    value = {begin.data(), begin.size() - from.size() - 1};
    return from.size() == 0 || (take(from, ",") && from.size() > 0);
}

// How often valid labels have this name, with this value if one is given.
[[nodiscard]] constexpr std::size_t count_label(Text labels, Text name,
                                                Text const* value = nullptr) noexcept
{
    std::size_t count = 0;
    Text its_name, its_value;
    while (labels.size() > 0 && take_label(labels, its_name, its_value))
        count += its_name == name && (!value || its_value == *value) ? 1u : 0u;
    return count;
}

// Whether all labels of a are among those of b. An empty value is the same as no label.
[[nodiscard]] constexpr bool labels_are_among(Text a, Text b) noexcept
{
    Text name, value;
    while (a.size() > 0 && take_label(a, name, value))
        if (value.size() > 0 && count_label(b, name, &value) == 0)
            return false;
    return true;
}

// Why a sample cannot have these labels beside valid others.
[[nodiscard]] constexpr PrometheusError validate_labels(char const* labels, Text others) noexcept
{
    Text left = labels, name, value;
    if (!labels || left.size() > 200 || !is_utf8(left))
        return PrometheusError::labels;
    while (left.size() > 0)
        if (!take_label(left, name, value))
            return PrometheusError::labels;
    left = labels;
    while (left.size() > 0 && take_label(left, name, value)) {
        if (name == "le" || name == "quantile" || name == "segment" || name == "status"
            || take(name, "__"))
            return PrometheusError::label_name;
        if (count_label(labels, name) + count_label(others, name) > 1)
            return PrometheusError::label_twice;
    }
    return PrometheusError::none;
}

// Edges at which cumulative counts are reported; all are lower edges of bins. Scores by hundredths
// in the range of thresholds, and coarser above.
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

template <class Write>
class PrometheusOut : public TextSink<Write> {
public:
    constexpr PrometheusOut(Write& write, PrometheusOptions const& options) noexcept
        : TextSink<Write>{write}, options_{options}
    {
    }

    // The labels of the samples from here on, beside those of the options.
    constexpr void begin(char const* labels) noexcept { labels_ = labels; }

    // The name of a metric and its labels, without the closing brace. Names need no escapes.
    constexpr TextSink<Write>& sample(char const* metric, char const* suffix, SegmentName segment)
    {
        *this << options_.prefix << metric << suffix << '{';
        char const* const both[] = {options_.labels, labels_};
        for (char const* const labels : both)
            *this << labels << (*labels != '\0' ? "," : "");
        *this << "segment=\"" << segment.in_text() << '"';
        return *this;
    }

    // A line at a time: the longest has 32 bytes of prefix, 32 of metric and suffix, 400 of labels,
    // 63 of name, and 60 of le and a number.
    constexpr void end_line()
    {
        *this << '\n';
        this->flush();
    }

private:
    PrometheusOptions const& options_;
    char const* labels_ = "";
};

template <class Write>
PrometheusOut(Write&, PrometheusOptions const&) -> PrometheusOut<Write>;

constexpr std::uint64_t add_saturating(std::uint64_t a, std::uint64_t b) noexcept
{
    return b > ~std::uint64_t{0} - a ? ~std::uint64_t{0} : a + b;
}

} // namespace detail

// Samples of one segment: buckets with +Inf, sum and count of three histograms, and a counter for
// each status without a score.
inline constexpr std::size_t prometheus_series =
    (detail::score_edge_count + 3) + 2 * (detail::rtt_edge_count + 3) + UnknownCounts::bins;

[[nodiscard]] constexpr PrometheusError validate(PrometheusOptions const& options) noexcept
{
    detail::Text prefix = options.prefix;
    detail::Text const all = detail::take_label_name(prefix);
    if (prefix.size() > 0 || all.size() == 0 || all.size() > 32 || *all.data() == '_')
        return PrometheusError::prefix;
    return detail::validate_labels(options.labels, {});
}

// One of several baselines on a page.
template <std::size_t MostSegments>
struct LabelledBaseline {
    Baseline<MostSegments> const& baseline; // must outlive this object
    char const* labels = ""; // as PrometheusOptions::labels; no two of a page have the same
};

// of these two
template <std::size_t MostSegments>
LabelledBaseline(Baseline<MostSegments> const&, char const*) -> LabelledBaseline<MostSegments>;

namespace detail {

// The end of every histogram.
template <class Out>
constexpr void write_end(Out& out, SegmentName segment, char const* metric, char const* last,
                         std::uint64_t sum, std::size_t places, std::uint64_t total)
{
    char const* const edges[] = {last, "+Inf"};
    for (char const* const edge : edges) {
        if (!edge)
            continue;
        out.sample(metric, "_bucket", segment) << ",le=\"" << edge << "\"} " << total;
        out.end_line();
    }
    (out.sample(metric, "_sum", segment) << "} ").decimal(sum, places);
    out.end_line();
    out.sample(metric, "_count", segment) << "} " << total;
    out.end_line();
}

template <class Out>
constexpr void write_scores(Out& out, SegmentName segment, ScoreHistogram const& scores)
{
    for (std::size_t i = 0; i + 1 < score_edge_count; ++i) {
        out.sample("_score", "_bucket", segment) << ",le=\"";
        out.decimal(static_cast<std::uint64_t>(score_edge(i) * 100 + 0.5), 2)
            << "\"} " << scores.count_below(score_edge(i));
        out.end_line();
    }
    std::uint64_t sum = 0; // thousandths
    for (std::size_t bin = 0; bin < ScoreHistogram::bins; ++bin)
        sum = add_saturating(sum, std::uint64_t{scores.count(bin)}
                                      * (bin + 1 < ScoreHistogram::bins ? 2 * bin + 1 : 1000));
    write_end(out, segment, "_score", "1", sum, 3, scores.total());
}

template <class Out>
constexpr void write_rtts(Out& out, SegmentName segment, char const* metric,
                          RttHistogram const& rtts)
{
    for (std::size_t i = 0; i < rtt_edge_count; ++i) {
        out.sample(metric, "_bucket", segment) << ",le=\"";
        out.decimal(rtt_edge(i), 6) << "\"} " << rtts.count_below(Microseconds{rtt_edge(i)});
        out.end_line();
    }
    std::uint64_t sum = 0; // microseconds
    for (std::size_t bin = 0; bin < RttHistogram::bins; ++bin)
        if (std::uint64_t const count = rtts.count(bin); count > 0)
            sum = add_saturating(sum, count
                                          * ((std::uint64_t{RttHistogram::lower_edge(bin).count()}
                                              + RttHistogram::lower_edge(bin + 1).count())
                                             / 2));
    write_end(out, segment, metric, nullptr, sum, 6, rtts.total());
}

template <class Out>
constexpr void write_unknown(Out& out, SegmentName segment, UnknownCounts const& unknown)
{
    for (std::size_t bin = 0; bin < UnknownCounts::bins; ++bin) {
        out.sample("_unknown", "_total", segment)
            << ",status=\"" << name(UnknownCounts::status(bin)) << "\"} "
            << std::uint64_t{unknown.count(bin)};
        out.end_line();
    }
}

template <std::size_t MostSegments>
[[nodiscard]] constexpr PrometheusError validate(LabelledBaseline<MostSegments> const* labelled,
                                                 std::size_t count,
                                                 PrometheusOptions const& options) noexcept
{
    PrometheusError why = aroma::validate(options);
    for (std::size_t i = 0; i < count && why == PrometheusError::none; ++i)
        why = validate_labels(labelled[i].labels, options.labels);
    for (std::size_t i = 0; i < count && why == PrometheusError::none; ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (labels_are_among(labelled[i].labels, labelled[j].labels)
                && labels_are_among(labelled[j].labels, labelled[i].labels))
                why = PrometheusError::same_labels;
    return why;
}

} // namespace detail

// Several baselines on one page, each with its labels, through
// bool write(char const*, std::size_t), a line at a time.
template <std::size_t MostSegments, text_writer Write>
[[nodiscard]] constexpr PrometheusError write_prometheus(
    LabelledBaseline<MostSegments> const* labelled, std::size_t count,
    PrometheusOptions const& options, Write&& write)
{
    if (PrometheusError const why = detail::validate(labelled, count, options);
        why != PrometheusError::none)
        return why;
    detail::PrometheusOut out{write, options};
    auto const family = [&](char const* metric, char const* help, char const* type, auto&& each) {
        out << "# HELP " << options.prefix << metric << " " << help;
        out.end_line();
        out << "# TYPE " << options.prefix << metric << " " << type;
        out.end_line();
        for (std::size_t i = 0; i < count && out.good(); ++i) {
            out.begin(labelled[i].labels);
            labelled[i].baseline.for_each(each);
        }
    };
    family("_score", "Scores of connections; one on an edge is counted above it.", "histogram",
           [&](SegmentName name, Segment const& segment) {
               detail::write_scores(out, name, segment.scores);
           });
    family("_transport_rtt_seconds", "The lowest round-trip times of TCP.", "histogram",
           [&](SegmentName name, Segment const& segment) {
               detail::write_rtts(out, name, "_transport_rtt_seconds", segment.transport);
           });
    family("_application_rtt_seconds", "Round-trip times above TCP.", "histogram",
           [&](SegmentName name, Segment const& segment) {
               detail::write_rtts(out, name, "_application_rtt_seconds", segment.application);
           });
    family("_unknown_total", "Assessments without a score, by why there is none.", "counter",
           [&](SegmentName name, Segment const& segment) {
               detail::write_unknown(out, name, segment.unknown);
           });
    return out.good() ? PrometheusError::none : PrometheusError::not_written;
}

// Several baselines in an array.
template <std::size_t MostSegments, std::size_t Count, text_writer Write>
[[nodiscard]] constexpr PrometheusError write_prometheus(
    LabelledBaseline<MostSegments> const (&labelled)[Count], PrometheusOptions const& options,
    Write&& write)
{
    return write_prometheus(labelled + 0, Count, options, write);
}

// One baseline, with the labels of the options alone.
template <std::size_t MostSegments, text_writer Write>
[[nodiscard]] constexpr PrometheusError write_prometheus(Baseline<MostSegments> const& baseline,
                                                         PrometheusOptions const& options,
                                                         Write&& write)
{
    LabelledBaseline<MostSegments> const one{baseline};
    return write_prometheus(&one, 1, options, write);
}

// The share of accused keys: three gauges.
template <text_writer Write>
[[nodiscard]] constexpr PrometheusError write_prometheus(AccusedKeys const& keys,
                                                         PrometheusOptions const& options,
                                                         Write&& write)
{
    if (PrometheusError const why = validate(options); why != PrometheusError::none)
        return why;
    detail::PrometheusOut out{write, options};
    auto const gauge = [&](char const* metric, char const* help, std::uint64_t value) {
        out << "# HELP " << options.prefix << metric << ' ' << help;
        out.end_line();
        out << "# TYPE " << options.prefix << metric << " gauge";
        out.end_line();
        bool const bare = *options.labels == '\0';
        out << options.prefix << metric << (bare ? "" : "{") << options.labels
            << (bare ? " " : "} ") << value;
        out.end_line();
    };
    gauge("_keys", "Distinct keys of clients with a result, in a window.", keys.all);
    gauge("_accused_keys", "Those of them that are accused.", keys.accused);
    gauge("_accused_share_implausible",
          "1 if so many are accused that something in front of the server is the suspect.",
          keys.implausible() ? 1 : 0);
    return out.good() ? PrometheusError::none : PrometheusError::not_written;
}

} // namespace aroma

#endif // AROMA_OPERATE_PROMETHEUS_HPP
