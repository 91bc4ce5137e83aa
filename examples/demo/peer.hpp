// SPDX-License-Identifier: BSL-1.0
//
// The measurements of one TCP connection: constant memory, and nothing that identifies the client.
#ifndef AROMA_EXAMPLES_DEMO_PEER_HPP
#define AROMA_EXAMPLES_DEMO_PEER_HPP

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>

#include "../common/network.hpp"
#include "judge.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace demo {

enum class Kind : std::uint8_t { opening, tls, redirect, fetch, ping };
constexpr std::array<std::string_view, 5> kinds = {"opening", "tls", "redirect", "fetch", "ping"};

// The RTTs of one kind of exchange, in microseconds.
struct Seen {
    std::uint32_t count = 0, lowest = 0, last = 0, excess = 0; // the lowest excess
};
using Exchanges = std::array<Seen, kinds.size()>;

// What the client's machine answers by itself, and by what its answer is known.
struct Probe {
    Kind kind{};
    std::uint64_t token = 0; // 0: none
    bool unprompted = false; // sent at a moment that the client could not choose
};

// Whether both ends have one address, as on loopback.
inline bool same_machine(int fd)
{
    sockaddr_storage here{}, there{};
    socklen_t here_size = sizeof here, there_size = sizeof there;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &here_size) != 0
        || ::getpeername(fd, reinterpret_cast<sockaddr*>(&there), &there_size) != 0)
        return false;
    aroma::Endpoint const local{reinterpret_cast<sockaddr*>(&here), here_size};
    aroma::Endpoint remote{reinterpret_cast<sockaddr*>(&there), there_size};
    remote.port = local.port;
    return remote == local;
}

class Peer {
public:
    Peer(std::uint64_t number, Judge const& judge, int fd)
        : judge_{&judge}, number_{number}, network_{examples::network_of(fd)},
          same_machine_{demo::same_machine(fd)}
    {
    }

    // The handshake, as aroma::openssl::observe() has measured it.
    void handshake(SSL const* ssl)
    {
        if (aroma::openssl::Handshake const* const seen = aroma::openssl::handshake(ssl)) {
            history_ = seen->history;
            add(Kind::opening, seen->opening);
            add(Kind::tls, seen->reply);
        }
    }

    // A request has arrived, or a ping is about to leave, and nothing is written for it yet.
    void look(int fd) { (void)aroma::score(fd, history_); }

    // A probe has just been written, whole.
    void asked(int fd, Probe const& probe)
    {
        if (aroma::probe_sent(fd, history_, probe.token, {.unprompted = probe.unprompted})
            == aroma::Status::ok)
            out_ = probe;
    }

    // Is a probe out? With a token: is it that one?
    bool awaits() const { return history_.probing(); }
    bool awaits(std::uint64_t token) const { return awaits() && out_.token == token; }

    // Its answer has arrived, and brought this token.
    void answered(int fd, std::uint64_t token)
    {
        auto const now = std::chrono::steady_clock::now().time_since_epoch();
        aroma::TcpInfo const info = aroma::read(fd);
        int const before = history_.counted();
        aroma::TcpInfo const reply = aroma::timed(info, aroma::Exchange::reply, aroma::clock_tick(),
                                                  history_.since_probe(now));
        (void)aroma::probe_answered(info, history_, token, now);
        if (history_.counted() > before)
            add(out_.kind, reply);
    }

    std::uint64_t number() const { return number_; }
    std::uint64_t network() const { return network_; }
    aroma::Assessment assess() const { return history_.assess(judge_->classifier()); }
    aroma::Assessment published() const { return history_.assess(); } // by Aroma's thresholds
    int counted() const { return history_.counted(); }
    int voided() const { return history_.voided(); }
    aroma::Status last_void() const { return history_.last_void(); } // ok: none was
    bool cleared() const { return history_.cleared(judge_->classifier()); }

    // Whether it has enough probes to be let in without a challenge. If not, more are due.
    bool finished() const
    {
        aroma::Band const band = assess().band;
        return counted() >= least_probes
            && (band == aroma::Band::normal || band == aroma::Band::unstable);
    }
    // Whether its path can be judged. A proxy may be reported sooner than ruled out.
    bool measured_enough() const
    {
        aroma::Band const band = assess().band;
        return accuses(band) || finished();
    }

    // Is there no path to speak of? What accuses is a proxy on this machine too.
    bool same_machine() const { return same_machine_ && finished(); }

    static constexpr int least_probes = 2;

    Exchanges const& exchanges() const { return seen_; }

private:
    void add(Kind kind, aroma::TcpInfo const& info)
    {
        if (info.status != aroma::Status::ok || !measured(info.rtt.application))
            return;
        Seen& seen = seen_[static_cast<std::size_t>(kind)];
        std::uint32_t const above = info.rtt.application.count(), below = info.rtt.minimum.count();
        std::uint32_t const excess = above > below ? above - below : 0;
        seen.last = above;
        seen.lowest = seen.count > 0 && seen.lowest < above ? seen.lowest : above;
        seen.excess = seen.count > 0 && seen.excess < excess ? seen.excess : excess;
        ++seen.count;
    }

    Judge const* judge_;
    aroma::ConnectionHistory history_;
    Probe out_; // the last one
    Exchanges seen_{};
    std::uint64_t number_ = 0; // counts this server's connections
    std::uint64_t network_ = 0;
    bool same_machine_ = false;
};

inline aroma::Microseconds excess(aroma::Assessment const& a)
{
    std::uint32_t const above = a.sample.application.count(), below = a.sample.minimum.count();
    return aroma::Microseconds{measured(a.sample.application) && above > below ? above - below : 0};
}

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_PEER_HPP
