// SPDX-License-Identifier: BSL-1.0
//
// HTTP/2 (RFC 9113), where nghttp2 is to be had: the same pages. It has one more exchange, the
// PING, which the client's machine answers by itself.
//
// Many requests share the connection, so a request is an exchange only where it came alone, in
// answer to what went out alone; and a PING goes out while nobody waits for anything. Whatever is
// sent behind one of them spoils it, and it does not count.
#ifndef AROMA_EXAMPLES_DEMO_H2_HPP
#define AROMA_EXAMPLES_DEMO_H2_HPP

#include "server.hpp"
#include "stream.hpp"
#include "visit.hpp"

namespace demo {

// The client has chosen it by ALPN; the connection then lives by itself.
void start_http2(Server& server, Stream stream, Visit visit);

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_H2_HPP
