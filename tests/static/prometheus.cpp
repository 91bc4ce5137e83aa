// SPDX-License-Identifier: BSL-1.0
//
// Facts about metrics: the edges are those of bins, and options that would spoil an answer are refused.

#include <aroma/prometheus.hpp>

namespace {

using namespace aroma;

// Cumulative counts are exact at each edge, and thresholds at whole hundredths have one.
static_assert([] {
    for (std::size_t i = 0; i < detail::score_edge_count; ++i) {
        double const edge = detail::score_edge(i);
        if (ScoreHistogram::lower_edge(ScoreHistogram::bin(Score{edge})) != edge || (i > 0 && edge <= detail::score_edge(i - 1)))
            return false;
    }
    return true;
}());
static_assert(detail::score_edge(0) == 0.01 && detail::score_edge(9) == 0.1 && detail::score_edge(19) == 0.3 && detail::score_edge(27) == 0.7);
static_assert(detail::score_edge(detail::score_edge_count - 1) == 1);
static_assert([] {
    for (std::size_t i = 0; i < detail::rtt_edge_count; ++i) {
        Microseconds const edge{detail::rtt_edge(i)};
        if (RttHistogram::lower_edge(RttHistogram::bin(edge)) != edge || (i > 0 && edge.count() <= detail::rtt_edge(i - 1)))
            return false;
    }
    return true;
}());
static_assert(detail::rtt_edge(0) == 256 && detail::rtt_edge(detail::rtt_edge_count - 1) == 50'331'648);

constexpr PrometheusFault labels(char const* text) { return fault(PrometheusOptions{.labels = text}); }
constexpr PrometheusFault prefix(char const* text) { return fault(PrometheusOptions{.prefix = text}); }

static_assert(fault(PrometheusOptions{}) == PrometheusFault::none && prefix("my_server") == PrometheusFault::none);
static_assert(prefix("") == PrometheusFault::prefix && prefix(nullptr) == PrometheusFault::prefix && prefix("_x") == PrometheusFault::prefix);
static_assert(prefix("a-b") == PrometheusFault::prefix && prefix("2x") == PrometheusFault::prefix && prefix("a b") == PrometheusFault::prefix);
static_assert(prefix("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == PrometheusFault::none && prefix("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab") == PrometheusFault::prefix);
static_assert(labels(R"(pop="cdg")") == PrometheusFault::none && labels(R"(pop="cdg",host="a\"b\\")") == PrometheusFault::none);
static_assert(labels(R"(pop="")") == PrometheusFault::none && labels("pop=\"S\xc3\xa3o\"") == PrometheusFault::none);
static_assert(labels(nullptr) == PrometheusFault::labels && labels("pop") == PrometheusFault::labels && labels("pop=cdg") == PrometheusFault::labels);
static_assert(labels(R"(pop="cdg)") == PrometheusFault::labels && labels(R"(pop="cdg\)") == PrometheusFault::labels);
static_assert(labels(R"(pop="cdg",)") == PrometheusFault::labels && labels(R"(pop="cdg" )") == PrometheusFault::labels);
static_assert(labels(R"(le="1")") == PrometheusFault::labels && labels(R"(a="1",segment="x")") == PrometheusFault::labels);
static_assert(labels(R"(__name__="x")") == PrometheusFault::labels && labels(R"(1a="x")") == PrometheusFault::labels);
static_assert(labels("pop=\"a\nb\"") == PrometheusFault::labels && labels("pop=\"\xff\"") == PrometheusFault::labels);

static_assert(detail::utf8_character("\xed\xa0\x80", 3) == 0, "a surrogate");
static_assert(detail::utf8_character("\xc0\x80", 2) == 0 && detail::utf8_character("\xe0\x80\x80", 3) == 0, "longer than need be");
static_assert(detail::utf8_character("\xf4\x90\x80\x80", 4) == 0, "beyond Unicode");
static_assert(detail::utf8_character("\xe2\x82\xac", 3) == 3 && detail::utf8_character("\xe2\x82\xac", 2) == 0);
static_assert(detail::utf8_character("\xf0\x9f\x98\x80", 4) == 4 && detail::utf8_character("\x80", 1) == 0 && detail::utf8_character("a", 1) == 1);

} // namespace
