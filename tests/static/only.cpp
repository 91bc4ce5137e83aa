// SPDX-License-Identifier: BSL-1.0
//
// Facts about linux/only.hpp: it lets Linux pass. What it refuses: tests/headers/refused.sh.

#include <aroma/linux/only.hpp>

static_assert(__linux__ == 1);
