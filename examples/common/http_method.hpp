// SPDX-License-Identifier: BSL-1.0
//
// Which methods the web servers among the examples answer: GET and HEAD.
//
//     method_refusal(method)     0, or the status of the refusal
#ifndef AROMA_EXAMPLES_HTTP_METHOD_HPP
#define AROMA_EXAMPLES_HTTP_METHOD_HPP

#include <string_view>

namespace examples {

// Send `Allow: GET, HEAD` with 405. What follows a CONNECT is not HTTP, so the connection ends.
inline unsigned method_refusal(std::string_view method)
{
    if (method == "GET" || method == "HEAD")
        return 0;
    for (std::string_view const known : // RFC 9110, 9.3, and RFC 5789
         {"POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
        if (method == known)
            return 405;
    return 501;
}

} // namespace examples

#endif // AROMA_EXAMPLES_HTTP_METHOD_HPP
