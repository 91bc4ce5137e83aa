// SPDX-License-Identifier: BSL-1.0
//
// Facts about linux/sock_diag.hpp: what is asked for by default, and a socket that is not copied.

#include <aroma/linux/sock_diag.hpp>

#include <type_traits>

namespace {

using namespace aroma;

static_assert(DiagFilter{}.states == (TcpState::established | TcpState::close_wait));
static_assert(DiagFilter{}.ipv4 && DiagFilter{}.ipv6 && DiagFilter{}.local_port == 0
              && DiagFilter{}.remote_port == 0);
static_assert(DiagResult{}.error == SockDiagError::none && DiagResult{}.error_number == 0
              && DiagResult{}.connections == 0);
static_assert(detail::DiagDatagram{}.size == 0 && detail::DiagDatagram{}.error_number == 0
              && detail::DiagDatagram{}.port == 0 && !detail::DiagDatagram{}.truncated);
static_assert(!std::is_copy_constructible_v<DiagSocket>);

} // namespace
