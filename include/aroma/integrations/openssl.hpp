// SPDX-License-Identifier: BSL-1.0
//
// aroma/integrations/openssl.hpp: scores every TLS handshake of a server, with one call on its
// SSL_CTX. OpenSSL 1.1.1 to 3; Linux.
//
// Synopsis
//   bool observe(SSL_CTX*, HistoryOptions = {});    measures every connection of it from now on;
//                                                   false if it is null or out of memory
//   ConnectionHistory* history(SSL const*);         of this connection, or nullptr; valid until
//                                                   SSL_free
//   Handshake const* handshake(SSL const*);         the handshake's numbers, or nullptr
//   bool set_fd(SSL*, int fd);                      the socket of a connection whose BIOs have none
//                                                   (Asio's, and all memory BIOs); false as above
//   struct Handshake { TcpInfo opening, reply; ConnectionHistory history; };
//
//     aroma::openssl::observe(context);                          // once
//     if (auto* seen = aroma::openssl::history(ssl))             // when a request has arrived
//         a = aroma::score(fd, *seen);
//
// A TLS handshake is a probe: the client's Finished answers the server's flight, and is computed
// from it. Nothing else that a client sends depends on the whole flight, so a second ClientHello, a
// ClientKeyExchange and a certificate are not replies. If the server asks for a certificate, the
// exchange does not count: a person may have typed a PIN.
//
// Some clients answer in pieces, and the last one waits for the client's own work (Java) or,
// without TCP_NODELAY, for the server's delayed ACK (wget with GnuTLS). Such an answer does not
// count if it would accuse and its first piece would not. If that one would too, or SSL_accept
// blocks and its time is unknown, the handshake makes the client suspicious at most, and a proxy
// once another exchange agrees.
//
// Blocking and non-blocking servers, TLS 1.2 and 1.3, resumption, HelloRetryRequest and 0-RTT all
// work. The server's I/O does not change; a handshake costs three getsockopt calls, a few clock
// readings and one small allocation, freed with the SSL.
//
// observe() installs an info callback. A callback that the context already has is called after it.
// One that is set later, or on an SSL, replaces it, unless that one calls
// aroma::openssl::on_info(ssl, where, result) itself. If SNI gives a connection another context,
// observed or not, the connection is still measured, and the new context's callback is called.
//
// Any thread and any shared object of a program may call observe(), and all of them see the same
// histories, unless clang++ built them and dlopen() loaded them with RTLD_LOCAL: then each has its
// own. A shared object that called observe() is never unloaded, not even by dlclose(), since
// OpenSSL calls it as long as a context lives (with glibc before 2.34 the caller must see to that).
//
// An SSL that is reused after SSL_clear starts a new history; the fd of set_fd stays until it is
// set again.
//
// Without an fd (see set_fd), opening and reply have Status::no_descriptor. DTLS and QUIC do not
// run over TCP: Status::not_tcp. A TLS 1.2 renegotiation adds nothing.
//
// LibreSSL, BoringSSL, AWS-LC and wolfSSL do not compile: they have no SSL_get_state() that names
// the client's Finished. BoringSSL names its states only in text for debugging, and reports the end
// of the flight before it is written.
#ifndef AROMA_INTEGRATIONS_OPENSSL_HPP
#define AROMA_INTEGRATIONS_OPENSSL_HPP

#include <aroma/connection_history.hpp>
#include <aroma/detail/atomic.hpp>
#include <aroma/detail/bit_cast.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/duration.hpp>
#include <aroma/exchange.hpp>
#include <aroma/linux/errno_kept.hpp>
#include <aroma/linux/score.hpp>
#include <aroma/linux/socket.hpp>
#include <aroma/linux/tcp_info.hpp>
#include <aroma/linux/timing.hpp>
#include <aroma/probe.hpp>
#include <aroma/version.hpp>

#include <cstdint> // uint8_t, uint64_t
#include <new>     // nothrow

#include <dlfcn.h> // dladdr, dlopen

#if defined(LIBWOLFSSL_VERSION_HEX) || defined(GNUTLS_OPENSSL_H) // OpenSSL cannot come after them
#error "aroma needs OpenSSL 1.1.1 or later itself: include no wolfSSL or gnutls/openssl.h before"
#include <the_error_above_says_what_to_do>
#endif

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#if OPENSSL_VERSION_NUMBER < 0x10101000L || defined(LIBRESSL_VERSION_NUMBER)                       \
    || defined(OPENSSL_IS_BORINGSSL) || defined(OPENSSL_IS_AWSLC)                                  \
    || defined(LIBWOLFSSL_VERSION_HEX)
#error "aroma needs OpenSSL 1.1.1 or later itself: its relatives report other handshake states"
#include <the_error_above_says_what_to_do>
#endif

// All shared objects of a program use the State of an SSL, so the namespace has the version in its
// name.
static_assert(aroma::version[0] == 0 && aroma::version[1] == 1 && aroma::version[2] == 0,
              "rename the inline namespace");

namespace aroma::openssl {
inline namespace v0_1_0 {

// The numbers of a TLS handshake that observe() has measured.
struct Handshake {
    TcpInfo opening{};           // when the ClientHello had arrived
    TcpInfo reply{};             // when the client's Finished had, or why it does not count
    ConnectionHistory history{}; // both of them, and later probes
};

namespace detail {

using InfoCallback = void (*)(SSL const*, int, int);

struct Context {
    InfoCallback next = nullptr; // both accessed by detail/atomic.hpp
    std::uint8_t min_exchanges = HistoryOptions{}.min_exchanges;
};

struct State {
    Handshake seen{};
    // the user's callback when SSL_accept was entered: SNI may change it meanwhile
    InfoCallback entered = nullptr;
    int fd = -1;         // from set_fd
    Nanoseconds hello{}; // when the ClientHello had arrived
    // of the client's, when the flight was written
    std::uint64_t bytes_read = 0, bytes_received = 0;
    std::uint32_t segments = 0;
    Nanoseconds first_piece{}; // when a part of the answer had been read, if that was seen
    bool opened = false;
    bool asked = false;    // the flight has been written
    bool finished = false; // and answered
    bool returned = false; // SSL_accept has, since: it does not block
    bool asked_certificate = false;
    bool passing = false; // an event is being passed on
};

template <class T>
void free_data(void*, void* data, CRYPTO_EX_DATA*, int, long, void*)
{
    delete static_cast<T*>(data);
}

// SSL_dup copies the pointer: without this it would be freed twice.
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
inline int forget_data(CRYPTO_EX_DATA*, CRYPTO_EX_DATA const*, void** data, int, long, void*)
#else
inline int forget_data(CRYPTO_EX_DATA*, CRYPTO_EX_DATA const*, void* data, int, long, void*)
#endif
{
    *static_cast<void**>(static_cast<void*>(data)) = nullptr;
    return 1;
}

// A context keeps pointers to these functions as long as it lives, so the shared object with them
// must never be unloaded. (g++ ensures that by itself unless symbols are hidden, clang++ never.)
inline void keep_loaded(void const* address)
{
#if defined(__GLIBC__) && !__GLIBC_PREREQ(2, 34)
    (void)address; // needs -ldl there
#else
    Dl_info object{};
    if (dladdr(address, &object) != 0 && object.dli_fname)
        (void)dlopen(object.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
#endif
}

template <class Function>
void const* address_of(Function* function)
{
    return aroma::detail::bit_cast<void const*>(function);
}

// The shared objects of a program share one of each of these, even with hidden symbols, and so see
// the same handshakes.
[[gnu::visibility("default")]] inline int context_index()
{
    static int const index = [] {
        aroma::detail::ErrnoKept const kept;
        keep_loaded(address_of(free_data<Context>));
        keep_loaded(address_of(forget_data));
        return SSL_CTX_get_ex_new_index(0, nullptr, nullptr, forget_data, free_data<Context>);
    }();
    return index;
}

[[gnu::visibility("default")]] inline int state_index()
{
    static int const index = [] {
        aroma::detail::ErrnoKept const kept;
        keep_loaded(address_of(free_data<State>));
        return SSL_get_ex_new_index(0, nullptr, nullptr, forget_data, free_data<State>);
    }();
    return index;
}

// Held while a context is changed; nullptr if out of memory.
[[gnu::visibility("default")]] inline CRYPTO_RWLOCK* context_lock()
{
    static CRYPTO_RWLOCK* const lock = CRYPTO_THREAD_lock_new();
    return lock;
}

inline State* state(SSL const* ssl)
{
    return static_cast<State*>(SSL_get_ex_data(ssl, state_index()));
}

inline State* state_or_new(SSL* ssl)
{
    State* found = state(ssl);
    if (!found) {
        aroma::detail::ErrnoKept const kept;
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

inline TcpInfo read_of(SSL const* ssl, State const& state)
{
    int const fd = state.fd >= 0 ? state.fd : SSL_get_fd(ssl);
    return fd >= 0 ? read(fd) : TcpInfo{.status = Status::no_descriptor};
}

// Bytes that OpenSSL has written to a memory BIO or a BIO pair, and its user has not yet sent.
inline std::uint64_t waiting_in_memory(SSL const* ssl)
{
    BIO* const out = SSL_get_wbio(ssl);
    if (!out)
        return 0;
    return BIO_method_type(out) == BIO_TYPE_MEM ? BIO_ctrl_pending(out) : BIO_ctrl_wpending(out);
}

// The client's bytes that OpenSSL has taken.
inline std::uint64_t bytes_read(SSL const* ssl)
{
    BIO* const in = SSL_get_rbio(ssl);
    return in ? BIO_number_read(in) : 0;
}

// Pieces further apart did not only take the path.
inline constexpr Nanoseconds most_apart{std::uint64_t{aroma::detail::largest_normal_excess} * 1000};

// OpenSSL verifies the Finished, so the handshake's transcript is the token; any number will do.
inline constexpr std::uint64_t transcript = 1;

inline void client_hello_arrived(SSL const* ssl, State& state)
{
    if (state.opened) { // the second; a client may send it without reading the retry
        if (TcpInfo const info = read_of(ssl, state); info.has_position) {
            state.seen.history.observe(info.rtt);
            state.seen.history.observe(
                send_position(info)); // so the flight is not the first thing sent
        }
        return;
    }
    state.opened = true;
    state.hello = aroma::detail::monotonic_time();
    if (Context const* const context = context_of(ssl))
        state.seen.history = ConnectionHistory{
            {.min_exchanges = aroma::detail::load_relaxed(context->min_exchanges)}};
    TcpInfo const info = read_of(ssl, state);
    state.seen.opening = timed(info, Exchange::opening, clock_tick());
    (void)assess(info, state.seen.history);
}

inline void flight_written(SSL const* ssl, State& state)
{
    if (state.asked)
        return; // OpenSSL repeats the report, or this is the end of a TLS 1.2 handshake
    state.asked = true;
    Nanoseconds const now = aroma::detail::monotonic_time();
    TcpInfo const info = read_of(ssl, state);
    state.bytes_read = bytes_read(ssl);
    state.bytes_received = info.bytes_received;
    state.segments = info.data_segs_in;
    SendPosition at_its_end = send_position(info);
    at_its_end.written += waiting_in_memory(ssl);
    // A signature may take long, and OpenSSL may have sent a full buffer before it.
    bool const late_end = now.count() - state.hello.count() > ProbeOptions::longest_gap.count();
    Status const failed = aroma::detail::why_not_counted(info);
    (void)state.seen.history.probe_sent(
        transcript, at_its_end, now, {.any_pieces = true, .late_end = late_end, .failed = failed});
}

// SSL_accept returns, since it needs more of the client.
inline void waits_for_more(SSL const* ssl, State& state)
{
    if (!state.asked || state.finished)
        return;
    state.returned = true;
    if (state.first_piece.count() == 0 && bytes_read(ssl) > state.bytes_read)
        state.first_piece = aroma::detail::monotonic_time();
}

// Early data is no piece of the answer, nor is what comes sooner than one can. If SSL_accept
// blocks, the first piece's time is unknown; but what comes in two segments and has nothing behind
// it is in pieces.
inline bool came_in_pieces(SSL const* ssl, State const& state, TcpInfo const& info, Nanoseconds now)
{
    if (SSL_get_early_data_status(ssl) != SSL_EARLY_DATA_NOT_SENT)
        return false;
    if (state.returned)
        return state.first_piece.count() != 0
            && now.count() - state.first_piece.count() > most_apart.count()
            && state.seen.history.since_probe(state.first_piece) >= info.rtt.minimum;
    return info.data_segs_in - state.segments > 1 && SSL_has_pending(ssl) == 0
        && bytes_read(ssl) - state.bytes_read == info.bytes_received - state.bytes_received;
}

// Whether the first piece's time is known, and over the path alone.
inline bool is_first_piece_quick(State const& state, RttSample<Microseconds> rtt)
{
    rtt.application = state.seen.history.since_probe(state.first_piece);
    return state.first_piece.count() != 0 && !accuses(assess(rtt).band);
}

// Counts the answer, or why it is void. If its first piece is late too, pieces make a proxy
// suspicious, and nobody milder: any client can write them.
inline Status answered(SSL const* ssl, State& state, TcpInfo const& info, Nanoseconds now)
{
    ConnectionHistory& history = state.seen.history;
    ConnectionHistory counted = history;
    Assessment const result = probe_answered(info, counted, transcript, now);
    if (counted.counted() > 0 && accuses(result.band) && came_in_pieces(ssl, state, info, now)) {
        ConnectionHistory milder = counted;
        milder.require_one_more();
        bool const proxy = result.band == Band::proxy;
        // without it the opening, which is the longer one then, is suspicious alone
        bool const too_mild = proxy && !accuses(milder.assess().band);
        if (too_mild || is_first_piece_quick(state, info.rtt))
            return history.abandon_probe(Status::reply_in_pieces);
        if (proxy)
            counted = milder;
    }
    history = counted;
    return history.counted() > 0 ? Status::ok : history.last_void();
}

inline void finished_arrived(SSL const* ssl, State& state)
{
    if (!state.asked || state.finished)
        return;
    state.finished = true;
    ConnectionHistory& history = state.seen.history;
    Nanoseconds const now = aroma::detail::monotonic_time();
    TcpInfo const info = read_of(ssl, state);
    TcpInfo& reply = state.seen.reply;
    reply = timed(info, Exchange::reply, clock_tick(), history.since_probe(now));
    Status const why = !history.probing()      ? history.last_void() // its flight was void already
                     : state.asked_certificate ? history.abandon_probe(Status::probe_of_a_person)
                                               : answered(ssl, state, info, now);
    if (why != Status::ok)
        reply.status = why;
}

} // namespace detail

// The info callback that observe() installs. Call it from your own, if you set one on an SSL or
// later. Idempotent per event.
inline void on_info(SSL const* ssl, int where, int)
{
    aroma::detail::ErrnoKept const kept; // SSL_get_error() and its caller read errno
    // neither a renegotiation nor a restart after early data
    if (where == SSL_CB_HANDSHAKE_START && SSL_in_before(ssl)) {
        if (detail::State* const state = detail::state(ssl)) {
            state->seen = {};
            state->opened = state->asked = state->finished = false;
            state->returned = state->asked_certificate = false;
            state->first_piece = {};
        }
        return;
    }
    if (where == SSL_CB_ACCEPT_EXIT) {
        if (detail::State* const state = detail::state(ssl))
            detail::waits_for_more(ssl, *state);
        return;
    }
    if (where != SSL_CB_ACCEPT_LOOP)
        return;
    OSSL_HANDSHAKE_STATE const reached = SSL_get_state(ssl);
    if (reached == TLS_ST_SR_CLNT_HELLO) {
        if (detail::State* const state = detail::state_or_new(const_cast<SSL*>(ssl)))
            detail::client_hello_arrived(ssl, *state);
        return;
    }
    detail::State* const state = detail::state(ssl);
    if (!state)
        return;
    if (reached == TLS_ST_SW_CERT_REQ)
        state->asked_certificate = true;
    // the end of the flight in TLS 1.2; in TLS 1.3, or in TLS 1.2 if a session is resumed
    if (reached == TLS_ST_SW_SRVR_DONE || reached == TLS_ST_SW_FINISHED)
        detail::flight_written(ssl, *state);
    if (reached == TLS_ST_SR_FINISHED)
        detail::finished_arrived(ssl, *state);
}

namespace detail {

[[gnu::visibility("default")]] inline void on_info_of_ssl(SSL const* ssl, int where, int result);

// Measures, and passes the event on to `next`, the callback that OpenSSL would have called.
inline void on_info_then(SSL const* ssl, int where, int result, InfoCallback next)
{
    bool const starts = where == SSL_CB_HANDSHAKE_START && SSL_is_server(ssl);
    State* const known = starts ? state_or_new(const_cast<SSL*>(ssl)) : state(ssl);
    // a callback that was set later calls this one: the event is measured already
    bool const nested = known && known->passing;
    if (known && !nested && (starts || (where & SSL_CB_EXIT))) {
        // OpenSSL looks up its callback on entry, and reports the exit to that one.
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

[[gnu::visibility("default")]] inline void on_info_of_context(SSL const* ssl, int where, int result)
{
    // If another callback was set between two calls of observe(), it and ours would call each other
    // without end.
    thread_local int depth = 0;
    if (depth == 2)
        return;
    ++depth;
    SSL_CTX* const given = SSL_get_SSL_CTX(ssl);
    Context const* const context = context_of(ssl);
    // SNI: not observed
    on_info_then(ssl, where, result,
                 context ? aroma::detail::load_acquire(context->next)
                         : SSL_CTX_get_info_callback(given));
    // OpenSSL takes the callback of the SSL, otherwise of the context that SNI may have changed:
    // set the SSL's, so that it stays.
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

namespace detail {

// Call with the lock held.
inline bool observe(SSL_CTX* context, HistoryOptions options)
{
    InfoCallback const installed = SSL_CTX_get_info_callback(context);
    auto* ours = static_cast<Context*>(SSL_CTX_get_ex_data(context, context_index()));
    if (!ours) {
        ours = new (std::nothrow) Context;
        if (!ours)
            return false;
        if (state_index() < 0 || SSL_CTX_set_ex_data(context, context_index(), ours) != 1) {
            delete ours;
            return false;
        }
    }
    aroma::detail::store_relaxed(ours->min_exchanges, options.min_exchanges);
    if (installed != on_info_of_context) {
        aroma::detail::store_release(ours->next, installed);
        keep_loaded(address_of(on_info_of_context));
        keep_loaded(address_of(on_info_of_ssl));
        SSL_CTX_set_info_callback(context, on_info_of_context);
    }
    return true;
}

} // namespace detail

// Measures every connection that is made of the context from now on; false if it is null or
// memory is out.
[[nodiscard]] inline bool observe(SSL_CTX* context, HistoryOptions options = {})
{
    aroma::detail::ErrnoKept const kept;
    CRYPTO_RWLOCK* const lock = context ? detail::context_lock() : nullptr;
    if (!lock || CRYPTO_THREAD_write_lock(lock) != 1)
        return false;
    bool const done = detail::observe(context, options);
    CRYPTO_THREAD_unlock(lock);
    return done;
}

[[nodiscard]] inline Handshake const* handshake(SSL const* ssl)
{
    detail::State const* const state = ssl ? detail::state(ssl) : nullptr;
    return state && state->opened ? &state->seen : nullptr;
}

// What was measured of a connection, or nullptr; valid until SSL_free.
[[nodiscard]] inline ConnectionHistory* history(SSL const* ssl)
{
    detail::State* const state = ssl ? detail::state(ssl) : nullptr;
    return state && state->opened ? &state->seen.history : nullptr;
}

[[nodiscard]] inline bool set_fd(SSL* ssl, int fd)
{
    detail::State* const state = ssl ? detail::state_or_new(ssl) : nullptr;
    if (state)
        state->fd = fd;
    return state != nullptr;
}

} // namespace v0_1_0
} // namespace aroma::openssl

#endif // AROMA_INTEGRATIONS_OPENSSL_HPP
