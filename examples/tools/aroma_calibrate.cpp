// SPDX-License-Identifier: BSL-1.0
//
// Thresholds for target false-positive rates, from baselines and from recorded connections: a file
// that aroma::ThresholdFile loads, and a table and a plot to read before it is applied.
//
//     aroma-calibrate [OPTION...] FILE...
//
// Nothing is written unless all input is understood. What every input ends as is a Baseline:
// another kind of input is one more line in `formats`.

#include <aroma/aroma.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/baseline_text.hpp>
#include <aroma/operate/calibration.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/operate/threshold_file.hpp>
#include <aroma/operate/threshold_table.hpp>
#include <aroma/operate/threshold_text.hpp>

#include "../../benchmarks/judge/csv.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace {

using judge::Malformed;

constexpr std::string_view usage = R"(usage: aroma-calibrate [OPTION...] FILE...

Thresholds by segment for target false-positive rates, from connections that are taken to be direct; - is standard input. A FILE is

  a baseline      as aroma::save_file() writes it; several add up
  JSON lines      one connection each, as the examples' servers print with --json: score, or null for none, and segment if there is one;
                  or as benchmarks/lab.sh records, of which those behind a proxy are left out
  Prometheus      the JSON that it answers to a query of buckets: sum by (segment, le) (increase(aroma_score_bucket[7d]))
  CSV             with a header that names score, from 0 to 1, or minimum_us and application_us; and segment, if there is one

-o FILE           write the thresholds there, all at once, instead of to standard output; the table then goes to standard output, else
                  to standard error
--plot FILE.svg   the scores and thresholds as a picture; needs gnuplot
--rates P,S,U     of direct connections, the shares that may come out as proxy, as suspicious or worse, as unstable or worse
                  (0.0004,0.01,0.1)
--confidence C    that each rate is kept (0.95)
--may-raise       raise thresholds above Aroma's published ones too; otherwise they are only lowered
--proxied SHARE   of the connections that is believed to be proxied, and left out from the lowest scores on; if fewer are, direct clients
                  will be called proxies more often than you ask for (0)
--by FIELD        the column or field that names the segment (segment)
--segment NAME    the segment of connections that name none, in the files that follow (the root)

Exit status: 0; 2 something is wrong, and no thresholds were written.
)";

constexpr std::size_t most_segments = 4096;
using Everything = aroma::Baseline<most_segments>;
using Table = aroma::ThresholdTable<>;

struct Options {
    aroma::CalibrationOptions calibration;
    std::string output, plot, by = "segment";
    struct File {
        std::string name, segment;
    };
    std::vector<File> files;
};

struct Error : std::runtime_error {
    using runtime_error::runtime_error;
};

void complain(std::string const& what)
{
    std::fputs((what + '\n').c_str(), stderr);
}

// Input.

// What is read, into one baseline; and what is wrong, named by file and line.
class Input {
public:
    Input(std::string file, std::string segment, std::string const& by, Everything& into)
        : file_{std::move(file)}, segment_{std::move(segment)}, by_{by}, into_{into}
    {
    }

    Everything& baseline() { return into_; }
    std::string const& by() const { return by_; }

    // That of a connection; of one that names none, what the command line says.
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
        constexpr std::uint64_t most_shown = 20;
        if (++wrong_ <= most_shown)
            complain(fmt::format("{}:{}: {}", file_, line, why));
        else if (wrong_ == most_shown + 1)
            complain(fmt::format("{}: and more", file_));
    }
    bool is_wrong() const { return wrong_ > 0; }

    std::uint64_t left_out = 0; // those behind a proxy

private:
    std::string file_, segment_;
    std::string const& by_;
    Everything& into_;
    std::uint64_t wrong_ = 0;
};

void record(aroma::Segment& segment, std::optional<double> score)
{
    if (score)
        segment.scores.add(aroma::Score{*score});
    else
        segment.add_unknown(1);
}

double checked_score(double score)
{
    return score > 0 && score <= 1 ? score : throw Malformed("score is not within 0 to 1");
}

void read_baseline(std::string const& text, Input& input)
{
    aroma::LoadResult const loaded = load(text.data(), text.size(), input.baseline());
    if (loaded.error != aroma::LoadError::none)
        input.wrong(loaded.line, message(loaded.error));
}

void read_json_line(std::string_view line, Input& input)
{
    using Json = nlohmann::json;
    Json const whole = Json::parse(line, nullptr, false);
    if (!whole.is_object())
        throw Malformed(whole.is_discarded() ? "not JSON" : "not an object");
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
    bool const failed = whole.contains("failed"); // a connection of the lab that came to nothing
    if (!seen.is_object() || (score == seen.end() && !failed))
        throw Malformed("no score");
    if (failed || score->is_null())
        return record(input.segment(text(input.by())), std::nullopt);
    if (!score->is_number())
        throw Malformed("score is not a number");
    double const value = checked_score(score->get<double>());
    record(input.segment(text(input.by())), value);
}

void read_json(std::string const& text, Input& input)
{
    std::istringstream in{text};
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos)
            continue;
        try {
            read_json_line(line, input);
        } catch (Malformed const& why) {
            input.wrong(number, why.what());
        }
    }
}

void read_csv_line(judge::Csv const& csv, bool scores, Input& input)
{
    std::string const segment{csv.text(input.by())};
    if (scores) {
        std::string_view const text = csv.text("score");
        double score = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
        if (!text.empty() && (error != std::errc{} || end != text.data() + text.size()))
            throw Malformed("score is not a number");
        return record(input.segment(segment),
                      text.empty() ? std::nullopt : std::optional{checked_score(score)});
    }
    auto const rtt = [&](std::string_view column) {
        return aroma::Microseconds{csv.text(column).empty() ? 0
                                                            : csv.integer<std::uint32_t>(column)};
    };
    aroma::Microseconds const minimum = rtt("minimum_us"), application = rtt("application_us");
    // Of both or none: TCP's RTT alone says nothing of what is beyond it.
    aroma::Assessment const a = assess(
        aroma::RttSample{minimum, aroma::Microseconds{}, aroma::Microseconds{}, application});
    input.segment(segment).record(a);
}

void read_csv(std::string const& text, Input& input)
{
    std::istringstream in{text};
    judge::Csv csv{in};
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
    for (;;) {
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
// scores below its edge. Within a bucket nothing is known, so all of it counts as its lowest score:
// no threshold comes out higher than from the scores themselves, and none lower by more than the
// bucket's width.
void read_prometheus_buckets(nlohmann::json const& all, Input& input)
{
    if (all.value("status", "") != "success")
        throw Malformed("Prometheus says: " + all.value("error", std::string{"no success"}));
    auto const& data = all.at("data");
    if (data.value("resultType", "") != "vector")
        throw Malformed("not an instant vector: ask /api/v1/query, and not for a range");
    // by all labels but le: the edges, and how many are below
    std::map<std::string, std::map<double, double>> histograms;
    std::map<std::string, std::string> segments;
    auto const number = [](std::string const& text) {
        if (text == "+Inf")
            return std::numeric_limits<double>::infinity();
        double value = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && end == text.data() + text.size() && value >= 0
                 ? value
                 : throw Malformed("not a count or an edge: " + text);
    };
    for (auto const& sample : data.at("result")) {
        auto const& metric = sample.at("metric");
        if (!metric.is_object()
            || !std::all_of(metric.begin(), metric.end(),
                            [](auto const& label) { return label.is_string(); }))
            // and copying what is nested deeply would need a stack as deep
            throw Malformed("a label is no text");
        auto labels = metric;
        auto const le = labels.find("le");
        if (le == labels.end())
            throw Malformed(
                "a sample has no label le: ask for buckets, and keep le in sum by (...)");
        double const edge = number(le->get<std::string>());
        labels.erase("le");
        segments[labels.dump()] = labels.value(input.by(), "");
        histograms[labels.dump()][edge] = number(sample.at("value").at(1).get<std::string>());
    }
    for (auto const& [labels, buckets] : histograms) {
        if (buckets.rbegin()->first < 1)
            throw Malformed("the buckets of " + labels + " have no le=\"1\" or \"+Inf\"");
        aroma::ScoreHistogram& scores = input.segment(segments[labels]).scores;
        double from = 0, told = 0;
        for (auto const& [edge, below] : buckets) {
            if (below < told - 0.5) // increase() extrapolates each bucket for itself
                throw Malformed("the buckets of " + labels + " fall");
            std::size_t const bin = aroma::ScoreHistogram::bin(aroma::Score{std::min(from, 1.0)});
            if (double const more = std::round(below) - std::round(told); more >= 1)
                scores.add(bin, static_cast<std::uint32_t>(std::min(
                                    more, static_cast<double>(aroma::ScoreHistogram::most))));
            told = std::max(told, below);
            from = edge;
        }
    }
}

void read_prometheus(std::string const& text, Input& input)
{
    auto const all = nlohmann::json::parse(text, nullptr, false);
    try {
        if (all.is_discarded())
            throw Malformed("not JSON");
        read_prometheus_buckets(all, input);
    } catch (Malformed const& why) {
        input.wrong(1, why.what());
    } catch (nlohmann::json::exception const& why) {
        input.wrong(1, fmt::format("not an answer of Prometheus': {}", why.what()));
    }
}

struct Format {
    bool (*is)(std::string_view text);
    void (*read)(std::string const& text, Input& input);
};
constexpr Format formats[]{
    {[](std::string_view text) { return text.starts_with("aroma-baseline"); }, read_baseline},
    {[](std::string_view text) {
         std::string start; // however it is laid out
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

std::string contents(std::string const& file)
{
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const opened{
        file == "-" ? stdin : std::fopen(file.c_str(), "rb"), std::fclose};
    std::string text;
    char part[65536];
    std::size_t size = 0;
    while (opened && (size = std::fread(part, 1, sizeof part, opened.get())) > 0)
        text.append(part, size);
    if (!opened || std::ferror(opened.get()))
        throw Error(
            fmt::format("{}: {}", file == "-" ? "standard input" : file, std::strerror(errno)));
    return text;
}

void read_all(Options const& options, Everything& everything)
{
    bool wrong = false;
    std::uint64_t left_out = 0;
    for (Options::File const& file : options.files) {
        Input input{file.name == "-" ? "standard input" : file.name, file.segment, options.by,
                    everything};
        std::string const text = contents(file.name);
        std::find_if(std::begin(formats), std::end(formats), [&](Format const& format) {
            return format.is(text);
        })->read(text, input);
        wrong = wrong || input.is_wrong();
        left_out += input.left_out;
    }
    if (wrong)
        throw Error("nothing is written: put right what is named above");
    if (left_out > 0)
        complain(
            fmt::format("aroma-calibrate: {} connections behind a proxy are left out", left_out));
    if (everything.others().scores.total() > 0)
        complain(fmt::format("aroma-calibrate: {} connections are of no segment of their own, and "
                             "count for the root alone",
                             everything.others().scores.total()));
}

// Calibration: of every segment and of all that is above one, as (others) is within the root alone.

struct Calibrated {
    aroma::Segment sum; // all that is within it
    aroma::Calibration thresholds;
};
using Segments = std::map<std::string, Calibrated>; // a parent comes before what is within it

std::string text_of(aroma::SegmentName name)
{
    return {name.data(), name.size()};
}
std::string parent_of(std::string const& name)
{
    return text_of(aroma::SegmentName{name}.parent());
}

Segments calibrate_all(Everything const& everything, aroma::CalibrationOptions const& options)
{
    Segments all;
    all[""];
    everything.for_each([&](aroma::SegmentName name, aroma::Segment const& segment) {
        if (name == aroma::name_of_others)
            name = "";
        for (; name.size() > 0; name = name.parent())
            all[text_of(name)].sum.merge(segment);
        all[""].sum.merge(segment);
    });
    for (auto& [name, segment] : all)
        segment.thresholds = name.empty() ? calibrate(segment.sum.scores, options)
                                          : calibrate(segment.sum.scores, options,
                                                      all.at(parent_of(name)).thresholds);
    return all;
}

// A line for the root, and for each that would be judged by another one's without it.
std::unique_ptr<Table> table_of(Segments const& segments)
{
    auto table = std::make_unique<Table>();
    for (auto const& [name, segment] : segments) {
        aroma::Thresholds const thresholds = segment.thresholds.thresholds();
        if (!name.empty() && table->thresholds(name) == thresholds)
            continue;
        if (aroma::TableError const why = table->set(name, thresholds);
            why != aroma::TableError::none)
            throw Error(fmt::format("{}: {}", name, message(why)));
    }
    return table;
}

// For people.

std::string grouped(std::uint64_t count)
{
    std::string text = fmt::to_string(count);
    for (std::size_t at = text.size(); at > 3;)
        text.insert(at -= 3, 1, ',');
    return text;
}

std::string percent(double share)
{
    return share >= 0.9995 ? "100"
         : share >= 0.0995 ? fmt::format("{:.1f}", share * 100)
                           : fmt::format("{:.2g}", share * 100);
}

std::string shown(std::string const& name)
{
    return text_of(aroma::SegmentName{name}.in_text());
}

// Whose threshold an edge is, and why.
std::string whose(Segments const& segments, std::string const& name,
                  aroma::CalibratedEdge aroma::Calibration::*edge, double published)
{
    aroma::CalibratedEdge const& of = segments.at(name).thresholds.*edge;
    if (of.fallback == aroma::Fallback::none)
        return "its own";
    std::string above = name;
    for (int level = 0; level < of.levels; ++level)
        above = parent_of(above);
    bool const parent = of.fallback == aroma::Fallback::parent;
    double const fallback = parent ? (segments.at(above).thresholds.*edge).threshold : published;
    return fmt::format("{}{}: {} connections too few",
                       parent ? "that of " + shown(above) : "published",
                       of.threshold < fallback ? ", lowered by what was counted" : "",
                       grouped(of.needed - of.connections));
}

std::string edges_text(Segments const& segments, std::string const& name,
                       aroma::Thresholds const& usual)
{
    aroma::ScoreHistogram const& scores = segments.at(name).sum.scores;
    using aroma::Calibration;
    struct {
        char const* band;
        double published;
        aroma::CalibratedEdge Calibration::*edge;
    } const edges[]{{"unstable", usual.unstable_below, &Calibration::unstable_below},
                    {"suspicious", usual.suspicious_below, &Calibration::suspicious_below},
                    {"proxy", usual.proxy_below, &Calibration::proxy_below}};
    std::string text;
    double const total = static_cast<double>(std::max<std::uint64_t>(scores.total(), 1));
    for (auto const& [band, published, member] : edges) {
        aroma::CalibratedEdge const& edge = segments.at(name).thresholds.*member;
        text += fmt::format("  {:<12}{:>8} {:>11.3f} {:>8} {:>11.3f} {:>8} {:>9}   {}\n", band,
                            percent(edge.target), published,
                            percent(static_cast<double>(scores.count_below(published)) / total),
                            edge.threshold, percent(edge.share()), percent(edge.upper_bound),
                            whose(segments, name, member, published));
    }
    return text;
}

// How many scores there are in each fiftieth, by the logarithm; below it, where the thresholds are.
std::string strip(Calibrated const& segment)
{
    constexpr int columns = 50;
    constexpr std::string_view shades = " .:-=+*#%@";
    aroma::ScoreHistogram const& scores = segment.sum.scores;
    double const total = static_cast<double>(scores.total());
    std::string counts(columns, ' '), marks(columns + 1, ' ');
    for (int i = 0; i < columns; ++i) {
        double const share =
            static_cast<double>(scores.count_below(i + 1 < columns ? (i + 1) / 50.0 : 2.0)
                                - scores.count_below(i / 50.0))
            / std::max(total, 1.0);
        // A shade for each factor of 3, from 1 in 10,000 on; the lightest for anything at all.
        double const shade =
            share > 0 ? std::clamp(10 + std::log(share) / std::log(3.0), 1.0, 9.0) : 0;
        counts[static_cast<std::size_t>(i)] = shades[static_cast<std::size_t>(shade)];
    }
    aroma::Thresholds const t = segment.thresholds.thresholds();
    for (auto const& [mark, at] :
         {std::pair{'u', t.unstable_below}, {'s', t.suspicious_below}, {'p', t.proxy_below}})
        marks[static_cast<std::size_t>(at * columns)] = mark;
    return fmt::format("  0 |{}| 1\n     {}\n", counts,
                       marks.substr(0, marks.find_last_not_of(' ') + 1));
}

std::string report(Segments const& segments, aroma::CalibrationOptions const& options)
{
    std::string text = fmt::format(
        R"(Of direct connections, the share in per cent that comes out as that band or a worse one: target; with the published edge; with the
calibrated one, counted, and at most with {}% confidence. What is below u, s and p is unstable, suspicious and proxy.

  band          target   published    share  calibrated    share   at most   whose
)",
        options.confidence * 100);
    for (auto const& [name, segment] : segments) {
        aroma::ScoreHistogram const& scores = segment.sum.scores;
        text += fmt::format("\n{}: {} connections", shown(name), grouped(scores.total()));
        if (segment.sum.unknown > 0)
            text += fmt::format(" and {} without a score", grouped(segment.sum.unknown));
        if (scores.total() > 0)
            text += fmt::format("; p0.1 {:.3f}, p1 {:.3f}, p5 {:.3f}, p50 {:.3f}",
                                scores.quantile(0.001).value(), scores.quantile(0.01).value(),
                                scores.quantile(0.05).value(), scores.quantile(0.5).value());
        text += '\n' + edges_text(segments, name, options.published) + strip(segment);
    }
    return text;
}

// A picture: the share of scores below each, of the segments with the most connections, and their
// edges on it.

std::string quoted(std::string const& text) // for gnuplot
{
    std::string all = "'";
    for (char const c : text)
        all += c == '\'' ? "''" : std::string(1, c);
    return all + "'";
}

void plot(Segments const& segments, std::string const& file)
{
    constexpr std::size_t most_curves = 8;
    std::vector<Segments::const_pointer> most;
    for (auto const& one : segments)
        if (one.second.sum.scores.total() > 0)
            most.push_back(&one);
    std::stable_sort(most.begin(), most.end(), [](auto a, auto b) {
        return a->second.sum.scores.total() > b->second.sum.scores.total();
    });
    most.resize(std::min(most.size(), most_curves));

    std::string script = fmt::format(
        "set terminal svg size 800,500 background rgb 'white' noenhanced\nset output {}\n"
        "set xlabel 'score'\nset ylabel 'per cent of connections below'\nset logscale y\nset "
        "format y '%g'\n"
        "set xrange [0:1]\nset yrange [0.001:100]\nset key bottom right\nset grid\n",
        quoted(file));
    std::string curves;
    int color = 1;
    for (auto const one : most) {
        auto const& [name, segment] = *one;
        aroma::ScoreHistogram const& scores = segment.sum.scores;
        auto const share = [&](double edge) {
            return 100 * static_cast<double>(scores.count_below(edge))
                 / static_cast<double>(scores.total());
        };
        script += fmt::format("$curve{} << EOD\n", color);
        for (std::size_t bin = 0; bin < aroma::ScoreHistogram::bins; ++bin)
            script += fmt::format("{} {}\n", aroma::ScoreHistogram::lower_edge(bin),
                                  share(aroma::ScoreHistogram::lower_edge(bin)));
        script += fmt::format("EOD\n$edges{} << EOD\n", color);
        aroma::Thresholds const t = segment.thresholds.thresholds();
        for (double const edge : {t.unstable_below, t.suspicious_below, t.proxy_below})
            script += fmt::format("{} {}\n", edge, std::max(share(edge), 0.001));
        script += "EOD\n";
        curves += fmt::format("{0}$curve{1} using 1:2 with steps lc {1} title {2}, $edges{1} using "
                              "1:2 with points pt 7 lc {1} notitle",
                              color > 1 ? ", " : "plot ", color, quoted(shown(name)));
        ++color;
    }
    script += curves.empty() ? "plot 2 notitle\n" : curves + '\n';

    std::signal(SIGPIPE, SIG_IGN);
    std::FILE* const gnuplot = ::popen("gnuplot 2>&1", "w");
    bool const sent =
        gnuplot && std::fwrite(script.data(), 1, script.size(), gnuplot) == script.size();
    if ((gnuplot ? ::pclose(gnuplot) : -1) != 0 || !sent)
        throw Error(fmt::format("{}: no picture: gnuplot is needed (package gnuplot-nox), and its "
                                "folder must be writable",
                                file));
}

// The command line. Throws where it is not understood.

double number(std::string_view option, std::string_view text)
{
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw Error(fmt::format("{} {}: not a number", option, text));
    return value;
}

aroma::TargetRates rates(std::string_view text)
{
    std::vector<double> all;
    for (std::size_t begin = 0; begin <= text.size();) {
        std::size_t const end = std::min(text.find(',', begin), text.size());
        all.push_back(number("--rates", text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return all.size() == 3
             ? aroma::TargetRates{all[0], all[1], all[2]}
             : throw Error(fmt::format("--rates {}: three are needed, as 0.0004,0.01,0.1", text));
}

Options understood(int argc, char const* const* argv)
{
    Options options;
    std::string segment;
    bool only_files = false;
    for (int i = 1; i < argc; ++i) {
        std::string_view const argument{argv[i]};
        auto const value = [&] {
            return i + 1 < argc ? std::string_view{argv[++i]}
                                : throw Error(fmt::format("{} needs a value", argument));
        };
        if (only_files || argument == "-" || !argument.starts_with('-'))
            options.files.push_back({std::string{argument}, segment});
        else if (argument == "--")
            only_files = true;
        else if (argument == "-o")
            options.output = value();
        else if (argument == "--plot")
            options.plot = value();
        else if (argument == "--rates")
            options.calibration.rates = rates(value());
        else if (argument == "--confidence")
            options.calibration.confidence = number(argument, value());
        else if (argument == "--may-raise")
            options.calibration.may_raise = true;
        else if (argument == "--proxied")
            options.calibration.proxied = number(argument, value());
        else if (argument == "--by")
            options.by = value();
        else if (argument == "--segment")
            segment = value();
        else
            throw Error(fmt::format("not understood: {}", argument));
    }
    if (options.files.empty())
        throw Error("no file of connections; --help says more");
    if (aroma::CalibrationError const why = validate(options.calibration);
        why != aroma::CalibrationError::none)
        throw Error(message(why));
    return options;
}

void print(std::FILE* to, std::string_view text)
{
    if (std::fwrite(text.data(), 1, text.size(), to) != text.size() || std::fflush(to) != 0)
        throw Error(fmt::format("standard {}: {}", to == stdout ? "output" : "error",
                                std::strerror(errno)));
}

} // namespace

int main(int argc, char** argv)
try {
    if (std::find(argv, argv + argc, std::string_view{"--help"}) != argv + argc) {
        print(stdout, usage);
        return 0;
    }
    Options const options = understood(argc, argv);
    static Everything everything;
    read_all(options, everything);
    Segments const segments = calibrate_all(everything, options.calibration);
    if (segments.at("").sum.scores.total() == 0)
        throw Error("no connections with a score");
    std::unique_ptr<Table> const table = table_of(segments);

    print(options.output.empty() ? stderr : stdout, report(segments, options.calibration));
    if (!options.plot.empty())
        plot(segments, options.plot);
    if (options.output.empty()) {
        (void)save(*table, [](char const* data, std::size_t size) {
            return print(stdout, {data, size}), true;
        });
    } else if (aroma::FileResult const saved = save_file(*table, options.output.c_str());
               saved.error != aroma::FileError::none) {
        throw Error(fmt::format("{}: {}{}", options.output, message(saved.error),
                                saved.error_number != 0
                                    ? fmt::format(" ({})", std::strerror(saved.error_number))
                                    : ""));
    }
    return 0;
} catch (std::exception const& why) {
    complain(fmt::format("aroma-calibrate: {}", why.what()));
    return 2;
}
