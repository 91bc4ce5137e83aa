// SPDX-License-Identifier: BSL-1.0
//
// Facts about probe.hpp: which probes of a history count, which are void and why, what clears a
// client; and tokens.

#include <aroma/connection_history.hpp>
#include <aroma/probe.hpp>

#include <array>
#include <chrono>
#include <string_view>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

constexpr std::uint64_t token = 0x1234'5678'9ABC'DEF0;
constexpr Nanoseconds start{5'000'000'000};

// 3,000 bytes sent and acknowledged, in three segments.
constexpr SendPosition before{.written = 3000,
                              .acknowledged = 3000,
                              .segments = 3,
                              .retransmissions = 1,
                              .segment_size = 1448};
constexpr SendPosition asked = [] { // and 200 more, the question
    SendPosition position = before;
    position.written = 3200;
    position.segments = 4;
    return position;
}();
constexpr SendPosition answered = [] {
    SendPosition position = asked;
    position.acknowledged = 3200;
    return position;
}();

constexpr RttSample<std::chrono::milliseconds> reply_after(int ms)
{
    return {20ms, 20ms, 5ms, std::chrono::milliseconds{ms}};
}

constexpr ConnectionHistory looked = [] {
    ConnectionHistory history;
    history.observe(RttSample{20ms, 20ms, 5ms});
    history.observe(before);
    return history;
}();
constexpr ConnectionHistory probed = [] {
    ConnectionHistory history = looked;
    history.probe_sent(token, asked, start);
    return history;
}();

template <class Change>
constexpr SendPosition but(SendPosition position, Change change)
{
    change(position);
    return position;
}

struct Outcome {
    Status status;
    ConnectionHistory history;
};
constexpr Outcome sent(ConnectionHistory history, SendPosition const& position,
                       std::uint64_t with = token, ProbeOptions options = {})
{
    Status const status = history.probe_sent(with, position, start, options);
    return {status, history};
}
constexpr Outcome reply(ConnectionHistory history, SendPosition const& position, int ms = 21,
                        std::uint64_t with = token, Status measured_as = Status::ok)
{
    Status const status = history.probe_answered(with, position, reply_after(ms), measured_as);
    return {status, history};
}
constexpr bool is_void(Outcome const& outcome, Status why)
{
    return outcome.status == why && outcome.history.last_void() == why
        && outcome.history.counted() == 0 && outcome.history.voided() == 1
        && !outcome.history.probing() && outcome.history.assess().status == Status::probes_void
        && outcome.history.assess().band == Band::unknown;
}

// One that is answered counts.
static_assert(sent(looked, asked).status == Status::ok && probed.probing());
static_assert(!measured(probed.since_probe(Nanoseconds{4'999'000'000})),
              "a clock that goes backwards has measured nothing");
static_assert(probed.since_probe(Nanoseconds{5'021'000'000}) == Microseconds{21'000}
              && !measured(looked.since_probe(Nanoseconds{5'021'000'000})));
static_assert(reply(probed, answered).status == Status::ok
              && reply(probed, answered).history.counted() == 1
              && reply(probed, answered).history.voided() == 0
              && !reply(probed, answered).history.probing()
              && reply(probed, answered).history.assess().band == Band::normal
              && reply(probed, answered).history.assess().status == Status::ok);
static_assert(reply(probed, answered, 100).history.assess().band == Band::suspicious);

// The rules when it is sent.
static_assert(is_void(sent(looked, asked, 0), Status::probe_without_token));
static_assert(is_void(sent(looked, but(asked, [](auto& p) { p.queued = 1; })),
                      Status::probe_queued),
              "part of it waits for the client's window");
static_assert(is_void(sent(looked, before), Status::probe_unsent));
static_assert(is_void(sent(looked, but(asked, [](auto& p) { p.segments = 5; })),
                      Status::probe_in_pieces),
              "two writes");
constexpr SendPosition of_two_segments = but(asked, [](auto& p) {
    p.written = 3000 + 1449;
    p.segments = 5;
});
static_assert(sent(looked, of_two_segments).status == Status::ok, "one write");
static_assert(is_void(sent(looked, but(of_two_segments, [](auto& p) { p.written = 3000 + 1448; })),
                      Status::probe_in_pieces),
              "which one segment holds");
constexpr auto two_bytes_in_two_segments_of = [](std::uint32_t size) {
    return but(asked, [size](auto& p) {
        p.written = 3002;
        p.segments = 5;
        p.segment_size = size;
    });
};
static_assert(sent(looked, two_bytes_in_two_segments_of(1)).status == Status::ok
                  && sent(looked, two_bytes_in_two_segments_of(0)).status == Status::ok
                  && is_void(sent(looked, two_bytes_in_two_segments_of(2)),
                             Status::probe_in_pieces),
              "a size that was not reported divides nothing");
static_assert(is_void(sent(looked, but(of_two_segments, [](auto& p) { p.acknowledged = 3001; })),
                      Status::probe_in_pieces),
              "its beginning may have been read before its end was written");
static_assert(sent(looked, but(asked, [](auto& p) { p.acknowledged = 3200; })).status == Status::ok,
              "in one segment its beginning is not read before its end");
constexpr ConnectionHistory unlooked = [] {
    ConnectionHistory history;
    history.observe(RttSample{20ms, 20ms, 5ms});
    return history;
}();
static_assert(is_void(sent(unlooked, asked), Status::probe_unannounced));
static_assert(
    sent(looked, but(asked, [](auto& p) { p.segments = 6; }), token, {.any_pieces = true}).status
    == Status::ok);
static_assert(is_void(sent(looked, asked, token, {.failed = Status::closed}), Status::closed));

// And when it is answered.
static_assert(is_void(reply(probed, answered, 21, token + 1), Status::probe_token));
static_assert(is_void(reply(probed, but(answered, [](auto& p) { p.written = 3201; })),
                      Status::probe_interrupted),
              "an alert, 100 Continue, a ping of its own");
static_assert(is_void(reply(probed, but(answered, [](auto& p) { p.retransmissions = 2; })),
                      Status::probe_retransmitted));
static_assert(is_void(reply(probed, but(answered, [](auto& p) { p.queued = 5; })),
                      Status::probe_queued));
static_assert(is_void(reply(probed, answered, 0), Status::no_reply));
static_assert(is_void(reply(probed, answered, 21, token, Status::probe_too_quick),
                      Status::probe_too_quick));
static_assert(reply(looked, answered).status == Status::no_probe
              && reply(looked, answered).history.voided() == 0);
static_assert(reply(reply(probed, answered).history, answered).status == Status::no_probe
                  && reply(reply(probed, answered).history, answered).history.counted() == 1,
              "an answer that comes twice counts once");

// A look between the two does not move where the question ended.
static_assert([] {
    ConnectionHistory history = probed;
    SendPosition const later = but(answered, [](auto& p) { p.written = 3300; });
    history.observe(later);
    return reply(history, later).status;
}() == Status::probe_interrupted);

// What a void one says about TCP is not lost.
constexpr auto lowest_after = [](ConnectionHistory history, std::uint64_t with) {
    history.probe_answered(with, answered, RttSample{9ms, 20ms, 5ms, 21ms});
    return history.assess().sample.minimum;
};
static_assert(lowest_after(looked, token) == Microseconds{9000}
              && lowest_after(probed, token + 1) == Microseconds{9000});

// Each probe is a look too: what was written before it is no part of the next one.
constexpr SendPosition next_asked = but(answered, [](auto& p) {
    p.written = 3400;
    p.segments = 5;
});
static_assert(sent(probed, answered).status == Status::probe_unsent
              && sent(reply(probed, answered).history, answered).status == Status::probe_unsent
              && sent(reply(probed, answered).history, next_asked).status == Status::ok
              && sent(reply(probed, next_asked).history, next_asked).status == Status::probe_unsent
              && sent(reply(unlooked, before).history, asked).status == Status::ok
              && sent(sent(probed, next_asked).history, next_asked).status == Status::probe_unsent);
static_assert(SendPosition{} == SendPosition{0, 0, 0, 0, 0, 0, ~std::uint32_t{0}});
static_assert(ProbeOptions::longest_gap == Nanoseconds{(40 / 2 - 4) * 1'000'000},
              "half of TCP_ATO_MIN, less a tick of HZ=250");

// A new probe is in the old one's place, and a void one lowers nothing.
static_assert([] {
    ConnectionHistory history = probed;
    SendPosition const again = but(answered, [](auto& p) {
        p.written = 3400;
        p.segments = 5;
    });
    bool const second = history.probe_sent(token + 1, again, start) == Status::ok;
    return second && reply(history, again, 21).status == Status::probe_token;
}());
static_assert([] {
    ConnectionHistory history = reply(probed, answered, 100).history;
    Assessment const was = history.assess();
    history.observe(answered);
    history.probe_sent(token, but(answered, [](auto& p) { p.queued = 9; }), start);
    return history.assess() == was && history.voided() == 1 && history.counted() == 1;
}());
static_assert(ConnectionHistory{}.abandon_probe(Status::probe_of_a_person) == Status::no_probe);
static_assert([] {
    ConnectionHistory history = probed;
    history.abandon_probe(Status::probe_of_a_person);
    return is_void({Status::probe_of_a_person, history}, Status::probe_of_a_person);
}());

// Three that count, one of them at a moment of the server's, clear a client; until the minimum
// falls.
template <class... Unprompted>
constexpr ConnectionHistory probed_so(int ms, Unprompted... unprompted)
{
    ConnectionHistory history = looked;
    SendPosition position = before;
    auto const probe = [&](bool at_random) {
        position.written += 200;
        position.segments += 1;
        history.probe_sent(token, position, start, {.unprompted = at_random});
        position.acknowledged = position.written;
        history.probe_answered(token, position, reply_after(ms));
    };
    (probe(unprompted), ...);
    return history;
}
static_assert(probed_so(21, false, true, false).counted() == 3
              && probed_so(21, false, true, false).cleared());
static_assert(!probed_so(21, false, false, false).cleared(), "all at the client's moments");
static_assert(!probed_so(21, false, true).cleared(), "too few");
static_assert(!probed_so(100, false, true, false).cleared());
static_assert(!ProbeOptions{}.unprompted && !probed_so(21, false, false, false, false).cleared());

// A minimum that falls by more than 10 ms withdraws it, until three more have counted, one of them
// unprompted.
constexpr ConnectionHistory cleared_then_at(std::uint32_t minimum)
{
    ConnectionHistory history = probed_so(20, false, true, false);
    Microseconds const fallen{minimum};
    history.observe(RttSample{fallen, fallen, Microseconds{0}});
    return history;
}
template <class... Unprompted>
constexpr bool cleared_again(Unprompted... unprompted)
{
    ConnectionHistory history = cleared_then_at(9999);
    SendPosition position = before;
    position.written += 9000;
    position.segments += 9;
    history.observe(position);
    auto const probe = [&](bool at_random) {
        position.written += 200;
        position.segments += 1;
        history.probe_sent(token, position, start, {.unprompted = at_random});
        history.probe_answered(token, position, RttSample{10ms, 10ms, 1ms, 10ms});
    };
    (probe(unprompted), ...);
    return history.cleared();
}
static_assert(cleared_then_at(10'000).cleared() && !cleared_then_at(9999).cleared());
static_assert(cleared_again(false, true, false) && !cleared_again(true, true)
              && !cleared_again(false, false, false));
// Near the longest RTT that there is, 71 minutes, a minimum that stays does not seem to fall.
constexpr bool cleared_at(std::uint32_t minimum)
{
    RttSample<Microseconds> const reply{.minimum = Microseconds{minimum},
                                        .smoothed = Microseconds{minimum},
                                        .application = Microseconds{minimum + 200}};
    ConnectionHistory history;
    SendPosition position = before;
    history.observe(position);
    for (int i = 0; i < 3; ++i) {
        position.written += 200;
        position.segments += 1;
        history.probe_sent(token, position, start, {.unprompted = true});
        position.acknowledged = position.written;
        history.probe_answered(token, position, reply);
    }
    return history.cleared();
}
static_assert(cleared_at(20'000) && cleared_at(4'294'957'000) && cleared_at(4'294'967'000));

static_assert([] { // the one that counts shows the fall itself
    ConnectionHistory history = probed_so(20, false, true, false);
    history.observe(Exchange::reply, RttSample{9ms, 20ms, 5ms, 9ms});
    return !history.cleared();
}());
static_assert([] {
    ConnectionHistory history = probed_so(21, false, true, false);
    history.observe(RttSample{9ms, 20ms, 5ms});
    return !history.cleared();
}());
static_assert([] {
    ConnectionHistory history = probed_so(21, false, true, false);
    history.observe(RttSample{18ms, 20ms, 5ms}); // 2 ms are jitter
    return history.cleared();
}());
static_assert([] { // so are 8 ms, but not beside a reply that is then 9 ms too long
    ConnectionHistory history = probed_so(20, false, true, false);
    history.observe(RttSample{12ms, 20ms, 5ms});
    return history.cleared() && history.assess().band == Band::unstable;
}());

// A reply longer by TCP's own account is excused, and clears nobody.
static_assert([] {
    ConnectionHistory history;
    history.observe(RttSample{2ms, 2ms, 1ms});
    history.observe(before);
    SendPosition position = before;
    for (int i = 0; i < 4; ++i) {
        position.written += 200;
        position.segments += 1;
        history.probe_sent(token, position, start, {.unprompted = true});
        position.acknowledged = position.written;
        history.probe_answered(token, position, RttSample{2ms, 40ms + i * 10ms, 30ms, 60ms});
    }
    return history.assess().band != Band::normal && !history.cleared();
}());

// A look between question and answer, as score(fd, history) is at every request, takes nothing from
// that: the transport's own sample is the one since the question.
constexpr Assessment explained(bool look, SendPosition position = {.segment_size = 1448},
                               int first_reply = 60, ProbeOptions options = {})
{
    ConnectionHistory history;
    history.observe(RttSample{10ms, 10ms, 1ms});
    history.observe(position);
    auto smoothed = Microseconds{10'000};
    for (int i = 0; i < 3; ++i) {
        position.written += 200;
        position.segments += 1;
        history.probe_sent(token, position, start, options);
        position.acknowledged = position.written;
        smoothed = Microseconds{smoothed.count() + (60'000 - smoothed.count()) / 8};
        RttSample<Microseconds> const now{.minimum = Microseconds{10'000},
                                          .smoothed = smoothed,
                                          .variation = Microseconds{12'500},
                                          .application =
                                              to_microseconds((i == 0 ? first_reply : 60) * 1ms)};
        if (look) {
            history.observe(now);
            history.observe(position);
        }
        history.probe_answered(token, position, now);
    }
    return history.assess();
}
static_assert(explained(false).band == Band::unstable && explained(true) == explained(false));

// A proxy holds back ACKs for long once a client has taught it to, and not the first: so an excess
// of 50 ms is excused if the first thing that was sent was a question, and TCP explains its answer.
static_assert(explained(false, {.segment_size = 1448}, 60, {.late_end = true}).status
                  == Status::late_acks,
              "nor what is sent long behind the first of it");
static_assert(explained(false, before).status == Status::late_acks
              && explained(false, before).band == Band::unknown);
static_assert([] { // one alone, though TCP's ratio is low as it is behind a near proxy
    ConnectionHistory history;
    history.observe(RttSample{1ms, 3ms, 20ms});
    history.observe(before);
    history.probe_sent(token, asked, start);
    history.probe_answered(token, answered, RttSample{1ms, 10ms, 20ms, 61ms});
    return history.assess();
}()
                  .status
              == Status::late_acks);
static_assert(explained(false, {.segment_size = 1448}, 141).status == Status::late_acks,
              "which was answered much later");
static_assert(explained(false, {.segment_size = 1448}, 140).band == Band::suspicious
                  && explained(false, {.segment_size = 1448}, 69).band == Band::unstable
                  && explained(false, {.segment_size = 1448}, 71).band == Band::suspicious,
              "or a little");

// One that is never answered is void as soon as another is sent.
static_assert([] {
    ConnectionHistory history = probed;
    SendPosition position = asked;
    position.written += 200;
    position.segments += 1;
    position.acknowledged = 3200;
    Outcome again = sent(history, position);
    position.acknowledged = position.written;
    return again.status == Status::ok && again.history.voided() == 1
        && again.history.last_void() == Status::probe_unanswered && again.history.probing()
        && reply(again.history, position).history.counted() == 1;
}());

// A peer that was sent an initial window between two looks, and acknowledged nothing by itself.
constexpr ConnectionHistory near_history = reply(probed, answered).history;
constexpr SendPosition large(std::uint64_t bytes, std::uint32_t pure_acks = 1)
{
    return but(answered, [=](auto& p) { p.written += bytes, p.pure_acks = pure_acks; });
}
constexpr Assessment behind(SendPosition const& one, SendPosition const& other)
{
    ConnectionHistory history = near_history;
    history.observe(one);
    history.observe(other);
    return history.assess();
}
constexpr Assessment behind(SendPosition const& one)
{
    return behind(one, one);
}
static_assert(behind(large(14'480)).band == Band::suspicious
              && behind(large(14'480)).basis == Basis::withheld_acks
              && behind(large(14'480)).status == Status::ok
              && behind(large(14'480)).score == Score{0.1}
              && behind(large(14'480, 0)).basis == Basis::withheld_acks);
static_assert(behind(large(14'479)).band == Band::normal
                  && behind(large(14'480, 2)).band == Band::normal
                  && behind(large(14'480, ~0u)).band == Band::normal
                  && behind(large(7240), large(14'480)).band == Band::normal,
              "two answers");
static_assert(behind(large(14'480), large(14'481)).band == Band::suspicious
                  && behind(large(14'480), large(14'481, 2)).band == Band::normal,
              "until it acknowledges");
static_assert(behind(but(large(20'000), [](auto& p) { p.queued = 5521; })).band == Band::normal
                  && behind(but(large(20'000), [](auto& p) { p.segment_size = 0; })).band
                         == Band::normal,
              "queued is not sent");
static_assert(
    [] {
        ConnectionHistory far = reply(probed, answered, 100).history;
        far.observe(large(14'480));
        return far.assess().basis;
    }() == Basis::reference_over_excess,
    "what accuses stays");
static_assert(sent(near_history, large(14'480)).history.assess().basis == Basis::withheld_acks);
static_assert([] {
    ConnectionHistory clear = probed_so(21, false, true, false);
    SendPosition last = large(10'000);
    clear.observe(last);
    last.written += 14'480;
    clear.observe(last);
    return !clear.cleared();
}());
static_assert([] {
    ConnectionHistory history;
    history.observe(RttSample{20ms, 20ms, 5ms});
    history.observe(large(50'000)); // a first look: an answer may have been sent long before
    Assessment const first = history.assess();
    history.observe(large(100'000));
    return first.status == Status::unprobed && history.assess().band == Band::suspicious;
}());

// Tokens.
static_assert(token_of("") != 0 && token_of("/probe/1/0123456789abcdef") != 0);
static_assert(token_of(static_cast<char const*>(nullptr)) == 0, "no token");
static_assert(token_of("a") == 0xAF63'DC4C'8601'EC8Cu, "FNV-1a of its specification");
static_assert(token_of("foobar") == 0x8594'4171'F739'67E8u);
static_assert(token_of(std::string_view{"foobar"}) == token_of("foobar")
              && token_of("foobar", 6) == token_of("foobar"));
static_assert(token_of(std::array<unsigned char, 3>{'f', 'o', 'o'}) == token_of("foo"));
static_assert(token_of(std::array<unsigned char, 8>{0xD5, 0x6B, 0xB9, 0x53, 0x42, 0x87, 0x08, 0x36})
                  == 1,
              "whose FNV-1a is 0, which is no token");
static_assert(token_of("/probe/1/a") != token_of("/probe/1/b"));

} // namespace
