// SPDX-License-Identifier: BSL-1.0
//
// A server that includes <linux/tcp.h>, before ours.

#include <linux/tcp.h>

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>

static_assert(TCP_NODELAY == 1 && sizeof(tcp_info) >= 104 && sizeof(aroma::TcpInfo) > 0);
