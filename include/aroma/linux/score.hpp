// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/score.hpp: a socket to an assessment.
//
// Synopsis
//   Assessment score(int fd, Options<> = {});
//       by TCP alone, when a request has arrived
//   Assessment score(int fd, ConnectionHistory&, Options<> = {});
//       by all exchanges of the connection; at any request, before its answer is written
//   Status probe_sent(int fd, ConnectionHistory&, token, ProbeOptions = {});
//       a probe has just been written: ok, or why it is void
//   Assessment probe_answered(int fd, ConnectionHistory&, token, Options<> = {});
//       an answer with that token has arrived, and nothing was written since
//   std::uint64_t random_token();
//       from the system's random source; 0, which is no token, if there is none
//   struct Options<Method> {              all of them for experts
//       Method method;                    another formula than the best-informed one
//       ThresholdClassifier classifier;
//       application_rtt;                  measured above TCP by other means
//       stopwatch;                        a finer clock's reading of the opening or the reply
//       Microseconds tick;                of the kernel's stamps
//   };
//   The same with an object with native_handle(), or a layer over one (Asio, Beast), as fd; and
//   assess(TcpInfo, ...) of numbers read before: score(fd, ...) is assess(read(fd), ...).
//
// score(fd, history) measures the opening if nothing was sent yet and at most an initial window has
// arrived. Otherwise it adds only TCP's own numbers: a person's pause is never an exchange.
// score(fd) without a history is tcpi_min_rtt over tcpi_rtt from the second RTT sample on. At a
// first request that quotient is 1 for every client: then an opening of 50 ms or more gives the
// score, and otherwise the status is handshake_only. tcpi_min_rtt is the minimum over
// net.ipv4.tcp_min_rtt_wlen, 300 s; a history keeps the minimum of its life.
//
// A probe is one complete write without a body, with its token as late in it as possible. Call
// score(fd, history) before the write and probe_sent() immediately after it, never from a hook that
// runs when the request is finished. A redirect is 302, 303 or 307 to a random path, with no-store,
// so that no cache, prefetch or service worker can answer it.
//
// Nothing here throws, allocates, blocks or changes the socket, errno included. A descriptor of the
// wrong kind comes back as its Status.
#ifndef AROMA_LINUX_SCORE_HPP
#define AROMA_LINUX_SCORE_HPP

#include <aroma/assessment.hpp>
#include <aroma/connection_history.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/duration.hpp>
#include <aroma/exchange.hpp>
#include <aroma/linux/errno_kept.hpp>
#include <aroma/linux/socket.hpp>
#include <aroma/linux/tcp_info.hpp>
#include <aroma/linux/timing.hpp>
#include <aroma/probe.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>

#include <concepts> // same_as
#include <cstdint>  // uint64_t
#include <ratio>    // micro

#include <errno.h>      // errno, EINTR
#include <sys/random.h> // getrandom

namespace aroma {

// The best-informed formula: ReferenceOverExcess if there is an application RTT, MinOverSmoothed
// otherwise.
struct BestInformed {};

// How score() and its kin measure and judge; every member has a default that suits a server.
template <class Method = BestInformed>
struct Options {
    Method method{};
    ThresholdClassifier classifier{};                  // from the score to a band
    Duration<double, std::micro> application_rtt{0.0}; // zero: none was measured
    Duration<double, std::micro> stopwatch{0.0};       // zero: none was read
    Microseconds tick{};                               // zero: clock_tick()
};

// Of the system's source; 0, which is no token, if it has none.
[[nodiscard]] inline std::uint64_t random_token() noexcept
{
    detail::ErrnoKept const kept;
    std::uint64_t token = 0;
    while (token == 0) {
        if (::getrandom(&token, sizeof token, 0) == static_cast<ssize_t>(sizeof token))
            continue;
        token = 0;
        if (errno != EINTR)
            break;
    }
    return token;
}

namespace detail {

template <class Method>
[[nodiscard]] constexpr Microseconds tick_of(Options<Method> const& options) noexcept
{
    return measured(options.tick) ? options.tick : clock_tick();
}

template <class Method>
[[nodiscard]] constexpr Assessment assess_by(RttSample<Microseconds> const& sample,
                                             Options<Method> const& options) noexcept
{
    if constexpr (std::same_as<Method, BestInformed>)
        return assess(sample, options.classifier);
    else
        return assess(sample, ScoreCalculator<Method>{options.method}, options.classifier);
}

// The method for an exchange, whose application RTT is known.
template <class Method>
[[nodiscard]] constexpr auto by_exchange(Options<Method> const& options) noexcept
{
    if constexpr (std::same_as<Method, BestInformed>)
        return ScoreCalculator<ReferenceOverExcess>{};
    else
        return ScoreCalculator<Method>{options.method};
}

template <class Method>
[[nodiscard]] constexpr Assessment assess_by(ConnectionHistory const& history,
                                             Options<Method> const& options) noexcept
{
    return history.assess(by_exchange(options), options.classifier);
}

// Of numbers that give no score by TCP alone. A first request's opening accuses as it does in a
// history without a probe: if it is below the worst edge, and as that edge.
template <class Method>
[[nodiscard, gnu::always_inline]] constexpr Assessment assess_unscored(
    TcpInfo const& info, Options<Method> const& options, Microseconds tick) noexcept
{
    Assessment a{.status = info.status, .sample = info.rtt};
    if (info.status != Status::handshake_only || !may_be_opening(info))
        return a;
    Microseconds const stopwatch = to_microseconds(options.stopwatch);
    TcpInfo const opening = timed(info, Exchange::opening, tick, stopwatch);
    if (opening.status == Status::ok) {
        Score const edge{options.classifier.thresholds().proxy_below};
        Assessment seen =
            assess(to_microseconds(opening.rtt), by_exchange(options), options.classifier);
        if (seen.band == Band::proxy && accuses(options.classifier(edge))) {
            a = seen;
            a.score = edge;
            a.band = options.classifier(edge);
        }
    }
    return a;
}

} // namespace detail

// Of numbers that are there, without a history: what score(fd) returns of them.
template <class Method = BestInformed>
[[nodiscard]] constexpr Assessment assess(TcpInfo const& info,
                                          Options<Method> const& options = {}) noexcept
{
    if (!detail::is_open(info))
        return {.status = info.status, .sample = info.rtt};
    RttSample<Microseconds> sample = info.rtt;
    if (measured(options.application_rtt))
        sample.application = to_microseconds(options.application_rtt);
    if (info.status == Status::ok || measured(sample.application))
        return detail::assess_by(sample, options);
    bool const timed = detail::may_be_opening(info);
    return detail::assess_unscored(info, options,
                                   timed ? detail::tick_of(options) : Microseconds{});
}

// With a history, which they are added to: what score(fd, history) returns.
template <class Method = BestInformed>
[[nodiscard]] constexpr Assessment assess(TcpInfo const& info, ConnectionHistory& history,
                                          Options<Method> const& options = {}) noexcept
{
    if (!detail::is_open(info))
        return {.status = info.status, .sample = info.rtt};
    TcpInfo opening = info;
    if (!history.opened() && detail::may_be_opening(info))
        opening = timed(info, Exchange::opening, detail::tick_of(options),
                        to_microseconds(options.stopwatch));
    if (opening.status == Status::ok && measured(opening.rtt.application))
        history.observe(Exchange::opening, opening.rtt);
    else
        history.observe(info.rtt);
    if (info.has_position)
        history.observe(send_position(info));
    return detail::assess_by(history, options);
}

// By numbers that were read right after the write, and a monotonic clock's time then.
template <duration_like D>
constexpr Status probe_sent(TcpInfo const& info, ConnectionHistory& history, std::uint64_t token,
                            D now, ProbeOptions options = {}) noexcept
{
    if (Status const why = detail::why_not_counted(info); why != Status::ok)
        options.failed = why;
    else
        history.observe(info.rtt);
    return history.probe_sent(token, send_position(info), now, options);
}

// By numbers that were read when the answer had arrived, and the same clock's time then.
template <duration_like D, class Method = BestInformed>
constexpr Assessment probe_answered(TcpInfo const& info, ConnectionHistory& history,
                                    std::uint64_t token, D now,
                                    Options<Method> const& options = {}) noexcept
{
    if (!detail::is_open(info)) {
        (void)history.abandon_probe(info.status);
        return {.status = info.status, .sample = info.rtt};
    }
    Microseconds const tick = detail::tick_of(options);
    Microseconds const stopwatch =
        measured(options.stopwatch) ? to_microseconds(options.stopwatch) : history.since_probe(now);
    TcpInfo const reply = timed(info, Exchange::reply, tick, stopwatch);
    Status measured_as = reply.status;
    if (measured_as == Status::no_reply && info.last_data_sent >= info.last_data_recv
        && detail::is_too_quick(info.last_data_sent - info.last_data_recv, info.rtt.minimum, tick))
        measured_as = Status::probe_too_quick;
    // Of a question that was only half sent when probe_sent() was called, as a TLS flight in memory
    // that is longer than a window, the kernel's stamp is the last part's.
    if (measured_as == Status::ok
        && std::uint64_t{history.since_probe(now).count()}
               > std::uint64_t{info.last_data_sent} * 1000 + tick.count() + detail::most_slack)
        measured_as = Status::probe_in_pieces;
    Status const why = history.probe_answered(token, send_position(info), reply.rtt, measured_as);
    Assessment a = detail::assess_by(history, options);
    if (why != Status::ok && a.status != Status::ok && a.status != Status::late_acks)
        a.status = why;
    return a;
}

namespace detail {

// The options of a call: those that are given, or none, which a compiler can count on.
struct NoOptions {
    [[nodiscard]] constexpr Options<> get() const noexcept { return {}; }
};
template <class Method>
struct TheseOptions {
    Options<Method> const& options;
    [[nodiscard]] constexpr Options<Method> const& get() const noexcept { return options; }
};

// Answers that score_by() is not made for, in as few bytes as can be.
template <class Chosen>
[[nodiscard, gnu::cold, gnu::noinline, gnu::flatten]] Assessment assess_unusual(
    Answer& answer, Chosen chosen) noexcept
{
    auto const& options = chosen.get();
    if constexpr (std::same_as<Chosen, NoOptions>) {
        Microseconds const tick = clock_tick(); // before there is anything to keep meanwhile
        return assess_unscored(decode_any(answer), options, tick);
    } else
        return assess(decode_any(answer), options);
}
template <class Chosen>
[[nodiscard, gnu::cold, gnu::noinline]] Assessment assess_unusual(
    Answer& answer, Chosen chosen, ConnectionHistory& history) noexcept
{
    return assess(decode_any(answer), history, chosen.get());
}

// What assess(read_by(fd, get_option), options) returns. An answer that gives a score by TCP alone,
// as to a second request, is looked at for what that needs and no more, all before its minimum.
template <class GetSockOpt, class Chosen>
[[nodiscard]] Assessment score_by(GetSockOpt get_option, int fd, Chosen chosen) noexcept
{
    Answer answer{fd};
    if (!ask(answer, get_option))
        return {.status = why_unread(answer, get_option)};
    if (answer.size >= size_with_min_rtt) {
        TcpInfo const info = decode(answer.bytes, size_with_min_rtt);
        // field by field, so that no compiler keeps the rest for it
        RttSample<Microseconds> const sample{info.rtt.minimum, info.rtt.smoothed,
                                             info.rtt.variation};
        auto const& options = chosen.get();
        if (info.status == Status::ok && !measured(options.application_rtt)) {
            if constexpr (std::same_as<Chosen, NoOptions>)
                return assess(sample, ScoreCalculator<MinOverSmoothed>{});
            else
                return assess_by(sample, options);
        }
    }
    return assess_unusual(answer, chosen);
}

// The same with a history, if nothing but TCP's own numbers is to be added to it.
template <class GetSockOpt, class Chosen>
[[nodiscard]] Assessment score_by(GetSockOpt get_option, int fd, Chosen chosen,
                                  ConnectionHistory& history) noexcept
{
    Answer answer{fd};
    if (!ask(answer, get_option))
        return {.status = why_unread(answer, get_option)};
    if (answer.size >= size_with_position) {
        TcpInfo const info = decode(answer.bytes, size_with_position);
        if (is_open(info) && (history.opened() || !may_be_opening(info))) {
            history.observe(info.rtt);
            history.observe(send_position(info));
            return assess_by(history, chosen.get());
        }
    }
    return assess_unusual(answer, chosen, history);
}

template <class Source, class Chosen, class... History>
[[nodiscard]] Assessment score_of(Source&& source, Chosen chosen, History&... history) noexcept
{
    if constexpr (has_descriptor<Source>)
        return score_by(GetSocketOption{}, number_of(source), chosen, history...);
    else
        return assess(read_of(static_cast<Source&&>(source)), history..., chosen.get());
}

} // namespace detail

// By TCP alone, when a request has arrived. The source is a descriptor, a socket object, or
// EndpointPair (linux/sock_diag.hpp), here and below.
template <detail::tcp_source Source>
[[nodiscard]] Assessment score(Source&& source) noexcept
{
    return detail::score_of(static_cast<Source&&>(source), detail::NoOptions{});
}
// By TCP alone, with options.
template <detail::tcp_source Source, class Method = BestInformed>
[[nodiscard]] Assessment score(Source&& source, Options<Method> const& options) noexcept
{
    return detail::score_of(static_cast<Source&&>(source), detail::TheseOptions<Method>{options});
}

// By all that the connection has shown; at any request, before its answer is written.
template <detail::tcp_source Source>
[[nodiscard]] Assessment score(Source&& source, ConnectionHistory& history) noexcept
{
    return detail::score_of(static_cast<Source&&>(source), detail::NoOptions{}, history);
}
// By all that the connection has shown, with options.
template <detail::tcp_source Source, class Method = BestInformed>
[[nodiscard]] Assessment score(Source&& source, ConnectionHistory& history,
                               Options<Method> const& options) noexcept
{
    return detail::score_of(static_cast<Source&&>(source), detail::TheseOptions<Method>{options},
                            history);
}

// A probe has just been written, whole: ok, or why it is void.
template <detail::tcp_source Source>
Status probe_sent(Source&& source, ConnectionHistory& history, std::uint64_t token,
                  ProbeOptions options = {}) noexcept
{
    Nanoseconds const now = detail::monotonic_time();
    return probe_sent(detail::read_of(static_cast<Source&&>(source)), history, token, now, options);
}

// An answer with this token has arrived, and nothing was written since: what the history says now.
// The status is why the probe is void, if no earlier one has given a band.
template <detail::tcp_source Source, class Method = BestInformed>
Assessment probe_answered(Source&& source, ConnectionHistory& history, std::uint64_t token,
                          Options<Method> const& options = {}) noexcept
{
    Nanoseconds const now = detail::monotonic_time();
    return probe_answered(detail::read_of(static_cast<Source&&>(source)), history, token, now,
                          options);
}

// So that likely slips are one line of error.
// clang-format off
template <class NeitherDescriptorNorSocketNorEndpointPair, class... Further>
    requires(!detail::tcp_source<NeitherDescriptorNorSocketNorEndpointPair>)
Assessment score(NeitherDescriptorNorSocketNorEndpointPair&&, Further&&...) = delete;
// clang-format on
template <detail::tcp_source Source>
Assessment score(Source&&, ConnectionHistory const&, Options<> const& = {}) = delete;

} // namespace aroma

#endif // AROMA_LINUX_SCORE_HPP
