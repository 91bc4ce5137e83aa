// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/language.hpp: it lets pass what has C++20, its library and the builtins that
// the headers are made of. What it refuses: tests/headers/refused.sh.

#include <aroma/detail/language.hpp>

#include <concepts>

static_assert(std::same_as<decltype(__builtin_bit_cast(unsigned, 1.0f)), unsigned>);
static_assert(__atomic_always_lock_free(sizeof(unsigned), nullptr) && __FLT_EVAL_METHOD__ >= 0);
