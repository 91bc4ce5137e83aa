// SPDX-License-Identifier: BSL-1.0
//
// aroma/integrations/openssl.hpp: one line on an SSL_CTX, and every TLS handshake of a server is
// scored. OpenSSL 1.1.1 to 3; Linux.
//
// Synopsis
//   bool observe(SSL_CTX*, Caution = {});       from now on, for every connection made of it; false
//                                               where memory is out
//   Handshake const* handshake(SSL const*);     what was seen so far, or nullptr; valid until
//                                               SSL_free
//   bool set_fd(SSL*, int fd);                  the socket of a connection whose BIOs have none
//                                               (Asio's, and all memory BIOs)
//
//   struct Handshake {
//       TcpInfo    opening;                     when the ClientHello had arrived
//       TcpInfo    reply;                       when the client's answer to the server's flight had
//       ConnectionHistory connection;                  both of them: connection.assess()
//   };
//
// The handshake's own progress is the moment and the kernel's stamps are the clock, refined by a
// stopwatch within their tick, so blocking and non-blocking servers, TLS 1.2 and 1.3, resumption,
// client certificates, HelloRetryRequest and 0-RTT are all the same here: the first message that
// the client sends after a flight of the server's is the reply. The server's I/O is not touched; a
// handshake costs two getsockopt calls, a few looks at the clock and one small allocation, freed
// with the SSL.
//
// The moment comes by OpenSSL's info callback. One that the context has already is called after
// this one's work. Set one later, or one on an SSL of its own, and it replaces this one, unless it
// calls aroma::openssl::on_info(ssl, where, result) itself. Where SNI gives a connection another
// context, observed or not, it is measured on, and that context's callback is called.
//
// An SSL that goes on to another connection after SSL_clear begins anew with it; the fd of set_fd
// stays until it is set again.
//
// Without an fd (see set_fd), both are Status::bad_descriptor. DTLS and QUIC have no TCP below
// them: Status::not_tcp.
#ifndef AROMA_INTEGRATIONS_OPENSSL_HPP
#define AROMA_INTEGRATIONS_OPENSSL_HPP

#include <aroma/connection_history.hpp>
#include <aroma/duration.hpp>
#include <aroma/exchange.hpp>
#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>
#include <aroma/stopwatch.hpp>

#include <cstdint> // uint64_t
#include <new>     // nothrow

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <time.h> // clock_gettime

namespace aroma::openssl {

// What observe() has seen of a TLS handshake.
struct Handshake {
    TcpInfo opening{};
    TcpInfo reply{};
    ConnectionHistory connection{};
};

namespace detail {

using InfoCallback = void (*)(SSL const*, int, int);

struct Context {
    InfoCallback next = nullptr;
    Caution caution{};
};

struct State {
    Handshake seen{};
    Stopwatch flight{};                           // since the server's flight was written
    OSSL_HANDSHAKE_STATE written = TLS_ST_BEFORE; // what of it was written last
    // the user's when SSL_accept was entered: SNI may change it within
    InfoCallback entered = nullptr;
    int fd = -1; // of set_fd
    bool opened = false;
    bool awaited = false; // a flight of the server's is unanswered
    bool passing = false; // an event is being passed on
};

template <class T>
void free_data(void*, void* data, CRYPTO_EX_DATA*, int, long, void*)
{
    delete static_cast<T*>(data);
}

// SSL_dup copies what it finds: without this, one pointer would be freed twice.
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
inline int forget_data(CRYPTO_EX_DATA*, CRYPTO_EX_DATA const*, void** data, int, long, void*)
#else
inline int forget_data(CRYPTO_EX_DATA*, CRYPTO_EX_DATA const*, void* data, int, long, void*)
#endif
{
    *static_cast<void**>(static_cast<void*>(data)) = nullptr;
    return 1;
}

inline int context_index()
{
    static int const index =
        SSL_CTX_get_ex_new_index(0, nullptr, nullptr, forget_data, free_data<Context>);
    return index;
}

inline int state_index()
{
    static int const index =
        SSL_get_ex_new_index(0, nullptr, nullptr, forget_data, free_data<State>);
    return index;
}

inline State* state(SSL const* ssl)
{
    return static_cast<State*>(SSL_get_ex_data(ssl, state_index()));
}

inline State* state_or_new(SSL* ssl)
{
    State* found = state(ssl);
    if (!found) {
        found = new (std::nothrow) State;
        if (found && SSL_set_ex_data(ssl, state_index(), found) != 1) {
            delete found;
            found = nullptr;
        }
    }
    return found;
}

inline Context const* context_of(SSL const* ssl)
{
    return static_cast<Context const*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index()));
}

inline Nanoseconds monotonic_time()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return Nanoseconds{static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000
                       + static_cast<std::uint64_t>(now.tv_nsec)};
}

inline TcpInfo now(SSL const* ssl, State const& state, Exchange moment, Microseconds stopwatch = {})
{
    return at(read(state.fd >= 0 ? state.fd : SSL_get_fd(ssl)), moment, clock_tick(), stopwatch);
}

inline void reply_arrived(SSL const* ssl, State& state)
{
    if (!state.awaited)
        return;
    state.awaited = false;
    state.written = TLS_ST_BEFORE;
    TcpInfo const info = now(ssl, state, Exchange::reply, state.flight.answered(monotonic_time()));
    if (info.status == Status::ok)
        state.seen.connection.observe(Exchange::reply, info.rtt);
    // Of two replies, a HelloRetryRequest's and a flight's, the quicker is shown.
    TcpInfo& shown = state.seen.reply;
    if (shown.status != Status::ok
        || (info.status == Status::ok && info.rtt.application < shown.rtt.application))
        shown = info;
}

} // namespace detail

// What observe() installs, for those who have an info callback of their own on an SSL. Told twice
// of an event, it measures once.
inline void on_info(SSL const* ssl, int where, int)
{
    // not a renegotiation, nor what follows early data
    if (where == SSL_CB_HANDSHAKE_START && SSL_in_before(ssl)) {
        if (detail::State* const state = detail::state(ssl)) {
            state->seen = {};
            state->opened = state->awaited = false;
            state->written = TLS_ST_BEFORE;
            state->flight = {};
        }
        return;
    }
    if (where != SSL_CB_ACCEPT_LOOP)
        return;
    switch (SSL_get_state(ssl)) {
    case TLS_ST_SR_CLNT_HELLO:
        if (detail::State* const state = detail::state_or_new(const_cast<SSL*>(ssl))) {
            if (!state->opened) {
                state->opened = true;
                if (detail::Context const* const context = detail::context_of(ssl))
                    state->seen.connection = ConnectionHistory{context->caution};
                state->seen.opening = detail::now(ssl, *state, Exchange::opening);
                if (state->seen.opening.status == Status::ok)
                    state->seen.connection.observe(Exchange::opening, state->seen.opening.rtt);
            } else {
                detail::reply_arrived(ssl, *state); // to a HelloRetryRequest
            }
        }
        break;
    // What is last of the flight depends on the version, so each of them starts the stopwatch anew.
    // Told again of it, OpenSSL has begun to read the answer.
    case TLS_ST_SW_SRVR_HELLO:
    case TLS_ST_SW_SRVR_DONE:
    case TLS_ST_SW_FINISHED:
        if (detail::State* const state = detail::state(ssl)) {
            OSSL_HANDSHAKE_STATE const written = SSL_get_state(ssl);
            state->awaited = state->awaited || written == TLS_ST_SW_SRVR_HELLO;
            if (state->awaited && state->written != written)
                state->flight.sent(detail::monotonic_time());
            state->written = written;
        }
        break;
    case TLS_ST_SR_CERT:
    case TLS_ST_SR_KEY_EXCH:
    case TLS_ST_SR_END_OF_EARLY_DATA:
    case TLS_ST_SR_FINISHED:
        if (detail::State* const state = detail::state(ssl))
            detail::reply_arrived(ssl, *state);
        break;
    default: break;
    }
}

namespace detail {

inline void on_info_of_ssl(SSL const* ssl, int where, int result);

// Measures, and passes the event on to `next`, which OpenSSL would have called by itself.
inline void on_info_then(SSL const* ssl, int where, int result, InfoCallback next)
{
    bool const starts = where == SSL_CB_HANDSHAKE_START && SSL_is_server(ssl);
    State* const known = starts ? state_or_new(const_cast<SSL*>(ssl)) : state(ssl);
    // one set later calls this one: the event is measured already
    bool const nested = known && known->passing;
    if (known && !nested && (starts || (where & SSL_CB_EXIT))) {
        // OpenSSL looks its callback up when it is entered, and that one hears of the exit.
        InfoCallback const entered = known->entered;
        known->entered = next;
        if (!starts)
            next = entered;
    }
    if (!nested)
        on_info(ssl, where, result);
    if (!next)
        return;
    if (known)
        known->passing = true;
    next(ssl, where, result);
    if (known)
        known->passing = nested;
}

inline void on_info_of_context(SSL const* ssl, int where, int result)
{
    // Two callbacks that each call the one they found, ours and one between two calls of observe(),
    // would never end.
    thread_local int depth = 0;
    if (depth == 2)
        return;
    ++depth;
    SSL_CTX* const given = SSL_get_SSL_CTX(ssl);
    Context const* const context = context_of(ssl);
    // SNI: not observed
    on_info_then(ssl, where, result, context ? context->next : SSL_CTX_get_info_callback(given));
    // OpenSSL asks the SSL for its callback, and then the context that SNI has given it by now: the
    // first stays.
    if (where == SSL_CB_HANDSHAKE_START && SSL_is_server(ssl) && !SSL_get_info_callback(ssl)
        && SSL_CTX_get_info_callback(given) == on_info_of_context)
        SSL_set_info_callback(const_cast<SSL*>(ssl), on_info_of_ssl);
    --depth;
}

inline void on_info_of_ssl(SSL const* ssl, int where, int result)
{
    InfoCallback const next = SSL_CTX_get_info_callback(SSL_get_SSL_CTX(ssl));
    if (next == on_info_of_context)
        on_info_of_context(ssl, where, result);
    else
        on_info_then(ssl, where, result, next);
}

} // namespace detail

[[nodiscard]] inline bool observe(SSL_CTX* context, Caution caution = {})
{
    detail::InfoCallback const installed = SSL_CTX_get_info_callback(context);
    auto* ours =
        static_cast<detail::Context*>(SSL_CTX_get_ex_data(context, detail::context_index()));
    if (!ours) {
        ours = new (std::nothrow) detail::Context;
        if (!ours)
            return false;
        if (detail::state_index() < 0
            || SSL_CTX_set_ex_data(context, detail::context_index(), ours) != 1) {
            delete ours;
            return false;
        }
    }
    ours->caution = caution;
    if (installed != detail::on_info_of_context) {
        ours->next = installed;
        SSL_CTX_set_info_callback(context, detail::on_info_of_context);
    }
    return true;
}

[[nodiscard]] inline Handshake const* handshake(SSL const* ssl)
{
    detail::State const* const state = detail::state(ssl);
    return state && state->opened ? &state->seen : nullptr;
}

[[nodiscard]] inline bool set_fd(SSL* ssl, int fd)
{
    detail::State* const state = detail::state_or_new(ssl);
    if (state)
        state->fd = fd;
    return state != nullptr;
}

} // namespace aroma::openssl

#endif // AROMA_INTEGRATIONS_OPENSSL_HPP
