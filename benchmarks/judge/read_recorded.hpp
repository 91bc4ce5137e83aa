// SPDX-License-Identifier: BSL-1.0
//
// A connection whose opening gap and reply excess others have recorded.
#ifndef AROMA_BENCHMARKS_JUDGE_READ_RECORDED_HPP
#define AROMA_BENCHMARKS_JUDGE_READ_RECORDED_HPP

#include "rules.hpp"

#include <optional>

namespace judge {

// The columns gap_ms and reply_excess_ms of a line, and TCP's own RTT if it was recorded.
inline Recorded read_recorded(std::optional<double> gap, std::optional<double> reply_excess,
                              Milliseconds tcp = {})
{
    // a minimum where none was recorded, so large that no excess makes the sum negative
    constexpr Milliseconds stand_in{2e6};
    Recorded recorded{.moments = {}, .handshake = tcp};
    auto const add = [&](Recorded::What what, std::optional<double> above) {
        if (!above)
            return;
        Milliseconds const sum = tcp + Milliseconds{*above};
        // else they contradict each other, or TCP's is unknown
        bool const both = tcp.count() >= 0.001 && sum.count() >= 0.001;
        Milliseconds const minimum = both ? tcp : stand_in;
        recorded.moments.push_back(
            {.what = what,
             .sample = {.minimum = minimum, .application = minimum + Milliseconds{*above}},
             .difference_only = !both});
    };
    add(Recorded::What::opening, gap);
    add(Recorded::What::tls, reply_excess);
    return recorded;
}

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_READ_RECORDED_HPP
