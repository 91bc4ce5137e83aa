// SPDX-License-Identifier: BSL-1.0
//
// HTTP/1.1 for the frameworks that bring none: bytes in, requests out, by Boost.Beast's parser; and
// http_text(), pages to bytes.
#ifndef AROMA_EXAMPLES_FRAMEWORKS_HTTP_HPP
#define AROMA_EXAMPLES_FRAMEWORKS_HTTP_HPP

#include "../common/http_answer.hpp"
#include "../common/http_request.hpp"

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
    // The path of the next whole request in the bytes, which are taken out of them; none if more
    // bytes are needed. Empty: it is refused, and it is the last.
    std::optional<std::string> next(std::string& in)
    {
        if (last_)
            return {};
        if (!parser_) {
            parser_.emplace();
            parser_->eager(true);
            parser_->header_limit(8 * 1024);
            parser_->body_limit(64 * 1024);
        }
        boost::beast::error_code error;
        in.erase(0, parser_->put(boost::asio::buffer(in), error));
        // Beast waits for all of a line, however long a chunk's extension or a trailer makes it.
        bool const header_new = parser_->is_header_done() && !std::exchange(header_seen_, true);
        last_ = in.size() > 16 * 1024 || (error && error != boost::beast::http::error::need_more)
             || (header_new && refused(parser_->get()));
        if (last_)
            return std::string{};
        if (!parser_->is_done())
            return {};
        auto const target = parser_->get().target();
        std::string path{path_of({target.data(), target.size()})};
        last_ = !parser_->get().keep_alive();
        parser_.reset();
        header_seen_ = false;
        return path;
    }

    // Whether the connection ends when what next() has given is answered: its last request, or no
    // HTTP at all.
    bool last() const { return last_; }

private:
    // HEAD as well: every answer here has a body.
    static bool refused(HttpHeader const& request)
    {
        return refusal(request) != 0 || request.method() == boost::beast::http::verb::head;
    }

    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    bool header_seen_ = false, last_ = false;
};

} // namespace examples

#endif // AROMA_EXAMPLES_FRAMEWORKS_HTTP_HPP
