// SPDX-License-Identifier: BSL-1.0
//
// Facts about exchanges: when the kernel's two stamps are an application RTT, and when they show
// that they are none.

#include <aroma/exchange.hpp>
#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <bit>
#include <chrono>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

constexpr Microseconds tick{4000};
constexpr std::uint32_t ms = 1000;

// 20 ms away; the client's first data came 48 ms after the handshake's last ACK, 2 ms ago.
constexpr TcpInfo opening{.status = Status::handshake_only,
                          .state = TcpState::established,
                          .rtt = {.minimum = Microseconds{20 * ms},
                                  .smoothed = Microseconds{20 * ms},
                                  .variation = Microseconds{10 * ms}},
                          .last_data_sent = 50,
                          .last_data_recv = 2,
                          .last_ack_recv = 2,
                          .data_segs_in = 1};
// The client has answered after 64 ms what we sent last.
constexpr TcpInfo reply = [] {
    TcpInfo info = opening;
    info.status = Status::ok;
    info.last_data_sent = 66;
    info.bytes_acked = 3000;
    info.data_segs_in = 2;
    info.data_segs_out = 3;
    return info;
}();

template <class Change>
constexpr TcpInfo but(TcpInfo info, Change change)
{
    change(info);
    return info;
}
constexpr Status status(TcpInfo const& info, Exchange moment)
{
    return timed(info, moment, tick).status;
}

// The tick is taken off, and the opening is counted from the SYN-ACK: minimum + (handshake done to
// first data).
static_assert(status(opening, Exchange::opening) == Status::ok);
static_assert(timed(opening, Exchange::opening, tick).rtt.application
              == Microseconds{(20 + 48 - 4) * ms});
static_assert(timed(opening, Exchange::opening, Microseconds{1 * ms}).rtt.application
              == Microseconds{(20 + 48 - 1) * ms});
static_assert(status(reply, Exchange::reply) == Status::ok);
static_assert(timed(reply, Exchange::reply, tick).rtt.application == Microseconds{(64 - 4) * ms});
static_assert(assess(timed(reply, Exchange::reply, tick)).basis == Basis::reference_over_excess);
static_assert(assess(timed(reply, Exchange::reply, tick)).band == Band::suspicious,
              "an excess of 40 ms");
static_assert(assess(reply).basis == Basis::min_over_smoothed,
              "without a moment there is TCP's own ratio");

// A coarse clock never accuses: within one tick of the RTT there is no excess, and never less than
// the RTT itself.
static_assert(timed(but(reply, [](auto& i) { i.last_data_sent = 2 + 24; }), Exchange::reply, tick)
                  .rtt.application
              == Microseconds{20 * ms});
static_assert(timed(but(reply, [](auto& i) { i.last_data_sent = 2 + 16; }), Exchange::reply, tick)
                  .rtt.application
              == Microseconds{20 * ms});
static_assert(assess(timed(but(reply, [](auto& i) { i.last_data_sent = 2 + 16; }), Exchange::reply,
                           tick))
                  .score.value()
              == 1);
static_assert(timed(but(reply, [](auto& i) { i.last_data_sent = 2 + 16; }), Exchange::reply,
                    Microseconds{4294967295})
                      .rtt.application
                  == Microseconds{20 * ms},
              "the coarsest of all");
static_assert(timed(but(opening, [](auto& i) { i.last_data_sent = 2; }), Exchange::opening, tick)
                  .rtt.application
              == Microseconds{20 * ms});

static_assert(timed(but(opening,
                        [](auto& i) { i.rtt.minimum = Microseconds{4294967293 - 44 * ms}; }),
                    Exchange::opening, tick)
                  .rtt.application
              == Microseconds{4294967293});
static_assert(timed(but(opening, [](auto& i) { i.rtt.minimum = Microseconds{4294967290}; }),
                    Exchange::opening, tick)
                  .rtt.application
              == Microseconds{4294967294});

// The wrong moment, where the numbers show it.
constexpr auto wrong = [](auto const& info, Exchange moment, auto change) {
    return status(but(info, change), moment) == Status::no_reply;
};
static_assert(wrong(opening, Exchange::opening, [](auto& i) { i.data_segs_in = 0; }),
              "nothing has arrived");
static_assert(wrong(opening, Exchange::opening, [](auto& i) { i.data_segs_out = 1; }),
              "the server spoke first");
static_assert(wrong(opening, Exchange::opening, [](auto& i) { i.notsent_bytes = 1; }),
              "and it has not even left");
static_assert(wrong(opening, Exchange::opening, [](auto& i) { i.options = 7 | 128; }),
              "Fast Open: the data came with the SYN");
static_assert(!wrong(opening, Exchange::opening, [](auto& i) { i.options = 127; }),
              "all other options are none of this");
static_assert(wrong(opening, Exchange::opening, [](auto& i) { i.last_data_sent = 2 + 3001; }),
              "a person");
static_assert(!wrong(opening, Exchange::opening, [](auto& i) { i.last_data_sent = 2 + 3000; }));
static_assert(wrong(reply, Exchange::reply, [](auto& i) { i.data_segs_out = 0; }),
              "nothing was ever sent");
static_assert(wrong(reply, Exchange::reply, [](auto& i) { i.data_segs_in = 0; }),
              "nothing was ever received");
static_assert(wrong(reply, Exchange::reply, [](auto& i) { i.last_data_sent = 1; }),
              "something was sent since");
static_assert(wrong(reply, Exchange::reply, [](auto& i) { i.unacked = 1; }), "and is on its way");
static_assert(wrong(reply, Exchange::reply, [](auto& i) { i.notsent_bytes = 1; }),
              "or not even that");
static_assert(wrong(reply, Exchange::reply, [](auto& i) { i.last_ack_recv = 1; }),
              "sent since, within a tick, and acknowledged later");
static_assert(!wrong(reply, Exchange::reply,
                     [](auto& i) { i.last_ack_recv = 1, i.state = TcpState::close_wait; }),
              "that is the client's FIN");
static_assert(wrong(reply, Exchange::reply, [](auto& i) { i.last_data_sent = 2 + 15; }),
              "sooner than light: pipelined");
static_assert(wrong(reply, Exchange::reply, [](auto& i) { i.last_data_sent = 2 + 3001; }),
              "a person");
static_assert(wrong(reply, Exchange::opening, [](auto&) {})
              && wrong(opening, Exchange::reply, [](auto&) {}));

// What is no connection stays what it is, and a wrong moment keeps the numbers.
static_assert(status({.status = Status::not_tcp}, Exchange::reply) == Status::not_tcp);
static_assert(status(but(reply, [](auto& i) { i.status = Status::closed; }), Exchange::reply)
              == Status::closed);
static_assert(status(but(opening, [](auto& i) { i.status = Status::no_sample; }), Exchange::opening)
              == Status::no_sample);
static_assert(!measured(timed(opening, Exchange::reply, tick).rtt.application)
              && timed(opening, Exchange::reply, tick).rtt.minimum == Microseconds{20 * ms});

// A stopwatch refines within the tick. Beyond it, it has counted the server's own delays, and moves
// the figure by 4 ms at most.
constexpr Microseconds by(std::uint32_t stopwatch)
{
    return timed(reply, Exchange::reply, tick, Microseconds{stopwatch}).rtt.application;
}
static_assert(by(62'345) == Microseconds{62'345} && by(60 * ms) == Microseconds{60 * ms}
              && by(68 * ms) == Microseconds{68 * ms});
static_assert(by(68 * ms + 1) == Microseconds{64 * ms} && by(500 * ms) == Microseconds{64 * ms}
              && by(59'999) == Microseconds{60 * ms});
static_assert(
    timed(reply, Exchange::reply, Microseconds{10 * ms}, Microseconds{68 * ms}).rtt.application
    == Microseconds{68 * ms});
static_assert(
    timed(reply, Exchange::reply, Microseconds{10 * ms}, Microseconds{69 * ms}).rtt.application
        == Microseconds{58 * ms},
    "HZ=100");
static_assert(by(0) == Microseconds{60 * ms}, "no stopwatch");

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
static_assert([] { // clicks of somebody who takes 1.5 s
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
static_assert(position(asking).written == 3200 && position(asking).acknowledged == 3000
              && position(asking).segments == 4 && position(asking).segment_size == 1448
              && position(but(asking, [](auto& i) { i.notsent_bytes = 100; })).queued == 100);

// The stamps as bytes.
constexpr auto decoded = [] {
    unsigned char bytes[216]{};
    auto const put = [&](int offset, unsigned char value) {
        bytes[offset + (std::endian::native == std::endian::big ? 3 : 0)] = value;
    };
    bytes[5] = 39;
    put(24, 1), put(44, 2), put(52, 3), put(56, 4), put(144, 5), put(152, 6), put(156, 7);
    bytes[200 + (std::endian::native == std::endian::big ? 7 : 0)] = 8;
    bytes[208 + (std::endian::native == std::endian::big ? 7 : 0)] = 9;
    return decode(bytes, sizeof bytes);
}();
static_assert(decoded.options == 39 && decoded.unacked == 1 && decoded.last_data_sent == 2
              && decoded.last_data_recv == 3 && decoded.last_ack_recv == 4);
static_assert(decoded.notsent_bytes == 5 && decoded.data_segs_in == 6
              && decoded.data_segs_out == 7);
static_assert(decoded.bytes_sent == 8 && decoded.bytes_retrans == 9 && decoded.has_position);

// A stopwatch, by any monotonic clock.
using Clock = std::chrono::steady_clock;
constexpr Clock::time_point start{1000h};
constexpr Microseconds taken = [] {
    Stopwatch watch;
    watch.sent(start);
    return watch.answered(start + 62'345us);
}();
static_assert(taken == Microseconds{62'345});
constexpr bool once = [] {
    Stopwatch watch;
    if (watch.running() || measured(watch.answered(start)))
        return false;
    watch.sent(Nanoseconds{5'000'000});
    watch.sent(Nanoseconds{7'000'000}); // the last byte counts
    return watch.running() && watch.answered(Nanoseconds{9'000'000}) == Microseconds{2000}
        && !watch.running() && !measured(watch.answered(Nanoseconds{99'000'000}));
}();
static_assert(once);
constexpr bool backwards = [] {
    Stopwatch watch;
    watch.sent(start);
    return !measured(watch.answered(start - 1s));
}();
static_assert(backwards, "a clock that goes backwards has measured nothing");

} // namespace
