// SPDX-License-Identifier: BSL-1.0
//
// The library's part is the line with set_fd(), in Peer handshake(), look(), asked() and
// answered(), and the call of asked() behind each write.

#include "session.hpp"

#include "../common/http_request.hpp"

#include "h2.hpp"
#include "live.hpp"
#include "stream.hpp"
#include "visit.hpp"

#include <aroma/integrations/openssl.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <openssl/err.h>

namespace demo {
namespace {

namespace http = beast::http;

class Session : public Member {
public:
    Session(Server& s, tcp::socket socket, asio::ssl::context& context)
        : Member{s, s.silent}, stream_{std::in_place, beast::tcp_stream{std::move(socket)},
                                       context},
          visit_{s, tcp_stream().socket().native_handle()}
    {
        ++server().metrics.connections_open;
    }
    ~Session() override
    {
        if (!counted_)
            return;
        --server().metrics.connections_open;
        if (state_ == State::handshaking)
            ++server().metrics.handshakes_failed;
        else
            server().ended(visit_.peer());
    }

    void start()
    {
        error_code ignored;
        tcp_stream().socket().set_option(tcp::no_delay{true}, ignored);
        tcp_stream().expires_after(handshake_time);
        // Asio's streams do not tell OpenSSL
        if (!aroma::openssl::set_fd(stream_->native_handle(), visit_.fd()))
            return;
        // ahead of the handshake's own reading, which leaves it the first byte
        tcp_stream().socket().async_wait(tcp::socket::wait_read,
                                         [me = self<Session>()](error_code error) {
                                             if (!error)
                                                 me->move_to(me->server().handshaking);
                                         });
        stream_->async_handshake(
            asio::ssl::stream_base::server, [me = self<Session>()](error_code error) {
                if (error)
                    return me->handshake_failed(error);
                me->move_to(me->server().serving);
                me->visit_.peer().handshake(me->stream_->native_handle());
                me->born_ = Clock::now();
                if (!has_http2 || !me->chose_http2())
                    return me->wait_for_request();
                me->counted_ = false; // the other counts on
                start_http2(me->server(), std::move(*me->stream_), std::move(me->visit_));
                me->stream_.reset();
            });
    }

    void stop() override
    {
        stopping_ = true;
        error_code ignored;
        if (state_ == State::handshaking)
            abort();
        // and else a request has arrived just now
        else if (state_ == State::idle && tcp_stream().socket().available(ignored) == 0)
            tcp_stream().cancel();
    }
    void abort() override { tcp_stream().close(); }

private:
    enum class State : std::uint8_t { handshaking, idle, busy, leaving };

    beast::tcp_stream& tcp_stream() { return beast::get_lowest_layer(*stream_); }

    bool chose_http2()
    {
        unsigned char const* chosen = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(stream_->native_handle(), &chosen, &size);
        return size == 2; // h2
    }

    // A user has typed http:// before this port.
    void handshake_failed(error_code error)
    {
        if (error.category() != asio::error::get_ssl_category()
            || ERR_GET_REASON(static_cast<unsigned long>(error.value())) != SSL_R_HTTP_REQUEST)
            return;
        response_.version(11);
        response_.result(http::status::bad_request);
        response_.set(http::field::content_type, "text/plain");
        response_.keep_alive(false);
        response_.body() = "This port speaks HTTPS: put https:// before its address.\n";
        response_.prepare_payload();
        tcp_stream().expires_after(farewell_time);
        http::async_write(tcp_stream(), response_, [me = self<Session>()](error_code, std::size_t) {
            error_code ignored;
            me->tcp_stream().socket().shutdown(tcp::socket::shutdown_send, ignored);
        });
    }

    // A connection that rests has a kilobyte here, and a minute; a request that has begun has ten
    // seconds.

    void wait_for_request()
    {
        if (stopping_)
            return leave();
        if (buffer_.size() > 0) // pipelined
            return read_request(Clock::now());
        buffer_.shrink_to_fit();
        state_ = State::idle;
        tcp_stream().expires_after(idle_time);
        stream_->async_read_some(
            buffer_.prepare(1024), [me = self<Session>()](error_code error, std::size_t size) {
                auto const now = Clock::now();
                me->buffer_.commit(size);
                if (!error)
                    me->read_request(now);
                else if (me->stopping_ && error == asio::error::operation_aborted)
                    me->leave();
            });
    }

    void read_request(Clock::time_point arrived)
    {
        state_ = State::busy;
        parser_.emplace();
        parser_->header_limit(header_limit);
        parser_->body_limit(0);
        tcp_stream().expires_after(request_time);
        // no body is waited for, which a client may keep until it is asked on (Expect)
        http::async_read_header(
            *stream_, buffer_, *parser_,
            [me = self<Session>(), arrived](error_code error, std::size_t) {
                if (!error)
                    return me->on_request(arrived);
                bool const gone = error == http::error::end_of_stream || error == asio::error::eof
                               || error == asio::ssl::error::stream_truncated
                               || error == beast::error::timeout
                               || error == asio::error::connection_reset
                               || error == asio::error::operation_aborted;
                if (gone) {
                    ++me->server().metrics.requests_refused;
                    return;
                }
                bool const large = error == http::error::header_limit
                                || error == http::error::body_limit
                                || error == http::error::buffer_overflow;
                me->head_ = me->parser_->get().method() == http::verb::head;
                me->refuse(large ? too_large()
                                 : error_answer(400, "Not understood",
                                                "This is no request that is served here",
                                                "What arrived is not HTTP/1.1."));
            });
    }

    void on_request(Clock::time_point arrived)
    {
        used();
        auto const& request = parser_->get();
        version_ = request.version();
        head_ = request.method() == http::verb::head;
        close_after_ = !request.keep_alive() || ++requests_ >= most_requests
                    || Clock::now() - born_ > whole_time || stopping_
                    || request.method() == http::verb::connect; // whose client means a tunnel
        if (unsigned const refused = examples::refusal(request))
            return refuse(error_answer(refused, "Not understood",
                                       "This is no request that is served here",
                                       "HTTP/1.1 needs one Host field, and one reading of all."));
        if (!parser_->is_done()) // it has a body
            return refuse(too_large());
        auto const text = [](beast::string_view s) { return std::string_view{s.data(), s.size()}; };
        Answer answer = visit_.answer({.method = text(request.method_string()),
                                       .target = examples::origin_form(text(request.target())),
                                       .protocol = version_ >= 11 ? "HTTP/1.1" : "HTTP/1.0",
                                       .arrived = arrived,
                                       .upgrade = beast::websocket::is_upgrade(request)});
        if (!answer.websocket)
            return send(std::move(answer));
        counted_ = false; // the other counts on
        start_live(server(), std::move(*stream_), std::move(visit_.peer()), request);
        stream_.reset();
    }

    void refuse(Answer answer)
    {
        ++server().metrics.requests_refused;
        close_after_ = true;
        version_ = 11;
        send(std::move(answer));
    }

    void send(Answer answer)
    {
        auto const text = [](std::string_view s) { return beast::string_view{s.data(), s.size()}; };
        response_ = {};
        response_.version(version_);
        response_.result(answer.status);
        response_.set(http::field::content_type, text(answer.type));
        for (auto const& [name, value] : answer_fields)
            response_.set(text(name), text(value));
        if (!answer.location.empty())
            response_.set(http::field::location, answer.location);
        if (!answer.allow.empty())
            response_.set(http::field::allow, text(answer.allow));
        response_.keep_alive(!close_after_);
        std::size_t const size = answer.body.size();
        response_.body() = head_ ? std::string{} : std::move(answer.body);
        response_.content_length(size);
        tcp_stream().expires_after(answer_time);
        http::async_write(*stream_, response_,
                          [me = self<Session>()](error_code error, std::size_t) {
                              if (error)
                                  return;
                              me->response_ = {};
                              me->close_after_ ? me->leave() : me->wait_for_request();
                          });
        // What fits has been written by now, and its completion comes a turn of the loop later.
        if (answer.probe.token != 0 && !close_after_)
            visit_.peer().asked(visit_.fd(), answer.probe);
    }

    // TLS' farewell, so that the client knows that this was all.
    void leave()
    {
        state_ = State::leaving;
        tcp_stream().expires_after(farewell_time);
        stream_->async_shutdown([me = self<Session>()](error_code) {});
    }

    std::optional<Stream> stream_; // until a WebSocket or HTTP/2 has it
    Visit visit_;
    beast::flat_buffer buffer_{header_limit + 1024};
    std::optional<http::request_parser<http::empty_body>> parser_;
    http::response<http::string_body> response_;
    Clock::time_point born_{};
    unsigned version_ = 11;
    int requests_ = 0;
    State state_ = State::handshaking;
    bool head_ = false, close_after_ = false, stopping_ = false, counted_ = true;
};

} // namespace

void start_session(Server& server, tcp::socket socket, asio::ssl::context& context)
{
    std::make_shared<Session>(server, std::move(socket), context)->start();
}

} // namespace demo
