// SPDX-License-Identifier: BSL-1.0
//
// Facts about linux/only.hpp: on Linux it says and declares nothing. What it refuses:
// tests/headers/refused.sh.

#include <aroma/linux/only.hpp>

namespace aroma {
using detail = int; // no namespace of that name
} // namespace aroma

static_assert(__linux__ == 1 && sizeof(aroma::detail) == sizeof(int));
