// SPDX-License-Identifier: BSL-1.0
//
// Facts about linux/score.hpp: what an opening alone says, with a history and without, and probes
// by the kernel's counters.

#include "stamps.hpp"

#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <chrono>
#include <type_traits>

namespace {

using namespace aroma;
using namespace facts;
using namespace std::chrono_literals;

// An RTT measured elsewhere, by any duration.
static_assert(assess(opening, Options<>{.application_rtt = 64ms}).status == Status::ok
              && assess(opening, Options<>{.application_rtt = 64ms}).sample.application
                     == Microseconds{64 * ms});
static_assert(assess(reply, Options<>{.application_rtt = 0ms}).basis == Basis::min_over_smoothed
                  && assess(reply, Options<>{.application_rtt = -1ms}).basis
                         == Basis::min_over_smoothed,
              "none was measured");
static_assert(assess(TcpInfo{.status = Status::not_tcp}, Options<>{.application_rtt = 64ms}).status
              == Status::not_tcp);
static_assert(
    assess(reply, Options<ReferenceOverExcess>{.application_rtt = 60ms}).band == Band::suspicious
        && assess(reply, Options<TransportOverApplication>{.application_rtt = 40ms}).score.value()
               == 0.5,
    "by another formula");

// score(fd) without a history: an opening of 50 ms and more speaks on a first request, and nothing
// else does.
constexpr Options<> at_this_tick{.tick = tick};
constexpr TcpInfo opening_after(std::uint32_t gap_ms)
{
    return but(opening, [=](auto& i) { i.last_data_sent = 2 + gap_ms; });
}
static_assert(assess(opening_after(55), at_this_tick).band == Band::suspicious
              && assess(opening_after(55), at_this_tick).status == Status::ok
              && assess(opening_after(55), at_this_tick).basis == Basis::reference_over_excess);
static_assert(assess(opening_after(2000), at_this_tick).band == Band::suspicious, "never worse");
static_assert(assess(opening_after(54), at_this_tick).status == Status::handshake_only
              && assess(opening_after(54), at_this_tick).band == Band::unknown
              && assess(opening_after(0), at_this_tick).status == Status::handshake_only);

// A first request of several segments is one write if all but the last are full: a head and a body
// in two writes wait for each other, by Nagle's algorithm or for a 100 Continue.
constexpr Assessment opening_in(std::uint32_t segments, std::uint64_t bytes,
                                std::uint32_t rcv_mss = 1448)
{
    return assess(but(opening_after(500),
                      [=](auto& i) {
                          i.data_segs_in = segments;
                          i.bytes_received = bytes;
                          i.rcv_mss = rcv_mss;
                          i.snd_mss = 1448;
                      }),
                  at_this_tick);
}
static_assert(opening_in(1, 300, 536).band == Band::suspicious);
static_assert(opening_in(2, 1449).band == Band::suspicious
              && opening_in(2, 1448).status == Status::handshake_only
              && opening_in(2, 600).status == Status::handshake_only);
static_assert(opening_in(2, 1449, 1200).status == Status::handshake_only,
              "smaller segments do not show it");
static_assert(opening_in(10, 9 * 1448 + 1).band == Band::suspicious
                  && opening_in(11, 10 * 1448 + 1).status == Status::handshake_only,
              "more than an initial window is an upload");
static_assert(
    assess(but(opening_after(500), [](auto& i) { i.data_segs_out = 1; }), at_this_tick).status
    == Status::handshake_only);

// And with one: the opening is taken once, and a person's pause never.
constexpr Assessment asked(ConnectionHistory& history, TcpInfo const& info)
{
    return assess(info, history, at_this_tick);
}
static_assert([] {
    ConnectionHistory history;
    Assessment const first = asked(history, opening_after(500));
    Assessment const again = asked(history, opening_after(900)); // the rest of the same request
    return first.band == Band::suspicious && again.band == Band::suspicious
        && history.opening_excess() == Microseconds{496 * ms};
}());
static_assert([] { // clicks of a person who takes 1.5 s
    ConnectionHistory history;
    if (asked(history, opening_after(0)).status != Status::unprobed)
        return false;
    for (int i = 0; i < 5; ++i)
        if (asked(history, but(reply, [](auto& info) { info.last_data_sent = 1502; })).status
            != Status::unprobed)
            return false;
    return history.counted() == 0 && history.voided() == 0;
}());
static_assert([] {
    ConnectionHistory history;
    Assessment const upload =
        asked(history, but(opening_after(500), [](auto& info) { info.data_segs_in = 40; }));
    return upload.status == Status::unprobed && !history.opened();
}());
static_assert([] {
    ConnectionHistory history;
    return asked(history, {.status = Status::bad_descriptor}).status;
}() == Status::bad_descriptor);

// A probe by the kernel's counters.
constexpr TcpInfo idle = but(reply, [](auto& i) {
    i.bytes_sent = i.bytes_acked = 3000;
    i.snd_mss = 1448;
    i.has_position = true;
});
constexpr TcpInfo asking = but(idle, [](auto& i) {
    i.bytes_sent = 3200;
    i.data_segs_out = 4;
    i.unacked = 1;
});
constexpr TcpInfo answering(std::uint32_t gap_ms)
{
    return but(asking, [=](auto& i) {
        i.unacked = 0;
        i.bytes_acked = 3200;
        i.last_data_recv = 0;
        i.last_ack_recv = 0;
        i.last_data_sent = gap_ms;
        i.data_segs_in = 3;
    });
}
struct Probed {
    Status sent;
    Assessment answered;
    ConnectionHistory history;
};
constexpr Probed probe(TcpInfo const& at_sent, TcpInfo const& at_answer,
                       std::uint64_t token = token_of("/a"))
{
    ConnectionHistory history;
    (void)asked(history, idle);
    Status const sent = probe_sent(at_sent, history, token_of("/a"), Nanoseconds{1'000'000});
    Assessment const a =
        probe_answered(at_answer, history, token, Nanoseconds{23'000'000}, at_this_tick);
    return {sent, a, history};
}
static_assert(probe(asking, answering(24)).sent == Status::ok
                  && probe(asking, answering(24)).answered.status == Status::ok
                  && probe(asking, answering(24)).answered.band == Band::normal
                  && probe(asking, answering(24)).answered.sample.application
                         == Microseconds{22 * ms},
              "its own stopwatch, within the tick");
static_assert(probe(asking, answering(24), token_of("/b")).answered.status == Status::probe_token);
static_assert(probe(asking, {.status = Status::bad_descriptor}).answered.status
                      == Status::bad_descriptor
                  && probe(asking, {.status = Status::bad_descriptor}).history.last_void()
                         == Status::bad_descriptor,
              "what could not be read is no position");
static_assert(probe(asking, answering(15)).answered.status == Status::probe_too_quick,
              "under way before the question came");
static_assert(probe(asking, answering(3001)).answered.status == Status::no_reply, "a person");
constexpr TcpInfo near_answering(std::uint32_t gap_ms)
{
    return but(answering(gap_ms), [](auto& i) { i.rtt.minimum = Microseconds{5 * ms}; });
}
static_assert(probe(asking, near_answering(14)).answered.status == Status::ok
                  && probe(asking, near_answering(13)).answered.status == Status::probe_in_pieces,
              "22 ms after probe_sent() and two ticks, a part of the question left 13 ms ago");
static_assert(
    probe(asking, but(answering(24), [](auto& i) { i.bytes_sent = 3207; })).answered.status
    == Status::probe_interrupted);
static_assert(probe(asking, but(answering(24),
                                [](auto& i) {
                                    i.bytes_sent = 3400;
                                    i.bytes_retrans = 200;
                                    i.total_retrans = 1;
                                }))
                  .answered.status
              == Status::probe_retransmitted);
static_assert(probe(but(asking,
                        [](auto& i) {
                            i.bytes_sent = 3000;
                            i.notsent_bytes = 200;
                        }),
                    answering(24))
                  .sent
              == Status::probe_queued);
static_assert(probe(but(asking, [](auto& i) { i.has_position = false; }), answering(24)).sent
                  == Status::kernel_too_old
              && probe(but(asking, [](auto& i) { i.status = Status::closed; }), answering(24)).sent
                     == Status::closed);
static_assert(probe(asking, TcpInfo{.status = Status::closed}).answered.status == Status::closed);
static_assert(send_position(asking).written == 3200 && send_position(asking).acknowledged == 3000
              && send_position(asking).segments == 4 && send_position(asking).segment_size == 1448
              && send_position(but(asking, [](auto& i) { i.notsent_bytes = 100; })).queued == 100);

static_assert(noexcept(score(0)) && noexcept(read(0)) && noexcept(score(0, Options<>{
                                                                               .classifier = {}})));
static_assert(std::is_same_v<decltype(score(0)), Assessment>);
static_assert(std::is_same_v<decltype(score(0, Options<TransportOverApplication>{})), Assessment>);

} // namespace
