// SPDX-License-Identifier: BSL-1.0
//
// Facts about transport_excuse.hpp: what TCP itself explains of a long reply, in a history.

#include <aroma/connection_history.hpp>
#include <aroma/transport_excuse.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace {

using namespace aroma;
using namespace std::chrono_literals;

// To the microsecond: TCP's own sample, an eighth of whose difference moves the smoothed RTT, and
// the reply; the lowest RTT is 20 ms.
constexpr detail::TransportExcuse counted(std::uint32_t own, std::uint32_t reply,
                                          std::uint32_t before = 20'000, bool first = false)
{
    detail::TransportExcuse excuse;
    std::uint32_t const after =
        own > before ? before + (own - before) / 8 : before - (before - own) / 8;
    excuse.count({.minimum = Microseconds{20'000},
                  .smoothed = Microseconds{after},
                  .variation = Microseconds{100'000},
                  .application = Microseconds{reply}},
                 Microseconds{before}, first);
    return excuse;
}
constexpr Microseconds minimum{20'000};
static_assert(!counted(22'500, 32'500, 20'500).holds(12'500, minimum)
                  && counted(22'500, 32'499, 20'500).holds(12'499, minimum),
              "10 ms, and four fifths of the excess");
static_assert(counted(50'000, 64'000).holds(44'000, minimum)
                  && !counted(50'000, 64'000).holds(44'001, minimum),
              "beyond 44 ms all of it must be explained");
static_assert(counted(22'500, 32'499, 20'500).holds(44'001, minimum)
                  && !counted(22'500, 32'500, 20'500).holds(44'001, minimum),
              "but for jitter");
static_assert(counted(20'000, 200'000).holds(99'999, minimum)
                  && !counted(20'000, 200'000).holds(100'000, minimum),
              "what is 80 ms longer than the lowest counts for nothing");
static_assert(!counted(20'000, 64'000).may_be_held_back(44'000)
                  && counted(20'000, 64'000).may_be_held_back(44'001)
                  && counted(64'000, 64'000).may_be_held_back(44'001)
                  && counted(22'500, 32'500, 20'500, true).may_be_held_back(44'001)
                  && !counted(22'500, 32'499, 20'500, true).may_be_held_back(44'001),
              "a first exchange that is explained shows that the path is long");

static_assert(!counted(33'199, 86'000).explains_some(66'000, minimum)
                  && counted(33'208, 86'000).explains_some(66'000, minimum)
                  && !counted(33'208, 86'000).holds(66'000, minimum),
              "a fifth of a long excess is not enough to hold");

// What TCP's own sample of an exchange explains is the path's, not a proxy's. Milliseconds: TCP's
// sample, the reply.
struct Both {
    double sampled, reply;
};
template <class... Each>
constexpr Assessment on_a_path_of_20(Each... each)
{
    ConnectionHistory connection;
    double smoothed = 20, variation = 10;
    auto const ms = [](double value) {
        return Microseconds{static_cast<std::uint32_t>(value * 1000)};
    };
    connection.observe(Exchange::opening, RttSample{ms(20), ms(smoothed), ms(variation), ms(20)});
    auto const observe = [&](Both both) { // RFC 6298, 2.3
        double const error = both.sampled - smoothed;
        variation += ((error < 0 ? -error : error) - variation) / 4;
        smoothed += error / 8;
        connection.observe(Exchange::reply,
                           RttSample{ms(20), ms(smoothed), ms(variation), ms(both.reply)});
    };
    (observe(each), ...);
    return connection.assess();
}
static_assert(on_a_path_of_20(Both{20, 100}, Both{20, 100}).band == Band::proxy,
              "TCP saw nothing of it");
static_assert(on_a_path_of_20(Both{99, 100}, Both{120, 120}, Both{150, 155}).band == Band::unstable,
              "a queue that stays");
static_assert(on_a_path_of_20(Both{99, 100}, Both{120, 120}, Both{150, 155}).score.value() == 0.3);
static_assert(on_a_path_of_20(Both{99, 100}, Both{120, 120}, Both{150, 155}).sample.application
                  == Microseconds{100'000},
              "what it excuses is shown");
static_assert(on_a_path_of_20(Both{55, 60}, Both{60, 62}).band == Band::unstable
                  && on_a_path_of_20(Both{22, 60}, Both{60, 62}).band == Band::suspicious,
              "one that was not explained is enough: later on, a near proxy's ACKs come with its "
              "client's answers");
static_assert(on_a_path_of_20(Both{23.9, 40}, Both{40, 42}).band == Band::suspicious
                  && on_a_path_of_20(Both{24.1, 40}, Both{40, 42}).band == Band::unstable,
              "four fifths");
static_assert(on_a_path_of_20(Both{60, 60}, Both{60, 60}).band == Band::unstable
                  && on_a_path_of_20(Both{60, 80}, Both{60, 80}).band == Band::proxy,
              "ACKs held back by 40 ms: the client is 40 ms behind, and 60 ms");
static_assert(on_a_path_of_20(Both{80, 80}, Both{71, 80}).band == Band::unstable
                  && on_a_path_of_20(Both{80, 80}, Both{69, 80}).band == Band::proxy,
              "10 ms of jitter, below the smoothed RTT too");
// The client has raised the smoothed RTT before.
constexpr Assessment raised(double sampled, double reply)
{
    ConnectionHistory connection;
    for (int i = 0; i < 2; ++i) {
        connection.observe(RttSample{20ms, 100ms, 10ms});
        Microseconds const after{static_cast<std::uint32_t>(100'000 + (sampled - 100) * 125)};
        connection.observe(Exchange::reply,
                           RttSample{Microseconds{20'000}, after, Microseconds{20'000},
                                     Microseconds{static_cast<std::uint32_t>(reply * 1000)}});
    }
    return connection.assess();
}
static_assert(raised(21, 80).band == Band::proxy && raised(79, 80).band == Band::unstable);
static_assert(on_a_path_of_20(Both{24, 24}, Both{80, 80}).band == Band::unstable,
              "the lowest decides as before");
static_assert(on_a_path_of_20(Both{21, 21}).band == Band::normal);
static_assert(on_a_path_of_20(Both{100, 100}, Both{100, 100}, Both{100, 300}).band
                  == Band::unstable,
              "a delay that does not stay explains none that does");
static_assert(on_a_path_of_20(Both{60, 60}, Both{25, 141}).band == Band::unstable
                  && on_a_path_of_20(Both{60, 60}, Both{25, 140}).band == Band::suspicious,
              "80 ms over the lowest");
template <std::size_t Replies>
constexpr Assessment behind_a_near_proxy_that_holds_back(double ack, double reply,
                                                         HistoryOptions options = {})
{
    ConnectionHistory connection{options};
    double smoothed = 1;
    connection.observe(Exchange::opening, RttSample{1000us, 1000us, 500us, 1000us});
    for (std::size_t i = 0; i < Replies; ++i) {
        smoothed += (ack - smoothed) / 8;
        auto const now = Microseconds{static_cast<std::uint32_t>(smoothed * 1000)};
        connection.observe(Exchange::reply,
                           RttSample{Microseconds{1000}, now, Microseconds{now.count() * 2},
                                     Microseconds{static_cast<std::uint32_t>(reply * 1000)}});
    }
    return connection.assess();
}
static_assert(behind_a_near_proxy_that_holds_back<1>(30, 30).band == Band::unstable
              && behind_a_near_proxy_that_holds_back<2>(30, 30).band == Band::suspicious);
static_assert(behind_a_near_proxy_that_holds_back<9>(44, 53).score.value() == 0.1
                  && behind_a_near_proxy_that_holds_back<9>(44, 53).band == Band::suspicious,
              "not worse");
static_assert(behind_a_near_proxy_that_holds_back<1>(44, 53).score.value() == 0.3);
static_assert(
    behind_a_near_proxy_that_holds_back<3>(30, 30, HistoryOptions{.min_exchanges = 4}).score.value()
    == 0.3);
static_assert(behind_a_near_proxy_that_holds_back<9>(60, 60).score.value() == 0.1
                  && behind_a_near_proxy_that_holds_back<9>(90, 90).score.value() == 0.3,
              "no ACK is held back so long: a queue");
static_assert([] { // the opening counts, and a longer reply is judged no better
    auto const after = [](int reply) {
        ConnectionHistory connection;
        connection.observe(Exchange::opening, RttSample{1ms, 1ms, 0ms, 41ms});
        connection.observe(
            Exchange::reply,
            RttSample{1000us, 7300us, 0us, std::chrono::microseconds{1000 + 1000 * reply}});
        return connection.assess();
    };
    return after(49).band == Band::suspicious && after(51).band == Band::proxy
        && after(51).score.value() <= after(49).score.value();
}());
static_assert([] { // nothing is known of TCP's ratio any more
    ConnectionHistory connection;
    connection.observe(Exchange::opening, RttSample{20ms, 20ms, 0ms, 20ms});
    for (int i = 0; i < 2; ++i)
        connection.observe(Exchange::reply, RttSample{20ms, 30ms + i * 10ms, 30ms, 90ms});
    connection.observe(Exchange::opening, RttSample{20ms, 0ms, 0ms, 20ms});
    return connection.assess();
}()
                  .score.value()
              == 0.3);
// The opening's excess and the reply's, of which TCP has seen so much itself.
constexpr Band with_opening(int opening, int reply, int seen)
{
    ConnectionHistory connection;
    connection.observe(Exchange::opening, RttSample{20ms, 20ms, 10ms, 20ms + opening * 1ms});
    connection.observe(Exchange::reply, RttSample{20'000us, 20'000us + seen * 125us, 20'000us,
                                                  20'000us + reply * 1000us});
    return connection.assess().band;
}
static_assert(
    with_opening(30, 66, 13) == Band::proxy && with_opening(30, 66, 14) == Band::suspicious
        && with_opening(51, 66, 14) == Band::proxy,
    "if TCP saw a fifth of the reply, the opening must be as long as a proxy's by itself");
static_assert(with_opening(66, 46, 9) == Band::proxy && with_opening(66, 46, 10) == Band::suspicious
                  && with_opening(66, 44, 8) == Band::proxy
                  && with_opening(66, 44, 9) == Band::unstable,
              "and it makes such a reply no worse");
// many samples since: their sum says nothing of the last one, the variation does
constexpr ConnectionHistory after_a_while = [] {
    ConnectionHistory connection;
    connection.observe(Exchange::opening, RttSample{20ms, 20ms, 10ms, 20ms});
    connection.observe(Exchange::reply, RttSample{20ms, 28ms, 2ms, 100ms});
    connection.observe(Exchange::reply, RttSample{20ms, 28ms, 2ms, 100ms});
    return connection;
}();
static_assert(after_a_while.assess().band == Band::proxy);
// 20 ms, then 40 and 60 ms smoothed: a sample of 180 or 200 ms, bounded by four variations
constexpr Band risen_twice(int second_variation)
{
    ConnectionHistory connection;
    connection.observe(Exchange::opening, RttSample{20ms, 20ms, 10ms, 20ms});
    connection.observe(Exchange::reply, RttSample{20ms, 40ms, 10ms, 75ms});
    connection.observe(Exchange::reply, RttSample{20ms, 60ms, second_variation * 1ms, 120ms});
    return connection.assess().band;
}
static_assert(risen_twice(15) == Band::unstable && risen_twice(13) == Band::unstable,
              "up to 120 ms or 112 ms may have been TCP's own sample");
static_assert(risen_twice(12) == Band::proxy, "108 ms leave more than 10 ms of 120 ms unexplained");

} // namespace
