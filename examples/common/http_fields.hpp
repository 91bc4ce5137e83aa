// SPDX-License-Identifier: BSL-1.0
//
// For servers with an HTTP library: fields that libraries interpret differently. If one of two
// servers does not see a body, it takes it for the next request, so a field that may announce a
// body is refused; GET and HEAD need none.
//
//     field_refusal(name, value)     0, or the status of the refusal; the connection then ends
#ifndef AROMA_EXAMPLES_HTTP_FIELDS_HPP
#define AROMA_EXAMPLES_HTTP_FIELDS_HPP

#include <string_view>

#include <strings.h>

namespace examples {

inline unsigned field_refusal(std::string_view name, std::string_view value)
{
    constexpr std::string_view token = // RFC 9110, 5.6.2
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (name.empty() || name.find_first_not_of(token) != std::string_view::npos
        || value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos)
        return 400;
    auto const begins = [](std::string_view text, std::string_view with) { // in any case
        return text.size() >= with.size()
            && ::strncasecmp(text.data(), with.data(), with.size()) == 0;
    };
    constexpr std::string_view coding = "Transfer-Encoding", length = "Content-Length";
    bool const codes = begins(name, coding);
    if (!codes && !begins(name, length))
        return 0;
    if (name.size() != (codes ? coding : length).size())
        return 400; // of a folded line, libmicrohttpd adds the rest to the name
    if (codes)
        return value.size() == 7 && begins(value, "chunked") ? 413 : 501;
    if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos)
        return 400;
    return value.find_first_not_of('0') == std::string_view::npos ? 0 : 413;
}

} // namespace examples

#endif // AROMA_EXAMPLES_HTTP_FIELDS_HPP
