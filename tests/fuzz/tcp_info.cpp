// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as the kernel's answer to getsockopt(TCP_INFO), at any moment, by any clock; and
// several of them as one connection's life.

#include "fuzz.hpp"

#include <aroma/connection_history.hpp>
#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <algorithm>

using namespace aroma;
using fuzz::holds;

namespace {

bool same(TcpInfo const& a, TcpInfo const& b)
{
    return a.status == b.status && a.error == b.error && a.state == b.state
        && a.options == b.options && a.rtt == b.rtt && a.snd_mss == b.snd_mss
        && a.unacked == b.unacked && a.last_data_sent == b.last_data_sent
        && a.last_data_recv == b.last_data_recv && a.last_ack_recv == b.last_ack_recv
        && a.advmss == b.advmss && a.total_retrans == b.total_retrans
        && a.bytes_acked == b.bytes_acked && a.notsent_bytes == b.notsent_bytes
        && a.data_segs_in == b.data_segs_in && a.data_segs_out == b.data_segs_out;
}

bool has_numbers(Status status)
{
    return status == Status::ok || status == Status::handshake_only;
}

void check_moment(TcpInfo const& info, Exchange moment, Microseconds tick, Microseconds stopwatch)
{
    TcpInfo const seen = at(info, moment, tick, stopwatch);
    fuzz::check(assess(seen));
    if (!has_numbers(info.status)) {
        holds(same(seen, info), "what has no numbers has none at any moment");
        return;
    }
    holds(seen.status == Status::ok || seen.status == Status::no_reply,
          "a moment is it, or it is not");
    if (seen.status != Status::ok) {
        holds(seen.rtt == info.rtt, "a moment that is not it measures nothing");
        return;
    }
    std::uint64_t const minimum = info.rtt.minimum.count(),
                        application = seen.rtt.application.count();
    holds(measured(seen.rtt.application) && application >= minimum,
          "nobody answers before light does");
    // Three seconds, and what a stopwatch may add.
    holds(application <= (moment == Exchange::opening ? minimum : 0) + 3'000'000 + 4000
              || application == minimum,
          "no reply of a person's");
    TcpInfo const by_stamps = at(info, moment, tick);
    holds(by_stamps.status == Status::ok && by_stamps.rtt.application <= seen.rtt.application,
          "a stopwatch never shortens the stamps' lower end");
    TcpInfo const coarser =
        at(info, moment, Microseconds{tick.count() + (tick.count() < ~std::uint32_t{0} ? 1 : 0)});
    holds(coarser.status == Status::ok && coarser.rtt.application <= by_stamps.rtt.application,
          "a coarser clock never accuses");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    auto const moment = in.flag() ? Exchange::reply : Exchange::opening;
    Microseconds const tick{in.take<std::uint32_t>()}, stopwatch{in.take<std::uint32_t>()};
    ConnectionHistory connection{Caution{in.take<std::uint8_t>()}};
    int exchanges = 0;
    std::uint32_t lowest = 0;
    do {
        std::string_view const bytes = in.text(232);
        TcpInfo const info = decode(bytes.data(), bytes.size());
        Assessment const a = assess(info);
        fuzz::check(a);
        holds((bytes.size() < 152) == (info.status == Status::kernel_too_old),
              "too old is whoever reports no minimum");
        holds(same(info, decode(bytes.data(), std::min(bytes.size(), std::size_t{160}))),
              "what is behind the fields counts for nothing");
        if (has_numbers(info.status))
            holds(measured(info.rtt.minimum) && measured(info.rtt.smoothed),
                  "no status of a measurement without one");
        if (a.status == Status::ok && info.rtt.minimum <= info.rtt.smoothed) {
            // a double where registers hold more
            double const volatile quotient =
                static_cast<double>(info.rtt.minimum.count()) / info.rtt.smoothed.count();
            holds(a.score.value() == quotient, "the score is the quotient");
        }
        holds(segment_shortfall(info) <= info.advmss, "no more is missing than there would be");
        fuzz::check(assess(info, MinOverSmoothed::near_floor));
        check_moment(info, moment, tick, stopwatch);
        check_moment(info, moment == Exchange::reply ? Exchange::opening : Exchange::reply, tick,
                     {});

        // The memory of a connection: the lowest excess, whatever came in between.
        TcpInfo const seen = at(info, moment, tick, stopwatch);
        Assessment const remembered = detail::remember(seen, moment, connection, {});
        if (seen.status == Status::ok) {
            std::uint32_t const excess = seen.rtt.application.count() - seen.rtt.minimum.count();
            lowest = exchanges == 0 ? excess : std::min(lowest, excess);
            ++exchanges;
        } else if (info.status == Status::ok) {
            connection.observe(info.rtt);
        }
        fuzz::check(remembered);
        fuzz::check(connection.assess());
        holds(connection.exchanges(moment) == exchanges
                  && connection.exchanges(moment == Exchange::reply ? Exchange::opening
                                                                    : Exchange::reply)
                         == 0,
              "each exchange is counted once");
        holds(connection.lowest_excess(moment).count() == lowest, "the lowest excess is kept");
    } while (in.left() > 0);
    return 0;
}
