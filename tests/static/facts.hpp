// SPDX-License-Identifier: BSL-1.0
//
// What the files of static facts share: durations that are not ours and not chrono's.
#ifndef AROMA_TESTS_STATIC_FACTS_HPP
#define AROMA_TESTS_STATIC_FACTS_HPP

#include <compare>
#include <cstdint>
#include <ratio>

namespace facts {

// As a QUIC stack might have it: signed nanoseconds in a class of its own.
struct QuicTime {
    using rep = std::int64_t;
    using period = std::nano;
    std::int64_t ticks = 0;
    constexpr rep count() const { return ticks; }
    static constexpr QuicTime zero() { return {}; }
    friend constexpr auto operator<=>(QuicTime, QuicTime) = default;
};

} // namespace facts

#endif // AROMA_TESTS_STATIC_FACTS_HPP
