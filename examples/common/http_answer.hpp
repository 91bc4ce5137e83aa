// SPDX-License-Identifier: BSL-1.0
//
// HTTP answers by Boost.Beast, as the bytes that the servers write whole: a probe is one write.
#ifndef AROMA_EXAMPLES_HTTP_ANSWER_HPP
#define AROMA_EXAMPLES_HTTP_ANSWER_HPP

#include "visitor.hpp"

#include <string>
#include <utility>

#include <boost/beast/core/buffer_traits.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

namespace examples {

using HttpAnswer = boost::beast::http::response<boost::beast::http::string_body>;

inline HttpAnswer http_answer(int status, std::string json)
{
    HttpAnswer answer;
    answer.result(static_cast<unsigned>(status));
    answer.set(boost::beast::http::field::content_type, "application/json");
    answer.set(boost::beast::http::field::cache_control, "no-store");
    answer.body() = std::move(json);
    answer.prepare_payload();
    return answer;
}

inline HttpAnswer http_answer(Page const& page)
{
    HttpAnswer answer = http_answer(page.status, page.body);
    if (!page.location.empty())
        answer.set(boost::beast::http::field::location, page.location);
    if (page.status == 405)
        answer.set(boost::beast::http::field::allow, "GET, HEAD");
    return answer;
}

// For a client of HTTP/1.0, where connections close by default (RFC 9112, C.2.2).
inline void keep_alive(HttpAnswer& answer, bool keeps, bool old)
{
    answer.keep_alive(keeps);
    if (keeps && old)
        answer.set(boost::beast::http::field::connection, "keep-alive");
}

inline std::string http_text(HttpAnswer const& answer)
{
    boost::beast::http::response_serializer<boost::beast::http::string_body> serializer{answer};
    boost::beast::error_code error;
    std::string text;
    while (!error && !serializer.is_done())
        serializer.next(error, [&](boost::beast::error_code&, auto const& buffers) {
            text += boost::beast::buffers_to_string(buffers);
            serializer.consume(boost::beast::buffer_bytes(buffers));
        });
    return text;
}

} // namespace examples

#endif // AROMA_EXAMPLES_HTTP_ANSWER_HPP
