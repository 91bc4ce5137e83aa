// SPDX-License-Identifier: BSL-1.0
//
// aroma/exchange.hpp: what has just happened on a connection, so that an application RTT can be
// told from a person's thinking.
//
// Synopsis
//   enum class Exchange {
//       opening,      the client's first bytes have become readable, and nothing has been sent to
//                     it
//       reply,        the client has just answered what its own machine answers at once: a TLS
//                     flight, a redirect, an HTTP/2 PING, a WebSocket ping
//   };
//
// A short opening clears nobody: many proxies answer their client before they dial, and a
// ConnectionHistory takes it for no evidence.
//
// Between what the client answers and its answer, nothing else may be sent: the kernel's stamps
// count from the last segment with data. Most of such cases are refused (Status::no_reply); one
// that is not makes the client look nearer than it is.
#ifndef AROMA_EXCHANGE_HPP
#define AROMA_EXCHANGE_HPP

#include <cstdint> // uint8_t

namespace aroma {

// When the kernel's stamps are those of an exchange.
enum class Exchange : std::uint8_t { opening, reply };

[[nodiscard]] constexpr char const* name(Exchange moment) noexcept
{
    return moment == Exchange::opening ? "opening" : "reply";
}

} // namespace aroma

#endif // AROMA_EXCHANGE_HPP
