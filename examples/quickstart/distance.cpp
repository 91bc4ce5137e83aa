// SPDX-License-Identifier: BSL-1.0
//
// IP geolocation as one more signal: is a database's place for an address possible, at TCP's
// minimum RTT? And the place of the client's account, at the RTTs of the client's own machine? The
// visitors and the database are made up: use your own.

#include <aroma/assessment.hpp>
#include <aroma/decide/distance.hpp>
#include <aroma/integrations/fmt.hpp>

#include <cstddef>
#include <cstdint>
#include <ratio>
#include <string_view>

#include <fmt/core.h>

namespace {

using aroma::Kilometres;
using aroma::Latitude;
using aroma::Longitude;
using aroma::Microseconds;
using aroma::Possibility;

struct Place {
    std::string_view key; // the beginning of an address, or a country
    std::string_view name;
    aroma::Position position;
    Kilometres accuracy; // the radius within which it lies
};

// Stands for your database, with a position and an accuracy radius for every prefix. These three
// prefixes are for documentation (RFC 5737). Beware of databases that answer 0, 0 or the middle of
// a country, without a radius, for unknown addresses.
constexpr Place addresses[] = {
    {"192.0.2.", "Frankfurt", {Latitude{50.11}, Longitude{8.68}}, Kilometres{50}},
    {"198.51.100.", "Sydney", {Latitude{-33.87}, Longitude{151.21}}, Kilometres{200}},
    {"203.0.113.", "London", {Latitude{51.51}, Longitude{-0.13}}, Kilometres{50}},
};
constexpr Place accounts[] = {
    {"de", "Germany", {Latitude{51.16}, Longitude{10.45}}, Kilometres{470}},
    {"jp", "Japan", {Latitude{36.20}, Longitude{138.25}}, Kilometres{1700}},
};
constexpr aroma::Position server{Latitude{52.37}, Longitude{4.90}}; // Amsterdam

template <std::size_t N>
Place const* find(Place const (&places)[N], std::string_view text)
{
    for (Place const& place : places)
        if (text.starts_with(place.key))
            return &place;
    return nullptr;
}

// Compares the claimed place with the RTTs of the client's own machine: from here, and from the
// place of its address, by the excess. If one is impossible, so is the claim.
Possibility claim(aroma::RttSample<Microseconds> const& rtt, Place const* address,
                  Place const& account)
{
    Possibility const from_here =
        possible(great_circle(server, account.position), rtt.application, account.accuracy);
    if (from_here != Possibility::possible || !address || rtt.application <= rtt.minimum)
        return from_here;
    Microseconds const excess{rtt.application.count() - rtt.minimum.count()};
    Kilometres const both{account.accuracy.count() + address->accuracy.count()};
    return possible(great_circle(address->position, account.position), excess, both);
}

void judge(std::string_view ip, std::string_view country, aroma::RttSample<Microseconds> const& rtt)
{
    aroma::Assessment const a = aroma::assess(rtt);
    Place const* const address = find(addresses, ip);
    Place const* const account = find(accounts, country);

    // [distance]
    // The address belongs to the machine that terminates TCP: the minimum RTT bounds its distance.
    Possibility const by_address =
        address ? possible(great_circle(server, address->position), rtt.minimum, address->accuracy)
                : Possibility::unknown;
    // If the address's place is impossible, it says nothing about the distance from there.
    Possibility const by_account =
        account ? claim(rtt, by_address == Possibility::possible ? address : nullptr, *account)
                : Possibility::unknown;
    // [distance]

    int const signals = (a.band == aroma::Band::proxy || a.band == aroma::Band::suspicious)
                      + (by_address == Possibility::impossible)
                      + (by_account == Possibility::impossible);
    fmt::print("{:14}{}\n", ip, a);
    fmt::print("  address   {:10} {}: it answers in {:.1f} ms, so it is at most {:.0f} km away\n",
               address ? address->name : "?", name(by_address),
               aroma::count_in<std::milli>(rtt.minimum), farthest(rtt.minimum).count());
    fmt::print("  account   {:10} {}", account ? account->name : "?", name(by_account));
    if (measured(rtt.application))
        fmt::print(": its own machine answers in {:.1f} ms",
                   aroma::count_in<std::milli>(rtt.application));
    fmt::print("\n  signals   {} of 3\n", signals);
}

} // namespace

int main()
{
    // minimum, smoothed, variation and, by a stopwatch, application. With the kernel's timestamps,
    // add clock_tick() to the last.
    auto const rtt = [](std::uint32_t minimum, std::uint32_t smoothed, std::uint32_t application) {
        return aroma::RttSample{Microseconds{minimum}, Microseconds{smoothed},
                                Microseconds{smoothed / 8}, Microseconds{application}};
    };
    judge("192.0.2.7", "de", rtt(8'600, 9'000, 9'900));
    // the database is wrong, or the address is anycast
    judge("198.51.100.9", "de", rtt(9'200, 9'900, 10'700));
    // far behind its proxy, as claimed: a proxy, but no false claim
    judge("203.0.113.40", "jp", rtt(6'100, 6'600, 262'000));
    // behind a proxy too, and too near to it to be in Japan
    judge("203.0.113.41", "jp", rtt(6'100, 6'600, 52'000));
    judge("203.0.113.42", "jp", rtt(6'100, 6'600, 0));       // nothing measured above TCP yet
    judge("2001:db8::7", "br", rtt(21'000, 24'000, 23'100)); // in neither table
}
