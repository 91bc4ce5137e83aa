// SPDX-License-Identifier: BSL-1.0
//
// The judge's statistics against values known from theory.

#include "../support/catch.hpp"

#if __has_include(<boost/math/distributions/normal.hpp>)

#include "../../benchmarks/judge/statistics.hpp"

#include <limits>
#include <vector>

namespace {

constexpr double silent = std::numeric_limits<double>::quiet_NaN();

std::vector<double> up_to(int n)
{
    std::vector<double> values;
    for (int i = 0; i < n; ++i)
        values.push_back(i);
    return values;
}

} // namespace

TEST_CASE("judge::Share: Wilson's interval")
{
    constexpr double zz = 3.841458820694124; // chi squared's 95 % with one degree of freedom
    auto const none = judge::Share{0, 3000}.interval();
    CHECK(none.low == 0);
    CHECK(none.high == Approx(zz / (3000 + zz)).epsilon(1e-12));
    auto const all = judge::Share{3000, 3000}.interval();
    CHECK(all.low == Approx(3000 / (3000 + zz)).epsilon(1e-12));
    CHECK(all.high == 1);
    auto const half = judge::Share{5, 10}.interval();
    CHECK(half.low == Approx(0.236593).epsilon(1e-5));
    CHECK(half.high == Approx(0.763407).epsilon(1e-5));
    // Newcombe 1998, table I: 0.2553 to 0.3662
    auto const newcombe = judge::Share{81, 263}.interval();
    CHECK(newcombe.low == Approx(0.2553).margin(5e-5));
    CHECK(newcombe.high == Approx(0.3662).margin(5e-5));
    auto const nothing = judge::Share{}.interval();
    CHECK((nothing.low == 0 && nothing.high == 1));
    for (std::size_t n = 1; n < 3000; ++n) { // no rounding at the ends
        CAPTURE(n);
        REQUIRE(judge::Share{0, n}.interval().low == 0);
        REQUIRE(judge::Share{n, n}.interval().high == 1);
    }
    CHECK(std::isnan(judge::Share{}.value()));
}

TEST_CASE("judge::roc: ties, silence, and the area")
{
    std::vector<double> const direct{2, 1, silent, 2}, proxied{silent, 3, 2};
    auto const points = judge::roc(direct, proxied);
    REQUIRE(points.size() == 5);
    double const x[] = {0, 0, 0.5, 0.75, 1}, y[] = {0, 1. / 3, 2. / 3, 2. / 3, 1};
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(points[i].false_positives == Approx(x[i]));
        CHECK(points[i].true_positives == Approx(y[i]));
    }
    CHECK(points[2].threshold == 2);
    CHECK(judge::area(points) == Approx(7.5 / 12)); // of 12 pairs 6 in order and 3 tied

    CHECK(judge::area(judge::roc({1, 2}, {3, 4})) == 1);
    CHECK(judge::area(judge::roc({3, 4}, {1, 2})) == 0);
    CHECK(judge::area(judge::roc({silent, 5}, {silent, 5})) == 0.5);
}

TEST_CASE("judge::threshold: for a false-positive rate")
{
    auto const thousand = up_to(1000);
    REQUIRE(judge::threshold(thousand, 0.001));
    CHECK(*judge::threshold(thousand, 0.001) == 998);
    CHECK(judge::above(thousand, 998).hits == 1);
    CHECK(*judge::threshold(thousand, 0.01) == 989);
    CHECK_FALSE(judge::threshold(up_to(999), 0.001)); // not one of them may be accused
    CHECK_FALSE(judge::threshold({}, 1));
    CHECK(*judge::threshold(up_to(100), 0.01) == 98);
    CHECK(*judge::threshold({4, 4}, 1) == 4);

    auto tied = thousand; // the five strongest alike: no threshold parts them
    for (std::size_t i = 995; i < 1000; ++i)
        tied[i] = 2000;
    CHECK(judge::above(tied, *judge::threshold(tied, 0.001)).hits == 0);

    std::vector<double> const quiet(1000, silent); // then whatever speaks may accuse
    CHECK(judge::above({silent, -7}, *judge::threshold(quiet, 0.001)).hits == 1);
}

TEST_CASE("judge::smallest_leg: all above it are detected")
{
    using Shares = std::map<double, judge::Share>;
    CHECK(*judge::smallest_leg(
              Shares{{5, {99, 100}}, {10, {98, 100}}, {20, {99, 100}}, {40, {100, 100}}}, 0.99)
          == 20);
    CHECK(*judge::smallest_leg(Shares{{5, {1, 1}}, {10, {1, 1}}}, 0.99) == 5);
    CHECK_FALSE(judge::smallest_leg(Shares{{20, {100, 100}}, {40, {98, 100}}}, 0.99));
    CHECK_FALSE(judge::smallest_leg({}, 0.99));
}

TEST_CASE("judge::quantile: between two values")
{
    CHECK(judge::quantile({1, 2, 3, 4}, 0.5) == 2.5);
    CHECK(judge::quantile({1, 2, 3, 4, 5}, 0.1) == Approx(1.4));
    CHECK(judge::quantile({1, 2}, 0) == 1);
    CHECK(judge::quantile({1, 2}, 1) == 2);
    CHECK(std::isnan(judge::quantile({}, 0.5)));
}

#else

TEST_CASE("statistics: the judge's")
{
    skipped("no Boost.Math");
}

#endif
