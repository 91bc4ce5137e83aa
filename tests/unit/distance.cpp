// SPDX-License-Identifier: BSL-1.0
//
// What distances promise for every RTT and every two places: monotone, symmetric, a metric, and
// what long doubles say.

#include "../support/catch.hpp"

#include <aroma/decide/distance.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

using namespace aroma;

namespace {

struct Places {
    std::mt19937_64 random{46386878};

    Position operator()()
    {
        // One in four on a round coordinate: poles, equator, date line, quarters.
        auto const degrees = [&](double limit) {
            double const any = std::uniform_real_distribution{-limit, limit}(random);
            return random() % 4 == 0 ? std::round(any / 45) * 45 : any;
        };
        return {Latitude{degrees(90)}, Longitude{degrees(180)}};
    }
};

// With long doubles, and by another formula than the header's: unit vectors, their cross
// product and their product.
long double reference(Position const& a, Position const& b)
{
    struct Vector {
        long double x, y, z;
    };
    auto const vector = [](Position const& p) {
        long double const radian = std::numbers::pi_v<long double> / 180;
        long double const latitude = p.latitude.degrees() * radian,
                          longitude = p.longitude.degrees() * radian;
        return Vector{std::cos(latitude) * std::cos(longitude),
                      std::cos(latitude) * std::sin(longitude), std::sin(latitude)};
    };
    Vector const u = vector(a), v = vector(b);
    long double const x = u.y * v.z - u.z * v.y, y = u.z * v.x - u.x * v.z,
                      z = u.x * v.y - u.y * v.x;
    return 6371.0088L
         * std::atan2(std::sqrt(x * x + y * y + z * z), u.x * v.x + u.y * v.y + u.z * v.z);
}

Position moved(Position const& p, double north, double east)
{
    return {Latitude{std::clamp(p.latitude.degrees() + north, -90.0, 90.0)},
            Longitude{std::clamp(p.longitude.degrees() + east, -180.0, 180.0)}};
}

} // namespace

TEST_CASE("great_circle: a degree, a quarter and a half of the earth")
{
    auto const at = [](double latitude, double longitude) {
        return Position{Latitude{latitude}, Longitude{longitude}};
    };
    auto const near = [](Kilometres distance, double count, double tolerance) {
        return std::abs(distance.count() - count) < tolerance;
    };
    CHECK_FALSE(great_circle(at(91, 0), at(0, 0)).known());
    CHECK_FALSE(great_circle(at(0, 0), at(0, std::numeric_limits<double>::quiet_NaN())).known());

    // Of the mean sphere; poles, the date line, opposite points, the same point.
    constexpr double quarter = 10'007.557'221, degree = 111.195'080;
    CHECK(near(great_circle(at(12.5, -7), at(12.5, -7)), 0, 1e-9));
    CHECK(near(great_circle(at(0, 0), at(0, 90)), quarter, 1e-6));
    CHECK(near(great_circle(at(0, 0), at(90, 0)), quarter, 1e-6));
    CHECK(near(great_circle(at(0, 0), at(0, 180)), 2 * quarter, 2e-6));
    CHECK(near(great_circle(at(90, 0), at(-90, 77)), 2 * quarter, 2e-6));
    CHECK(near(great_circle(at(30, 40), at(-30, -140)), 2 * quarter, 2e-6)); // opposite
    CHECK(near(great_circle(at(0, 179.5), at(0, -179.5)), degree, 1e-6));    // over the date line
    CHECK(near(great_circle(at(90, 10), at(90, -120)), 0, 1e-9)); // one pole by two longitudes
    CHECK(near(great_circle(at(45, 0), at(46, 0)), degree, 1e-6));
    CHECK(near(great_circle(at(0, 0), at(0.001, 0)), degree / 1000, 1e-9));
    // Frankfurt and Tokyo
    CHECK(near(great_circle(at(50.11, 8.68), at(35.68, 139.69)), 9332.951, 1e-3));
}

TEST_CASE("great_circle: right to a millimetre")
{
    Places place;
    for (int i = 0; i < 100'000; ++i) {
        Position const a = place();
        double const small = std::pow(10.0, -static_cast<double>(i % 12));
        Position const opposite{Latitude{-a.latitude.degrees()},
                                Longitude{a.longitude.degrees() > 0 ? a.longitude.degrees() - 180
                                                                    : a.longitude.degrees() + 180}};
        for (Position const& b :
             {place(), moved(a, small, -small), moved(opposite, -small, small), opposite}) {
            Kilometres const distance = great_circle(a, b);
            if (!(std::abs(distance.count() - reference(a, b)) < 1e-6L))
                FAIL(a.latitude.degrees()
                     << " " << a.longitude.degrees() << " to " << b.latitude.degrees() << " "
                     << b.longitude.degrees() << ": " << distance.count());
        }
    }
    SUCCEED();
}

TEST_CASE("great_circle: symmetric, a metric, at most half the earth")
{
    Places place;
    for (int i = 0; i < 100'000; ++i) {
        Position const a = place(), b = place(), c = place();
        double const ab = great_circle(a, b).count(), ba = great_circle(b, a).count();
        double const round = great_circle(a, c).count() + great_circle(c, b).count();
        if (!(ab >= 0 && ab <= 20'015.1145 && std::abs(ab - ba) < 1e-6 && ab <= round + 1e-6))
            FAIL(ab << " " << ba << " " << round);
    }
    SUCCEED();
}

TEST_CASE("farthest: rises with the RTT and with the medium's speed")
{
    std::mt19937_64 random{46386878};
    for (int i = 0; i < 100'000; ++i) {
        std::uint32_t const rtt =
            static_cast<std::uint32_t>(random()
                                       >> (64 - std::uniform_int_distribution{1, 31}(random)))
            + 1;
        Microseconds const shorter{rtt}, longer{rtt + 1};
        Kilometres const vacuum = farthest(shorter), fibre = farthest(shorter, Medium::fibre),
                         internet = farthest(shorter, Medium::internet);
        if (!(vacuum < farthest(longer) && fibre < vacuum && internet < fibre
              && internet > Kilometres{0}))
            FAIL(rtt);
        // Half of the RTT at the speed of light, in integers: 149,896,229 micrometres a
        // microsecond.
        if (!(std::abs(vacuum.count() - static_cast<double>(rtt) * 149'896'229 * 1e-9)
              <= 1e-15 * vacuum.count()))
            FAIL(rtt << ": " << vacuum.count());
        // What is within reach is possible, and what is 2 % and a tick's way beyond is not; a claim
        // only becomes worse as it gets farther.
        double const beyond = vacuum.count() * 1.02 + 0.2;
        if (possible(vacuum, shorter) != Possibility::possible
            || possible(Kilometres{beyond}, shorter) != Possibility::impossible
            || possible(Kilometres{beyond * 2}, shorter) != Possibility::impossible
            || possible(Kilometres{beyond}, shorter, Kilometres{beyond}) != Possibility::possible)
            FAIL(rtt);
    }
    SUCCEED();
}
