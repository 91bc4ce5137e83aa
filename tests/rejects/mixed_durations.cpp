// SPDX-License-Identifier: BSL-1.0
//
// One sample has one unit.

#include <aroma/aroma.hpp>
#include <chrono>

#ifdef AROMA_EXPECT_FAIL
auto sample = aroma::RttSample{std::chrono::milliseconds{5}, std::chrono::microseconds{50}};
#else
auto sample = aroma::RttSample{std::chrono::microseconds{5}, std::chrono::microseconds{50}};
#endif
