// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/language.hpp: with these compilers it says and declares nothing. What it
// refuses: tests/headers/refused.sh.

#include <aroma/detail/language.hpp>

namespace aroma {
using detail = int; // no namespace of that name
} // namespace aroma

static_assert(__cplusplus >= 202002L && sizeof(aroma::detail) == sizeof(int));
