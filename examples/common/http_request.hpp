// SPDX-License-Identifier: BSL-1.0
//
// Stricter checks of an HTTP/1.1 request than Boost.Beast's, so that it has only one
// interpretation. With an unknown Transfer-Encoding, Beast would take the body for the next
// request.
//
//     refusal(header)             0, or the status of the refusal; the connection then ends
//     expects_continue(header)    whether the client waits for 100 Continue
//     has_body(header)            whether something follows the header
//     status_of(error)            the status for what Beast cannot parse
//     origin_form(target)         without the scheme and authority of an absolute form
//     path_of(target)             the same without its query
//     drop_empty_lines(in)        those before a request are to be ignored (RFC 9112, 2.2)
#ifndef AROMA_EXAMPLES_HTTP_REQUEST_HPP
#define AROMA_EXAMPLES_HTTP_REQUEST_HPP

#include "http_method.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>

namespace examples {

using HttpHeader = boost::beast::http::request_header<>;

namespace detail {

inline std::string_view text(boost::beast::string_view view)
{
    return {view.data(), view.size()};
}

inline bool same(std::string_view one, std::string_view other) // whatever the case
{
    return boost::beast::iequals({one.data(), one.size()}, {other.data(), other.size()});
}

inline bool ends_chunked(std::string_view codings)
{
    std::size_t const last = codings.find_last_of(", \t") + 1;
    return same(codings.substr(last), "chunked");
}

} // namespace detail

inline bool expects_continue(HttpHeader const& request)
{
    // HTTP/1.0 does not know it, so it is ignored there (RFC 9110, 10.1.1)
    return request.version() >= 11
        && detail::same(detail::text(request[boost::beast::http::field::expect]), "100-continue");
}

inline bool has_body(HttpHeader const& request)
{
    using boost::beast::http::field;
    return request.count(field::transfer_encoding) > 0
        || detail::text(request[field::content_length]).find_first_not_of('0')
               != std::string_view::npos;
}

inline unsigned status_of(boost::beast::error_code error)
{
    using Kind = boost::beast::http::error;
    return error == Kind::header_limit ? 431 : error == Kind::body_limit ? 413 : 400;
}

inline unsigned refusal(HttpHeader const& request)
{
    using boost::beast::http::field;
    bool const old = request.version() < 11;
    auto const value = [&](field name) { return detail::text(request[name]); };
    std::size_t const codings = request.count(field::transfer_encoding),
                      lengths = request.count(field::content_length),
                      hosts = request.count(field::host),
                      expectations = request.count(field::expect);
    // RFC 9112, 6.1 and 6.3: another server could see it end elsewhere
    if (codings > 0
        && (old || lengths > 0 || !detail::ends_chunked(value(field::transfer_encoding))))
        return 400;
    if (codings > 1 || (codings == 1 && value(field::transfer_encoding).size() != 7))
        return 501; // gzip, chunked
    if (lengths > 1
        || value(field::content_length).find_first_not_of("0123456789") != std::string_view::npos)
        return 400;
    if (hosts > 1 || (hosts == 0 && !old)
        || value(field::host).find_first_of(" \t\"#/<>?@\\^`{|}") != std::string_view::npos)
        return 400; // 3.2
    if (expectations > 0 && !old && (expectations > 1 || !expects_continue(request)))
        return 417;
    return 0;
}

// Only requests to proxies use the absolute form, but all servers must accept it (RFC 9112, 3.2.2).
inline std::string_view origin_form(std::string_view target)
{
    for (std::string_view const scheme : {"http://", "https://"})
        if (detail::same(target.substr(0, scheme.size()), scheme)) {
            target.remove_prefix(scheme.size());
            target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
            return target.empty() ? std::string_view{"/"} : target;
        }
    return target;
}

inline std::string_view path_of(std::string_view target)
{
    std::string_view const origin = origin_form(target), path = origin.substr(0, origin.find('?'));
    return path.empty() ? std::string_view{"/"} : path;
}

inline void drop_empty_lines(std::string& in)
{
    in.erase(0, in.find_first_not_of("\r\n"));
}

} // namespace examples

#endif // AROMA_EXAMPLES_HTTP_REQUEST_HPP
