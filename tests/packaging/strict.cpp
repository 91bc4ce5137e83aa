// SPDX-License-Identifier: BSL-1.0
//
// Every header, every template of theirs instantiated whole, and every function called: what
// warnings.cmake lists finds nothing in any of it.

#include "every_header.hpp" // which the build makes

#if __has_include(<fmt/format.h>) && !defined(__OPTIMIZE__) // fmt's own code takes 5 s to optimise
#include <aroma/integrations/fmt.hpp>
#endif
#if __has_include(<openssl/ssl.h>) && __has_include(<aroma/integrations/openssl.hpp>)
#include <aroma/integrations/openssl.hpp>
#endif

#include <chrono>
#include <cstddef>

template class aroma::Baseline<2>;
template class aroma::Duration<float, std::milli>;
template class aroma::Duration<double, std::milli>;
template class aroma::Policy<2>;
template class aroma::ScoreCalculator<aroma::MinOverSmoothed>;
template class aroma::ScoreCalculator<aroma::ReferenceOverExcess>;
template class aroma::ScoreCalculator<aroma::TransportOverApplication>;
template class aroma::ScoreLikelihood<4>;
template class aroma::ThresholdFile<2>;
template class aroma::ThresholdTable<2>;

namespace {

using namespace aroma;

template <class D>
void of_duration(D rtt)
{
    RttSample<D> const sample{rtt, rtt, rtt, rtt};
    auto const a = assess(sample);
    (void)(a == assess(sample, ScoreCalculator<TransportOverApplication>{}));
    ConnectionHistory history;
    history.observe(SendPosition{});
    history.observe(Exchange::opening, sample);
    history.observe(sample);
    (void)history.probe_sent(1, SendPosition{}, rtt);
    (void)history.probe_answered(1, SendPosition{}, sample);
    (void)history.abandon_probe(Status::probe_queued);
    (void)(history.assess() == history.assess() || history.cleared());
    (void)history.since_probe(rtt);
    Segment segment;
    segment.record(a);
    (void)(segment.transport.count_below(rtt) == RttHistogram::bin(rtt));
    (void)Policy<2>{}.decide(a, "", Key{1});
    (void)Policy<2>{}.decide(a, history, "", Key::of("a"));
    (void)(connection_ratio(a) == reply_ratio(a) || connection_ratio(a) < reply_ratio(a));
    (void)(farthest(rtt) < farthest(rtt, Medium::fibre) || farthest(rtt) == Kilometres{});
    (void)possible(Kilometres{1.0}, rtt);
    (void)(to_microseconds(rtt) < Microseconds{1} || rtt < rtt);
#ifdef AROMA_INTEGRATIONS_FMT_HPP
    (void)fmt::format("{} {:l} {}", sample, a, a.score);
#endif
}

void of_text()
{
    auto const write = [](char const*, std::size_t) { return true; };
    static Baseline<2> baseline;
    ThresholdTable<2> table;
    (void)save(baseline, write);
    (void)merge_text("", 0, baseline);
    (void)save_file(baseline, "");
    (void)merge_file("", baseline);
    (void)write_prometheus(baseline, PrometheusOptions{}, write);
    (void)calibrate(baseline, "a");
    baseline.for_each([](SegmentName, Segment const&) {});
    (void)save(table, write);
    (void)load("", 0, table);
    (void)save_file(table, "");
    Evidence evidence{Probability{}};
    evidence.add(Signal::http_headers, LikelihoodRatio::with({.if_proxy = 0.3, .if_direct = 0.1}));
    evidence.for_each([](Contribution const&) {});
    Probability const p = evidence.probability();
    (void)(p < Probability{} || p == Probability{} || evidence.ratio().value() > 1);
    char line[explanation_size];
    (void)explain(Policy<2>{}.decide(evidence, "", Key{1}), line, sizeof line);
    Position const place{Latitude{52.5}, Longitude{13.4}};
    (void)(great_circle(place, place) < Kilometres{1.0});
}

struct Socket {
    static int native_handle() { return -1; }
};

void of_sockets()
{
    ConnectionHistory history;
    Socket socket;
    (void)(score(-1).band < score(-1, history).band || score(socket) == score(socket, history));
    (void)probe_sent(-1, history, random_token());
    (void)probe_answered(-1, history, 1);
    (void)score(EndpointPair{Endpoint{"192.0.2.1", 443}, Endpoint{"[2001:db8::1]:443"}});
    (void)for_each_connection({}, [](DiagConnection const&) {});
#ifdef AROMA_INTEGRATIONS_OPENSSL_HPP
    (void)openssl::observe(nullptr);
#endif
}

} // namespace

int main()
{
    of_duration(std::chrono::nanoseconds{5});
    of_duration(std::chrono::duration<double>{5});
    of_duration(Microseconds{5});
    of_duration(Nanoseconds{5});
    of_duration(Duration<float, std::milli>{5});
    of_duration(Duration<double, std::milli>{5});
    of_text();
    of_sockets();
}
