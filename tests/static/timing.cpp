// SPDX-License-Identifier: BSL-1.0
//
// Facts about linux/timing.hpp: when the kernel's two stamps are an application RTT, and when they
// show that they are none.

#include "stamps.hpp"

#include <aroma/linux/score.hpp>
#include <aroma/linux/timing.hpp>

namespace {

using namespace aroma;
using namespace facts;

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

// The client's time stamp is a finer reading of the opening, if it is one of this opening: within
// the stamps' tick.
constexpr std::uint32_t opened_in(std::uint32_t rcv_rtt, std::uint8_t options = 1,
                                  Microseconds stopwatch = {})
{
    TcpInfo const echoed = but(opening, [&](auto& i) { i.rcv_rtt = rcv_rtt, i.options = options; });
    return timed(echoed, Exchange::opening, tick, stopwatch).rtt.application.count() / ms - 20;
}
static_assert(opened_in(68 * ms) == 47 && opened_in(66 * ms) == 45, "and 1 ms, its own step");
static_assert(opened_in(64 * ms) == 44 && opened_in(1 * ms) == 44 && opened_in(0) == 44,
              "a client can echo what it likes: by a tick");
static_assert(opened_in(73 * ms) == 52 && opened_in(74 * ms) == 48 && opened_in(~0u) == 48);
static_assert(opened_in(68 * ms, 0) == 44, "no time stamps: the time that a window took");
static_assert(opened_in(68 * ms, 1, Microseconds{46 * ms}) == 46, "a stopwatch is finer");
static_assert(timed(but(reply, [](auto& i) { i.rcv_rtt = 62 * ms, i.options = 1; }),
                    Exchange::reply, tick)
                  == but(timed(reply, Exchange::reply, tick),
                         [](auto& i) { i.rcv_rtt = 62 * ms, i.options = 1; }),
              "nor of a reply");

static_assert([] { // later, of three segments with data
    TcpInfo const later = but(reply, [](auto& i) {
        i.rcv_rtt = 62 * ms, i.options = 1, i.data_segs_in = 3, i.data_segs_out = 2;
    });
    return opening_by_time_stamp(later)
            == Microseconds{62 * ms - 1 * ms - later.rtt.minimum.count()}
        && !measured(opening_by_time_stamp(but(later, [](auto& i) { i.data_segs_in = 4; })))
        && measured(opening_by_time_stamp(
            but(later, [](auto& i) { i.data_segs_in = 4, i.data_segs_out = 0; })));
}());
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

// No segment has brought what arrived: by numbers that do not fit together nothing is an opening.
static_assert([] {
    TcpInfo info;
    info.bytes_received = 5;
    return !detail::may_be_opening(info);
}());

} // namespace
