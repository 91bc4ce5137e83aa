// SPDX-License-Identifier: BSL-1.0
//
// A connection: TLS, then HTTP/1.1, request by request, until one asks for the WebSocket. The library's part is the line with set_fd(), the
// one with handshake(), and those in on_request() that say what a request is a moment of.
#ifndef AROMA_EXAMPLES_DEMO_SESSION_HPP
#define AROMA_EXAMPLES_DEMO_SESSION_HPP

#include "live.hpp"
#include "pages.hpp"
#include "peer.hpp"
#include "server.hpp"

#include <aroma/openssl.hpp>
#include <aroma/stopwatch.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <fmt/format.h>
#include <openssl/err.h>

namespace demo {

namespace http = beast::http;

class Session : public Member {
public:
    Session(Server& s, tcp::socket socket, asio::ssl::context& context)
        : Member{s, s.handshaking}, stream_{std::in_place, beast::tcp_stream{std::move(socket)}, context}, peer_{++server().metrics.connections, server().judge}
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
            server().ended(peer_);
    }

    void start()
    {
        error_code ignored;
        tcp_stream().socket().set_option(tcp::no_delay{true}, ignored);
        tcp_stream().expires_after(handshake_time);
        if (!aroma::openssl::set_fd(stream_->native_handle(), fd())) // Asio's streams do not tell OpenSSL
            return;
        stream_->async_handshake(asio::ssl::stream_base::server, [me = self<Session>()](error_code error) {
            if (error)
                return me->handshake_failed(error);
            me->move_to(me->server().serving);
            me->peer_.handshake(me->stream_->native_handle());
            me->born_ = Clock::now();
            me->wait_for_request();
        });
    }

    void stop() override
    {
        stopping_ = true;
        error_code ignored;
        if (state_ == State::handshaking)
            abort();
        else if (state_ == State::idle && tcp_stream().socket().available(ignored) == 0) // and else a request has arrived just now
            tcp_stream().cancel();
    }
    void abort() override { tcp_stream().close(); }

private:
    static constexpr int most_detours = 4;

    enum class State : std::uint8_t { handshaking, idle, busy, leaving };

    beast::tcp_stream& tcp_stream() { return beast::get_lowest_layer(*stream_); }
    int fd() { return tcp_stream().socket().native_handle(); }

    // Somebody has typed http:// before this port.
    void handshake_failed(error_code error)
    {
        if (error.category() != asio::error::get_ssl_category() || ERR_GET_REASON(static_cast<unsigned long>(error.value())) != SSL_R_HTTP_REQUEST)
            return;
        static constexpr std::string_view answer = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 57\r\nConnection: close\r\n\r\n"
                                                   "This port speaks HTTPS: put https:// before its address.\n";
        tcp_stream().expires_after(farewell_time);
        asio::async_write(tcp_stream(), asio::buffer(answer), [me = self<Session>()](error_code, std::size_t) {
            error_code ignored;
            me->tcp_stream().socket().shutdown(tcp::socket::shutdown_send, ignored);
        });
    }

    // A connection that rests has a kilobyte here, and a minute; a request that has begun has ten seconds.

    void wait_for_request()
    {
        if (stopping_)
            return leave();
        if (buffer_.size() > 0) // pipelined
            return read_request(Clock::now());
        buffer_.shrink_to_fit();
        state_ = State::idle;
        tcp_stream().expires_after(idle_time);
        stream_->async_read_some(buffer_.prepare(1024), [me = self<Session>()](error_code error, std::size_t size) {
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
        http::async_read(*stream_, buffer_, *parser_, [me = self<Session>(), arrived](error_code error, std::size_t) {
            if (!error)
                return me->on_request(arrived);
            ++me->server().metrics.requests_refused;
            bool const gone = error == http::error::end_of_stream || error == asio::error::eof || error == asio::ssl::error::stream_truncated
                || error == beast::error::timeout || error == asio::error::connection_reset || error == asio::error::operation_aborted;
            if (gone)
                return;
            bool const large = error == http::error::header_limit || error == http::error::body_limit || error == http::error::unexpected_body
                || error == http::error::buffer_overflow;
            me->close_after_ = true;
            me->version_ = 11;
            me->head_ = false;
            me->fail(large ? http::status::payload_too_large : http::status::bad_request, "Not understood", "This is no request that is served here",
                     large ? "A request has at most 8 KiB here, and no body." : "What arrived is not HTTP/1.1.");
        });
    }

    void on_request(Clock::time_point arrived)
    {
        auto const& request = parser_->get();
        std::string_view const target{request.target().data(), request.target().size()};
        std::size_t const mark = target.find('?');
        std::string_view const path = target.substr(0, mark);
        std::string_view const query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
        version_ = request.version();
        head_ = request.method() == http::verb::head;
        close_after_ = !request.keep_alive() || ++requests_ >= most_requests || Clock::now() - born_ > whole_time || stopping_;
        server().metrics.request(path);

        // A request that brings the token that went out last is the client's answer to it, if nothing was sent or came behind.
        Redeemed token{};
        bool const has_token = query.starts_with("t=");
        if (has_token) {
            token = server().tokens.redeem(query.substr(2), purpose_of(path), arrived);
            if (token.refusal != Refusal::none)
                ++server().metrics.tokens[static_cast<std::size_t>(token.refusal)];
        }
        aroma::Microseconds const taken = watch_.answered(arrived);
        bool const answers = awaited_.number != 0 && token.number == awaited_.number && buffer_.size() == 0;
        if (answers)
            peer_.answered(awaited_.kind, fd(), taken);
        else
            peer_.asked(fd());
        awaited_ = {};

        bool const post = request.method() == http::verb::post;
        if (version_ >= 11 && request.count(http::field::host) != 1) {
            close_after_ = true;
            return fail(http::status::bad_request, "Not understood", "This is no request that is served here", "HTTP/1.1 needs one Host field.");
        }
        if (path == "/go-on" ? !post : (!head_ && request.method() != http::verb::get))
            return fail(http::status::method_not_allowed, "Not understood", "This is not how the page is asked for",
                        path == "/go-on" ? "Its button does it, by POST." : "Only GET and HEAD are answered here.");
        if ((has_token || path == "/hop" || path == "/landing" || path == "/live" || path == "/go-on" || path == "/allowed") && token.refusal != Refusal::none)
            return refuse(token.refusal, path);
        // One exchange may be unlucky, and the next one is cheap: who looks suspicious follows some more.
        if (answers && (path == "/" || path == "/info") && peer_.assess().band != aroma::Band::normal && ++detours_ < most_detours)
            return redirect(http::status::found, purpose_of(path), path);
        detours_ = 0;
        answer(path, has_token);
    }

    void answer(std::string_view path, bool proven)
    {
        auto const now = Clock::now();
        if (path == "/" || path == "/info") {
            bool const home = path == "/";
            if (!proven)
                return redirect(http::status::found, home ? Purpose::home : Purpose::live, path);
            return home ? verdict(allowed_) : page(info_page(peer_, server().tokens.issue(Purpose::hop, now).text, server().tokens.issue(Purpose::websocket, now).text));
        }
        if (path == "/go-on") {
            allowed_ = true; // and what proves it on another connection is the token's purpose
            return redirect(http::status::see_other, Purpose::allowed, "/allowed");
        }
        if (path == "/allowed") {
            allowed_ = true;
            return verdict(true);
        }
        if (path == "/hop")
            return redirect(http::status::found, Purpose::landing, "/landing");
        if (path == "/landing") {
            auto const next = server().tokens.issue(Purpose::hop, now);
            awaited_ = {next.number, Kind::fetch};
            return send(http::status::ok, "application/json", fmt::format("{{\"next\":\"{}\",\"seen\":{}}}\n", next.text, to_json(peer_)));
        }
        if (path == "/live") {
            if (!beast::websocket::is_upgrade(parser_->get()))
                return fail(http::status::upgrade_required, "Not understood", "This is a WebSocket", "The live page opens it.");
            if (server().metrics.websockets_open >= server().most_websockets)
                return fail(http::status::service_unavailable, "Busy", "Too many people are watching", "Come back in a minute.");
            return become_websocket();
        }
        if (path == "/score") {
            std::string body = examples::to_json(peer_.assess());
            body.back() = ',';
            return send(http::status::ok, "application/json", body + fmt::format("\"replies\":{},\"excess_us\":{},\"response\":\"{}\"}}\n", peer_.replies(),
                                                                                 excess(peer_.assess()).count(), name(decide())));
        }
        if (path == "/req.json")
            return send(http::status::ok, "application/json", request_json(peer_, fd(), version_ >= 11 ? "HTTP/1.1" : "HTTP/1.0") + '\n');
        if (path == "/metrics")
            return send(http::status::ok, "text/plain; version=0.0.4; charset=utf-8", server().metrics.text() + server().judge.metrics());
        if (path == "/healthz")
            return send(http::status::ok, "text/plain", stopping_ ? "stopping\n" : "ok\n");
        if (path == "/style.css")
            return send(http::status::ok, "text/css", std::string{files::style_css});
        if (path == "/info.js")
            return send(http::status::ok, "text/javascript", std::string{files::info_js});
        if (path == "/fresh.js")
            return send(http::status::ok, "text/javascript", std::string{files::fresh_js});
        if (path == "/robots.txt")
            return send(http::status::ok, "text/plain", "User-agent: *\nDisallow: /\n");
        fail(http::status::not_found, "Not found", "There is no such page", "There are /, /info, /score, /req.json, /metrics and /healthz.");
    }

    static Purpose purpose_of(std::string_view path)
    {
        return path == "/go-on" ? Purpose::go_on : path == "/allowed" ? Purpose::allowed : path == "/info" ? Purpose::live : path == "/hop" ? Purpose::hop
            : path == "/landing" ? Purpose::landing : path == "/live" ? Purpose::websocket : Purpose::home;
    }

    // The share of a policy is drawn by a key that lasts; here nothing of a client lasts, and the share is all.
    aroma::Response decide() { return server().policy.decide(peer_.assess(), "demo", aroma::Key{peer_.number()}).response; }

    void verdict(bool proven)
    {
        aroma::Response const response = decide();
        ++server().metrics.responses[static_cast<std::size_t>(response)];
        page(verdict_page(peer_, response, server().tokens.issue(Purpose::go_on, Clock::now()).text, proven));
    }

    void redirect(http::status status, Purpose purpose, std::string_view to)
    {
        auto const token = server().tokens.issue(purpose, Clock::now());
        awaited_ = {token.number, Kind::redirect};
        send(status, "text/plain", fmt::format("{}?t={}\n", to, token.text), fmt::format("{}?t={}", to, token.text));
    }

    void refuse(Refusal why, std::string_view path)
    {
        bool const json = path == "/hop" || path == "/landing" || path == "/live";
        if (json)
            return send(http::status::forbidden, "application/json", fmt::format("{{\"error\":\"{}\",\"reason\":\"{}\"}}\n", name(why), describe(why)));
        fail(http::status::forbidden, "Refused", "This address does not work any more", fmt::format("{}{}.", "The page was not shown: ", describe(why)));
    }

    void fail(http::status status, std::string_view badge, std::string_view headline, std::string_view reason)
    {
        send(status, "text/html; charset=utf-8", error_page(badge, headline, reason));
    }
    void page(std::string text) { send(http::status::ok, "text/html; charset=utf-8", std::move(text)); }

    void send(http::status status, std::string_view type, std::string body, std::string_view location = {})
    {
        auto const text = [](std::string_view s) { return beast::string_view{s.data(), s.size()}; };
        response_ = {status, version_};
        response_.set(http::field::content_type, text(type));
        response_.set(http::field::cache_control, "no-store");
        response_.set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
                                                 "form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
        response_.set("Referrer-Policy", "no-referrer");
        response_.set("X-Content-Type-Options", "nosniff");
        if (!location.empty())
            response_.set(http::field::location, text(location));
        if (status == http::status::method_not_allowed)
            response_.set(http::field::allow, parser_ && parser_->get().target().starts_with("/go-on") ? "POST" : "GET, HEAD");
        response_.keep_alive(!close_after_);
        std::size_t const size = body.size();
        response_.body() = head_ ? std::string{} : std::move(body);
        response_.content_length(size);
        tcp_stream().expires_after(answer_time);
        http::async_write(*stream_, response_, [me = self<Session>()](error_code error, std::size_t) {
            if (error)
                return;
            me->watch_.sent(Clock::now());
            me->response_ = {};
            me->close_after_ ? me->leave() : me->wait_for_request();
        });
    }

    void become_websocket()
    {
        if (stopping_)
            return fail(http::status::service_unavailable, "Stopping", "This server is being stopped", "Come back in a minute.");
        counted_ = false; // the other counts on
        start_live(server(), std::move(*stream_), peer_, parser_->get());
        stream_.reset();
    }

    // TLS' farewell, so that the client knows that this was all.
    void leave()
    {
        state_ = State::leaving;
        tcp_stream().expires_after(farewell_time);
        stream_->async_shutdown([me = self<Session>()](error_code) {});
    }

    struct Awaited {
        std::uint64_t number = 0; // of the token that went out last
        Kind kind{};
    };

    std::optional<Stream> stream_; // until a WebSocket has it
    Peer peer_;
    beast::flat_buffer buffer_{header_limit + 1024};
    std::optional<http::request_parser<http::empty_body>> parser_;
    http::response<http::string_body> response_;
    aroma::Stopwatch watch_;
    Awaited awaited_;
    Clock::time_point born_{};
    unsigned version_ = 11;
    int requests_ = 0, detours_ = 0;
    State state_ = State::handshaking;
    bool head_ = false, close_after_ = false, stopping_ = false, allowed_ = false, counted_ = true;
};

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_SESSION_HPP
