// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/names.hpp: a macro Status may come behind aroma's headers, and it is only a
// matter of #undef to include more of them. What it refuses: tests/headers/refused.sh.

#include <aroma/aroma.hpp>

#define Status int // as <X11/Xlib.h>
static_assert(sizeof(Status) == sizeof(int) && aroma::Assessment{}.band == aroma::Band::unknown);
#undef Status

#include <aroma/detail/names.hpp>
#include <aroma/linux/sock_diag.hpp>

static_assert(aroma::TcpInfo{.status = aroma::Status::ok}.status == aroma::Status{});
