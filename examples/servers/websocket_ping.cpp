// SPDX-License-Identifier: BSL-1.0
//
// A WebSocket server that pings its client, sends the assessment as JSON in one text message, and
// closes.
//
//     websocket_ping --cert FILE --key FILE [--port N]
//
// A GET of / answers a page whose script opens the WebSocket and shows the message: open
// https://127.0.0.1:8443/ in a browser.
//
// The client's own machine answers pings, immediately and invisibly to the script. A ping is a
// probe under three rules: its payload is random, nothing else is sent before its answer, and only
// the pong with this payload counts. Every other ping is sent after a random delay, at a moment
// that the client could not choose. The library's part is the line with observe(), the one with
// set_fd(), which Asio needs, and ping() and on_pong() below.
//
// It is asynchronous, with one thread, but nothing here depends on that.

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>

#include "../common/accept_error.hpp"
#include "../common/farewell.hpp"
#include "../common/http_request.hpp"
#include "../common/log_line.hpp"
#include "../common/places.hpp"
#include "seen.hpp"
#include "tls_options.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/rate_policy.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <fmt/core.h>
#include <openssl/rand.h>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using beast::error_code;

constexpr std::size_t pings_wanted = 4;
constexpr std::uint64_t longest_delay = 150; // ms before a ping that the client cannot foresee
examples::Places places{256};
constexpr std::chrono::seconds patience{10};  // for the handshake, for one request or answer
constexpr std::chrono::seconds for_pings{20}; // for all of a WebSocket
constexpr std::size_t most_bytes = 32 * 1024; // of a client's WebSocket: 5,000 frames at most

constexpr std::string_view page = R"(<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>websocket_ping</title>
<pre id="shown">waiting for the pings</pre>
<script>
const shown = document.getElementById("shown");
const socket = new WebSocket("wss://" + location.host + "/");
socket.onmessage = message => { shown.textContent = message.data; };
socket.onerror = () => { shown.textContent = "the WebSocket failed"; };
</script>
</html>
)";

// A RatePolicy for Beast's streams: limits the bytes that are read. Bytes, since Beast does not
// report empty continuation frames.
class Allowance {
public:
    void limit(std::size_t bytes, std::function<void()> used_up)
    {
        left_ = bytes;
        used_up_ = std::move(used_up);
    }

private:
    friend class beast::rate_policy_access;
    static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

    std::size_t available_read_bytes() const noexcept { return used_up_ ? left_ : all; }
    void transfer_read_bytes(std::size_t size)
    {
        if (!used_up_ || left_ == 0)
            return;
        left_ -= std::min(size, left_);
        if (left_ == 0)
            used_up_();
    }
    static std::size_t available_write_bytes() noexcept { return all; }
    static void transfer_write_bytes(std::size_t) noexcept {}
    static void on_timer() noexcept {}

    std::size_t left_ = 0;
    std::function<void()> used_up_;
};
using TcpStream = beast::basic_stream<tcp, beast::tcp_stream::executor_type, Allowance>;

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(tcp::socket socket, asio::ssl::context& context)
        : websocket_{TcpStream{std::move(socket)}, context}
    {
        places.take(fd());
    }
    ~Session()
    {
        if (tcp_stream().socket().is_open())
            places.leave(fd());
    }
    Session(Session const&) = delete;

    void start()
    {
        error_code ignored;
        tcp_stream().socket().set_option(tcp::no_delay{true}, ignored);
        tcp_stream().expires_after(patience);
        // Asio's streams do not tell OpenSSL
        if (!aroma::openssl::set_fd(ssl(), tcp_stream().socket().native_handle()))
            return;
        tls_stream().async_handshake(asio::ssl::stream_base::server,
                                     [self = shared_from_this()](error_code error) {
                                         if (!error)
                                             self->read_request();
                                     });
    }

private:
    int fd() { return tcp_stream().socket().native_handle(); }
    SSL* ssl() { return tls_stream().native_handle(); }
    beast::ssl_stream<TcpStream>& tls_stream() { return websocket_.next_layer(); }
    TcpStream& tcp_stream() { return beast::get_lowest_layer(websocket_); }

    // HTTP, until a request asks for the WebSocket.

    void read_request()
    {
        parser_.emplace();
        parser_->header_limit(8 * 1024);
        tcp_stream().expires_after(patience);
        // a body is not asked for, so its connection ends
        http::async_read_header(
            tls_stream(), buffer_, *parser_,
            [self = shared_from_this()](error_code error, std::size_t) {
                places.used(self->fd());
                auto const& request = self->parser_->get();
                if (error == http::error::end_of_stream
                    || (error && error.category() != http::make_error_code({}).category()))
                    return; // it is gone
                if (unsigned const refused = error ? examples::status_of(error) : refusal(request))
                    return self->respond(refused);
                if (websocket::is_upgrade(request))
                    return self->accept();
                bool const shown =
                    examples::path_of({request.target().data(), request.target().size()}) == "/";
                self->respond(shown ? 200 : 404);
            });
    }

    static unsigned refusal(examples::HttpHeader const& request)
    {
        if (unsigned const status = examples::refusal(request))
            return status;
        auto const method = request.method_string();
        if (unsigned const status = examples::method_refusal({method.data(), method.size()}))
            return status;
        return !examples::has_body(request) ? 0 : examples::expects_continue(request) ? 417 : 413;
    }

    void respond(unsigned status)
    {
        auto const& request = parser_->get();
        bool const good = status == 200 || status == 404;
        response_ = {http::int_to_status(status), request.version() < 11 && good ? 10u : 11u};
        response_.set(http::field::content_type, status == 200 ? "text/html" : "text/plain");
        response_.set(http::field::cache_control, "no-store");
        if (status == 405)
            response_.set(http::field::allow, "GET, HEAD");
        response_.keep_alive(good && request.keep_alive());
        response_.body() = status == 200 ? page : "there is GET /\n";
        response_.prepare_payload();
        if (request.method() == http::verb::head)
            response_.body().clear(); // its length stays
        http::async_write(tls_stream(), response_,
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!error && self->response_.keep_alive())
                                  self->read_request();
                              else if (!error)
                                  self->leave();
                          });
    }

    void leave()
    {
        places.leaving(fd());
        tcp_stream().expires_after(examples::farewell_time);
        tls_stream().async_shutdown([self = shared_from_this()](error_code) {
            error_code ignored; // errors in what the client still sends
            self->tcp_stream().socket().shutdown(tcp::socket::shutdown_send, ignored);
            self->tcp_stream().expires_after(examples::farewell_time);
            self->throw_away();
        });
    }

    void throw_away()
    {
        buffer_.clear();
        tcp_stream().async_read_some(buffer_.prepare(buffer_.max_size()),
                                     [self = shared_from_this()](error_code error, std::size_t) {
                                         if (!error)
                                             self->throw_away();
                                     });
    }

    // The WebSocket: pings and pongs, the message, the end. A read is always pending meanwhile.

    void accept()
    {
        seen_.handshake(ssl()); // with the exchanges of TLS
        tcp_stream().expires_after(for_pings);
        websocket_.read_message_max(1024);
        tcp_stream().rate_policy().limit(most_bytes, [this] {
            asio::post(websocket_.get_executor(),
                       [self = shared_from_this()] { self->too_much(); });
        });
        // the stream is ours
        websocket_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
            if (kind == websocket::frame_type::pong && pinging_
                && payload == beast::string_view{payload_})
                on_pong();
        });
        websocket_.async_accept(parser_->get(), [self = shared_from_this()](error_code error) {
            if (error)
                return;
            self->read();
            self->next_ping();
        });
    }

    void read()
    {
        buffer_.clear(); // the client's messages are ignored
        websocket_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
            if (!error)
                self->read();
        });
    }

    void next_ping()
    {
        std::uint64_t const random = aroma::random_token();
        unsigned char payload[8];
        if (random == 0 || RAND_bytes(payload, sizeof payload) != 1)
            return tcp_stream().close();
        payload_.assign(reinterpret_cast<char const*>(payload), sizeof payload);
        bool const unprompted = pongs_ % 2 == 1;
        if (!unprompted)
            return ping({});
        delay_.expires_after(std::chrono::milliseconds{random % (longest_delay + 1)});
        delay_.async_wait([self = shared_from_this()](error_code error) {
            if (!error)
                self->ping({.unprompted = true});
        });
    }

    // The ping has been written when async_ping returns, unless the socket or Beast is busy: then
    // the probe is void.
    void ping(aroma::ProbeOptions options)
    {
        (void)aroma::score(tcp_stream(), seen_.history()); // observes the counters before the write
        pinging_ = true;
        steps_ = 0;
        websocket_.async_ping(payload_, [self = shared_from_this()](error_code error) {
            if (!error)
                self->step();
        });
        aroma::probe_sent(tcp_stream(), seen_.history(), aroma::token_of(payload_), options);
    }

    void on_pong()
    {
        pinging_ = false;
        places.used(fd());
        if (seen_.history().probing())
            seen_.answered("ping", tcp_stream().socket().native_handle(),
                           aroma::token_of(payload_));
        ++pongs_;
        step();
    }

    // A ping is over when it was written and answered, in whichever order the two are reported.
    void step()
    {
        if (++steps_ < 2)
            return;
        if (pongs_ < pings_wanted)
            return next_ping();
        message_ = seen_.to_json();
        websocket_.async_write(asio::buffer(message_),
                               [self = shared_from_this()](error_code error, std::size_t) {
                                   if (!error)
                                       self->close(websocket::close_code::normal);
                               });
    }

    void close(websocket::close_code code)
    {
        if (!std::exchange(closing_, true))
            websocket_.async_close(code, [self = shared_from_this()](error_code) {});
    }

    void too_much()
    {
        close(websocket::close_code::policy_error);
        farewell_.expires_after(examples::farewell_time);
        farewell_.async_wait(
            [self = shared_from_this()](error_code) { self->tcp_stream().close(); });
    }

    // over HTTP, its next layer is used alone
    websocket::stream<beast::ssl_stream<TcpStream>> websocket_;
    beast::flat_buffer buffer_{16 * 1024};
    std::optional<http::request_parser<http::empty_body>> parser_;
    http::response<http::string_body> response_;
    std::string message_;

    examples::Seen seen_;
    asio::steady_timer delay_{websocket_.get_executor()}, farewell_{websocket_.get_executor()};
    std::size_t pongs_ = 0;
    websocket::ping_data payload_; // of the outstanding ping
    bool pinging_ = false, closing_ = false;
    int steps_ = 0;
};

class Listener {
public:
    Listener(asio::io_context& io, asio::ssl::context& context, examples::Where const& where)
        : acceptor_{io}, pause_{io}, context_{context}
    {
        tcp::endpoint const at{asio::ip::make_address(where.address), where.port};
        acceptor_.open(at.protocol());
        acceptor_.set_option(asio::socket_base::reuse_address{true});
        if (at.address().is_v6())
            acceptor_.set_option(asio::ip::v6_only{false});
        acceptor_.bind(at);
        acceptor_.listen();
    }

    void accept()
    {
        if (!places.room())
            return pause();
        acceptor_.async_accept([this](error_code error, tcp::socket socket) {
            if (!error) {
                try {
                    std::make_shared<Session>(std::move(socket), context_)->start();
                    return accept();
                } catch (std::exception const&) { // no memory for another
                }
            }
            if (error && examples::accept_is_over(error.value()))
                examples::give_up("websocket_ping", "cannot accept: " + error.message());
            places.give_way(); // no descriptor
            pause();
        });
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void pause() // to avoid a busy loop
    {
        pause_.expires_after(std::chrono::milliseconds{10});
        pause_.async_wait([this](error_code) { accept(); });
    }

    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    asio::ssl::context& context_;
};

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "websocket_ping";
    examples::TlsOptions const options{program, argc, argv};
    asio::ssl::context context{options.context(program).release()};
    // from now on every handshake of this context is measured
    if (!aroma::openssl::observe(context.native_handle()))
        examples::give_up(program, "no memory");

    asio::io_context io{1};
    std::optional<Listener> listener;
    try {
        listener.emplace(io, context, options.where);
    } catch (boost::system::system_error const& error) {
        examples::cannot_listen(program, options.where, error.code().message());
    }
    std::uint16_t const port = listener->port();
    auto const ready =
        fmt::format("{0}: listening on port {1} of {2}; open https://{3}:{1}/ in a browser\n",
                    program, port, options.where.address, options.where.reached_at());
    std::fputs(ready.c_str(), stderr);
    listener->accept();
    for (;;) {
        try {
            io.run();
            // out of memory: this connection ends, the others go on
        } catch (std::exception const& error) {
            examples::log_line(STDERR_FILENO, fmt::format("{}: {}\n", program, error.what()));
            io.restart();
        }
    }
}
