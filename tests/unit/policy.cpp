// SPDX-License-Identifier: BSL-1.0
//
// The share of a decide/policy.hpp is exact and only grows.

#include "../support/catch.hpp"

#include <aroma/decide/policy.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace aroma;

TEST_CASE("Policy: a share is exact and only grows")
{
    constexpr int keys = 1'000'000;
    for (bool const hashed : {false, true}) {
        std::vector<std::uint32_t> parts;
        for (int i = 0; i < keys; ++i)
            parts.push_back(
                detail::part_per_million((hashed ? Key::of("account " + std::to_string(i))
                                                 : Key{static_cast<std::uint64_t>(i)})
                                             .number()));
        for (std::uint32_t const share :
             {0u, 1u, 100u, 10'000u, 250'000u, 500'000u, 999'999u, 1'000'000u}) {
            double in = 0;
            for (std::uint32_t const part : parts)
                in += part < share;
            double const expected = share, deviation = std::sqrt(expected * (1 - expected / 1e6));
            INFO(share << ": " << in);
            CHECK(std::fabs(in - expected) <= 4.5 * deviation); // of 14 draws, none by chance
        }
        for (std::uint32_t const part : parts)
            if (part > 999'999)
                FAIL(part);
    }

    Assessment const accused{.score = Score{0.05},
                             .band = Band::proxy,
                             .basis = Basis::reference_over_excess,
                             .status = Status::ok};
    std::uint32_t last = 0;
    std::vector<bool> in(10'000);
    for (std::uint32_t const share : {0u, 1u, 5000u, 5001u, 300'000u, 999'999u, 1'000'000u}) {
        Policy<> policy;
        REQUIRE(policy.set("x", {.share = share}) == PolicyError::none);
        for (std::size_t i = 0; i < in.size(); ++i) {
            Decision const d = policy.decide(accused, "x", Key{i});
            if (in[i] && !d.in_share)
                FAIL(i << " was in " << last << " and is not in " << share);
            in[i] = d.in_share;
            if (d.response != (d.in_share ? Response::challenge : Response::observe))
                FAIL(name(d.response));
        }
        last = share;
    }
    CHECK(std::count(in.begin(), in.end(), true) == static_cast<std::ptrdiff_t>(in.size()));
}

namespace {

constexpr auto assessed = [](Band band) {
    return Assessment{.score = Score{0.05},
                      .band = band,
                      .basis = Basis::reference_over_excess,
                      .status = Status::ok};
};

// What a rule that stands down answers, when so many of so many keys are accused.
Policy<> standing_down()
{
    Policy<> policy;
    REQUIRE(policy.set("", {.stands_down = true}) == PolicyError::none);
    return policy;
}
void fill(AccusedShare& share, std::uint64_t accused, std::uint64_t all)
{
    for (std::uint64_t key = 0; key < all; ++key)
        share.count(1'000'000 + key, key < accused);
}

} // namespace

TEST_CASE("Policy: behind a balancer, where everybody is accused, it warns within 200 keys")
{
    Policy<> const policy;
    AccusedShare share;
    int first = 0;
    for (int key = 1; key <= 300; ++key) {
        Key const of{static_cast<std::uint64_t>(key)};
        Decision const d = counted(policy.decide(assessed(Band::proxy), "", of), of, share);
        if (d.keys.implausible() && first == 0)
            first = key;
        // a warning alone changes no response
        if (d.response != Response::challenge || d.stood_down)
            FAIL(key << ": " << name(d.response));
    }
    CHECK(first == 100);
}

TEST_CASE("Policy: one key with many proxied connections makes nothing stand down")
{
    Policy<> const policy = standing_down();
    AccusedShare share;
    Key const attacker{1};
    for (int i = 0; i < 10'000; ++i) {
        Decision const d =
            counted(policy.decide(assessed(Band::proxy), "", attacker), attacker, share);
        if (d.keys.implausible() || d.response != Response::challenge)
            FAIL(i << ": " << name(d.response));
    }
    for (std::uint64_t i = 2; i < 200; ++i) // and others come
        (void)counted(policy.decide(assessed(Band::normal), "", Key{i}), Key{i}, share);
    CHECK(share.keys() == AccusedKeys{1, 199});
}

TEST_CASE("Policy: it stands down if asked to, at 90 % of 200 keys, and not for void probes")
{
    auto const decided = [](Policy<> const& policy, std::uint64_t accused, std::uint64_t all) {
        AccusedShare share;
        fill(share, accused, all);
        // a key of those that are there, so that it changes nothing
        Key const key{1'000'000};
        return counted(policy.decide(assessed(Band::proxy), "", key), key, share);
    };
    CHECK(decided(standing_down(), 180, 200).response == Response::observe);
    CHECK(decided(standing_down(), 180, 200).stood_down);
    CHECK(decided(standing_down(), 180, 200).intended == Response::challenge);
    CHECK(decided(standing_down(), 179, 200).response == Response::challenge);
    CHECK(decided(standing_down(), 199, 199).response == Response::challenge);
    CHECK(decided(Policy<>{}, 200, 200).response == Response::challenge);

    AccusedShare share;
    fill(share, 200, 200);
    ConnectionHistory silent;
    for (int i = 0; i < 2; ++i) {
        silent.observe(SendPosition{.written = 100});
        (void)silent.probe_sent(1, SendPosition{.written = 100}, Microseconds{1});
    }
    REQUIRE(silent.voided() == 2);
    Assessment late;
    late.status = Status::late_acks;
    for (Assessment const& a : {Assessment{}, late, assessed(Band::suspicious),
                                assessed(Band::proxy), assessed(Band::normal)}) {
        Decision const d = counted(standing_down().decide(a, silent, "", Key{5}), Key{5}, share);
        CHECK(d.response == Response::challenge);
        CHECK_FALSE(d.stood_down);
    }
    CHECK(share.keys() == AccusedKeys{200, 200}); // nor do they count
}

TEST_CASE("Policy: only a result counts, as accused from suspicious or an even chance on")
{
    Policy<> const policy;
    auto const after = [](Decision const& d) {
        AccusedShare share;
        return counted(d, Key{1}, share).keys;
    };
    auto const of_band = [&](Band band) {
        return after(policy.decide(assessed(band), "", Key{1}));
    };
    CHECK(of_band(Band::unknown) == AccusedKeys{});
    CHECK(of_band(Band::normal) == AccusedKeys{0, 1});
    CHECK(of_band(Band::unstable) == AccusedKeys{0, 1});
    CHECK(of_band(Band::suspicious) == AccusedKeys{1, 1});
    CHECK(of_band(Band::proxy) == AccusedKeys{1, 1});

    Evidence none{Probability::with(0.6)}, some = none, against = none;
    some.add(Signal::http_headers, LikelihoodRatio::of_micronats(100'000));
    against.add(Signal::http_headers, LikelihoodRatio::of_micronats(-900'000));
    CHECK(after(policy.decide(none, "", Key{1})) == AccusedKeys{});
    CHECK(after(policy.decide(some, "", Key{1})) == AccusedKeys{1, 1});
    CHECK(after(policy.decide(against, "", Key{1})) == AccusedKeys{0, 1});
}
