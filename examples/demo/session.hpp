// SPDX-License-Identifier: BSL-1.0
//
// A connection: TLS, then HTTP/1.1, request by request, until one asks for the WebSocket; or
// HTTP/2, where the client has chosen that.
#ifndef AROMA_EXAMPLES_DEMO_SESSION_HPP
#define AROMA_EXAMPLES_DEMO_SESSION_HPP

#include "server.hpp"

#include <boost/asio/ssl/context.hpp>

namespace demo {

// The connection then lives by itself.
void start_session(Server& server, tcp::socket socket, asio::ssl::context& context);

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_SESSION_HPP
