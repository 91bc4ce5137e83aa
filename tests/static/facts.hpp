// SPDX-License-Identifier: BSL-1.0
//
// What the files of static facts share: a duration that is neither ours nor chrono's, doubles that
// are near each other, and enumerators whose names and messages differ.
#ifndef AROMA_TESTS_STATIC_FACTS_HPP
#define AROMA_TESTS_STATIC_FACTS_HPP

#include <compare>
#include <cstdint>
#include <ratio>
#include <string_view>

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

constexpr bool near(double a, double b, double within = 2e-6)
{
    return a - b <= within && b - a <= within;
}

template <class Enumeration>
constexpr bool distinct(int count)
{
    for (int i = 0; i < count; ++i)
        for (int j = 0; j < i; ++j)
            if (std::string_view{name(static_cast<Enumeration>(i))}
                == name(static_cast<Enumeration>(j)))
                return false;
    return true;
}

template <class Enumeration>
constexpr bool described(int count)
{
    for (int i = 0; i < count; ++i)
        for (int j = 0; j < i; ++j)
            if (std::string_view{message(static_cast<Enumeration>(i))}
                == message(static_cast<Enumeration>(j)))
                return false;
    return true;
}

} // namespace facts

#endif // AROMA_TESTS_STATIC_FACTS_HPP
