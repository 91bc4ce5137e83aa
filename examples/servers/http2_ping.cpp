// SPDX-License-Identifier: BSL-1.0
//
// An HTTP/2 server that pings its client before it answers the first request, and answers with the
// assessment as JSON.
//
//     http2_ping --cert FILE --key FILE [--port N]
//     curl --http2 -k https://127.0.0.1:8443/
//
// The client's own machine answers PING frames, immediately and invisibly to the page, so a server
// can send any number of probes. A PING is a probe under three rules: its payload is random,
// nothing else is sent before its answer, and only the answer with this payload counts. Every other
// PING is sent after a random delay, at a moment that the client could not choose. The library's
// part is the line with observe(), and ping() and answered() below.
//
// It uses a blocking thread for each connection, but nothing here depends on that.

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>

#include "../common/frame_counter.hpp"
#include "../common/http_method.hpp"
#include "../common/thread_server.hpp"
#include "seen.hpp"
#include "tls_options.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

namespace {

constexpr std::size_t pings_wanted = 4;
constexpr std::uint64_t longest_delay = 150; // ms before a PING that the client cannot foresee
constexpr std::size_t most_streams = 16;
constexpr std::size_t most_waiting = 1000; // frames
constexpr int most_frames = 4000;          // of a client, in all: it asks once or twice

class Session {
public:
    Session(SSL* ssl, int fd) : ssl_{ssl}, fd_{fd} { streams_.reserve(most_streams); }

    void run()
    {
        seen_.handshake(ssl_); // with the exchanges of TLS
        if (!begin())
            return;
        while (nghttp2_session_want_read(http2_.get())
               || nghttp2_session_want_write(http2_.get())) {
            if (!pinging_) { // nothing is sent after an unanswered PING
                if (!flush())
                    return;
                bool const asked = std::any_of(streams_.begin(), streams_.end(),
                                               [](Stream const& s) { return !s.answered; });
                if (asked && !(pings_ < pings_wanted ? ping() : answer()))
                    return;
            }
            if (!receive())
                return;
        }
    }

private:
    struct Kind { // of an answer
        unsigned status;
        bool has_body;
    };
    static constexpr Kind page{200, true}, head{200, false}, not_allowed{405, false},
        unknown{501, false};
    struct Stream {
        std::int32_t id;
        Kind const* kind = &page;
        bool answered = false;
        std::size_t sent = 0; // of the body
    };
    using Http2 = std::unique_ptr<nghttp2_session, decltype(&nghttp2_session_del)>;

    bool begin()
    {
        nghttp2_session_callbacks* callbacks = nullptr;
        if (nghttp2_session_callbacks_new(&callbacks) != 0)
            return false;
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_field);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
        nghttp2_session* made = nullptr;
        nghttp2_session_server_new(&made, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        http2_.reset(made);
        nghttp2_settings_entry const limit{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, most_streams};
        return made && nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, &limit, 1) == 0;
    }

    // All that nghttp2 has to send, in one write.
    bool flush()
    {
        std::string out;
        std::uint8_t const* bytes = nullptr;
        ssize_t size = 0;
        while ((size = nghttp2_session_mem_send(http2_.get(), &bytes)) > 0)
            out.append(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(size));
        return size == 0
            && (out.empty() || SSL_write(ssl_, out.data(), static_cast<int>(out.size())) > 0);
    }

    bool receive()
    {
        std::array<std::uint8_t, 16 * 1024> bytes;
        int const size = SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        if (size <= 0)
            return false;
        // requests and their RST_STREAM (CVE-2023-44487), CONTINUATION, unknown types, ...
        frames_ += count_(bytes.data(), static_cast<std::size_t>(size));
        // Frames that a client makes nghttp2 queue wait for the PING's answer, but not without
        // limit.
        return frames_ <= most_frames
            && nghttp2_session_mem_recv(http2_.get(), bytes.data(), static_cast<std::size_t>(size))
                   == size
            && nghttp2_session_get_outbound_queue_size(http2_.get()) < most_waiting;
    }

    // A PING is outstanding until its answer comes, even if the probe is void.
    bool ping()
    {
        bool const unprompted = pings_ % 2 == 1;
        std::uint64_t const random = aroma::random_token();
        if (random == 0 || RAND_bytes(payload_.data(), static_cast<int>(payload_.size())) != 1)
            return false;
        if (unprompted)
            std::this_thread::sleep_for(std::chrono::milliseconds{random % (longest_delay + 1)});
        (void)aroma::score(fd_, seen_.history()); // observes the counters before the write
        if (nghttp2_submit_ping(http2_.get(), NGHTTP2_FLAG_NONE, payload_.data()) != 0 || !flush())
            return false;
        aroma::probe_sent(fd_, seen_.history(), aroma::token_of(payload_),
                          {.unprompted = unprompted});
        pinging_ = true;
        return true;
    }

    void answered()
    {
        examples::connections.places.used(fd_);
        if (seen_.history().probing())
            seen_.answered("ping", fd_, aroma::token_of(payload_));
        pinging_ = false;
        ++pings_;
    }

    bool answer()
    {
        body_ = seen_.to_json() + '\n';
        std::string const length = fmt::format("{}", body_.size());
        auto const field = [](std::string_view name, std::string_view value) {
            auto const bytes = [](std::string_view s) {
                return reinterpret_cast<std::uint8_t*>(const_cast<char*>(s.data()));
            };
            // copied
            return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(),
                              NGHTTP2_NV_FLAG_NONE};
        };
        std::array const fields{field(":status", "200"), field("content-type", "application/json"),
                                field("content-length", length),
                                field("cache-control", "no-store")};
        nghttp2_data_provider const body{{0}, on_body};
        for (Stream& stream : streams_) {
            if (stream.answered)
                continue;
            stream.answered = true;
            bool const refused = stream.kind->status != 200;
            std::string const status = fmt::format("{}", stream.kind->status);
            std::array const refusal{field(":status", status), field("allow", "GET, HEAD")};
            if (nghttp2_submit_response(http2_.get(), stream.id,
                                        refused ? refusal.data() : fields.data(),
                                        refused ? refusal.size() : fields.size(),
                                        stream.kind->has_body ? &body : nullptr)
                != 0)
                return false;
        }
        return flush();
    }

    // nghttp2 calls these while it reads or writes; none of them allocates or sends. What the
    // method asks for lies with nghttp2's stream until the request is whole.
    static int on_field(nghttp2_session* http2, nghttp2_frame const* frame,
                        std::uint8_t const* name, std::size_t name_size, std::uint8_t const* value,
                        std::size_t value_size, std::uint8_t, void*) noexcept
    {
        auto const text = [](std::uint8_t const* bytes, std::size_t size) {
            return std::string_view{reinterpret_cast<char const*>(bytes), size};
        };
        std::string_view const method = text(value, value_size);
        if (text(name, name_size) != ":method" || method == "GET")
            return 0;
        unsigned const refused = examples::method_refusal(method);
        Kind const* const kind = refused == 0 ? &head : refused == 405 ? &not_allowed : &unknown;
        return nghttp2_session_set_stream_user_data(http2, frame->hd.stream_id,
                                                    const_cast<Kind*>(kind));
    }

    static int on_frame(nghttp2_session* http2, nghttp2_frame const* frame, void* user) noexcept
    {
        Session& self = *static_cast<Session*>(user);
        bool const ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
        if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK)) {
            if (self.pinging_
                && std::memcmp(frame->ping.opaque_data, self.payload_.data(), self.payload_.size())
                       == 0)
                self.answered();
        } else if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) && ends) {
            examples::connections.places.used(self.fd_);
            if (self.streams_.size() == most_streams) // the client has not read the settings yet
                return nghttp2_submit_rst_stream(http2, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                                 NGHTTP2_REFUSED_STREAM);
            void const* const kind =
                nghttp2_session_get_stream_user_data(http2, frame->hd.stream_id);
            self.streams_.push_back(
                {frame->hd.stream_id, kind ? static_cast<Kind const*>(kind) : &page});
        }
        return 0;
    }

    static int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t,
                               void* user) noexcept
    {
        std::erase_if(static_cast<Session*>(user)->streams_,
                      [id](Stream const& stream) { return stream.id == id; });
        return 0;
    }

    static ssize_t on_body(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source*, void* user) noexcept
    {
        Session& self = *static_cast<Session*>(user);
        auto& streams = self.streams_;
        auto const stream = std::find_if(streams.begin(), streams.end(),
                                         [id](Stream const& s) { return s.id == id; });
        if (stream == streams.end())
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        std::size_t const size = self.body_.copy(reinterpret_cast<char*>(to), room, stream->sent);
        stream->sent += size;
        if (stream->sent == self.body_.size())
            *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(size);
    }

    SSL* ssl_;
    int fd_;
    Http2 http2_{nullptr, nghttp2_session_del};
    std::vector<Stream> streams_; // with a complete request
    std::string body_;            // the same for all of them: it is made once the pings are over

    examples::Seen seen_;
    std::size_t pings_ = 0; // answered
    examples::FrameCounter count_;
    int frames_ = 0;
    bool pinging_ = false;
    std::array<std::uint8_t, 8> payload_{}; // of the outstanding PING
};

void handle(SSL_CTX* context, int fd)
{
    std::unique_ptr<SSL, decltype(&SSL_free)> const ssl{SSL_new(context), SSL_free};
    if (ssl && SSL_set_fd(ssl.get(), fd) == 1 && SSL_accept(ssl.get()) == 1) {
        unsigned char const* protocol = nullptr;
        unsigned length = 0;
        SSL_get0_alpn_selected(ssl.get(), &protocol, &length);
        if (length != 0)
            Session{ssl.get(), fd}.run();
        SSL_shutdown(ssl.get());
    }
    ERR_clear_error();
}

// HTTP/2 or nothing: any other client gets a TLS alert.
int select_http2(SSL*, unsigned char const** selected, unsigned char* length,
                 unsigned char const* offered, unsigned size, void*)
{
    static constexpr unsigned char h2[]{2, 'h', '2'};
    int const found = SSL_select_next_proto(const_cast<unsigned char**>(selected), length, h2,
                                            sizeof h2, offered, size);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "http2_ping";
    examples::TlsOptions const options{program, argc, argv};
    examples::Context const context = options.context(program);
    SSL_CTX_set_alpn_select_cb(context.get(), select_http2, nullptr);
    // from now on every handshake of this context is measured
    if (!aroma::openssl::observe(context.get()))
        examples::give_up(program, "no memory");
    examples::serve_in_threads(program, options.where, "curl --http2 -k https://",
                               [context = context.get()](int fd) { handle(context, fd); });
}
