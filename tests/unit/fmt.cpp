// SPDX-License-Identifier: BSL-1.0
//
// integrations/fmt.hpp: what a log line looks like.

#include "../support/catch.hpp"

#include <aroma/aroma.hpp>
#include <aroma/integrations/fmt.hpp>

#include <chrono>

#include <fmt/format.h>

using namespace aroma;
using namespace std::chrono_literals;

TEST_CASE("fmt: names are strings")
{
    CHECK(fmt::format("{}", Band::proxy) == "proxy");
    CHECK(fmt::format("[{:>10}]", Band::normal) == "[    normal]");
    CHECK(fmt::format("{}", Basis::min_over_smoothed) == "min_over_smoothed");
    CHECK(fmt::format("[{:.<8}]", Status::ok) == "[ok......]");
}

TEST_CASE("fmt: a score has three decimals, of no better band")
{
    CHECK(fmt::format("{}", Score{}) == "unknown");
    CHECK(fmt::format("{}", Score{1.0}) == "1.000");
    CHECK(fmt::format("{}", Score{0.05396}) == "0.053");
    CHECK(fmt::format("{}", Score{0.0999999}) == "0.099");
    CHECK(fmt::format("{}", Score{0.6999999}) == "0.699");
    CHECK(fmt::format("{}", Score{0.0004}) == "4.0e-04");
    for (int i = 1; i <= 1000; ++i)
        CHECK(fmt::format("{}", Score::ratio(i, 1000))
              == fmt::format("{}.{:03}", i / 1000, i % 1000));
    CHECK(fmt::format("[{:>8}]", Score{0.0999999}) == "[   0.099]");
    CHECK(fmt::format("[{:>8}]", Score{}) == "[ unknown]");
    CHECK(fmt::format("{}", Score{2.3e-308}) == "2.3e-308");
}

TEST_CASE("fmt: a sample in milliseconds, a dash for none")
{
    RttSample const sample{Microseconds{1020}, Microseconds{18'903}, Microseconds{9100}};
    CHECK(fmt::format("{}", sample) == "1.020/18.903 ms");
    CHECK(fmt::format("{:l}", sample)
          == "minimum 1.020 ms, smoothed 18.903 ms, variation 9.100 ms");
    CHECK(fmt::format("{:l}", RttSample{1ms, 2ms, 3ms, 41ms})
          == "minimum 1.000 ms, smoothed 2.000 ms, variation 3.000 ms, application 41.000 ms");
    CHECK(fmt::format("{}", RttSample<Nanoseconds>{}) == "-/- ms");
    using Fractional = Duration<double, std::milli>;
    CHECK(fmt::format("{}", RttSample{Fractional{1.5}, Fractional{2.25}}) == "1.500/2.250 ms");
    CHECK(fmt::format("{:l}", RttSample<Nanoseconds>{}) == "minimum -, smoothed -, variation -");
    CHECK(fmt::format("{}", RttSample{Microseconds{4294967295}, Microseconds{2}}) == "-/0.002 ms");
}

TEST_CASE("fmt: an assessment, short and long")
{
    auto const proxied =
        assess(RttSample{Microseconds{1020}, Microseconds{18'903}, Microseconds{9100}});
    CHECK(fmt::format("{}", proxied) == "proxy 0.053");
    CHECK(fmt::format("{:l}", proxied)
          == "proxy 0.053 by min_over_smoothed: minimum 1.020 ms, smoothed 18.903 ms, variation "
             "9.100 ms");
    auto const across = assess(RttSample{1ms, 1ms, 0ms, 51ms});
    CHECK(fmt::format("{:l}", across)
          == "suspicious 0.100 by reference_over_excess: minimum 1.000 ms, smoothed 1.000 ms, "
             "variation -, application 51.000 ms");

    Assessment early{.status = Status::handshake_only,
                     .sample = {.minimum = Microseconds{380},
                                .smoothed = Microseconds{380},
                                .variation = Microseconds{190}}};
    CHECK(fmt::format("{}", early) == "unknown (handshake_only)");
    CHECK(fmt::format("{:l}", early)
          == "unknown (handshake_only): minimum 0.380 ms, smoothed 0.380 ms, variation 0.190 ms");
    CHECK(fmt::format("{}", score(-1)) == "unknown (bad_descriptor)");
    CHECK(fmt::format("{:l}", score(-1))
          == std::string{"unknown (bad_descriptor): "} + message(Status::bad_descriptor));
}

TEST_CASE("fmt: other formats are refused")
{
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:x}"), Assessment{}), fmt::format_error);
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:lx}"), Assessment{}), fmt::format_error);
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:d}"), Band::proxy), fmt::format_error);
    CHECK_THROWS_AS(fmt::format(fmt::runtime("{:f}"), Score{0.5}), fmt::format_error);
}
