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
