// SPDX-License-Identifier: BSL-1.0
//
// What the module keeps of a connection and of a request, and how a request is measured.
//
//     measure(connection, token, request)     when it has arrived; is it the answer to a probe?
//     assess(request, thresholds, log)        what was measured then, by these thresholds
//     is_behind_balancer(r, request)          then it describes another machine
#ifndef AROMA_EXAMPLES_NGINX_MEASURED_HPP
#define AROMA_EXAMPLES_NGINX_MEASURED_HPP

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>
#include <aroma/operate/threshold_file.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

extern "C" {
#include <ngx_config.h> // before nginx's others

#include <ngx_core.h>
#include <ngx_http.h>
}

namespace nginx_module {

inline constexpr ngx_msec_t probe_lifetime = 10'000; // a machine follows a redirect at once

struct ThresholdsOnDisk {
    ThresholdsOnDisk(char const* path_, ThresholdsOnDisk* next_) noexcept
        : file{path_}, path{path_}, next{next_}
    {
    }

    aroma::ThresholdFile<> file;
    char const* path;
    ThresholdsOnDisk* next;
    time_t looked = 0;
};

struct Connection {
    aroma::ConnectionHistory
        history; // of plain HTTP: that of a TLS connection is OpenSSL's to keep
    time_t measured = 0;
    aroma::Status why = aroma::Status::ok; // of its socket
    ngx_msec_t sent_at = 0;                // the last probe
    unsigned sent = 0;                     // probes
};

// What was measured when the request arrived.
struct Request {
    aroma::ConnectionHistory seen;
    aroma::Status why = aroma::Status::ok; // the history does not know of it: of socket or probe
    Connection* connection = nullptr;      // that may be probed
    sockaddr const* peer = nullptr;
    bool balancer = false;
    bool decided = false; // whether to probe it
    bool assessed = false;
    ThresholdsOnDisk* by = nullptr; // and as what
    aroma::Assessment assessment{};
};

// docs/nginx.md states them, on a machine of 64 bits.
static_assert(sizeof(void*) != 8
              || (sizeof(Connection) + sizeof(ngx_pool_cleanup_t) <= 152
                  && sizeof(Request) + sizeof(ngx_pool_cleanup_t) <= 192));
// Pools free them without a destructor.
static_assert(std::is_trivially_destructible_v<ThresholdsOnDisk>);
static_assert(std::is_trivially_destructible_v<Connection>);
static_assert(std::is_trivially_destructible_v<Request>);

// T of this pool, which is found again by its cleanup: modules' contexts do not outlive an internal
// redirect, and connections have none.
template <class T>
void no_cleanup(void*)
{
}

template <class T>
T* in_pool(ngx_pool_t* pool) noexcept
{
    for (ngx_pool_cleanup_t* c = pool->cleanup; c; c = c->next)
        if (c->handler == no_cleanup<T>)
            return static_cast<T*>(c->data);
    return nullptr;
}

template <class T>
T* in_pool_or_new(ngx_pool_t* pool) noexcept
{
    if (T* const found = in_pool<T>(pool))
        return found;
    ngx_pool_cleanup_t* const cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
    if (!cleanup)
        return nullptr;
    cleanup->handler = no_cleanup<T>;
    return new (cleanup->data) T{};
}

inline void log_thresholds(ngx_log_t* log, ThresholdsOnDisk const& file,
                           aroma::Reloaded const& read) noexcept
{
    ngx_uint_t const level =
        read.status == aroma::ReloadStatus::loaded ? NGX_LOG_NOTICE : NGX_LOG_ERR;
    if (read.status == aroma::ReloadStatus::refused) {
        ngx_log_error(level, log, 0, "aroma_thresholds %s:%uz: %s", file.path,
                      std::size_t{read.parsed.line}, message(read));
    } else {
        ngx_log_error(level, log, read.error_number, "aroma_thresholds %s: %s", file.path,
                      message(read));
    }
}

inline aroma::ThresholdClassifier classifier(ThresholdsOnDisk* thresholds, ngx_log_t* log) noexcept
{
    if (!thresholds)
        return {};
    if (thresholds->looked != ngx_time()) { // a stat() a second at most
        thresholds->looked = ngx_time();
        if (aroma::Reloaded const now = thresholds->file.reload(); now.news)
            log_thresholds(log, *thresholds, now);
    }
    return thresholds->file.classifier("");
}

// As score() and probe_answered() say it, by this location's thresholds.
inline aroma::Assessment const& assess(Request& request, ThresholdsOnDisk* thresholds,
                                       ngx_log_t* log) noexcept
{
    aroma::Assessment& a = request.assessment;
    if (request.assessed && request.by == thresholds)
        return a;
    request.assessed = true;
    request.by = thresholds;
    a = request.seen.assess(classifier(thresholds, log));
    if (a.status != aroma::Status::ok && a.status != aroma::Status::late_acks
        && request.why != aroma::Status::ok)
        a.status = request.why;
    return a;
}

// PROXY protocol, or realip has put another address in the place of the peer's: what TCP measures
// is the balancer that ends the client's connection.
inline bool is_behind_balancer(ngx_http_request_t* r, Request const& request) noexcept
{
    return request.balancer || r->main->connection->sockaddr != request.peer;
}

// True if the token is that of the probe that was out.
inline bool measure(ngx_connection_t* c, std::uint64_t token, Request& request) noexcept
{
    Connection* const connection = in_pool_or_new<Connection>(c->pool);
    aroma::ConnectionHistory* const history = !connection ? nullptr
                                            : c->ssl ? aroma::openssl::history(c->ssl->connection)
                                                     : &connection->history;
    if (!history) { // no memory, here or when the handshake began
        request.why = aroma::Status::unprobed;
        return false;
    }
    bool const may_probe = !c->ssl;
    if (may_probe) {
        request.connection = connection;
        if (history->probing() && ngx_current_msec - connection->sent_at > probe_lifetime)
            (void)history->abandon_probe(aroma::Status::probe_unanswered);
    }
    if (!may_probe && connection->measured == 0 && history->counted() > 0)
        connection->measured = ngx_time(); // by the handshake, just now
    bool answered = false;
    if (may_probe && history->probing()) {
        // A request without the token says that the client has not read it, or goes elsewhere.
        int const counted = history->counted();
        aroma::Status const found = aroma::probe_answered(c->fd, *history, token).status;
        answered =
            history->counted() > counted || history->last_void() != aroma::Status::probe_token;
        if (found != history->assess().status)
            request.why = found;
    } else if (connection->measured != ngx_time()) {
        // Later requests add TCP's lowest RTT alone, which the kernel keeps: one a second is asked.
        aroma::Status const found = aroma::score(c->fd, *history).status;
        connection->why = found == history->assess().status ? aroma::Status::ok : found;
        connection->measured = ngx_time();
        request.why = connection->why;
    } else {
        request.why = connection->why;
    }
    request.seen = *history;
    return answered;
}

} // namespace nginx_module

#endif // AROMA_EXAMPLES_NGINX_MEASURED_HPP
