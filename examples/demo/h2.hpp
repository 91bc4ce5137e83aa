// SPDX-License-Identifier: BSL-1.0
//
// HTTP/2 (RFC 9113), if nghttp2 is installed: the same pages. It has one more probe, a PING at a
// random moment while no stream is open.
//
// Many requests share the connection, and a probe counts only if nothing else is sent before its
// answer. So while one is outstanding everything else waits, for three seconds at most; and a
// redirect is a probe only if its request was the only one.
#ifndef AROMA_EXAMPLES_DEMO_H2_HPP
#define AROMA_EXAMPLES_DEMO_H2_HPP

#include "server.hpp"
#include "stream.hpp"
#include "visit.hpp"

namespace demo {

// The client has chosen it by ALPN; the connection then owns itself.
void start_http2(Server& server, Stream stream, Visit visit);

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_H2_HPP
