// SPDX-License-Identifier: BSL-1.0
//
// Are two histories of one connection the same? By all that they answer, a next probe included.
#ifndef AROMA_TESTS_SUPPORT_SAME_HISTORY_HPP
#define AROMA_TESTS_SUPPORT_SAME_HISTORY_HPP

#include <aroma/connection_history.hpp>

inline bool is_same(aroma::ConnectionHistory a, aroma::ConnectionHistory b,
                    aroma::SendPosition position)
{
    using namespace aroma;
    ScoreCalculator<MinOverSmoothed> const by_tcp; // of all RTTs that are kept
    if (a.assess() != b.assess() || a.assess(by_tcp) != b.assess(by_tcp)
        || a.cleared() != b.cleared() || a.opened() != b.opened()
        || a.opening_excess() != b.opening_excess() || a.reply_excess() != b.reply_excess()
        || a.counted() != b.counted() || a.voided() != b.voided() || a.last_void() != b.last_void()
        || a.probing() != b.probing())
        return false;
    position.written += 300;
    position.segments += 1;
    position.queued = 0;
    bool const both_asked = a.probe_sent(7, position, Nanoseconds{1000})
                         == b.probe_sent(7, position, Nanoseconds{1000});
    RttSample const reply{Microseconds{20'000}, Microseconds{21'000}, Microseconds{1000},
                          Microseconds{50'000}};
    return both_asked
        && a.probe_answered(7, position, reply) == b.probe_answered(7, position, reply)
        && a.assess() == b.assess();
}

#endif // AROMA_TESTS_SUPPORT_SAME_HISTORY_HPP
