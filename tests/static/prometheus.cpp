// SPDX-License-Identifier: BSL-1.0
//
// Facts about metrics: the edges are those of bins, and options that would spoil an answer are
// refused.

#include "facts.hpp"

#include <aroma/operate/prometheus.hpp>

#include <string_view>

namespace {

using namespace aroma;

// Cumulative counts are exact at each edge, and thresholds at whole hundredths have one.
static_assert([] {
    for (std::size_t i = 0; i < detail::score_edge_count; ++i) {
        double const edge = detail::score_edge(i);
        if (ScoreHistogram::lower_edge(ScoreHistogram::bin(Score{edge})) != edge
            || (i > 0 && edge <= detail::score_edge(i - 1)))
            return false;
    }
    return true;
}());
static_assert(detail::score_edge(0) == 0.01 && detail::score_edge(9) == 0.1
              && detail::score_edge(19) == 0.3 && detail::score_edge(27) == 0.7);
static_assert(detail::score_edge(detail::score_edge_count - 1) == 1);
static_assert([] {
    for (std::size_t i = 0; i < detail::rtt_edge_count; ++i) {
        Microseconds const edge{detail::rtt_edge(i)};
        if (RttHistogram::lower_edge(RttHistogram::bin(edge)) != edge
            || (i > 0 && edge.count() <= detail::rtt_edge(i - 1)))
            return false;
    }
    return true;
}());
static_assert(detail::rtt_edge(0) == 256
              && detail::rtt_edge(detail::rtt_edge_count - 1) == 50'331'648);

constexpr PrometheusError labels(char const* text)
{
    return validate(PrometheusOptions{.labels = text});
}
constexpr PrometheusError prefix(char const* text)
{
    return validate(PrometheusOptions{.prefix = text});
}

static_assert(validate(PrometheusOptions{}) == PrometheusError::none
              && prefix("my_server") == PrometheusError::none);
static_assert(prefix("") == PrometheusError::prefix && prefix(nullptr) == PrometheusError::prefix
              && prefix("_x") == PrometheusError::prefix);
static_assert(prefix("a-b") == PrometheusError::prefix && prefix("2x") == PrometheusError::prefix
              && prefix("a b") == PrometheusError::prefix);
static_assert(prefix("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == PrometheusError::none
              && prefix("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab") == PrometheusError::prefix);
static_assert(labels(R"(pop="cdg")") == PrometheusError::none
              && labels(R"(pop="cdg",host="a\"b\\")") == PrometheusError::none);
static_assert(labels(R"(Zz_0="x",a_b="y",zA="z")") == PrometheusError::none
              && labels(R"(_a="x")") == PrometheusError::none);
static_assert(labels(R"(pop="")") == PrometheusError::none
              && labels("pop=\"S\xc3\xa3o\"") == PrometheusError::none);
static_assert(labels(nullptr) == PrometheusError::labels && labels("pop") == PrometheusError::labels
              && labels("pop=cdg") == PrometheusError::labels);
static_assert(labels(R"(pop="cdg)") == PrometheusError::labels
              && labels(R"(pop="cdg\)") == PrometheusError::labels);
static_assert(labels(R"(pop="cdg",)") == PrometheusError::labels
              && labels(R"(pop="cdg" )") == PrometheusError::labels);
static_assert(labels(R"(le="1")") == PrometheusError::label_name
              && labels(R"(a="1",segment="x")") == PrometheusError::label_name
              && labels(R"(status="x")") == PrometheusError::label_name
              && labels(R"(quantile="0.5")") == PrometheusError::label_name);
static_assert(labels("a=\"\x7f\"") == PrometheusError::labels
                  && labels("a=\"x\xc2\x80\"") == PrometheusError::labels
                  && labels("a=\"\xc2\x9f\"") == PrometheusError::labels
                  && labels("a=\"\xc2\xa0~\"") == PrometheusError::none,
              "DEL and C1 are control characters");
static_assert(labels(R"(__name__="x")") == PrometheusError::label_name
              && labels(R"(1a="x")") == PrometheusError::labels
              && labels(R"(_a="x",a_="y")") == PrometheusError::none);
static_assert(labels(R"(pop="a",pop="a")") == PrometheusError::label_twice
              && labels(R"(a="1",b="2",c="3",b="")") == PrometheusError::label_twice
              && labels(R"(a="b=",b="a=\"")") == PrometheusError::none);
static_assert(labels(R"(a="\t")") == PrometheusError::labels
              && labels(R"(a="\x41")") == PrometheusError::labels
              && labels(R"(a="\'")") == PrometheusError::labels
              && labels(R"(a="\n\\\"")") == PrometheusError::none);
static_assert(labels(R"(a="1" ,b="2")") == PrometheusError::labels
              && labels(R"(a ="1")") == PrometheusError::labels
              && labels(R"(a="1",,b="2")") == PrometheusError::labels
              && labels(R"(,a="1")") == PrometheusError::labels
              && labels("a=\"\t\"") == PrometheusError::labels);
static_assert(prefix("a:b") == PrometheusError::prefix, "a recording rule's");

// Several baselines: labels beside those of the options, no two the same.
constexpr PrometheusError two(char const* first, char const* second, char const* of_all = "")
{
    Baseline<1> const baseline;
    LabelledBaseline<1> const both[] = {{baseline, first}, {baseline, second}};
    return write_prometheus(both, {.labels = of_all},
                            [](char const*, std::size_t) { return true; });
}
static_assert(two(R"(a="1")", R"(a="2")", R"(pop="cdg")") == PrometheusError::none
              && two("", R"(a="2")") == PrometheusError::none);
static_assert(two(R"(a="1")", R"(a="1")") == PrometheusError::same_labels
              && two("", "") == PrometheusError::same_labels
              && two(R"(a="1",b="2")", R"(b="2",a="1")") == PrometheusError::same_labels
              && two("", R"(a="")") == PrometheusError::same_labels
              && two(R"(a="1",b="2")", R"(b="2")") == PrometheusError::none);
static_assert(two(R"(a="1")", R"(pop="x")", R"(pop="cdg")") == PrometheusError::label_twice
              && two(R"(a="1")", nullptr) == PrometheusError::labels
              && two(R"(a="1")", R"(le="x")") == PrometheusError::label_name);
static_assert(labels("pop=\"a\nb\"") == PrometheusError::labels
              && labels("pop=\"\xff\"") == PrometheusError::labels);

// By the code point, which RFC 3629 has in the fewest bytes, up to 10FFFF and without surrogates:
// each byte at the edges of what it may be.
constexpr std::size_t by_code_point(unsigned char const (&bytes)[4])
{
    constexpr unsigned least[] = {0, 0x80, 0x800, 0x1'0000};
    std::size_t const more = bytes[0] < 0x80 ? 0
                           : bytes[0] < 0xC0 ? 9
                           : bytes[0] < 0xE0 ? 1
                           : bytes[0] < 0xF0 ? 2
                           : bytes[0] < 0xF8 ? 3
                                             : 9;
    if (more == 9)
        return 0;
    unsigned point = more == 0 ? bytes[0] : bytes[0] & (0x3Fu >> more);
    for (std::size_t i = 1; i <= more; ++i) {
        if (bytes[i] < 0x80 || bytes[i] > 0xBF)
            return 0;
        point = point << 6 | (bytes[i] & 0x3Fu);
    }
    return point < least[more] || point > 0x10'FFFF || (point >= 0xD800 && point <= 0xDFFF)
             ? 0
             : more + 1;
}
static_assert([] {
    constexpr unsigned char first[] = {0,    0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
                                       0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
    constexpr unsigned char second[] = {0x7F, 0x80, 0x8F, 0x90, 0x91, 0x9F, 0xA0, 0xA1, 0xBF, 0xC0},
                            next[] = {0x7F, 0x80, 0xBF, 0xC0};
    for (unsigned char const a : first)
        for (unsigned char const b : second)
            for (unsigned char const c : next)
                for (unsigned char const d : next) {
                    unsigned char const bytes[] = {a, b, c, d};
                    char const text[] = {static_cast<char>(a), static_cast<char>(b),
                                         static_cast<char>(c), static_cast<char>(d)};
                    std::size_t const size = by_code_point(bytes);
                    if (detail::utf8_character(text, 4) != size
                        || (size > 1 && detail::utf8_character(text, size - 1) != 0))
                        return false;
                }
    return true;
}());
static_assert(detail::utf8_character("\xed\xa0\x80", 3) == 0, "a surrogate");
static_assert(detail::utf8_character("\xc0\x80", 2) == 0
                  && detail::utf8_character("\xe0\x80\x80", 3) == 0,
              "longer than need be");
static_assert(detail::utf8_character("\xf4\x90\x80\x80", 4) == 0, "beyond Unicode");
static_assert(detail::utf8_character("\xe2\x82\xac", 3) == 3
              && detail::utf8_character("\xe2\x82\xac", 2) == 0);
static_assert(detail::utf8_character("\xf0\x9f\x98\x80", 4) == 4
              && detail::utf8_character("\x80", 1) == 0 && detail::utf8_character("a", 1) == 1);

static_assert(facts::described<PrometheusError>());
static_assert(message(PrometheusError{200}) == std::string_view{"not a Prometheus error"});

} // namespace
