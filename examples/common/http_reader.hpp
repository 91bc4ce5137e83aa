// SPDX-License-Identifier: BSL-1.0
//
// HTTP/1.1 for frameworks without it: from bytes to requests, by Boost.Beast's parser, and from
// pages to bytes.
#ifndef AROMA_EXAMPLES_HTTP_READER_HPP
#define AROMA_EXAMPLES_HTTP_READER_HPP

#include "http_answer.hpp"
#include "http_request.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace examples {

class HttpReader {
public:
    // Removes the next complete request from the bytes and returns its path; none if more bytes are
    // needed. An empty path: the request is refused, and is the last.
    std::optional<std::string> next(std::string& in)
    {
        if (last_)
            return {};
        if (!parser_) {
            drop_empty_lines(in);
            if (in.empty())
                return {};
            parser_.emplace();
            parser_->eager(true);
            parser_->header_limit(8 * 1024);
            parser_->body_limit(64 * 1024);
        }
        boost::beast::error_code error;
        in.erase(0, parser_->put(boost::asio::buffer(in), error));
        head_ = parser_->get().method() == boost::beast::http::verb::head; // by its first line
        if (parser_->is_header_done() && !std::exchange(header_seen_, true))
            refused_ = refusal_here(parser_->get());
        // Beast waits for all of a line, however long a chunk's extension or a trailer makes it.
        if (refused_ == 0 && in.size() > 16 * 1024)
            refused_ = 431;
        if (refused_ == 0 && error && error != boost::beast::http::error::need_more)
            refused_ = status_of(error);
        last_ = refused_ != 0;
        if (last_)
            return std::string{};
        if (!parser_->is_done())
            return {};
        auto const target = parser_->get().target();
        std::string path{path_of({target.data(), target.size()})};
        last_ = !parser_->get().keep_alive();
        old_ = parser_->get().version() < 11;
        parser_.reset();
        header_seen_ = false;
        return path;
    }

    // The bytes that answer the request of next(): with its page, or why it is refused.
    std::string answer(Page const& page) const
    {
        HttpAnswer answer = http_answer(refused_ != 0 ? refusal_page(refused_) : page);
        keep_alive(answer, !last_, old_);
        if (head_)
            answer.body().clear(); // its length stays
        return http_text(answer);
    }

    // Whether the connection ends after the answer to next(): it was the last request, or no HTTP
    // at all. Discard what the client still sends: farewell.hpp says why.
    bool last() const { return last_; }

private:
    static unsigned refusal_here(HttpHeader const& request)
    {
        if (unsigned const status = refusal(request))
            return status;
        if (unsigned const status = method_refusal(detail::text(request.method_string())))
            return status;
        return expects_continue(request) && has_body(request) ? 417 : 0; // no body is asked for
    }

    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    bool header_seen_ = false, head_ = false, old_ = false, last_ = false;
    unsigned refused_ = 0; // by which status
};

} // namespace examples

#endif // AROMA_EXAMPLES_HTTP_READER_HPP
