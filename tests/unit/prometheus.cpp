// SPDX-License-Identifier: BSL-1.0
//
// Metrics, read as Prometheus reads them, are the counts of the baseline.

#include "../support/catch.hpp"
#include "baselines.hpp"

#include <aroma/operate/prometheus.hpp>

#include <cstdlib>
#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>

using namespace aroma;

namespace {

// Of a baseline, or of accused keys.
template <class Counts>
std::string metrics(Counts const& counts, PrometheusOptions const& options = {})
{
    std::string text;
    CHECK(write_prometheus(counts, options,
                           [&](char const* line, std::size_t size) {
                               CHECK((size > 1 && line[size - 1] == '\n'));
                               text.append(line, size);
                               return true;
                           })
          == PrometheusError::none);
    return text;
}

// Every sample by what stands before its value; twice the same is what Prometheus would refuse.
std::map<std::string, double> samples(std::string const& text)
{
    std::map<std::string, double> all;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);)
        if (line[0] != '#')
            CHECK(all.emplace(line.substr(0, line.rfind(' ')),
                              std::atof(line.c_str() + line.rfind(' ') + 1))
                      .second);
    return all;
}

} // namespace

TEST_CASE("write_prometheus: a bucket is the count below its edge")
{
    std::mt19937_64 random{1};
    auto const baseline = std::make_unique<Baseline<2>>();
    Segment& segment = baseline->find_or_add("cdg/mobile");
    for (int i = 0; i < 20'000; ++i)
        segment.record(baselines::random_assessment(random));
    segment.record(Assessment{});
    for (int i = 0; i < 2; ++i)
        segment.record(Assessment{.status = Status::handshake_only});
    for (double const on_an_edge : {0.1, 0.3, 0.7, 1.0})
        segment.record(Assessment{.score = Score{on_an_edge}, .status = Status::ok});
    auto const all = samples(metrics(*baseline, {.labels = R"(pop="cdg")"}));
    CHECK(all.size() == prometheus_series);
    std::string const of = R"({pop="cdg",segment="cdg/mobile")";
    CHECK(all.at("aroma_score_bucket" + of + R"(,le="0.1"})")
          == static_cast<double>(segment.scores.count_below(0.1)));
    CHECK(all.at("aroma_score_bucket" + of + R"(,le="0.3"})")
          == static_cast<double>(segment.scores.count_below(0.3)));
    CHECK(all.at("aroma_score_bucket" + of + R"(,le="0.7"})")
          == static_cast<double>(segment.scores.count_below(0.7)));
    CHECK(segment.scores.count_below(1) < segment.scores.total());
    for (char const* const last : {R"(,le="1"})", R"(,le="+Inf"})"})
        CHECK(all.at("aroma_score_bucket" + of + last)
              == static_cast<double>(segment.scores.total()));
    CHECK(all.at("aroma_score_count" + of + "}") == static_cast<double>(segment.scores.total()));
    CHECK(all.at("aroma_transport_rtt_seconds_bucket" + of + R"(,le="0.000256"})")
          == static_cast<double>(segment.transport.count_below(Microseconds{256})));
    CHECK(all.at("aroma_transport_rtt_seconds_bucket" + of + R"(,le="1.048576"})")
          == static_cast<double>(segment.transport.count_below(Microseconds{1 << 20})));
    CHECK(all.at("aroma_application_rtt_seconds_bucket" + of + R"(,le="50.331648"})")
          == static_cast<double>(segment.application.count_below(Microseconds{50'331'648})));
    CHECK(all.at("aroma_application_rtt_seconds_count" + of + "}")
          == static_cast<double>(segment.application.total()));
    CHECK(all.at("aroma_unknown_total" + of + R"(,status="no_sample"})")
          == segment.unknown.count(Status::no_sample));
    CHECK(all.at("aroma_unknown_total" + of + R"(,status="handshake_only"})") == 2);
    CHECK(all.at("aroma_unknown_total" + of + R"(,status="refused"})") == 0);
}

TEST_CASE("write_prometheus: sums as near as bins are")
{
    std::mt19937_64 random{2};
    auto const baseline = std::make_unique<Baseline<1>>();
    double scores = 0, seconds = 0;
    int const many = 10'000;
    for (int i = 0; i < many; ++i) {
        Microseconds const minimum{static_cast<std::uint32_t>(random() % 300'000 + 64)},
            smoothed{static_cast<std::uint32_t>(minimum.count() + random() % 300'000)};
        Assessment const a =
            assess(RttSample<Microseconds>{.minimum = minimum, .smoothed = smoothed});
        scores += a.score.value();
        seconds += minimum.count() / 1e6;
        baseline->find_or_add("x").record(a);
    }
    auto const all = samples(metrics(*baseline));
    CHECK(all.at(R"(aroma_score_sum{segment="x"})")
          == Approx(scores).margin(many * ScoreHistogram::error));
    CHECK(all.at(R"(aroma_transport_rtt_seconds_sum{segment="x"})")
          == Approx(seconds).epsilon(RttHistogram::error));
    CHECK(all.at(R"(aroma_application_rtt_seconds_sum{segment="x"})") == 0);
}

TEST_CASE("write_prometheus: a sum is of the middles of bins")
{
    auto const sum_of = [](std::initializer_list<double> scores) {
        auto const baseline = std::make_unique<Baseline<1>>();
        for (double const score : scores)
            baseline->find_or_add("x").record(
                Assessment{.score = Score{score}, .status = Status::ok});
        std::string const text = metrics(*baseline), begin = "aroma_score_sum{segment=\"x\"} ";
        std::size_t const at = text.find(begin) + begin.size();
        return text.substr(at, text.find('\n', at) - at);
    };
    CHECK(sum_of({1}) == "1");
    CHECK(sum_of({1, 1, 1}) == "3");
    CHECK(sum_of({0.0005}) == "0.001");
    CHECK(sum_of({0.1, 1, 1}) == "2.101");
    CHECK(sum_of({0.998, 0.0005}) == "1");
}

TEST_CASE("write_prometheus: buckets never fall, names stay different")
{
    std::mt19937_64 random{3};
    for (int i = 0; i < 50; ++i) {
        auto const baseline = baselines::random_baseline(random);
        std::set<std::string> segments;
        std::map<std::string, double> last;
        std::istringstream lines{metrics(baseline)};
        for (std::string line; std::getline(lines, line);) {
            if (line[0] == '#')
                continue;
            auto const le = line.find(",le=");
            double const value = std::atof(line.c_str() + line.rfind(' ') + 1);
            if (le != std::string::npos) {
                double& before = last[line.substr(0, le)];
                CHECK(value >= before);
                before = value;
            } else if (line.find("aroma_score_count{") == 0) {
                CHECK(segments.insert(line.substr(0, line.rfind(' '))).second);
            }
            CHECK(detail::is_utf8(line));
        }
        std::size_t named = 0;
        baseline.for_each([&](SegmentName, Segment const&) { ++named; });
        CHECK(segments.size() == named);
    }
}

TEST_CASE("write_prometheus: a label has the name as it is, * for the root")
{
    auto const baseline = std::make_unique<Baseline<8>>();
    for (char const* const name : {"", "cdg/mobile", "a\"b\\c", "\xff", "S\xc3\xa3o Paulo"})
        baseline->find_or_add(name).record(Assessment{});
    auto const all = samples(metrics(*baseline));
    CHECK(all.size() == 3 * prometheus_series);
    CHECK(all.at(R"(aroma_unknown_total{segment="*",status="no_sample"})") == 1);
    CHECK(all.at(R"(aroma_unknown_total{segment="cdg/mobile",status="no_sample"})") == 1);
    CHECK(all.at(R"-(aroma_unknown_total{segment="(others)",status="no_sample"})-") == 3);
}

TEST_CASE("write_prometheus: the longest of everything fits")
{
    auto const baseline = std::make_unique<Baseline<2>>();
    baseline->find_or_add(std::string(SegmentName::longest, 'x')).record(Assessment{});
    std::string const labels = "a=\"" + std::string(196, 'x') + '"';
    PrometheusOptions const longest{.prefix = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                    .labels = labels.c_str()};
    std::string const text = metrics(*baseline, longest);
    CHECK(samples(text).size() == prometheus_series);
    int lines = 0;
    auto const refuse_the_third = [&](char const*, std::size_t) { return ++lines < 3; };
    CHECK(write_prometheus(*baseline, {}, refuse_the_third) == PrometheusError::not_written);
    CHECK(lines == 3);
    lines = 0;
    CHECK(write_prometheus(*baseline, {.prefix = "-"}, refuse_the_third)
          == PrometheusError::prefix);
    CHECK(lines == 0);
}

TEST_CASE("write_prometheus: the share of accused keys, and whether it is implausible")
{
    auto all = samples(metrics(AccusedKeys{19, 100}));
    CHECK(all.size() == 3);
    CHECK(all.at("aroma_keys") == 100);
    CHECK(all.at("aroma_accused_keys") == 19);
    CHECK(all.at("aroma_accused_share_implausible") == 0);
    all = samples(metrics(AccusedKeys{20, 100}, {.prefix = "x", .labels = R"(pop="cdg")"}));
    CHECK(all.at(R"(x_accused_keys{pop="cdg"})") == 20);
    CHECK(all.at(R"(x_accused_share_implausible{pop="cdg"})") == 1);
    CHECK(metrics(AccusedKeys{}, {}).find("# TYPE aroma_accused_keys gauge\n")
          != std::string::npos);

    auto const nowhere = [](char const*, std::size_t) { return false; };
    CHECK(write_prometheus(AccusedKeys{}, {}, nowhere) == PrometheusError::not_written);
    CHECK(write_prometheus(AccusedKeys{}, {.prefix = "1"}, nowhere) == PrometheusError::prefix);
}
