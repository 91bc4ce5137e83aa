// SPDX-License-Identifier: BSL-1.0
//
// A server that includes <netinet/tcp.h>, after ours.

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>

#include <netinet/tcp.h>

static_assert(TCP_NODELAY == 1 && sizeof(tcp_info) >= 104 && sizeof(aroma::TcpInfo) > 0);
