// SPDX-License-Identifier: BSL-1.0
//
// decode() takes bytes.

#include <aroma/aroma.hpp>
#include <array>

#ifdef AROMA_EXPECT_FAIL
auto info = aroma::decode(std::array<int, 64>{});
#else
auto info = aroma::decode(std::array<unsigned char, 256>{});
#endif
