// SPDX-License-Identifier: BSL-1.0
//
// Pages of metrics whose labels are random and valid by validate(), for Prometheus' own parsers:
//
//     fleet-pages FOLDER PAGES
//
// writes FOLDER/0.txt ..., and prints how many samples and labelled baselines the first page has.

#include <aroma/operate/prometheus.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace aroma;

namespace {

std::mt19937_64 random_bits{20261128};

std::size_t below(std::size_t end)
{
    return random_bits() % end;
}

std::string one_of(std::initializer_list<char const*> all)
{
    return all.begin()[below(all.size())];
}

// Mostly valid, and otherwise wrong in one of many ways.
std::string random_label()
{
    std::string name =
        one_of({"a",        "b",        "c",    "A",        "pop", "_",        "_x",     "a0",
                "job",      "instance", "Zz_9", "quantile", "le",  "segment",  "status", "__a",
                "__name__", "0a",       "a-b",  "a:b",      "a.b", "\xc3\xa9", ""});
    std::string value;
    for (std::size_t i = below(6); i > 0; --i)
        value += one_of({"x", "0", " ", "{", "}", ",", "=", "#", "'", "`", "\\\\", "\\\"", "\\n",
                         "\x7f", "\xc2\x80", "\xc3\xa9", "\xe2\x82\xac", "\xef\xbb\xbf",
                         "\xef\xbf\xbf", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "le=", "status",
                         // and what must not be
                         "\\", "\\t", "\\x41", "\\'", "\n", "\t", "\r", "\x01", "\xff",
                         "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\xe2\x82"});
    return name + one_of({"=\"", "=\"", "=\"", "=\"", "=\"", "=\"", "=\"", "=", " =\"", "='"})
         + value + one_of({"\"", "\"", "\"", "\"", "\"", "\"", "\"", "", "\" ", "'"});
}

std::string random_labels()
{
    std::string labels;
    for (std::size_t i = below(4); i > 0; --i)
        labels += random_label()
                + (i > 1 ? one_of({",", ",", ",", ",", ",", ",", "", ",,", ", "}) : std::string{});
    return labels;
}

std::string random_prefix()
{
    std::string prefix;
    for (std::size_t i = below(8); i > 0; --i)
        prefix += one_of({"a", "Z", "_", "0", "9", "x", "total", "bucket", ":", "-", "\xc3\xa9"});
    return prefix;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3)
        return 2;
    auto const baseline = std::make_unique<Baseline<2>>();
    baseline->find_or_add("cdg/mobile").record(Assessment{});
    baseline->find_or_add("").record(assess(RttSample{Microseconds{5}, Microseconds{50}}));
    int const pages = std::atoi(argv[2]);
    std::size_t refused = 0;
    for (int page = 0; page < pages; ++page) {
        std::string prefix = "aroma", of_all;
        do {
            if (page > 0)
                prefix = random_prefix();
            of_all = random_labels();
        } while (validate({.prefix = prefix.c_str(), .labels = of_all.c_str()})
                 != PrometheusError::none);
        PrometheusOptions const options{.prefix = prefix.c_str(), .labels = of_all.c_str()};
        // as many labels as 5,000 random ones give, each beside those that were taken before it
        std::vector<std::unique_ptr<std::string>> labels;
        std::vector<LabelledBaseline<2>> labelled;
        for (int i = 0; i < 5000 && labelled.size() < 40; ++i) {
            auto const next = std::make_unique<std::string>(random_labels());
            std::vector<LabelledBaseline<2>> more = labelled;
            more.push_back({*baseline, next->c_str()});
            if (write_prometheus(more.data(), more.size(), options,
                                 [](char const*, std::size_t) { return false; })
                != PrometheusError::not_written) {
                ++refused;
                continue;
            }
            labels.push_back(std::make_unique<std::string>(*next));
            labelled.push_back({*baseline, labels.back()->c_str()});
        }
        std::ofstream out{std::string{argv[1]} + '/' + std::to_string(page) + ".txt"};
        PrometheusError const why = write_prometheus(
            labelled.data(), labelled.size(), options, [&out](char const* data, std::size_t size) {
                return bool(out.write(data, static_cast<std::streamsize>(size)));
            });
        if (why != PrometheusError::none || !out.flush() || labelled.size() < 20 || refused < 20) {
            std::fprintf(stderr, "page %d: %s; %zu labelled, %zu refused\n", page, message(why),
                         labelled.size(), refused);
            return 1;
        }
        if (page == 0)
            std::printf("%zu %zu\n", labelled.size() * 2 * prometheus_series, labelled.size());
    }
}
