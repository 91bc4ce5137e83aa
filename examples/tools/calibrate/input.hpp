// SPDX-License-Identifier: BSL-1.0
//
// aroma-calibrate: its input. Every input becomes a Baseline; another kind of input is one more
// line in `formats`.
#ifndef AROMA_EXAMPLES_TOOLS_CALIBRATE_INPUT_HPP
#define AROMA_EXAMPLES_TOOLS_CALIBRATE_INPUT_HPP

#include "../../common/csv.hpp"
#include "../../common/json_text.hpp"
#include "../../common/text_file.hpp"
#include "../../common/tool.hpp"

#include <aroma/aroma.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/baseline_text.hpp>
#include <aroma/operate/segment_name.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace calibrate {

using examples::Malformed;

constexpr std::size_t most_segments = 4096;
using Everything = aroma::Baseline<most_segments>;

// Limits of input that is read whole, in MiB. JSON lines and CSV are read line by line, without
// limit.
constexpr std::size_t most_of_baseline = 256; // 4096 segments with a count in every bin: 160
constexpr std::size_t most_of_answer = 16;    // 4096 segments of 12 buckets: 7

// Collects the input in one baseline, and reports errors by file and line.
class Input {
public:
    Input(std::string file, std::string segment, std::string const& by, Everything& into)
        : file_{std::move(file)}, segment_{std::move(segment)}, by_{by}, into_{into}
    {
    }

    Everything& baseline() { return into_; }
    std::string const& by() const { return by_; }

    // The segment of a connection, by default that of the command line.
    aroma::Segment& segment(std::string_view name)
    {
        aroma::SegmentName const of =
            aroma::SegmentName::from_text(name.empty() ? std::string_view{segment_} : name);
        if (aroma::NameError const why = validate(of);
            why != aroma::NameError::none && !(of == aroma::name_of_others))
            throw Malformed(message(why));
        return into_.find_or_add(of);
    }

    void wrong(std::size_t line, std::string_view why)
    {
        wrong_.add(fmt::format("{}:{}: {}", file_, line, why));
        if (wrong_.untold() == 1)
            examples::complain(fmt::format("{}: and more", file_));
    }
    bool is_wrong() const { return wrong_.count() > 0; }
    // so that no more of it need be read
    bool is_no_use() const { return wrong_.untold() > 0; }

    std::uint64_t left_out = 0; // those behind a proxy

private:
    std::string file_, segment_;
    std::string const& by_;
    Everything& into_;
    examples::Complaints wrong_;
};

inline void record(aroma::Segment& segment, std::optional<double> score)
{
    if (score)
        segment.scores.add(aroma::ScoreHistogram::bin(aroma::Score{*score}), 1);
    else
        segment.unknown.add(aroma::Status::no_sample, 1);
}

// The edge's scores are rounded down to three decimals: 0 may be 0.0004, the lowest score.
inline double checked_score(double score)
{
    return score >= 0 && score <= 1 ? score : throw Malformed("score is not within 0 to 1");
}

inline void read_baseline(examples::TextFile& file, Input& input)
{
    std::string const text = file.all(most_of_baseline, "baseline");
    aroma::BaselineResult const loaded = merge_text(text.data(), text.size(), input.baseline());
    if (loaded.error != aroma::BaselineError::none)
        input.wrong(loaded.line, message(loaded.error));
}

inline void read_json_line(std::string_view line, Input& input)
{
    using Json = nlohmann::json;
    Json const whole = examples::parse_json(line);
    if (!whole.is_object())
        throw Malformed("not an object");
    auto const text = [&](std::string const& field) {
        auto const found = whole.find(field);
        if (found == whole.end() || found->is_null())
            return std::string{};
        return found->is_string() ? found->get<std::string>()
                                  : throw Malformed(fmt::format("{} is no text", field));
    };
    if (text("truth") == "proxy") {
        ++input.left_out;
        return;
    }
    Json const& seen = whole.contains("seen") ? whole["seen"] : whole;
    auto const score = seen.find("score");
    bool const failed = whole.contains("failed"); // a failed connection of the lab
    if (!seen.is_object() || (score == seen.end() && !failed))
        throw Malformed("no score");
    if (failed || score->is_null())
        return record(input.segment(text(input.by())), std::nullopt);
    if (!score->is_number())
        throw Malformed("score is not a number");
    double const value = checked_score(score->get<double>());
    record(input.segment(text(input.by())), value);
}

inline void read_json(examples::TextFile& file, Input& input)
{
    while (!input.is_no_use()) {
        try {
            std::string_view line;
            if (!file.next(line))
                return;
            if (line.find_first_not_of(" \t\r") != line.npos)
                read_json_line(line, input);
        } catch (Malformed const& why) {
            input.wrong(file.line(), why.what());
        }
    }
}

inline void read_csv_line(examples::Csv const& csv, bool scores, Input& input)
{
    std::string const segment{csv.text(input.by())};
    if (scores) {
        if (csv.text("score").empty())
            return record(input.segment(segment), std::nullopt);
        return record(input.segment(segment), checked_score(csv.integer<double>("score")));
    }
    auto const rtt = [&](std::string_view column) {
        return aroma::Microseconds{csv.text(column).empty() ? 0
                                                            : csv.integer<std::uint32_t>(column)};
    };
    aroma::Microseconds const minimum = rtt("minimum_us"), application = rtt("application_us");
    // Both or none: TCP's RTT alone shows no excess.
    aroma::Assessment const a = assess(
        aroma::RttSample{minimum, aroma::Microseconds{}, aroma::Microseconds{}, application});
    input.segment(segment).record(a);
}

inline void read_csv(examples::TextFile& file, Input& input)
{
    examples::Csv csv{file};
    bool scores = false;
    try {
        if (!csv.next())
            return input.wrong(1, "it is empty");
        for (std::string_view const column :
             {std::string_view{"score"}, std::string_view{"minimum_us"},
              std::string_view{"application_us"}, std::string_view{input.by()}})
            if (csv.has(column) > 1)
                throw Malformed(fmt::format("column {} is there twice", column));
        scores = csv.has("score");
        if (!scores && !(csv.has("minimum_us") && csv.has("application_us")))
            throw Malformed("neither a baseline, nor JSON lines, nor CSV with a header that names "
                            "score, or minimum_us and application_us");
        if (input.by() != "segment" && !csv.has(input.by()))
            throw Malformed(fmt::format("there is no column {}", input.by()));
    } catch (Malformed const& why) {
        return input.wrong(csv.line(), why.what());
    }
    while (!input.is_no_use()) {
        try {
            if (!csv.next())
                return;
            read_csv_line(csv, scores, input);
        } catch (Malformed const& why) {
            input.wrong(csv.line(), why.what());
        }
    }
}

// What a Prometheus server answers to an instant query
// (prometheus.io/docs/prometheus/latest/querying/api): each bucket a sample, with the number of
// scores below its edge. Each score counts as the lower edge of its bucket. So no threshold is
// higher than from the scores themselves, nor lower by more than the bucket's width. A bucket that
// is too wide, because edges were lost, is refused: its thresholds would accuse no client.
inline void read_prometheus_buckets(nlohmann::json const& all, Input& input)
{
    if (all.value("status", "") != "success")
        throw Malformed("Prometheus says: " + all.value("error", std::string{"no success"}));
    auto const& data = all.at("data");
    if (data.value("resultType", "") != "vector")
        throw Malformed("not an instant vector: ask /api/v1/query, and not for a range");
    struct Histogram {
        std::string segment;
        std::map<double, double> buckets; // the edges, and how many are below
    };
    std::map<std::string, Histogram> histograms;          // by all labels but le
    constexpr double widest = 0.101, matters_below = 0.7; // the library's are 0.05 wide at most
    auto const number = [](std::string_view text) {
        if (text.starts_with('+')) // as in +Inf
            text.remove_prefix(1);
        double value = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && end == text.data() + text.size() && value >= 0
                 ? value
                 : throw Malformed(fmt::format("not a count or an edge: {}", text));
    };
    for (auto const& sample : data.at("result")) {
        auto const& metric = sample.at("metric");
        if (!metric.is_object()
            || !std::all_of(metric.begin(), metric.end(),
                            [](auto const& label) { return label.is_string(); }))
            throw Malformed("a label is no text");
        auto labels = metric;
        auto const le = labels.find("le");
        if (le == labels.end())
            throw Malformed(
                "a sample has no label le: ask for buckets, and keep le in sum by (...)");
        double const edge = number(le->get<std::string>());
        labels.erase("le");
        Histogram& histogram = histograms[labels.dump()];
        histogram.segment = labels.value(input.by(), "");
        double const below = number(sample.at("value").at(1).get<std::string>());
        if (!histogram.buckets.emplace(edge, below).second)
            throw Malformed(fmt::format("two buckets of {} have the same le: {}", labels.dump(),
                                        metric.at("le").get<std::string>()));
    }
    for (auto const& [labels, histogram] : histograms) {
        auto const& [segment, buckets] = histogram;
        if (buckets.rbegin()->first < 1)
            throw Malformed("the buckets of " + labels + " have no le=\"1\" or \"+Inf\"");
        aroma::ScoreHistogram& scores = input.segment(segment).scores;
        double from = 0, told = 0;
        for (auto const& [edge, below] : buckets) {
            if (below < told - 0.5) // increase() extrapolates each bucket for itself
                throw Malformed("the buckets of " + labels + " fall");
            std::size_t const bin = aroma::ScoreHistogram::bin(aroma::Score{std::min(from, 1.0)});
            if (double const more = std::round(below) - std::round(told); more >= 1) {
                if (from < matters_below && std::min(edge, 1.0) - from > widest)
                    throw Malformed(fmt::format(
                        "the buckets of {} have no edge between {} and {}, where connections are: "
                        "ask for every le",
                        labels, from, std::min(edge, 1.0)));
                scores.add(bin, static_cast<std::uint32_t>(std::min(
                                    more, static_cast<double>(aroma::ScoreHistogram::most))));
            }
            told = std::max(told, below);
            from = edge;
        }
    }
}

inline void read_prometheus(examples::TextFile& file, Input& input)
{
    std::string const text = file.all(most_of_answer, "answer of Prometheus'");
    try {
        read_prometheus_buckets(examples::parse_json(text), input);
    } catch (Malformed const& why) {
        input.wrong(1, why.what());
    } catch (nlohmann::json::exception const& why) {
        input.wrong(1, fmt::format("not an answer of Prometheus': {}", why.what()));
    }
}

struct Format {
    bool (*is)(std::string_view head);
    void (*read)(examples::TextFile& file, Input& input);
};
constexpr Format formats[]{
    {[](std::string_view text) { return text.starts_with("aroma-baseline"); }, read_baseline},
    {[](std::string_view text) {
         std::string start; // in any layout
         for (char const c : text.substr(0, 100))
             if (c != ' ' && c != '\n')
                 start += c;
         return start.starts_with("{\"status\":\"success\"")
             || start.starts_with("{\"status\":\"error\"");
     },
     read_prometheus},
    {[](std::string_view text) {
         std::size_t const first = text.find_first_not_of(" \t\r\n");
         return first != std::string_view::npos && text[first] == '{';
     },
     read_json},
    {[](std::string_view) { return true; }, read_csv},
};

// Reads a file in its format.
inline void read(examples::TextFile& file, Input& input)
{
    std::find_if(std::begin(formats), std::end(formats), [&](Format const& format) {
        return format.is(file.head());
    })->read(file, input);
}

} // namespace calibrate

#endif // AROMA_EXAMPLES_TOOLS_CALIBRATE_INPUT_HPP
