// SPDX-License-Identifier: BSL-1.0
//
// The states of linux/tcp_info.hpp against libc's, in a unit of its own since libc's header clashes
// with the kernel's.

#include <aroma/linux/tcp_info.hpp>

#include <netinet/tcp.h>

namespace {

constexpr bool same(aroma::TcpState ours, int theirs)
{
    return static_cast<int>(ours) == theirs;
}

static_assert(same(aroma::TcpState::established, TCP_ESTABLISHED)
              && same(aroma::TcpState::syn_sent, TCP_SYN_SENT));
static_assert(same(aroma::TcpState::syn_recv, TCP_SYN_RECV)
              && same(aroma::TcpState::fin_wait1, TCP_FIN_WAIT1));
static_assert(same(aroma::TcpState::fin_wait2, TCP_FIN_WAIT2)
              && same(aroma::TcpState::time_wait, TCP_TIME_WAIT));
static_assert(same(aroma::TcpState::close, TCP_CLOSE)
              && same(aroma::TcpState::close_wait, TCP_CLOSE_WAIT));
static_assert(same(aroma::TcpState::last_ack, TCP_LAST_ACK)
              && same(aroma::TcpState::listen, TCP_LISTEN));
static_assert(same(aroma::TcpState::closing, TCP_CLOSING)
              && TCP_INFO == aroma::detail::tcp_info_option);

} // namespace
