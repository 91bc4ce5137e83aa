// SPDX-License-Identifier: BSL-1.0
//
// What the tests of decide/ share: random probabilities and ratios, the same with every library.
#ifndef AROMA_TESTS_UNIT_RANDOM_EVIDENCE_HPP
#define AROMA_TESTS_UNIT_RANDOM_EVIDENCE_HPP

#include "../support/catch.hpp"

#include <aroma/decide/evidence.hpp>

#include <cmath>
#include <cstdint>
#include <random>

namespace random_evidence {

using namespace aroma;

// Of one's own, since what <random>'s distributions draw differs by library.
struct Random {
    std::mt19937_64 engine;

    double uniform() { return static_cast<double>(engine() >> 11) * 0x1p-53; }
    bool chance(double p) { return uniform() < p; }
    std::uint64_t below(std::uint64_t n) { return engine() % n; }
    LikelihoodRatio ratio() // from worth nothing to worth everything
    {
        return LikelihoodRatio::of_micronats(
            static_cast<std::int64_t>((uniform() - 0.5) * std::pow(10, 1 + 9 * uniform())));
    }
    Signal signal() { return static_cast<Signal>(below(aroma::detail::signal_count)); }
    Probability probability(double lowest = 1e-12)
    {
        Probability p;
        double const odds = std::pow(lowest, uniform());
        (void)p.adjust(chance(0.5) ? odds / 2 : 1 - odds / 2);
        return p;
    }
};

inline LikelihoodRatio ratio_of(double if_proxy, double if_direct)
{
    LikelihoodRatio made;
    REQUIRE(made.adjust({.if_proxy = if_proxy, .if_direct = if_direct}) == EvidenceError::none);
    return made;
}

} // namespace random_evidence

#endif // AROMA_TESTS_UNIT_RANDOM_EVIDENCE_HPP
