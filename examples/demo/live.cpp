// SPDX-License-Identifier: BSL-1.0

#include "live.hpp"

#include "json.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <openssl/rand.h>

namespace demo {
namespace {

namespace websocket = beast::websocket;

class Live : public Member {
public:
    static constexpr int pings_wanted = 20;
    static constexpr int most_messages = 4 * pings_wanted;
    static constexpr auto rest_time = 100ms;

    Live(Server& s, Stream stream, Peer peer)
        : Member{s, s.serving},
          websocket_{std::move(stream)}, rest_{websocket_.get_executor()}, peer_{std::move(peer)}
    {
        ++server().metrics.websockets_open;
    }
    ~Live() override
    {
        --server().metrics.websockets_open;
        --server().metrics.connections_open;
        server().ended(peer_);
    }

    void start(beast::http::request<beast::http::empty_body> const& request)
    {
        tcp_stream().expires_after(websocket_time);
        websocket_.read_message_max(64);
        // the stream is ours
        websocket_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
            if (kind == websocket::frame_type::pong && pinging_
                && payload == beast::string_view{payload_})
                on_pong();
        });
        websocket_.async_accept(request, [me = self<Live>()](error_code error) {
            if (error)
                return;
            me->read();
            me->tell("open");
        });
    }

    void stop() override
    {
        if (std::exchange(closing_, true))
            return;
        rest_.cancel();
        tcp_stream().expires_after(farewell_time);
        websocket_.async_close(code_, [me = self<Live>()](error_code) {});
    }
    void abort() override { tcp_stream().close(); }

private:
    beast::tcp_stream& tcp_stream() { return beast::get_lowest_layer(websocket_); }
    int fd() { return tcp_stream().socket().native_handle(); }

    void close(websocket::close_code code)
    {
        code_ = code;
        stop();
    }

    // Sends the measurements so far, then waits for the client's mark.
    void tell(std::string_view moment)
    {
        awaits_mark_ = true;
        write(Json{{"moment", moment}, {"count", pings_}, {"seen", json(peer_)}}.dump(),
              &Live::nothing);
    }

    void read()
    {
        websocket_.async_read(buffer_, [me = self<Live>()](error_code error, std::size_t) {
            if (error)
                return;
            std::string mark = beast::buffers_to_string(me->buffer_.data());
            me->buffer_.clear();
            me->on_message(std::move(mark));
            me->read();
        });
    }

    void on_message(std::string mark)
    {
        if (++messages_ > most_messages)
            return close(websocket::close_code::policy_error);
        if (!std::exchange(awaits_mark_, false) || closing_)
            return;
        if (writing_) // answered before its end was told: a client that is quicker than this loop
            echo_ = std::move(mark);
        else
            write(std::move(mark), &Live::rest);
    }

    void rest()
    {
        if (pings_ >= pings_wanted)
            return close(websocket::close_code::normal);
        auto const delay = random_delay();
        if (!delay)
            return abort();
        rest_.expires_after(rest_time + *delay);
        rest_.async_wait([me = self<Live>()](error_code error) {
            if (!error && !me->closing_)
                me->ping();
        });
    }

    void ping()
    {
        unsigned char random[8];
        if (RAND_bytes(random, sizeof random) != 1)
            return abort();
        payload_.assign(reinterpret_cast<char const*>(random), sizeof random);
        steps_ = 0;
        pinging_ = true;
        peer_.look(fd());
        websocket_.async_ping(payload_, [me = self<Live>()](error_code error) {
            if (!error)
                me->step();
        });
        peer_.asked(fd(), {Kind::ping, aroma::token_of(payload_), true}); // it is written by now
    }

    void on_pong()
    {
        pinging_ = false;
        used();
        peer_.answered(fd(), aroma::token_of(payload_));
        ++pings_;
        ++server().metrics.pings;
        step();
    }

    // A ping is over when it was written and answered, in whichever order the two are reported.
    void step()
    {
        if (++steps_ == 2 && !closing_)
            tell("ping");
    }

    void write(std::string text, void (Live::*then)())
    {
        out_ = std::move(text);
        writing_ = true;
        websocket_.async_write(asio::buffer(out_),
                               [me = self<Live>(), then](error_code error, std::size_t) {
                                   me->writing_ = false;
                                   if (error || me->closing_)
                                       return;
                                   if (!me->echo_.empty())
                                       me->write(std::exchange(me->echo_, {}), &Live::rest);
                                   else
                                       (me.get()->*then)();
                               });
    }
    void nothing() {}

    // without compression, which small messages gain nothing by
    websocket::stream<Stream, false> websocket_;
    asio::steady_timer rest_;
    Peer peer_;
    beast::flat_buffer buffer_{256};
    std::string out_, echo_;
    websocket::ping_data payload_; // of the outstanding ping
    websocket::close_code code_ = websocket::close_code::going_away;
    int pings_ = 0, messages_ = 0, steps_ = 0;
    bool pinging_ = false, awaits_mark_ = false, writing_ = false, closing_ = false;
};

} // namespace

void start_live(Server& server, Stream stream, Peer peer,
                beast::http::request<beast::http::empty_body> const& request)
{
    std::make_shared<Live>(server, std::move(stream), std::move(peer))->start(request);
}

} // namespace demo
