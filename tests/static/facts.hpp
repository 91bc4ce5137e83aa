// SPDX-License-Identifier: BSL-1.0
//
// What the files of static facts share: a duration that is neither ours nor chrono's, doubles that
// are near each other, and enumerators that are named and described.
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

// The enumerator of this value as the compiler spells it; empty if none has it.
template <auto Value>
constexpr std::string_view enumerator()
{
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("Value = ") + 8);
    text = text.substr(0, text.find_first_of(";]"));
    return text[0] == '(' ? std::string_view{} : text.substr(text.rfind(':') + 1);
}

// Enumerators from the first on, which is 0.
template <class Enumeration, int Count = 0>
constexpr int count()
{
    if constexpr (enumerator<static_cast<Enumeration>(Count)>().empty())
        return Count;
    else
        return count<Enumeration, Count + 1>();
}

// Each enumerator's name() is the enumerator.
template <class Enumeration, int Index = 0>
constexpr bool named()
{
    constexpr auto value = static_cast<Enumeration>(Index);
    if constexpr (enumerator<value>().empty())
        return Index >= 2;
    else
        return name(value) == enumerator<value>() && named<Enumeration, Index + 1>();
}

// Each enumerator has a message of its own, and a value that is none has another.
template <class Enumeration>
constexpr bool described()
{
    constexpr int all = count<Enumeration>();
    for (int i = 0; i <= all; ++i)
        for (int j = 0; j < i; ++j)
            if (std::string_view{message(static_cast<Enumeration>(i))}
                == message(static_cast<Enumeration>(j)))
                return false;
    return all >= 2;
}

} // namespace facts

#endif // AROMA_TESTS_STATIC_FACTS_HPP
