// SPDX-License-Identifier: BSL-1.0
//
// Facts about connection_history.hpp: what several exchanges say together, and how few say the
// worst.

#include <aroma/connection_history.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

static_assert(sizeof(ConnectionHistory) <= 96);
static_assert(std::is_trivially_copyable_v<ConnectionHistory>);

struct Client { // as a server keeps it
    int fd;
    ConnectionHistory connection;
};
static_assert(Client{}.connection.assess().status == Status::no_sample);

// A path of 20 ms with an excess on top.
constexpr RttSample<std::chrono::milliseconds> exchange(int excess)
{
    return {
        .minimum = 20ms, .smoothed = 20ms, .application = std::chrono::milliseconds{20 + excess}};
}

template <class... Excess>
constexpr ConnectionHistory replies(ConnectionHistory connection, Excess... excess)
{
    (connection.observe(Exchange::reply, exchange(excess)), ...);
    return connection;
}
constexpr ConnectionHistory opened(int excess)
{
    ConnectionHistory connection;
    connection.observe(Exchange::opening, exchange(excess));
    return connection;
}

// Nothing seen.
static_assert(ConnectionHistory{}.assess().status == Status::no_sample
              && ConnectionHistory{}.assess().band == Band::unknown);
static_assert(ConnectionHistory{}.counted() == 0 && !ConnectionHistory{}.opened());

static_assert(!measured(ConnectionHistory{}.opening_excess())
              && !measured(ConnectionHistory{}.reply_excess()));
static_assert([] { // a reply that was observed is not one that the client could not foresee
    return !replies(ConnectionHistory{}, 0, 0, 0, 0).cleared();
}());
static_assert([] {
    ConnectionHistory connection;
    connection.observe(RttSample{20ms, 25ms, 7ms});
    RttSample<Microseconds> const sample = connection.assess().sample;
    return sample.minimum == Microseconds{20'000} && sample.smoothed == Microseconds{25'000}
        && sample.variation == Microseconds{7000};
}());

// The lowest excess decides.
static_assert(replies(ConnectionHistory{}, 0).assess().score.value() == 1
              && replies(ConnectionHistory{}, 0).assess().basis == Basis::reference_over_excess);
static_assert(replies(ConnectionHistory{}, 600, 0, 35).assess().band == Band::normal,
              "a lost segment and jitter are forgotten");
static_assert(replies(ConnectionHistory{}, 600, 41, 35).reply_excess() == Microseconds{35'000});
static_assert(replies(ConnectionHistory{}, 600, 41, 35).counted() == 3);
static_assert(replies(ConnectionHistory{}, 50, 80).assess().band == Band::suspicious
              && replies(ConnectionHistory{}, 51, 80).assess().band == Band::proxy);
static_assert(replies(ConnectionHistory{}, 51, 80).assess().sample.application
                  == Microseconds{71'000},
              "the numbers that it rests on");

// One exchange alone leaves it one band better, on that band's edge; a caller may ask for more, or
// for no caution at all.
static_assert(replies(ConnectionHistory{}, 30).assess().band == Band::unstable
              && replies(ConnectionHistory{}, 30).assess().score.value() == 0.3);
static_assert(replies(ConnectionHistory{}, 5).assess().score
                  == replies(ConnectionHistory{}, 5, 5).assess().score,
              "what accuses nobody needs no caution");
static_assert(replies(ConnectionHistory{}, 30, 30).assess().band == Band::suspicious
              && replies(ConnectionHistory{HistoryOptions{.min_exchanges = 1}}, 30).assess().band
                     == Band::suspicious);
static_assert(replies(opened(30), 30).assess().band == Band::suspicious
              && replies(opened(5), 30).assess().band == Band::unstable);

// When the minimum falls, a result gets no worse until a probe counts against the new one.
static_assert([] {
    ConnectionHistory falls = replies(ConnectionHistory{}, 40, 40);
    Band const before = falls.assess().band;
    falls.observe(RttSample{5ms, 20ms, 5ms}); // 55 ms over it
    Band const after = falls.assess().band;
    falls.observe(Exchange::reply, RttSample{5ms, 5ms, 1ms, 60ms});
    return before == Band::suspicious && after == Band::suspicious
        && falls.assess().band == Band::proxy;
}());
static_assert(replies(ConnectionHistory{}, 600).assess().band == Band::suspicious
              && replies(ConnectionHistory{}, 600).assess().score.value() == 0.1);
static_assert(replies(ConnectionHistory{HistoryOptions{.min_exchanges = 1}}, 600).assess().band
              == Band::proxy);
static_assert(
    replies(ConnectionHistory{HistoryOptions{.min_exchanges = 4}}, 600, 600, 600).assess().band
    == Band::suspicious);
static_assert(
    replies(ConnectionHistory{HistoryOptions{.min_exchanges = 4}}, 600, 600, 600, 600).assess().band
    == Band::proxy);

// The opening accuses if it is long, at most as suspicious, and never clears.
static_assert(opened(0).assess().status == Status::unprobed && opened(0).opened()
              && opened(0).opening_excess() == Microseconds{0});
static_assert(opened(600).assess().band == Band::suspicious
              && opened(600).assess().status == Status::ok
              && opened(51).assess().band == Band::suspicious);
static_assert(opened(49).assess().status == Status::unprobed
              && opened(49).assess().band == Band::unknown
              && opened(5).assess().band == Band::unknown);
static_assert(
    [] {
        ConnectionHistory bold{HistoryOptions{.min_exchanges = 0}};
        bold.observe(Exchange::opening, exchange(600));
        return bold.assess();
    }()
            .band
        == Band::suspicious,
    "however little must agree");
static_assert(!opened(0).cleared() && !opened(600).cleared());
static_assert(replies(opened(600), 600).assess().band == Band::proxy, "two exchanges agree");
static_assert(replies(opened(9600), 600).assess().band == Band::proxy
                  && replies(opened(9601), 600).assess().band == Band::suspicious,
              "a pause does not");
static_assert(replies(opened(30), 600).assess().score == replies(opened(600), 600).assess().score
                  && replies(opened(400), 30).assess().score
                         == replies(opened(400), 400).assess().score
                  && replies(opened(400), 30).assess().sample.application == Microseconds{420'000},
              "the longer one decides");
static_assert(replies(opened(400), 30, 30).assess().score
                  == replies(ConnectionHistory{}, 30, 30).assess().score,
              "and with enough replies the lowest of them");
static_assert(replies(opened(12), 600).assess().band == Band::suspicious
                  && replies(opened(600), 12).assess().band == Band::unstable,
              "if both are long");
static_assert(replies(opened(0), 600).assess().band == Band::suspicious
              && replies(opened(0), 600, 600).assess().band == Band::proxy);
static_assert(replies(opened(600), 0).assess().band == Band::normal, "a lost ClientHello");

// TCP's own ratio decides no band.
constexpr ConnectionHistory by_ratio = [] {
    ConnectionHistory connection = opened(0);
    connection.observe(RttSample{5ms, 50ms});
    return connection;
}();
static_assert(by_ratio.assess().status == Status::unprobed
              && by_ratio.assess().band == Band::unknown
              && by_ratio.assess().sample.minimum == Microseconds{5000}
              && by_ratio.assess().sample.smoothed == Microseconds{50'000});
static_assert(replies(by_ratio, -15).assess().band == Band::normal
              && replies(by_ratio, -15).assess().basis == Basis::reference_over_excess);

// The lowest reply stands over the lowest RTT of the life. If that falls and another verdict would
// come of it, it takes another probe.
constexpr ConnectionHistory loaded = [] { // 60 ms of a full queue, and 62 ms to the answer
    ConnectionHistory connection;
    connection.observe(Exchange::reply, RttSample{60ms, 60ms, 5ms, 62ms});
    connection.observe(Exchange::reply, RttSample{60ms, 60ms, 5ms, 62ms});
    return connection;
}();
constexpr ConnectionHistory emptied = [] {
    ConnectionHistory connection = loaded;
    connection.observe(RttSample{2ms, 50ms, 5ms});
    return connection;
}();
static_assert(loaded.assess().band == Band::normal);
static_assert(emptied.assess().status == Status::minimum_fell
              && emptied.assess().band == Band::unknown);
static_assert(emptied.reply_excess() == Microseconds{60'000});
constexpr Assessment emptied_and_probed(int reply)
{
    ConnectionHistory connection = emptied;
    connection.observe(Exchange::reply,
                       RttSample{2ms, 50ms, 5ms, std::chrono::milliseconds{reply}});
    return connection.assess();
}
static_assert(emptied_and_probed(3).band == Band::normal, "it was the client's own link");
static_assert(emptied_and_probed(61).band == Band::proxy, "it was the proxy's");
static_assert([] { // what accuses already goes on to
    ConnectionHistory connection = replies(ConnectionHistory{}, 60, 60);
    connection.observe(RttSample{2ms, 20ms, 5ms});
    return connection.assess();
}()
                  .band
              == Band::proxy);
static_assert([] { // and 2 ms are noise
    ConnectionHistory connection;
    connection.observe(Exchange::reply, RttSample{20ms, 20ms, 5ms, 21ms});
    connection.observe(RttSample{18ms, 20ms, 5ms});
    return connection.assess();
}()
                  .band
              == Band::unstable);

// Other thresholds, other methods.
constexpr auto strict =
    ThresholdClassifier::with({.unstable_below = 0.9, .suspicious_below = 0.5, .proxy_below = 0.3});
static_assert(replies(ConnectionHistory{}, 600).assess(strict).score.value() == 0.3
              && replies(ConnectionHistory{}, 600).assess(strict).band == Band::suspicious);
static_assert(replies(ConnectionHistory{}, 180, 200)
                  .assess(ScoreCalculator<TransportOverApplication>{})
                  .score.value()
              == 0.1);

// What is no exchange changes nothing; extremes do not overflow.
constexpr ConnectionHistory unchanged = [] {
    ConnectionHistory connection = replies(ConnectionHistory{}, 60, 60);
    connection.observe(Exchange::reply, RttSample{20ms, 20ms});
    connection.observe(Exchange::reply, RttSample{0ms, 20ms, 0ms, 20ms});
    // what score(fd).sample holds after a failed read
    connection.observe(RttSample<Microseconds>{});
    connection.observe(RttSample{0ms, 20ms});
    return connection;
}();
static_assert(unchanged.counted() == 2
              && unchanged.assess() == replies(ConnectionHistory{}, 60, 60).assess());
constexpr ConnectionHistory extreme = [] {
    ConnectionHistory connection;
    connection.observe(Exchange::reply, RttSample{Microseconds{1}, Microseconds{1}, Microseconds{0},
                                                  Microseconds{4294967294}});
    connection.observe(Exchange::reply, RttSample{Microseconds{4294967294}, Microseconds{1},
                                                  Microseconds{0}, Microseconds{4294967294}});
    return connection;
}();
static_assert(extreme.counted() == 2 && extreme.assess().score.value() > 0
              && extreme.assess().band == Band::proxy);

// Edges, to the microsecond; the lowest RTT is 20 ms.
constexpr ConnectionHistory after_opening_and_reply(std::uint32_t opening, std::uint32_t reply,
                                                    HistoryOptions options = {})
{
    ConnectionHistory connection{options};
    auto const observe = [&](Exchange exchange, std::uint32_t excess) {
        connection.observe(exchange,
                           RttSample<Microseconds>{.minimum = Microseconds{20'000},
                                                   .application = Microseconds{20'000 + excess}});
    };
    observe(Exchange::opening, opening);
    if (reply > 0)
        observe(Exchange::reply, reply);
    return connection;
}
static_assert(after_opening_and_reply(816'000, 51'000).assess().band == Band::proxy
                  && after_opening_and_reply(816'001, 51'000).assess().band == Band::suspicious
                  && after_opening_and_reply(207'408, 12'963).assess().band == Band::proxy
                  && after_opening_and_reply(207'409, 12'963).assess().band == Band::unstable,
              "an opening agrees up to sixteen times the reply's excess");
static_assert(after_opening_and_reply(12'963, 50'001).assess().band == Band::proxy
                  && after_opening_and_reply(12'962, 50'001).assess().band == Band::suspicious
                  && after_opening_and_reply(12'963, 50'000).assess().band == Band::suspicious,
              "if it is suspicious itself");
static_assert(after_opening_and_reply(50'001, 12'963).assess().band == Band::proxy
                  && after_opening_and_reply(50'001, 12'962).assess().band == Band::unstable
                  && after_opening_and_reply(50'000, 12'963).assess().band == Band::suspicious,
              "and if the reply is");
static_assert(after_opening_and_reply(60'000, 20'000, {3}).assess().band == Band::unstable
                  && after_opening_and_reply(60'000, 20'000, {1}).assess().band == Band::suspicious,
              "it is heard if the replies are too few without it, and enough with it");
static_assert(HistoryOptions{}.min_exchanges == 2
              && after_opening_and_reply(60'000, 60'000, {3}).assess().band == Band::suspicious
              && after_opening_and_reply(60'000, 60'000, {2}).assess().band == Band::proxy);
constexpr Band with_one_more(std::uint8_t min_exchanges)
{
    ConnectionHistory connection = after_opening_and_reply(60'000, 60'000, {min_exchanges});
    connection.require_one_more();
    return connection.assess().band;
}
static_assert(with_one_more(1) == Band::proxy && with_one_more(2) == Band::suspicious
                  && with_one_more(255) == Band::suspicious,
              "and one more can be asked for, at most 255");
static_assert(after_opening_and_reply(30'000, 0, {1}).assess().band == Band::suspicious
                  && after_opening_and_reply(30'000, 0, {2}).assess().status == Status::unprobed
                  && after_opening_and_reply(60'000, 0, {0}).assess().band == Band::suspicious,
              "an opening alone is one exchange, and calls nobody a proxy");

// A minimum that falls by 2.4 ms means nothing yet.
constexpr Assessment fallen_to(std::uint32_t minimum)
{
    ConnectionHistory connection = replies(ConnectionHistory{}, 12, 12);
    connection.observe(RttSample{Microseconds{minimum}, Microseconds{20'000}, Microseconds{0}});
    return connection.assess();
}
static_assert(fallen_to(17'600).band == Band::suspicious
              && fallen_to(17'599).status == Status::minimum_fell);

// TCP's ratio agrees if its ACKs may have been held back: by 44 ms at most.
constexpr Assessment explained_at(std::uint32_t smoothed)
{
    ConnectionHistory connection;
    RttSample<Microseconds> const late{.minimum = Microseconds{1000},
                                       .smoothed = Microseconds{smoothed},
                                       .application = Microseconds{45'000}};
    connection.observe(late);
    connection.observe(Exchange::reply, late);
    connection.observe(Exchange::reply, late);
    return connection.assess();
}
static_assert(explained_at(45'000).band == Band::suspicious
              && explained_at(45'001).band == Band::unstable);

} // namespace
