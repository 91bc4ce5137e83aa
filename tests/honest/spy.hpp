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
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace honest {

inline int log_fd()
{
    static int const fd = [] {
        char const* const path = std::getenv("AROMA_HONEST_LOG");
        return path ? ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    }();
    return fd;
}

// address:port, or nothing: the TLS integration calls with numbers alone.
inline void peer(int fd, char (&text)[64])
{
    text[0] = 0;
    sockaddr_in6 six{};
    socklen_t length = sizeof six;
    if (fd < 0 || ::getpeername(fd, reinterpret_cast<sockaddr*>(&six), &length) != 0)
        return;
    char address[INET6_ADDRSTRLEN]{};
    if (six.sin6_family == AF_INET6) {
        ::inet_ntop(AF_INET6, &six.sin6_addr, address, sizeof address);
    } else {
        sockaddr_in four{};
        std::memcpy(&four, &six, sizeof four);
        ::inet_ntop(AF_INET, &four.sin_addr, address, sizeof address);
    }
    char const* const mapped = "::ffff:";
    std::size_t const skip =
        std::strncmp(address, mapped, std::strlen(mapped)) == 0 ? std::strlen(mapped) : 0;
    std::snprintf(text, sizeof text, "%s:%u", address + skip, ntohs(six.sin6_port));
}

// `why` is what became of a probe; `reply` is its reply, zero if there is none.
inline void log(char const* call, int fd, aroma::TcpInfo const& info,
                aroma::ConnectionHistory const& history, aroma::Assessment const& a,
                aroma::Status why, std::uint32_t reply, bool unprompted = false)
{
    char who[64], line[1024];
    peer(fd, who);
    int const size = std::snprintf(
        line, sizeof line,
        "{\"at\":%llu,\"call\":\"%s\",\"peer\":\"%s\",\"history\":\"%p\",\"why\":\"%s\","
        "\"band\":\"%s\",\"score\":%.6f,\"status\":\"%s\",\"counted\":%d,\"voided\":%d,"
        "\"last_void\":\"%s\",\"cleared\":%s,\"opened\":%s,\"opening_excess\":%u,"
        "\"reply_excess\":%u,\"reply\":%u,\"minimum\":%u,\"smoothed\":%u,\"variation\":%u,"
        "\"segments_in\":%u,\"segments_out\":%u,\"retransmissions\":%u,\"unprompted\":%s}\n",
        static_cast<unsigned long long>(aroma::detail::monotonic_time().count() / 1000), call, who,
        static_cast<void const*>(&history), name(why), name(a.band),
        a.score.known() ? a.score.value() : 0, name(a.status), history.counted(), history.voided(),
        name(history.last_void()), history.cleared() ? "true" : "false",
        history.opened() ? "true" : "false",
        static_cast<unsigned>(history.opening_excess().count()),
        static_cast<unsigned>(history.reply_excess().count()), static_cast<unsigned>(reply),
        static_cast<unsigned>(info.rtt.minimum.count()),
        static_cast<unsigned>(info.rtt.smoothed.count()),
        static_cast<unsigned>(info.rtt.variation.count()), static_cast<unsigned>(info.data_segs_in),
        static_cast<unsigned>(info.data_segs_out), static_cast<unsigned>(info.total_retrans),
        unprompted ? "true" : "false");
    if (log_fd() >= 0 && size > 0 && static_cast<std::size_t>(size) < sizeof line) [[maybe_unused]]
        ssize_t const written = ::write(log_fd(), line, static_cast<std::size_t>(size));
}

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
