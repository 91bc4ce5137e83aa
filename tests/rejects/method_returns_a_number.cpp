// SPDX-License-Identifier: BSL-1.0
//
// A method makes a Score, which is guarded, and not a number, which is not.

#include <aroma/aroma.hpp>

#ifdef AROMA_EXPECT_FAIL
struct Half {
    double operator()(auto const&) const noexcept { return 0.5; }
};
auto a = aroma::assess(aroma::RttSample{aroma::Microseconds{1}, aroma::Microseconds{2}},
                       aroma::ScoreCalculator{Half{}});
#else
struct Half {
    aroma::Score operator()(auto const&) const noexcept { return aroma::Score{0.5}; }
};
auto a = aroma::assess(aroma::RttSample{aroma::Microseconds{1}, aroma::Microseconds{2}},
                       aroma::ScoreCalculator{Half{}});
#endif
