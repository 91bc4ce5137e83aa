// SPDX-License-Identifier: BSL-1.0
//
// aroma/exchange.hpp: which exchange above TCP was timed.
//
// Synopsis
//   enum class Exchange {
//       opening,      the client's first bytes, before anything was sent to it
//       reply         the client's answer to a probe: a TLS flight, a
//                     redirect, an HTTP/2 PING, a WebSocket ping
//   };
//
// A short opening does not rule out a proxy: many accept their client before they connect upstream.
#ifndef AROMA_EXCHANGE_HPP
#define AROMA_EXCHANGE_HPP

#include <aroma/detail/language.hpp>

#include <cstdint> // uint8_t

namespace aroma {

// What an application RTT was measured on.
enum class Exchange : std::uint8_t {
    opening, // from the TCP handshake's last ACK to the client's first data, such as a ClientHello
    reply,   // from what the server sent to an answer that needs it, such as the client's Finished
};

[[nodiscard]] constexpr char const* name(Exchange exchange) noexcept
{
    return exchange == Exchange::opening ? "opening" : "reply";
}

} // namespace aroma

#endif // AROMA_EXCHANGE_HPP
