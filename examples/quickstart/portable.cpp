// SPDX-License-Identifier: BSL-1.0
//
// The core without Linux: samples from a QUIC stack, from Windows, and from a CDN's log, through
// the same four steps: measure, score, classify, decide. Take the sample once data, and not only
// the handshake, has been acknowledged.

#include <aroma/assessment.hpp>
#include <aroma/integrations/fmt.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#if defined(_WIN32)
#include <winsock2.h>

#include <mstcpip.h>
#else
// The fields of <mstcpip.h> that are used, so that this example runs anywhere.
struct TCP_INFO_v0 {
    std::uint32_t RttUs, MinRttUs;
};
#endif

namespace {

// A QUIC stack keeps RFC 9002's estimates, here in nanoseconds as ngtcp2 does
// (ngtcp2_conn_get_conn_info). No proxy can terminate a QUIC connection unseen, so these numbers
// show the whole path: a baseline for TCP's.
struct QuicConnectionInfo {
    std::uint64_t latest_rtt, min_rtt, smoothed_rtt, rttvar;
};

aroma::RttSample<aroma::Nanoseconds> sample_of(QuicConnectionInfo const& info)
{
    return {.minimum = aroma::Nanoseconds{info.min_rtt},
            .smoothed = aroma::Nanoseconds{info.smoothed_rtt},
            .variation = aroma::Nanoseconds{info.rttvar}};
}

// Windows 10 1703 and later: WSAIoctl(socket, SIO_TCP_INFO, ...) fills a TCP_INFO_v0.
aroma::RttSample<aroma::Microseconds> sample_of(TCP_INFO_v0 const& info)
{
    return {.minimum = aroma::Microseconds{static_cast<std::uint32_t>(info.MinRttUs)},
            .smoothed = aroma::Microseconds{static_cast<std::uint32_t>(info.RttUs)}};
}

// A CDN's log line, in any order of fields: Cloudflare's Server-Timing has rtt= and min_rtt=; in a
// Fastly log, choose these names for client.socket.tcpi_rtt and client.socket.tcpi_min_rtt. All are
// microseconds. No sample if a number is missing.
std::optional<std::uint32_t> number_after(std::string_view line, std::string_view key)
{
    for (std::size_t at = line.find(key); at != std::string_view::npos;
         at = line.find(key, at + 1)) {
        if (at > 0 && line[at - 1] != '&' && line[at - 1] != '?' && line[at - 1] != ' ')
            continue; // the rtt= inside min_rtt=
        std::uint32_t number = 0;
        auto const [end, error] =
            std::from_chars(line.data() + at + key.size(), line.data() + line.size(), number);
        if (error == std::errc{})
            return number;
    }
    return std::nullopt;
}

std::optional<aroma::RttSample<aroma::Microseconds>> sample_of(std::string_view line)
{
    auto const minimum = number_after(line, "min_rtt="), smoothed = number_after(line, "rtt=");
    if (!minimum || !smoothed)
        return std::nullopt;
    return aroma::RttSample{aroma::Microseconds{*minimum}, aroma::Microseconds{*smoothed},
                            aroma::Microseconds{number_after(line, "rtt_var=").value_or(0)}};
}

} // namespace

int main()
{
    QuicConnectionInfo const quic{.latest_rtt = 24'100'000,
                                  .min_rtt = 20'350'000,
                                  .smoothed_rtt = 22'800'000,
                                  .rttvar = 1'900'000};
    fmt::print("QUIC        {:l}\n", aroma::assess(sample_of(quic)));

    TCP_INFO_v0 windows{};
    windows.RttUs = 50'000;
    windows.MinRttUs = 5'000;
    fmt::print("Windows     {:l}\n", aroma::assess(sample_of(windows)));

    for (std::string_view const line : {
             R"(cfL4;desc="?proto=TCP&rtt=6490&min_rtt=1080&rtt_var=1571&sent=6&recv=6&lost=0")",
             // no sample yet
             R"(cfL4;desc="?proto=TCP&rtt=0&min_rtt=4294967295&rtt_var=750000&sent=1")",
             "GET /index.html 200 tcp rtt=41200 min_rtt=1950",
             "GET /index.html 200 tcp rtt=- min_rtt=-",
         }) {
        if (auto const sample = sample_of(line))
            fmt::print("CDN         {:l}\n", aroma::assess(*sample));
        else
            fmt::print("CDN         no RTTs in this line: {}\n", line);
    }

    // Many at once, as from a day's log, with thresholds of your own.
    aroma::RttSample<aroma::Microseconds> const samples[] = {
        sample_of(windows),
        {.minimum = aroma::Microseconds{900}, .smoothed = aroma::Microseconds{1000}}};
    aroma::Score scores[2];
    aroma::ScoreCalculator<>{}(samples, 2, scores);
    constexpr auto classify = aroma::ThresholdClassifier::with(
        {.unstable_below = 0.8, .suspicious_below = 0.4, .proxy_below = 0.15});
    for (aroma::Score const score : scores)
        fmt::print("in a span   {} {}\n", classify(score), score);
}
