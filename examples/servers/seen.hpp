// SPDX-License-Identifier: BSL-1.0
//
// The history of one TLS connection with a log of its exchanges, as one JSON object.
#ifndef AROMA_EXAMPLES_SEEN_HPP
#define AROMA_EXAMPLES_SEEN_HPP

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>

#include "../common/json.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <openssl/ssl.h>

namespace examples {

constexpr std::size_t most_logged = 64; // exchanges

class Seen {
public:
    // Uses the history that aroma::openssl::observe() began, as long as the SSL lives.
    void handshake(SSL* ssl)
    {
        if (aroma::openssl::Handshake const* const handshake = aroma::openssl::handshake(ssl)) {
            of_ssl_ = aroma::openssl::history(ssl);
            log_.push_back({"opening", handshake->opening});
            log_.push_back({"tls", handshake->reply});
        }
    }

    aroma::ConnectionHistory& history() { return of_ssl_ ? *of_ssl_ : own_; }

    // Logs a request that answers no probe.
    void request(int fd) { log("request", aroma::read(fd)); }

    // Calls aroma::probe_answered(), and logs the numbers.
    void answered(std::string_view what, int fd, std::uint64_t token)
    {
        auto const now = std::chrono::steady_clock::now().time_since_epoch();
        aroma::TcpInfo const info = aroma::read(fd);
        aroma::TcpInfo reply = aroma::timed(info, aroma::Exchange::reply, aroma::clock_tick(),
                                            history().since_probe(now));
        int const counted = history().counted();
        (void)aroma::probe_answered(info, history(), token, now);
        if (history().counted() == counted)
            reply.status = history().last_void();
        log(what, reply);
    }

    // stamps_ms is the difference of the kernel's timestamps, before a tick is subtracted and the
    // stopwatch refines it; segments are those received, all and with data.
    std::string to_json() const
    {
        aroma::ConnectionHistory const& history = of_ssl_ ? *of_ssl_ : own_;
        std::string all;
        for (auto const& [what, info] : log_) {
            bool const counts = info.status == aroma::Status::ok && measured(info.rtt.application);
            all += all.empty() ? "" : ",";
            all += examples::to_json(
                aroma::assess(info),
                fmt::format(
                    R"("moment":"{}","stamps_ms":{},"rcv_rtt_us":{},"segments":[{},{}])", what,
                    counts ? fmt::to_string(info.last_data_sent - info.last_data_recv) : "null",
                    info.options & aroma::detail::option_timestamps ? info.rcv_rtt : 0,
                    info.segs_in, info.data_segs_in));
        }
        return examples::to_json(
            history.assess(),
            fmt::format(R"("tick_us":{},"replies":{},"probes":{},"cleared":{},"moments":[{}])",
                        aroma::clock_tick().count(), history.counted(),
                        history.counted() + history.voided(), history.cleared(), all));
    }

private:
    struct Logged {
        std::string_view what;
        aroma::TcpInfo info;
    };

    void log(std::string_view what, aroma::TcpInfo const& info)
    {
        log_.push_back({what, info});
        if (log_.size() > most_logged)
            log_.erase(log_.begin() + 2); // the handshake's stay
    }

    std::vector<Logged> log_;
    aroma::ConnectionHistory own_; // of a connection without a ClientHello
    aroma::ConnectionHistory* of_ssl_ = nullptr;
};

} // namespace examples

#endif // AROMA_EXAMPLES_SEEN_HPP
