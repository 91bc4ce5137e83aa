// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as the kernel's answer to getsockopt(TCP_INFO), at any moment, by any clock; and
// several of them as one connection's life.

#include "fuzz.hpp"

#include "../support/same_history.hpp"

#include <aroma/connection_history.hpp>
#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <algorithm>
#include <cstring>

using namespace aroma;
using fuzz::holds;

namespace {

bool has_numbers(Status status)
{
    return status == Status::ok || status == Status::handshake_only;
}

void check_moment(TcpInfo const& info, Exchange moment, Microseconds tick, Microseconds stopwatch)
{
    TcpInfo const seen = timed(info, moment, tick, stopwatch);
    fuzz::check(assess(seen));
    if (!has_numbers(info.status)) {
        holds(seen == info, "what has no numbers has none at any moment");
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
    TcpInfo without_echo = info;
    without_echo.rcv_rtt = 0; // of an opening it is a stopwatch too
    TcpInfo const by_stamps = timed(without_echo, moment, tick);
    holds(by_stamps.status == Status::ok && by_stamps.rtt.application <= seen.rtt.application,
          "a stopwatch never shortens the stamps' lower end");
    TcpInfo const coarser =
        timed(without_echo, moment,
              Microseconds{tick.count() + (tick.count() < ~std::uint32_t{0} ? 1 : 0)});
    holds(coarser.status == Status::ok && coarser.rtt.application <= by_stamps.rtt.application,
          "a coarser clock never accuses");
}

// What score(fd), with a history or without, makes of that answer is what all its numbers say.
void check_by_answer(std::string_view bytes, ConnectionHistory const& before)
{
    auto const answer = [bytes](int, int, int, void* value, socklen_t* length) {
        std::memcpy(value, bytes.data(), std::min(bytes.size(), std::size_t{*length}));
        *length = static_cast<socklen_t>(bytes.size());
        return 0;
    };
    TcpInfo const info = detail::read_by(-1, answer);
    if (bytes.empty() || bytes.front() != 0) // which no kernel answers: nothing was written
        holds(info == decode(bytes.data(), std::min(bytes.size(), std::size_t{224})),
              "what is read is what was answered");
    holds(detail::score_by(answer, -1, detail::NoOptions{}) == assess(info),
          "the quick path says what the whole says");
    if (info.status == Status::handshake_only) {
        ConnectionHistory alone;
        Assessment const a = assess(info, alone);
        holds(assess(info)
                  == (a.status == Status::ok
                          ? a
                          : Assessment{.status = info.status, .sample = info.rtt}),
              "a first request says what it says with a new history");
    }
    ConnectionHistory quick = before, whole = before;
    holds(detail::score_by(answer, -1, detail::NoOptions{}, quick) == assess(info, whole),
          "and with a history");
    holds(is_same(quick, whole, send_position(info)), "which it leaves the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    auto const moment = in.flag() ? Exchange::reply : Exchange::opening;
    Microseconds const tick{in.take<std::uint32_t>()}, stopwatch{in.take<std::uint32_t>()};
    ConnectionHistory history{HistoryOptions{.min_exchanges = in.take<std::uint8_t>()}};
    std::uint32_t minimum = ~std::uint32_t{0};
    do {
        std::string_view const bytes = in.text(232);
        TcpInfo const info = decode(bytes.data(), bytes.size());
        Assessment const a = assess(info, Options<>{.tick = tick});
        fuzz::check(a);
        holds((bytes.size() < 152) == (info.status == Status::kernel_too_old),
              "too old is a kernel that reports no minimum");
        holds(info == decode(bytes.data(), std::min(bytes.size(), std::size_t{216})),
              "what is behind the fields counts for nothing");
        if (has_numbers(info.status))
            holds(measured(info.rtt.minimum) && measured(info.rtt.smoothed),
                  "no status of a measurement without one");
        if (a.basis == Basis::min_over_smoothed && info.rtt.minimum <= info.rtt.smoothed) {
            // a double where registers hold more
            double const volatile quotient =
                static_cast<double>(info.rtt.minimum.count()) / info.rtt.smoothed.count();
            holds(a.score.value() == quotient, "the score is the quotient");
        }
        holds(segment_shortfall(info) <= info.advmss, "no more is missing than there would be");
        fuzz::check(assess(info, Options<>{.application_rtt = MinOverSmoothed::near_floor}));
        check_moment(info, moment, tick, stopwatch);
        check_moment(info, moment == Exchange::reply ? Exchange::opening : Exchange::reply, tick,
                     {});

        // The history of a connection, whatever is done with it in whatever order.
        ConnectionHistory const before = history;
        check_by_answer(bytes, before);
        Options<> const options{.tick = tick};
        std::uint64_t const token = in.take<std::uint8_t>(); // 0 is none
        Nanoseconds const now{in.take<std::uint64_t>()};
        std::uint8_t const what = in.take<std::uint8_t>();
        Assessment seen;
        if (what % 3 == 0) {
            seen = assess(info, history, options);
            holds(history.counted() == before.counted(), "a look is no exchange");
        } else if (what % 3 == 1) {
            Status const sent =
                probe_sent(info, history, token, now,
                           {.unprompted = (what & 4) != 0, .any_pieces = (what & 8) != 0});
            holds(history.counted() == before.counted(), "a question is no answer");
            holds(history.probing() == (sent == Status::ok), "a void probe is not out");
            holds(sent == Status::ok || history.last_void() == sent, "and its history says why");
        } else {
            seen = probe_answered(info, history, token, now, options);
            bool const counted = history.counted() > before.counted();
            holds(!counted || (before.probing() && token != 0 && has_numbers(info.status)),
                  "what counts was asked and answered");
            holds(!history.probing(), "an answer ends a probe");
            holds(before.probing() || history.voided() == before.voided(),
                  "what was not asked is not void");
        }
        fuzz::check(seen);
        Assessment const all = history.assess();
        fuzz::check(all);
        if (has_numbers(info.status) && what % 3 != 1)
            minimum = std::min(minimum, info.rtt.minimum.count());
        holds(history.counted() > 0
                  || (all.band != Band::normal && all.band != Band::unstable
                      && all.band != Band::proxy),
              "without a counted probe nobody is cleared, and nobody a proxy");
        holds(!history.cleared()
                  || (history.counted() >= ConnectionHistory::probes_to_clear
                      && (all.band == Band::normal || all.band == Band::unstable)),
              "cleared is more than normal");
        if (measured(all.sample.minimum) && minimum != ~std::uint32_t{0})
            holds(all.sample.minimum.count() <= minimum, "the life's lowest RTT is kept");
    } while (in.left() > 0);
    return 0;
}
