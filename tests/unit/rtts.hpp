// SPDX-License-Identifier: BSL-1.0
//
// Random RTTs, the same ones every time.
#ifndef AROMA_TESTS_UNIT_RTTS_HPP
#define AROMA_TESTS_UNIT_RTTS_HPP

#include <cstdint>
#include <random>

// RTTs as they come: from microseconds to minutes, each order of magnitude as often as the next.
struct Rtts {
    std::mt19937_64 random{46386878};
    std::uint32_t operator()()
    {
        return static_cast<std::uint32_t>(random()
                                          >> (64 - std::uniform_int_distribution{1, 31}(random)))
             + 1;
    }
};

#endif // AROMA_TESTS_UNIT_RTTS_HPP
