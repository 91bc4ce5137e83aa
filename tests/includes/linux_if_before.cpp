// SPDX-License-Identifier: BSL-1.0
//
// A program that speaks netlink itself, with the kernel's headers, of which <linux/if.h> cannot
// stand before <net/if.h>.

#include <linux/if.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#include <aroma/linux/sock_diag.hpp>

static_assert(sizeof(inet_diag_msg) == aroma::detail::size_of_diag && IFNAMSIZ == 16);
