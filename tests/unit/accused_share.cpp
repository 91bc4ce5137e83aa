// SPDX-License-Identifier: BSL-1.0
//
// The share of accused keys is exact, of distinct keys, and no client alone moves it.

#include "../support/catch.hpp"

#include <aroma/operate/accused_share.hpp>

#include <cstdint>
#include <random>
#include <unordered_map>
#include <vector>

using namespace aroma;

TEST_CASE("AccusedShare: counts of random keys are those of a map, window by window")
{
    std::mt19937_64 random{1};
    AccusedShare share;
    std::unordered_map<std::uint64_t, bool> now;
    AccusedKeys last, current;
    int windows = 0;
    for (int i = 0; i < 100'000; ++i) {
        std::uint64_t const key = random() % 700;
        bool const accused = random() % 3 == 0;
        share.count(key, accused);
        if (now.emplace(key, accused).second) {
            ++current.all;
            current.accused += accused ? 1u : 0u;
        }
        if (current.all == AccusedShare::most_keys || random() % 2000 == 0) {
            if (current.all < AccusedShare::most_keys)
                share.next_window();
            now.clear();
            last = current;
            current = {};
            ++windows;
        }
        if (!(share.keys() == (current.all >= last.all ? current : last)))
            FAIL("at " << i << ": " << share.keys().accused << " of " << share.keys().all);
    }
    CHECK(windows > 100);
}

TEST_CASE("AccusedShare: a key counts once a window, by its first result")
{
    AccusedShare share;
    for (int i = 0; i < 1000; ++i)
        share.count(7, true);
    CHECK(share.keys() == AccusedKeys{1, 1});
    share.count(8, false);
    share.count(8, true);
    share.count(7, false);
    CHECK(share.keys() == AccusedKeys{1, 2});
    share.next_window();
    CHECK(share.keys() == AccusedKeys{1, 2}); // as long as the new one has fewer
    share.count(7, false);
    share.count(8, false);
    CHECK(share.keys() == AccusedKeys{0, 2});
    share.next_window();
    share.next_window();
    CHECK(share.keys() == AccusedKeys{});
}

TEST_CASE("AccusedShare: a warning lasts over the end of a window, and not beyond the next")
{
    AccusedShare share;
    for (std::uint64_t key = 0; key < 100; ++key) {
        CHECK_FALSE(share.keys().implausible());
        share.count(key, true);
    }
    CHECK(share.keys().implausible());
    share.next_window();
    CHECK(share.keys().implausible());
    share.next_window();
    CHECK_FALSE(share.keys().implausible());
}

TEST_CASE("AccusedShare: keys that fall on one place count, and as themselves")
{
    // The inverse of SplitMix64, by which anybody can choose keys so.
    auto const inverse = [](std::uint64_t v) {
        auto const unshift = [](std::uint64_t x, int by) {
            std::uint64_t all = x;
            for (int bits = by; bits < 64; bits += by)
                all = x ^ (all >> by);
            return all;
        };
        auto const reciprocal = [](std::uint64_t odd) {
            std::uint64_t r = odd;
            for (int i = 0; i < 6; ++i)
                r *= 2 - odd * r;
            return r;
        };
        v = unshift(v, 31) * reciprocal(0x94D0'49BB'1331'11EBu);
        v = unshift(v, 27) * reciprocal(0xBF58'476D'1CE4'E5B9u);
        return unshift(v, 30) - 0x9E37'79B9'7F4A'7C15u;
    };
    AccusedShare share;
    for (int round = 0; round < 2; ++round)
        for (std::uint64_t i = 0; i < AccusedShare::most_keys - 1; ++i) {
            std::uint64_t const key = inverse(i << 40 | 1023); // the last place: it goes around
            REQUIRE(detail::split_mix(key) == (i << 40 | 1023));
            share.count(key, i % 2 == 0);
        }
    CHECK(share.keys() == AccusedKeys{256, 511});
    AccusedShare zero; // whose mark is that of an empty place
    zero.count(inverse(0), true);
    zero.count(inverse(0), true);
    CHECK(zero.keys() == AccusedKeys{1, 1});
}

TEST_CASE("AccusedKeys: of plausible populations few windows warn")
{
    // The chance that of so many keys 20 % are accused at any key from the least on to the end of a
    // window: by all ways to get there.
    auto const chance_of_a_warning = [](double share) {
        std::vector<double> ways(AccusedShare::most_keys + 2);
        ways[0] = 1;
        double warned = 0;
        for (std::uint32_t all = 1; all <= AccusedShare::most_keys; ++all)
            for (std::uint32_t accused = all + 1; accused-- > 0;) {
                ways[accused] =
                    ways[accused] * (1 - share) + (accused > 0 ? ways[accused - 1] * share : 0);
                if (AccusedKeys{accused, all}.implausible()) {
                    warned += ways[accused];
                    ways[accused] = 0;
                }
            }
        return warned;
    };
    CHECK(chance_of_a_warning(0.10) == Approx(1.0 / 370).epsilon(0.02));
    CHECK(chance_of_a_warning(0.05) < 1.0 / 8'000'000);
    CHECK(chance_of_a_warning(0.30) > 0.99);
}
