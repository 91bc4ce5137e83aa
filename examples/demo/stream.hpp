// SPDX-License-Identifier: BSL-1.0
//
// TLS over TCP with time limits, which HTTP/1.1, HTTP/2 and the WebSocket share. Apart from the
// rest, since it takes long to compile.
#ifndef AROMA_EXAMPLES_DEMO_STREAM_HPP
#define AROMA_EXAMPLES_DEMO_STREAM_HPP

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace demo {

namespace beast = boost::beast;
using Stream = beast::ssl_stream<beast::tcp_stream>;

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_STREAM_HPP
