// SPDX-License-Identifier: BSL-1.0
//
// An explanation has what the decision rests on, no address, and is never cut in silence.

#include "../support/catch.hpp"

#include <aroma/decide/explain.hpp>
#include <aroma/decide/policy.hpp>

#include <algorithm>
#include <cstring>
#include <regex>
#include <string>

using namespace aroma;

namespace {

std::string explained(Decision const& decision)
{
    char buffer[explanation_size];
    Explained const e = explain(decision, buffer);
    REQUIRE(e.complete());
    REQUIRE(std::strlen(buffer) == e.size);
    return buffer;
}

Assessment of(Band band, double score = 0.05)
{
    return {.score = Score{score},
            .band = band,
            .basis = Basis::reference_over_excess,
            .status = Status::ok,
            .sample = {Microseconds{1097}, Microseconds{12372}, Microseconds{11165},
                       Microseconds{58587}}};
}

} // namespace

TEST_CASE("explain: an assessment")
{
    Policy<> policy;
    REQUIRE(policy.set("de/mobile", {.share = 0, .dry_run = true}) == PolicyError::none);
    CHECK(explained(policy.decide(of(Band::proxy, 0.088123456), "de/mobile/fra1", Key{1}))
          == "response=observe intended=challenge segment=de/mobile share=0ppm in_share=no "
             "dry_run=yes by=assessment band=proxy score=0.088123 "
             "basis=reference_over_excess status=ok minimum=1097us smoothed=12372us "
             "variation=11165us application=58587us "
             "thresholds=0.700000,0.300000,0.100000");
    CHECK(explained(policy.decide(Assessment{.status = Status::not_tcp}, "us", Key{1}))
          == "response=allow intended=allow segment=* share=1000000ppm in_share=yes "
             "dry_run=no by=assessment band=unknown score=- basis=none "
             "status=not_tcp minimum=- smoothed=- variation=- application=- "
             "thresholds=0.700000,0.300000,0.100000");
    // A client whose probes are all void.
    ConnectionHistory silent;
    for (int i = 0; i < 2; ++i) {
        silent.observe(SendPosition{.written = 100});
        CHECK(silent.probe_sent(1, SendPosition{.written = 100}, Microseconds{1})
              == Status::probe_unsent);
    }
    CHECK(explained(policy.decide(silent.assess(), silent, "us", Key{1}))
          == "response=challenge intended=challenge segment=* share=1000000ppm in_share=yes "
             "dry_run=no by=probes band=unknown score=- basis=none "
             "status=no_sample minimum=- smoothed=- variation=- application=- "
             "thresholds=0.700000,0.300000,0.100000");
    // Rounded down, so that nothing reads as of another band.
    CHECK(explained(policy.decide(of(Band::proxy, 0.09999999), "", Key{1})).find(" score=0.099999 ")
          != std::string::npos);
    CHECK(explained(policy.decide(of(Band::proxy, 1e-9), "", Key{1})).find(" score=<0.000001 ")
          != std::string::npos);
    CHECK(explained(policy.decide(of(Band::normal, 1), "", Key{1})).find(" score=1.000000 ")
          != std::string::npos);
}

TEST_CASE("explain: evidence with every contribution")
{
    Evidence evidence{Probability::with(0.01)};
    evidence.set(Signal::this_connection, LikelihoodRatio::of_micronats(6'420'000));
    evidence.add(Signal::http_headers, LikelihoodRatio::of_micronats(-500'000));
    evidence.add(Signal::http_headers, LikelihoodRatio::of_micronats(-700'001));
    CHECK(explained(Policy<>{}.decide(evidence, "", Key{1}))
          == "response=allow intended=allow segment=* share=1000000ppm in_share=yes "
             "dry_run=no by=evidence probability=0.451373 prior=0.010000 "
             "log_odds=-0.195121 this_connection=1,+6.420000,+5.000000 "
             "http_headers=2,-1.200001,-0.600001 edges=0.500000,0.900000,1.000000");
}

TEST_CASE("explain: never an address")
{
    std::regex const address{"[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+|[0-9a-fA-F]*:[0-9a-fA-F:]+"};
    REQUIRE(std::regex_search("203.0.113.7", address));
    REQUIRE(std::regex_search("2001:db8::1", address));
    Policy<> policy;
    REQUIRE(policy.set("de", {}) == PolicyError::none);
    for (char const* const one : {"203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7",
                                  "de/203.0.113.7", "de/2001:db8::1", "203.0.113.7:443"}) {
        CHECK(policy.set(one, {}) != PolicyError::none);
        for (std::string const& line :
             {explained(policy.decide(of(Band::proxy), one, Key::of(one))),
              explained(policy.decide(Evidence{Probability{}}, one, Key::of(one)))}) {
            INFO(line);
            CHECK_FALSE(std::regex_search(line, address));
            CHECK(line.find(std::to_string(Key::of(one).number())) == std::string::npos);
        }
    }
    CHECK(policy.segments() == 1);
}

TEST_CASE("explain: the longest fit, a short buffer says so")
{
    Rule const rule{
        .by_probability = {.observe = 0.000123, .challenge = 0.123456, .block = 0.999999},
        .share = 1'000'000};
    std::string const name(SegmentName::longest, 'x');
    Policy<> policy;
    REQUIRE(policy.set(name, rule, AllowBlocking{}) == PolicyError::none);

    Microseconds const longest{4294967294};
    Assessment worst = of(Band::suspicious, 0.123456);
    worst.basis = Basis::transport_over_application;
    worst.status = Status::handshake_only;
    worst.sample = {longest, longest, longest, longest};
    Evidence most{Probability::with(1e-300)};
    REQUIRE(most.adjust({{700, 0}, {700, 0}, {700, 0}, {700, 0}}) == EvidenceError::none);
    for (std::size_t signal = 0; signal < aroma::detail::signal_count; ++signal)
        for (int i = 0; i < 200'000; ++i)
            most.add(static_cast<Signal>(signal), LikelihoodRatio::of_micronats(-2'147'483'647));
    AccusedShare share; // three digits are the most
    for (std::uint64_t key = 2; key < 2 + AccusedShare::most_keys; ++key)
        share.count(key, true);
    auto const longest_of = [&](Decision const& d) {
        return explained(counted(d, Key{2}, share)).size();
    };
    std::size_t const by_assessment = longest_of(policy.decide(worst, name, Key{1})),
                      by_evidence = longest_of(policy.decide(most, name, Key{1}));
    // The counts above have six digits and the sums nine; ten and 13, with a sign, are the most
    // that their types hold.
    std::size_t const most_by_evidence = by_evidence + aroma::detail::signal_count * (4 + 4);
    INFO(by_assessment << ", " << by_evidence << ", at most " << most_by_evidence);
    CHECK(std::max(by_assessment, most_by_evidence) < explanation_size);

    std::string const whole = explained(policy.decide(worst, name, Key{1}));
    for (std::size_t size = 0; size <= whole.size() + 2; ++size) {
        std::string around(size + 2, '#');
        char* const buffer = around.data() + 1;
        Explained const e = explain(policy.decide(worst, name, Key{1}), buffer, size);
        // nothing is written before the buffer, or behind it
        REQUIRE((around.front() == '#' && around.back() == '#'));
        REQUIRE(e.needed == whole.size());
        REQUIRE(e.complete() == (size > whole.size()));
        if (size == 0)
            continue;
        REQUIRE(buffer[e.size] == 0);
        std::string const text{buffer};
        REQUIRE(text.size() == e.size);
        if (e.complete())
            REQUIRE(text == whole);
        else if (size > 3)
            REQUIRE((text.substr(text.size() - 3) == "..."
                     && whole.compare(0, text.size() - 3, text, 0, text.size() - 3) == 0));
    }
}

TEST_CASE("explain: a null pointer is a buffer of no size")
{
    Explained const made = explain(Decision{}, nullptr, 100);
    CHECK(made.size == 0);
    CHECK(made.needed > 100);
}

TEST_CASE("explain: what was counted, and the warning")
{
    AccusedShare share;
    Policy<> policy;
    REQUIRE(policy.set("x", {.stands_down = true}) == PolicyError::none);
    auto const end_of = [&](Key key, Band band) {
        std::string const line = explained(counted(policy.decide(of(band), "x", key), key, share));
        return line.substr(line.find("0.100000") + 8);
    };
    CHECK(end_of(Key{0}, Band::proxy) == " keys=1 accused_keys=1 implausible=no stood_down=no");
    for (std::uint64_t key = 1; key < 199; ++key)
        share.count(key, true);
    CHECK(end_of(Key{0}, Band::proxy)
          == " keys=199 accused_keys=199 implausible=yes stood_down=no");
    CHECK(end_of(Key{200}, Band::proxy)
          == " keys=200 accused_keys=200 implausible=yes stood_down=yes");
    CHECK(explained(policy.decide(of(Band::proxy), "x", Key{0})).find("keys=")
          == std::string::npos);
}
