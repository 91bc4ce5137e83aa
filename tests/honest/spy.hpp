// SPDX-License-Identifier: BSL-1.0
//
// Included before an example (-include), it writes one JSON line for each call of the library that
// has a history, to the file that AROMA_HONEST_LOG names. The example's own code is as it is: the
// calls find these overloads, which are no templates, and they do what the library's do.
#ifndef AROMA_TESTS_HONEST_SPY_HPP
#define AROMA_TESTS_HONEST_SPY_HPP

#include <aroma/aroma.hpp>

#include <chrono>
#include <cstdint>

namespace honest {

// `why` is what became of a probe; `reply` is its reply, zero if there is none.
void log(char const* call, int fd, aroma::TcpInfo const& info,
         aroma::ConnectionHistory const& history, aroma::Assessment const& a, aroma::Status why,
         std::uint32_t reply, bool unprompted = false);

inline aroma::Assessment answered(int fd, aroma::TcpInfo const& info,
                                  aroma::ConnectionHistory& history, std::uint64_t token,
                                  aroma::Nanoseconds now)
{
    aroma::TcpInfo const reply =
        aroma::timed(info, aroma::Exchange::reply, aroma::clock_tick(), history.since_probe(now));
    bool const probing = history.probing();
    int const voided = history.voided();
    aroma::Assessment const a = aroma::probe_answered<aroma::Nanoseconds, aroma::BestInformed>(
        info, history, token, now, {});
    log("answered", fd, info, history, a,
        !probing                     ? aroma::Status::no_probe
        : history.voided() != voided ? history.last_void()
                                     : aroma::Status::ok,
        reply.status == aroma::Status::ok ? reply.rtt.application.count() : 0);
    return a;
}

} // namespace honest

namespace aroma {

inline Assessment score(int fd, ConnectionHistory& history) noexcept
{
    TcpInfo const info = read(fd);
    Assessment const a = assess<BestInformed>(info, history, {});
    honest::log("score", fd, info, history, a, Status::ok, 0);
    return a;
}

inline Status probe_sent(int fd, ConnectionHistory& history, std::uint64_t token,
                         ProbeOptions options = {}) noexcept
{
    Nanoseconds const now = detail::monotonic_time();
    TcpInfo const info = read(fd);
    Status const why = probe_sent<Nanoseconds>(info, history, token, now, options);
    honest::log("sent", fd, info, history, history.assess(), why, 0, options.unprompted);
    return why;
}

inline Assessment probe_answered(int fd, ConnectionHistory& history, std::uint64_t token) noexcept
{
    Nanoseconds const now = detail::monotonic_time();
    return honest::answered(fd, read(fd), history, token, now);
}

// By numbers that the caller has read, as the TLS integration does.
inline Assessment probe_answered(TcpInfo const& info, ConnectionHistory& history,
                                 std::uint64_t token, Nanoseconds now) noexcept
{
    return honest::answered(-1, info, history, token, now);
}

inline Assessment probe_answered(TcpInfo const& info, ConnectionHistory& history,
                                 std::uint64_t token, std::chrono::nanoseconds now) noexcept
{
    return probe_answered(info, history, token,
                          Nanoseconds{static_cast<std::uint64_t>(now.count())});
}

} // namespace aroma

#endif // AROMA_TESTS_HONEST_SPY_HPP
