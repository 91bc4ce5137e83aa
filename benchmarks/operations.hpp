// SPDX-License-Identifier: BSL-1.0
//
// One call of each of the library's operations that a server makes for a connection, as functions
// of their own: operations.cpp times them, and instructions.cpp has them counted.
#ifndef AROMA_BENCHMARKS_OPERATIONS_HPP
#define AROMA_BENCHMARKS_OPERATIONS_HPP

#include <aroma/aroma.hpp>
#include <aroma/decide/evidence.hpp>
#include <aroma/decide/likelihood.hpp>
#include <aroma/decide/policy.hpp>
#include <aroma/operate/baseline.hpp>

#include "compare.hpp"

#include <cstddef>
#include <cstdint>
#include <random>

namespace benchmarks {

inline constexpr std::size_t few = 1024; // what fits in a core's own caches

// Connections as they come: RTTs of 1 to 300 ms, a queue, a rest above TCP.
struct Connections {
    aroma::RttSample<aroma::Microseconds> samples[few];
    aroma::Assessment assessments[few];

    Connections()
    {
        std::mt19937 random{46386878};
        for (std::size_t i = 0; i < few; ++i) {
            auto const below = [&](unsigned most) {
                return static_cast<std::uint32_t>(random() % most);
            };
            std::uint32_t const minimum = 1000 + below(300'000), smoothed = minimum + below(20'000),
                                application = minimum + below(60'000);
            samples[i] = {aroma::Microseconds{minimum}, aroma::Microseconds{smoothed},
                          aroma::Microseconds{smoothed / 8}, aroma::Microseconds{application}};
            assessments[i] = aroma::assess(samples[i]);
        }
    }
};

inline Connections const connections;
inline aroma::Segment segment;
inline aroma::ConnectionHistory connection;
inline aroma::Evidence evidence{aroma::Probability::with(0.01)};
inline aroma::Policy<> const policy;

extern "C" {

[[gnu::noinline]] inline void op_score(int fd, std::size_t)
{
    keep(aroma::score(fd));
}
[[gnu::noinline]] inline void op_score_history(int fd, std::size_t)
{
    keep(aroma::score(fd, connection));
}
[[gnu::noinline]] inline void op_probe(int fd, std::size_t)
{
    keep(aroma::probe_sent(fd, connection, 1, {.any_pieces = true}));
    keep(aroma::probe_answered(fd, connection, 1));
}
[[gnu::noinline]] inline void op_assess(int, std::size_t i)
{
    keep(aroma::assess(connections.samples[i % few]));
}
[[gnu::noinline]] inline void op_observe(int, std::size_t i)
{
    connection.observe(aroma::Exchange::reply, connections.samples[i % few]);
    keep(connection);
}
[[gnu::noinline]] inline void op_judge(int, std::size_t)
{
    keep(connection.assess());
}
[[gnu::noinline]] inline void op_classify(int, std::size_t i)
{
    keep(aroma::ThresholdClassifier{}(connections.assessments[i % few].score));
}
[[gnu::noinline]] inline void op_record(int, std::size_t i)
{
    segment.record(connections.assessments[i % few]);
    keep(segment);
}
[[gnu::noinline]] inline void op_add(int, std::size_t i)
{
    evidence.add(aroma::Signal::other_connections,
                 aroma::reply_ratio(connections.assessments[i % few]));
    keep(evidence);
}
[[gnu::noinline]] inline void op_probability(int, std::size_t)
{
    keep(evidence.probability());
}
[[gnu::noinline]] inline void op_decide(int, std::size_t i)
{
    keep(policy.decide(evidence, "cdg/mobile", aroma::Key{i}));
}
}

struct Operation {
    char const* name;
    void (*call)(int fd, std::size_t i);
};

inline constexpr Operation operations[]{
    {"score(fd)", op_score},
    {"score(fd, history)", op_score_history},
    {"probe_sent, probe_answered", op_probe},
    {"assess(sample)", op_assess},
    {"connection.observe(Exchange::reply, sample)", op_observe},
    {"connection.assess()", op_judge},
    {"classifier(score)", op_classify},
    {"segment.record(assessment)", op_record},
    {"evidence.add(signal, reply_ratio(assessment))", op_add},
    {"evidence.probability()", op_probability},
    {"policy.decide(evidence, segment, key)", op_decide},
};

} // namespace benchmarks

#endif // AROMA_BENCHMARKS_OPERATIONS_HPP
