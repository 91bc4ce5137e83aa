// SPDX-License-Identifier: BSL-1.0
//
// The short snippets of README.md and docs/, so that they compile and run. Each is between two
// lines with its name.

#include <aroma/aroma.hpp>
#include <aroma/integrations/fmt.hpp>
#include <aroma/integrations/openssl.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/baseline_file.hpp>
#include <aroma/operate/calibration.hpp>
#include <aroma/operate/prometheus.hpp>
#include <aroma/operate/threshold_file.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

void ask_a_socket(int fd, std::span<std::byte const> bytes)
{
    // [ask]
    // score, band, basis, status, and the sample they rest on
    aroma::Assessment a = aroma::score(fd);
    aroma::TcpInfo info = aroma::read(fd); // the kernel's numbers alone
    // the same from bytes that a framework fetched with getsockopt(TCP_INFO)
    aroma::TcpInfo same = aroma::decode(bytes);
    // [ask]
    fmt::print("{} {} {}\n", a, info.status, same.status);
}

void with_a_history(int fd, std::string const& path, std::string const& random_path,
                    std::string const& redirect)
{
    auto const write = [](std::string const&) {};
    // [history]
    aroma::ConnectionHistory history; // beside your connection object: at most 96 bytes, no heap

    // at each request, before any of its answer is written
    aroma::Assessment a = aroma::score(fd, history);
    if (history.probing()) // a redirect may be answered now
        a = aroma::probe_answered(fd, history, aroma::token_of(path));

    // a redirect to a random path is a probe: one complete write, then probe_sent() immediately
    write(redirect);
    aroma::probe_sent(fd, history, aroma::token_of(random_path));
    // [history]
    fmt::print("{} {}\n", a, history.cleared());
}

void without_descriptor(std::string const& local_address, std::uint16_t local_port,
                        std::string const& remote_address, std::uint16_t remote_port)
{
    auto const log = [](char const* why) { std::puts(why); };
    // [addresses]
    // from text, sockaddr_in(6), or Asio's endpoints
    aroma::EndpointPair ends{{local_address, local_port}, {remote_address, remote_port}};
    // every other score(fd, ...) takes ends as well
    aroma::Assessment a = aroma::score(ends);
    // a peer as gRPC reports it
    aroma::TcpInfo info =
        aroma::read({{"::", local_port}, aroma::Endpoint{"ipv4:192.0.2.1:50000"}});

    auto all =
        aroma::for_each_connection({.local_port = local_port}, [](aroma::DiagConnection const& c) {
            char remote[72];
            fmt::print("{} {}\n", c.ends.remote.text(remote), assess(c.info));
        });
    if (all.error != aroma::SockDiagError::none)
        log(message(all.error)); // connections before the error were delivered
    // [addresses]
    fmt::print("{} {} {}\n", a, info.status == aroma::Status::ok, all.connections);
}

void tls(SSL_CTX* context, SSL* ssl)
{
    auto const log = [](char const* why) { std::puts(why); };
    // [tls]
    if (!aroma::openssl::observe(context)) // an SSL_CTX, once
        log("out of memory: TLS handshakes are not measured");
    // a request has arrived on one of its connections, and no answer is written
    if (aroma::ConnectionHistory* history = aroma::openssl::history(ssl)) {
        // from the client's first bytes, the TLS handshake, and later probes
        aroma::Assessment a = aroma::score(SSL_get_fd(ssl), *history);
        fmt::print("{:l}\n", a); // with <aroma/integrations/fmt.hpp>
    }
    // [tls]
}

void thresholds(int fd, aroma::Thresholds const& from_configuration)
{
    auto const log = [](char const* why) { std::puts(why); };
    // [thresholds]
    constexpr auto mine = aroma::ThresholdClassifier::with(
        {.unstable_below = 0.8, .suspicious_below = 0.4, .proxy_below = 0.15});
    aroma::Assessment a = aroma::score(fd, aroma::Options<>{.classifier = mine});

    aroma::ThresholdClassifier classifier;
    if (auto why = classifier.adjust(from_configuration); why != aroma::ThresholdError::none)
        log(message(why)); // the classifier is unchanged
    // [thresholds]
    fmt::print("{}\n", a);
}

void usual(int fd, std::size_t i, std::string const& path)
{
    constexpr std::size_t threads = 2;
    auto const log = [](char const* why) { std::puts(why); };
    // [baseline]
    // each thread records in its own, without a lock
    static aroma::Baseline<64> mine[threads];
    // looked up once: PoP, country, network, device
    aroma::Segment& segment = mine[i].find_or_add("cdg/mobile");
    // about 5 ns more than the score
    segment.record(aroma::score(fd));

    // any other thread, at any time
    auto all = std::make_unique<aroma::Baseline<64>>();
    for (auto const& one : mine)
        all->merge(one);
    // counts, and quantiles of scores and RTTs
    aroma::Segment cdg = all->within("cdg");
    aroma::Microseconds usual = cdg.transport.quantile(0.5);
    if (auto saved = aroma::save_file(*all, path.c_str()); saved.error != aroma::FileError::none)
        log(message(saved)); // the file is unchanged
    // [baseline]
    fmt::print("{} {} {}\n", usual.count(), cdg.scores.total(), cdg.unknown.total());
}

void metrics(int fd, aroma::Baseline<64> const& web, aroma::Baseline<64> const& api)
{
    auto const log = [](char const* why) { std::puts(why); };
    // [metrics]
    auto const write_all = [fd](char const* data, std::size_t size) {
        while (size > 0) { // ::write may write a part, and its -1 converts to true
            ssize_t const written = ::write(fd, data, size);
            if (written < 0 && errno == EINTR)
                continue;
            if (written <= 0)
                return false;
            data += written;
            size -= static_cast<std::size_t>(written);
        }
        return true;
    };
    aroma::LabelledBaseline<64> const page[] = {{web, R"(listener="web")"},
                                                {api, R"(listener="api")"}};
    if (auto why = write_prometheus(page, {.labels = R"(pop="cdg")"}, write_all);
        why != aroma::PrometheusError::none)
        log(message(why)); // discard what was written
    // [metrics]
}

void calibration(int fd, aroma::Baseline<64> const& baseline, aroma::ThresholdFile<>& file)
{
    auto const log = [](char const* why, std::uint64_t number) {
        fmt::print("{} {}\n", why, number);
    };
    // [calibration]
    aroma::Calibration c = aroma::calibrate(
        baseline, "cdg/mobile", {.rates = {.proxy = 0.0004, .suspicious = 0.01, .unstable = 0.1}});
    // for adjust(), or ThresholdTable::set()
    aroma::Thresholds t = c.thresholds();
    // that threshold is then the one of "cdg", of all segments, or the published one
    if (c.proxy_below.too_few())
        log("connections missing for 0.04 %:", c.proxy_below.needed - c.proxy_below.connections);
    // [calibration]

    // [threshold_file]
    // once, for aroma-calibrate's file: static aroma::ThresholdFile file{"/etc/server/thresholds"};
    // any thread, at any time, without a lock
    aroma::Assessment a =
        aroma::score(fd, aroma::Options<>{.classifier = file.classifier("cdg/mobile")});

    // on a timer; costs one stat() if the file is unchanged
    // a missing or invalid file leaves the thresholds unchanged
    if (aroma::Reloaded now = file.reload(); now.news)
        log(message(now), now.parsed.line);
    // [threshold_file]
    fmt::print("{} {}\n", a, t.unstable_below);
}

// [method]
struct Worse { // the worse of the excess's score and TCP's ratio
    template <aroma::duration_like D>
    constexpr aroma::Score operator()(aroma::RttSample<D> const& s) const noexcept
    {
        aroma::Score const a = aroma::ReferenceOverExcess{}(s), b = aroma::MinOverSmoothed{}(s);
        return !a.known() || b.value() < a.value() ? b : a;
    }
};

aroma::Assessment by_the_worse(int fd)
{
    return aroma::score(fd, aroma::Options<Worse>{});
}
// [method]

void samples_of_any_kind(std::vector<aroma::RttSample<aroma::Microseconds>> const& samples)
{
    std::vector<aroma::Score> scores(samples.size());
    // [samples]
    // the original Aroma's worked example: 0.1, suspicious
    auto a = aroma::assess(aroma::RttSample{5ms, 50ms});
    // with an application RTT of 65 ms
    auto b = aroma::assess(aroma::RttSample{5ms, 5ms, 1ms, 65ms});
    // many at once, from anything with data() and size()
    aroma::ScoreCalculator<>{}(samples, scores);
    // [samples]
    fmt::print("{:l}\n{:l}\n{}\n", a, b, scores[0]);
}

} // namespace

int main()
{
    ask_a_socket(-1, {});
    with_a_history(-1, "/", "/a", "HTTP/1.1 302 Found");
    without_descriptor("nowhere", 1, "nowhere", 1);
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> const context{
        SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> const ssl{SSL_new(context.get()), SSL_free};
    tls(context.get(), ssl.get()); // no handshake, nothing to say
    thresholds(-1, {.unstable_below = 0.1, .suspicious_below = 0.3, .proxy_below = 0.7});
    auto const file = std::make_unique<aroma::ThresholdFile<>>("/no/such/file");
    usual(-1, 0, "/no/such/folder/baseline");
    metrics(-1, *std::make_unique<aroma::Baseline<64>>(), *std::make_unique<aroma::Baseline<64>>());
    calibration(-1, *std::make_unique<aroma::Baseline<64>>(), *file);
    fmt::print("{}\n", by_the_worse(-1));
    samples_of_any_kind({{.minimum = aroma::Microseconds{9}, .smoothed = aroma::Microseconds{10}}});
}
