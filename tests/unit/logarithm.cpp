// SPDX-License-Identifier: BSL-1.0
//
// The logarithm and its inverse against those of <cmath>, over all that they promise.

#include "../support/catch.hpp"

#include <aroma/detail/logarithm.hpp>

#include <cmath>
#include <limits>
#include <random>

using aroma::detail::exponential;
using aroma::detail::logarithm;

namespace {

struct Worst {
    double error = 0, at = 0;

    void see(double x, double ours, double theirs)
    {
        double const now = theirs == 0 ? std::fabs(ours) : std::fabs((ours - theirs) / theirs);
        if (!(now <= error))
            error = now, at = x;
    }
};

double uniform(std::mt19937_64& random)
{
    return static_cast<double>(random() >> 11) * 0x1p-53;
}

} // namespace

TEST_CASE("logarithm: <cmath>'s")
{
    std::mt19937_64 random{1};
    Worst worst;
    auto const see = [&](double x) { worst.see(x, logarithm(x), std::log(x)); };
    for (int i = 0; i < 300'000; ++i) {
        see(std::ldexp(1 + uniform(random), static_cast<int>(random() % 2046) - 1022));
        double const from_one = std::ldexp(uniform(random), -static_cast<int>(random() % 53));
        see(1 + from_one);
        see(1 - from_one / 2);
        see(std::ldexp(uniform(random), -1022 - static_cast<int>(random() % 50))
            + std::numeric_limits<double>::denorm_min());
    }
    for (int exponent = -1074; exponent < 1024; ++exponent)
        see(std::ldexp(1, exponent));
    see((std::numeric_limits<double>::max)());
    INFO("worst at " << worst.at);
    CHECK(worst.error <= 1e-15);
    CHECK(worst.error > 0);
}

TEST_CASE("exponential: <cmath>'s")
{
    std::mt19937_64 random{2};
    Worst worst;
    for (int i = 0; i < 300'000; ++i) {
        double const x = 1400 * uniform(random) - 700;
        worst.see(x, exponential(x), std::exp(x));
        double const small = std::ldexp(x, -static_cast<int>(random() % 60));
        worst.see(small, exponential(small), std::exp(small));
    }
    for (int half = -1400; half <= 1400; ++half)
        worst.see(half / 2.0, exponential(half / 2.0), std::exp(half / 2.0));
    INFO("worst at " << worst.at);
    CHECK(worst.error <= 1e-15);
    CHECK(worst.error > 0);
    CHECK(exponential(1e300) == exponential(700));
    CHECK(exponential(-1e300) == exponential(-700));
}
