// SPDX-License-Identifier: BSL-1.0
//
// The pages' words for a connection's measurement.
#ifndef AROMA_EXAMPLES_DEMO_WORDS_HPP
#define AROMA_EXAMPLES_DEMO_WORDS_HPP

#include "peer.hpp"

#include <aroma/aroma.hpp>
#include <aroma/decide/distance.hpp>

#include <cstdint>
#include <ratio>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace demo {

// "62.0 ms", with a space that does not break; below a tenth of one in microseconds.
inline std::string milliseconds(aroma::Microseconds t)
{
    return t.count() < 100 ? fmt::format("{}\u00a0µs", t.count())
                           : fmt::format("{:.1f}\u00a0ms", aroma::count_in<std::milli>(t));
}

// How far light gets through fibre and back in this time: two digits, since cables are not
// straight.
inline std::string kilometres(aroma::Microseconds t)
{
    double const exact = aroma::farthest(t, aroma::Medium::fibre).count();
    if (!(exact >= 1))
        return "1\u00a0km";
    std::uint64_t unit = 1;
    while (exact >= 100.0 * static_cast<double>(unit))
        unit *= 10;
    std::uint64_t const rounded =
        static_cast<std::uint64_t>(exact / static_cast<double>(unit) + 0.999) * unit;
    return rounded < 1000 ? fmt::format("{}\u00a0km", rounded)
                          : fmt::format("{},{:03}\u00a0km", rounded / 1000, rounded % 1000);
}

struct Words {
    std::string_view headline;
    std::string reason;
    std::string distance;
};

inline Words words(Peer const& peer)
{
    aroma::Assessment const a = peer.assess();
    if (!peer.measured_enough())
        return {peer.voided() >= 2 ? "This could not be measured"
                                   : "The measurement is not finished",
                fmt::format(
                    "Your machine has to answer at least {} questions on one connection; {} of its "
                    "answers counted so far. A client that closes its connection after every "
                    "answer, or sends its next request before it has the last answer, cannot be "
                    "measured. A network that loses packets makes it harder.",
                    Peer::least_probes, peer.counted()),
                {}};
    std::string const below = milliseconds(a.sample.minimum),
                      above = milliseconds(a.sample.application), between = milliseconds(excess(a));
    std::string const both = fmt::format("A round trip to the machine that holds your TCP "
                                         "connection takes {}; your own machine answers after {}.",
                                         below, above);
    if (peer.same_machine())
        return {"This is the server's own machine",
                both
                    + " There is no path between the two, so both are the machine's own work. Open "
                      "this page from another machine; ./examples/run.sh lab shows one that is "
                      "direct and one behind a proxy.",
                {}};
    std::string const reach = fmt::format("Light in fibre gets no farther than {} and back in {}",
                                          kilometres(excess(a)), between);
    switch (a.band) {
    case aroma::Band::normal:
        return {"No proxy in sight",
                both
                    + " That is one and the same way: nothing between us ends the connection, as "
                      "far as round trips can tell.",
                fmt::format("Light in fibre gets no farther than {} and back in {}: your machine "
                            "is no farther from this server.",
                            kilometres(a.sample.application), above)};
    case aroma::Band::unstable:
        return {"Probably direct",
                both
                    + fmt::format(" The {} between them are little: Wi-Fi, a mobile network or a "
                                  "busy machine take as long.",
                                  between),
                reach + ": were there a proxy, your machine would be within that distance of it."};
    case aroma::Band::suspicious:
        return {"Perhaps a proxy",
                both
                    + fmt::format(" The {} between them may be the way from a proxy to you; a slow "
                                  "machine or network may take as long.",
                                  between),
                reach + ": were there a proxy, your machine would be within that distance of it."};
    default:
        return {
            "Probably through a proxy",
            both
                + fmt::format(
                    " The {} between them are most likely the way from a proxy to your machine.",
                    between),
            reach + ": that is how far your machine can be from the proxy."};
    }
}

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_WORDS_HPP
