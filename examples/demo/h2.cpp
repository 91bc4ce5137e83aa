// SPDX-License-Identifier: BSL-1.0

#include "h2.hpp"

#ifdef DEMO_HTTP2

#include "../common/frame_counter.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <nghttp2/nghttp2.h>
#include <openssl/rand.h>

namespace demo {
namespace {

class Http2 : public Member {
public:
    static constexpr std::uint32_t most_streams = 16;
    // of its PINGs and SETTINGS, that wait to be sent
    static constexpr std::size_t most_acks = 32;
    // a page with its files and live requests has some 80
    static constexpr double frames_at_once = 400, frames_per_second = 100;
    static constexpr int most_pings = 8;
    static constexpr auto rest_time = 50ms; // without any stream, before a PING
    // for requests that are on their way when this server is stopped
    static constexpr auto notice_time = 300ms;

    Http2(Server& s, Stream stream, Visit visit)
        : Member{s, s.serving}, stream_{std::move(stream)}, rest_{stream_.get_executor()},
          patience_{stream_.get_executor()}, visit_{std::move(visit)}
    {
        ++server().metrics.http2;
    }
    ~Http2() override
    {
        --server().metrics.connections_open;
        server().ended(visit_.peer());
    }

    void start()
    {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_option* option = nullptr;
        nghttp2_session* made = nullptr;
        if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0) {
            nghttp2_session_callbacks_del(callbacks);
            throw std::bad_alloc{};
        }
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
        // at most 64 KiB of bodies, which are ignored
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_max_outbound_ack(option, most_acks);
        nghttp2_option_set_no_closed_streams(option, 1);
        nghttp2_session_server_new2(&made, callbacks, this, option);
        nghttp2_session_callbacks_del(callbacks);
        nghttp2_option_del(option);
        http2_.reset(made);
        nghttp2_settings_entry const limits[] = {
            {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most_streams},
            {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, header_limit}};
        if (!made
            || nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, limits, std::size(limits)) != 0)
            throw std::bad_alloc{};
        born_ = last_ = refilled_ = Clock::now();
        flush();
        read();
        if (server().stopping)
            stop();
    }

    // GOAWAY reaches a client that has a request on its way (RFC 9113, 6.8), and has a
    // moment to have it arrive.
    void stop() override
    {
        if (std::exchange(stopping_, true))
            return;
        hold(false);
        nghttp2_submit_shutdown_notice(http2_.get());
        flush();
        rest_.expires_after(notice_time);
        rest_.async_wait([me = self<Http2>()](error_code) { me->no_more(); });
    }
    void abort() override { tcp_stream().close(); }

private:
    struct StreamOfIts {
        std::int32_t id;
        Clock::time_point began;
        std::string method{}, target{};
        std::size_t size = 0; // of its header fields (RFC 9113, 6.5.2)
        bool large = false, expects = false, arrived = false, answered = false;
        std::string body{}; // of the answer
        std::size_t sent = 0;
    };

    beast::tcp_stream& tcp_stream() { return beast::get_lowest_layer(stream_); }

    // One minute without a request; from the beginning of a request to the end of its answer as in
    // HTTP/1.1.
    Clock::time_point due() const
    {
        return streams_.empty() ? last_ + idle_time
                                : streams_.front().began + request_time + answer_time;
    }

    void read()
    {
        tcp_stream().expires_at(due());
        reading_ = true;
        stream_.async_read_some(
            asio::buffer(in_), [me = self<Http2>()](error_code error, std::size_t size) {
                auto const now = Clock::now();
                me->reading_ = false;
                if (!error)
                    me->received(size, now);
                else if (me->leaving_ && error == asio::error::operation_aborted)
                    me->leave();
                else {
                    me->rest_.cancel();
                    me->patience_.cancel();
                }
            });
    }

    void received(std::size_t size, Clock::time_point now)
    {
        now_ = now;
        refill(now);
        // requests and their RST_STREAM (CVE-2023-44487), CONTINUATION, unknown types, ...
        frames_ -= count_(in_.data(), size);
        if (frames_ < 0) {
            ++server().metrics.floods;
            hold(false);
            if (nghttp2_session_terminate_session(http2_.get(), NGHTTP2_ENHANCE_YOUR_CALM) != 0)
                return leave();
            return flush(); // of its reason; nothing of it is read any more
        }
        if (nghttp2_session_mem_recv(http2_.get(), in_.data(), size)
            != static_cast<ssize_t>(size)) {
            ++server().metrics.requests_refused; // not HTTP/2, or a flood of PINGs or SETTINGS
            return leave();
        }
        if (!answer_all())
            return leave();
        if (now - born_ > whole_time)
            no_more();
        flush();
        if (!leaving_)
            read();
    }

    // The answer to the outstanding probe comes first; other streams wait for it.
    StreamOfIts* next_to_answer()
    {
        StreamOfIts* first = nullptr;
        for (StreamOfIts& stream : streams_) {
            if (!stream.arrived || stream.answered)
                continue;
            if (visit_.peer().awaits(aroma::token_of(stream.target)))
                return &stream;
            first = first ? first : &stream;
        }
        return holding_ ? nullptr : first;
    }

    bool answer_all()
    {
        while (probe_.token == 0) { // and else one is about to leave
            StreamOfIts* const stream = next_to_answer();
            if (!stream)
                break;
            hold(false);
            if (!answer(*stream, streams_.size() == 1))
                return false;
        }
        return true;
    }

    bool answer(StreamOfIts& stream, bool alone)
    {
        used();
        last_ = Clock::now();
        stream.answered = true;
        Answer answer = stream.large ? too_large()
                                     : visit_.answer({.method = stream.method,
                                                      .target = stream.target,
                                                      .protocol = "HTTP/2",
                                                      .arrived = last_});
        if (alone)
            probe_ = answer.probe;
        std::string const status = std::to_string(answer.status),
                          length = std::to_string(answer.body.size());
        // nghttp2 copies both
        auto const field = [](std::string_view name, std::string_view value) {
            auto const bytes = [](std::string_view s) {
                return reinterpret_cast<std::uint8_t*>(const_cast<char*>(s.data()));
            };
            return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(),
                              NGHTTP2_NV_FLAG_NONE};
        };
        std::vector<nghttp2_nv> fields{field(":status", status), field("content-type", answer.type),
                                       field("content-length", length)};
        for (auto const& [name, value] : answer_fields)
            fields.push_back(field(name, value));
        if (!answer.location.empty())
            fields.push_back(field("location", answer.location));
        if (!answer.allow.empty())
            fields.push_back(field("allow", answer.allow));
        if (stream.method != "HEAD")
            stream.body = std::move(answer.body);
        nghttp2_data_provider const body{{0}, on_body};
        if (nghttp2_submit_response(http2_.get(), stream.id, fields.data(), fields.size(), &body)
            != 0)
            return false;
        if (++requests_ == most_requests)
            no_more();
        return true;
    }

    // Streams that have begun go on to their end.
    void no_more()
    {
        nghttp2_submit_goaway(http2_.get(), NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(http2_.get()),
                              NGHTTP2_NO_ERROR, nullptr, 0);
        flush();
    }

    void flush()
    {
        if (writing_ || leaving_ || holding_)
            return;
        out_.clear();
        std::uint8_t const* bytes = nullptr;
        ssize_t size = 0;
        while (out_.size() < 16 * 1024
               && (size = nghttp2_session_mem_send(http2_.get(), &bytes)) > 0)
            out_.append(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size));
        if (out_.empty()) {
            if (size < 0
                || (!nghttp2_session_want_read(http2_.get())
                    && !nghttp2_session_want_write(http2_.get())))
                finish();
            else if (streams_.empty())
                rest();
            out_.shrink_to_fit();
            return;
        }
        visit_.peer().look(visit_.fd());
        writing_ = true;
        tcp_stream().expires_after(answer_time);
        asio::async_write(stream_, asio::buffer(out_),
                          [me = self<Http2>()](error_code error, std::size_t) {
                              me->writing_ = false;
                              if (error)
                                  return me->abort();
                              if (me->leaving_ || !me->answer_all())
                                  return me->leave();
                              me->flush();
                          });
        // What fits has been written by now, and its completion comes a turn of the loop later.
        if (probe_.token != 0) {
            visit_.peer().asked(visit_.fd(), std::exchange(probe_, {}));
            hold(visit_.peer().awaits());
        }
    }

    // Nothing is sent while a probe is outstanding, for at most the RTT of the longest path.
    void hold(bool on)
    {
        holding_ = on;
        if (!on) {
            patience_.cancel();
            return;
        }
        patience_.expires_after(probe_time);
        patience_.async_wait([me = self<Http2>()](error_code error) {
            if (error || me->leaving_)
                return;
            me->holding_ = false;
            me->answer_all() ? me->flush() : me->leave();
        });
    }

    // No stream is open: time for a PING, after a delay that the client cannot choose.
    void rest()
    {
        auto const delay = random_delay();
        if (pinging_ || stopping_ || pings_ == most_pings || !delay)
            return;
        rest_.expires_after(rest_time + *delay);
        rest_.async_wait([me = self<Http2>()](error_code error) {
            if (!error && me->streams_.empty() && !me->writing_ && !me->holding_ && !me->stopping_
                && !me->leaving_)
                me->ping();
        });
    }

    void ping()
    {
        if (RAND_bytes(payload_.data(), static_cast<int>(payload_.size())) != 1
            || nghttp2_submit_ping(http2_.get(), NGHTTP2_FLAG_NONE, payload_.data()) != 0)
            return abort();
        ++pings_;
        pinging_ = true;
        probe_ = {Kind::ping, aroma::token_of(payload_), true};
        flush();
    }

    void ponged()
    {
        pinging_ = false;
        if (visit_.peer().awaits(aroma::token_of(payload_))) {
            visit_.peer().answered(visit_.fd(), aroma::token_of(payload_));
            hold(false);
        }
        ++server().metrics.pings;
    }

    void finish()
    {
        leaving_ = true;
        rest_.cancel();
        patience_.cancel();
        reading_ ? tcp_stream().cancel() : leave(); // and else what reads, leaves
    }

    // TLS' farewell, so that the client knows that this was all.
    void leave()
    {
        leaving_ = true;
        rest_.cancel();
        patience_.cancel();
        if (writing_)
            return; // and what writes, leaves
        tcp_stream().expires_after(farewell_time);
        stream_.async_shutdown([me = self<Http2>()](error_code) {});
    }

    // A leaky bucket for frames, of this size.
    void refill(Clock::time_point now)
    {
        frames_ = std::min(
            frames_at_once,
            frames_ + frames_per_second * std::chrono::duration<double>(now - refilled_).count());
        refilled_ = now;
    }

    StreamOfIts* find(std::int32_t id)
    {
        auto const found = std::find_if(streams_.begin(), streams_.end(),
                                        [id](StreamOfIts const& s) { return s.id == id; });
        return found == streams_.end() ? nullptr : &*found;
    }

    // nghttp2 calls these while it reads or writes; what they throw must not pass through it.

    static int on_begin_headers(nghttp2_session*, nghttp2_frame const* frame, void* user) noexcept
    try {
        Http2& self = *static_cast<Http2*>(user);
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
            self.streams_.push_back({.id = frame->hd.stream_id, .began = self.now_});
        return 0;
    } catch (std::bad_alloc const&) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; // that stream ends
    }

    static int on_header(nghttp2_session*, nghttp2_frame const* frame, std::uint8_t const* name,
                         std::size_t name_size, std::uint8_t const* value, std::size_t value_size,
                         std::uint8_t, void* user) noexcept
    try {
        StreamOfIts* const stream = static_cast<Http2*>(user)->find(frame->hd.stream_id);
        if (!stream)
            return 0;
        stream->size += name_size + value_size + 32;
        stream->large = stream->large || stream->size > header_limit;
        std::string_view const field{reinterpret_cast<char const*>(name), name_size},
            text{reinterpret_cast<char const*>(value), value_size};
        if (!stream->large && field == ":method")
            stream->method = text;
        else if (!stream->large && field == ":path")
            stream->target = text;
        else if (field == "expect")
            stream->expects = true;
        return 0;
    } catch (std::bad_alloc const&) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, std::uint8_t const*,
                       std::size_t, void* user) noexcept
    {
        if (StreamOfIts* const stream = static_cast<Http2*>(user)->find(id))
            // answered at once: on_body() then refuses the rest
            stream->large = stream->arrived = true;
        return 0;
    }

    static int on_frame(nghttp2_session*, nghttp2_frame const* frame, void* user) noexcept
    {
        Http2& self = *static_cast<Http2*>(user);
        if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK)) {
            if (self.pinging_
                && std::memcmp(frame->ping.opaque_data, self.payload_.data(), self.payload_.size())
                       == 0)
                self.ponged();
        } else if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)
                   && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
            if (StreamOfIts* const stream = self.find(frame->hd.stream_id))
                stream->arrived = true;
        } else if (frame->hd.type == NGHTTP2_HEADERS) {
            // of a tunnel, or of a body that waits to be asked on: no end comes before the answer
            StreamOfIts* const stream = self.find(frame->hd.stream_id);
            if (stream && (stream->expects || stream->method == "CONNECT")) {
                stream->large = stream->large || stream->expects;
                stream->arrived = true;
            }
        }
        return 0;
    }

    static int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t,
                               void* user) noexcept
    {
        std::erase_if(static_cast<Http2*>(user)->streams_,
                      [id](StreamOfIts const& stream) { return stream.id == id; });
        return 0;
    }

    static ssize_t on_body(nghttp2_session* http2, std::int32_t id, std::uint8_t* to,
                           std::size_t room, std::uint32_t* flags, nghttp2_data_source*,
                           void* user) noexcept
    {
        StreamOfIts* const stream = static_cast<Http2*>(user)->find(id);
        if (!stream)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        std::size_t const size = stream->body.copy(reinterpret_cast<char*>(to), room, stream->sent);
        stream->sent += size;
        if (stream->sent == stream->body.size()) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            // RFC 9113, 8.1: no more of a body
            if (nghttp2_session_get_stream_remote_close(http2, id) == 0)
                nghttp2_submit_rst_stream(http2, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
        }
        return static_cast<ssize_t>(size);
    }

    Stream stream_;
    asio::steady_timer rest_, patience_;
    Visit visit_;
    std::unique_ptr<nghttp2_session, decltype(&nghttp2_session_del)> http2_{nullptr,
                                                                            nghttp2_session_del};
    std::vector<StreamOfIts> streams_; // the oldest first
    std::array<std::uint8_t, 2048> in_;
    std::string out_;
    std::array<std::uint8_t, 8> payload_{}; // of the outstanding PING
    Clock::time_point born_, last_, refilled_, now_{};
    examples::FrameCounter count_;
    double frames_ = frames_at_once;
    int requests_ = 0, pings_ = 0;
    bool reading_ = false, writing_ = false, stopping_ = false, leaving_ = false, pinging_ = false;
    Probe probe_;          // what is written next is this one
    bool holding_ = false; // a probe is outstanding: nothing is written
};

} // namespace

void start_http2(Server& server, Stream stream, Visit visit)
{
    std::make_shared<Http2>(server, std::move(stream), std::move(visit))->start();
}

} // namespace demo

#else

namespace demo {
void start_http2(Server&, Stream, Visit) {}
} // namespace demo

#endif
