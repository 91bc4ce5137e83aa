// SPDX-License-Identifier: BSL-1.0
//
// The live page's WebSocket: a ping, what it showed, the client's mark and its echo, and so on.
//
//     server                                client
//     ping                        ->
//                                 <-        pong
//                                by the browser itself: the server's round trip
//     {"moment":"ping",...}       ->
//                                 <-        "3"                   by the page's script
//     "3"                         ->                              the script's round trip
//     100 to 250 ms of rest, at random
//
// So nothing is sent while a ping is outstanding, and only its own pong counts. Its payload and its
// moment are random.
#ifndef AROMA_EXAMPLES_DEMO_LIVE_HPP
#define AROMA_EXAMPLES_DEMO_LIVE_HPP

#include "peer.hpp"
#include "server.hpp"
#include "stream.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

namespace demo {

// Answers the request for a WebSocket; the connection then owns itself.
void start_live(Server& server, Stream stream, Peer peer,
                beast::http::request<beast::http::empty_body> const& request);

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_LIVE_HPP
