// SPDX-License-Identifier: BSL-1.0
//
// The template of the examples as it is filled in: its VCL is run on thousands of samples, and says
// of each what assess(decode(bytes)) says. And which options and templates are refused.

#include "../../examples/tools/vcl.hpp"
#include "../support/catch.hpp"
#include "vcl_machine.hpp"

#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>
#include <aroma/version.hpp>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <random>
#include <string>

using namespace aroma;
using tools::VclOptions;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string vcl_of(VclOptions const& options)
{
    std::ifstream file{AROMA_VCL_TEMPLATE};
    std::string const text{std::istreambuf_iterator<char>{file}, {}};
    REQUIRE(text.ends_with("}\n"));
    return write_vcl(text, options);
}

struct Sample {
    std::uint32_t minimum, smoothed, variation;
    std::uint64_t bytes_acked = 1000;
};

Assessment of_library(Sample const& s, ThresholdClassifier const& classify)
{
    unsigned char bytes[152]{};
    auto const put = [&](std::size_t offset, auto value) {
        std::memcpy(bytes + offset, &value, sizeof value);
    };
    put(0, std::uint8_t{1}); // established
    put(68, s.smoothed);
    put(72, s.variation);
    put(120, s.bytes_acked);
    put(148, s.minimum);
    return assess(decode(bytes, sizeof bytes), aroma::Options<>{.classifier = classify});
}

struct Edge {
    bool tcp_info = true, is_h3 = false;
    vcl::Integer visits = 0, restarts = 0;
};

void arrives(vcl::Machine& machine, Sample const& s, Edge const& edge = {})
{
    machine.variables = {
        {"client.socket.tcpi_min_rtt", vcl::Integer{s.minimum}},
        {"client.socket.tcpi_rtt", vcl::Integer{s.smoothed}},
        {"client.socket.tcpi_rttvar", vcl::Integer{s.variation}},
        {"client.socket.tcpi_bytes_acked", static_cast<vcl::Integer>(s.bytes_acked)},
        {"client.socket.tcp_info", edge.tcp_info},
        {"fastly_info.is_h3", edge.is_h3},
        {"fastly.ff.visits_this_service", edge.visits},
        {"req.restarts", edge.restarts}};
    machine.error = 0;
}

// Where the two differ, the reason.
std::optional<std::string> differs(vcl::Machine& machine, Sample const& s,
                                   ThresholdClassifier const& classify,
                                   std::string const& prefix = "req.http.Aroma-")
{
    arrives(machine, s);
    try {
        machine.run("aroma_recv");
    } catch (vcl::Wrong const& wrong) {
        return wrong.what();
    }
    Assessment const a = of_library(s, classify);
    std::string score = "<null>";
    if (a.score.known()) {
        std::uint64_t const thousandths =
            s.minimum >= s.smoothed ? 1000 : std::uint64_t{s.minimum} * 1000 / s.smoothed;
        score = std::to_string(1000 + thousandths).insert(1, ".");
        score[0] = thousandths == 1000 ? '1' : '0';
        if (!(std::abs(std::stod(score) - (a.score.value() - 0.0005)) <= 0.0005 + 1e-9
              || thousandths == 1000))
            return "score " + score + " for " + std::to_string(a.score.value());
    }
    std::string const expected = std::string{name(a.status)} + ' ' + name(a.band) + ' ' + score;
    std::string const found = machine.text(prefix + "Status") + ' ' + machine.text(prefix + "Band")
                            + ' ' + machine.text(prefix + "Score");
    if (found == expected)
        return {};
    return std::to_string(s.minimum) + '/' + std::to_string(s.smoothed) + ' '
         + std::to_string(s.variation) + ' ' + std::to_string(s.bytes_acked) + ": " + found
         + ", and the library: " + expected;
}

std::uint32_t narrowed(std::uint64_t value)
{
    return value > 4294967295 ? 4294967295 : static_cast<std::uint32_t>(value);
}

// Samples at random, and those on every edge that there is.
std::vector<Sample> samples(Thresholds const& t, int count)
{
    std::mt19937_64 random{46386878};
    auto const rtt = [&] {
        return static_cast<std::uint32_t>(random()
                                          >> (64 - std::uniform_int_distribution{1, 32}(random)));
    };
    std::vector<Sample> all;
    for (int i = 0; i < count; ++i) {
        Sample s{rtt(), rtt(), rtt(), random() % 8 == 0 ? random() % 4 : rtt()};
        switch (i % 4) {
        // any band
        case 0:
            s.minimum = static_cast<std::uint32_t>(
                std::uniform_real_distribution{0.0, 1.2}(random)*s.smoothed / 1.2);
            break;
        // the handshake, or nearly
        case 1:
            s.minimum = s.smoothed,
            s.variation = s.smoothed / 2 + static_cast<std::uint32_t>(random() % 3) - 1;
            break;
        default: break;
        }
        all.push_back(s);
    }
    for (double const threshold : {t.unstable_below, t.suspicious_below, t.proxy_below}) {
        auto const n = static_cast<std::uint64_t>(std::llround(threshold * 1e6));
        // on the edge as near as whole microseconds come, and one to each side
        for (int i = 0; i < count; ++i) {
            std::uint32_t const smoothed =
                i % 2   ? 4294967294u - static_cast<std::uint32_t>(random() % 100'000)
                : i % 4 ? rtt() / 1000 * 1000
                        : rtt();
            std::uint64_t const edge = n * smoothed / 1'000'000;
            for (std::uint64_t const minimum : {edge, edge + 1, edge > 0 ? edge - 1 : 0})
                all.push_back({narrowed(minimum), smoothed, 7});
        }
    }
    for (std::uint32_t const minimum :
         {0u, 1u, 2u, 31u, 32u, 33u, 999u, 1000u, 4294967294u, 4294967295u})
        for (std::uint32_t const smoothed :
             {0u, 1u, 2u, 31u, 32u, 33u, 999u, 1000u, 1001u, 4294967294u, 4294967295u})
            for (std::uint32_t const variation : {0u, smoothed / 2, smoothed / 2 + 1, smoothed})
                for (std::uint64_t const acked : {0u, 1u, 2u})
                    all.push_back({minimum, smoothed, variation, acked});
    return all;
}

constexpr Thresholds sets[] = {
    {},
    {.unstable_below = 0.9, .suspicious_below = 0.5, .proxy_below = 0.2},
    {1, 1, 1},
    {.unstable_below = 0.5, .suspicious_below = 0.5, .proxy_below = 0.5},
    {1, 0, 0},
    {.unstable_below = 0.714286, .suspicious_below = 0.333333, .proxy_below = 0.083217},
    {0, 0, 0},
    {.unstable_below = 0.999999, .suspicious_below = 0.500001, .proxy_below = 0.000001},
    {1, 0.1, 0},
    {.unstable_below = 0.57, .suspicious_below = 0.29, .proxy_below = 0.07},
};

} // namespace

TEST_CASE("VCL: every sample gets the library's answer")
{
    for (Thresholds const& t : sets) {
        vcl::Machine machine{vcl_of({.thresholds = t})};
        ThresholdClassifier classify;
        REQUIRE(classify.adjust(t) == ThresholdError::none);
        std::map<std::string, int> seen;
        for (Sample const& s : samples(t, 1500)) {
            if (auto const why = differs(machine, s, classify))
                FAIL(*why);
            ++seen[machine.text("req.http.Aroma-Status") + ' '
                   + machine.text("req.http.Aroma-Band")];
        }
        CHECK(seen["handshake_only unknown"] > 100);
        CHECK(seen["no_sample unknown"] > 100);
        if (t == Thresholds{})
            for (char const* band : {"ok normal", "ok unstable", "ok suspicious", "ok proxy"})
                CHECK(seen[band] > 300);
    }
}

TEST_CASE("VCL: one that is wrong somewhere differs from the library")
{
    std::string const right = vcl_of({});
    std::vector<Sample> const all = samples({}, 1500);
    std::array<std::array<std::string, 2>, 17> const changes = {{
        {"var.scaled >= var.unstable_below", "var.scaled > var.unstable_below"},
        {"var.scaled >= var.suspicious_below", "var.scaled > var.suspicious_below"},
        {"var.scaled >= var.proxy_below", "var.scaled > var.proxy_below"},
        {"*= 700000", "*= 700001"},
        {"*= 300000", "*= 299999"},
        {"*= 100000;", "*= 100001;"},
        {"*= 1000000", "*= 999999"},
        {">>= 1", ">>= 2"},
        {"var.minimum <= 0 ||", "var.minimum < 0 ||"},
        {"var.minimum >= 4294967295", "var.minimum > 4294967295"},
        {"var.smoothed >= 4294967295", "var.smoothed > 4294967295"},
        {"var.smoothed >= 32", "var.smoothed >= 33"},
        {"tcpi_bytes_acked <= 1", "tcpi_bytes_acked < 1"},
        {"var.minimum == var.smoothed &&", "var.minimum >= var.smoothed &&"},
        {"set var.thousandths -= var.rest;", ""},
        {"var.thousandths >= 10)", "var.thousandths >= 11)"},
        {"Band = \"unstable\"", "Band = \"normal\""},
    }};
    for (auto const& [from, to] : changes) {
        std::size_t const found = right.find(from);
        REQUIRE(found != right.npos);
        std::string text = right;
        text.replace(found, from.size(), to);
        vcl::Machine machine{text};
        bool noticed = false;
        for (Sample const& s : all)
            noticed = noticed || differs(machine, s, ThresholdClassifier{});
        INFO(from);
        CHECK(noticed);
    }
}

TEST_CASE("millionths: six decimals are the double that is written so")
{
    for (int n = 0; n <= 1'000'000; ++n) {
        double const written =
            std::stod("0." + std::to_string(1'000'000 + n).substr(1)) + (n == 1'000'000 ? 1 : 0);
        if (tools::millionths(written) != n
            || (n > 0 && tools::millionths(std::nextafter(written, 0.0)) != -1))
            FAIL(n);
    }
    SUCCEED();
}

TEST_CASE("VCL: only the client's connection is scored, forged headers go")
{
    vcl::Machine machine{vcl_of({.header = "X-Edge"})};
    auto const run = [&](Edge const& edge) {
        arrives(machine, {10, 1000, 1}, edge);
        for (char const* header : {"Status", "Band", "Score", "Response"})
            machine.variables[std::string{"req.http.X-Edge-"} + header] = std::string{"forged"};
        machine.run("aroma_recv");
        std::string all;
        for (char const* header : {"Status", "Band", "Score", "Response"})
            all += machine.text(std::string{"req.http.X-Edge-"} + header) + ' ';
        return all;
    };
    CHECK(run({}) == "ok proxy 0.010 challenge ");
    CHECK(run({.is_h3 = true}) == "not_tcp unknown <null> observe ");
    CHECK(run({.tcp_info = false}) == "no_sample unknown <null> observe ");
    // Behind the edge and after a restart, the headers are the edge's own, and stay.
    CHECK(run({.visits = 1}) == "forged forged forged forged ");
    CHECK(run({.restarts = 1}) == "forged forged forged forged ");
}

TEST_CASE("VCL: each band gets the response asked for, and none unasked")
{
    struct Case {
        Sample sample;
        char const* band;
        Response VclOptions::*response;
    };
    Case const cases[] = {{{10, 1000, 1}, "proxy", &VclOptions::proxy},
                          {{200, 1000, 1}, "suspicious", &VclOptions::suspicious},
                          {{500, 1000, 1}, "unstable", &VclOptions::unstable},
                          {{900, 1000, 1}, "normal", nullptr},
                          {{1000, 1000, 500}, "unknown", nullptr}};
    for (Case const& c : cases)
        for (Response const response : {Response::observe, Response::challenge, Response::block}) {
            VclOptions options{.challenge_status = 642, .block_status = 643};
            options.unstable = options.suspicious = options.proxy = response;
            vcl::Machine machine{vcl_of(options)};
            arrives(machine, c.sample);
            machine.run("aroma_recv");
            CHECK(machine.text("req.http.Aroma-Band") == c.band);
            Response const expected = c.response ? response : Response::observe;
            CHECK(machine.text("req.http.Aroma-Response") == name(expected));

            machine.run("aroma_respond_recv");
            CHECK(machine.error
                  == (expected == Response::observe     ? 0
                      : expected == Response::challenge ? 642
                                                        : 643));
            if (machine.error == 0)
                continue;
            CHECK(machine.response == "aroma");
            machine.variables = {{"obj.status", vcl::Integer{machine.error}},
                                 {"obj.response", machine.response}};
            machine.run("aroma_error");
            CHECK(machine.variables["obj.status"] == vcl::Value{vcl::Integer{403}});
            CHECK(machine.text("obj.http.Cache-Control") == "private, no-store");
            CHECK((machine.synthetic.find("confirm") != machine.synthetic.npos)
                  == (expected == Response::challenge));
            CHECK(machine.returned == "deliver");
        }
    VclOptions const defaults;
    CHECK((defaults.unstable == Response::observe && defaults.suspicious == Response::observe
           && defaults.proxy == Response::challenge));
}

TEST_CASE("VCL: observed, shielded and restarted requests pass")
{
    vcl::Machine machine{vcl_of({})};
    auto const stopped = [&](Edge const& edge, std::string const& response) {
        arrives(machine, {10, 1000, 1}, edge);
        machine.variables["req.http.Aroma-Response"] = response;
        machine.run("aroma_respond_recv");
        return machine.error;
    };
    CHECK(stopped({}, "challenge") == 618);
    CHECK(stopped({}, "block") == 619);
    CHECK(stopped({}, "observe") == 0);
    CHECK(stopped({.visits = 1}, "challenge") == 0);
    CHECK(stopped({.restarts = 1}, "block") == 0);

    for (auto const& [status, response] :
         {std::pair{618, "theirs"}, std::pair{503, "aroma"}, std::pair{619, "theirs"}}) {
        machine.variables = {{"obj.status", vcl::Integer{status}},
                             {"obj.response", std::string{response}}};
        machine.synthetic.clear();
        machine.run("aroma_error");
        CHECK(machine.variables["obj.status"] == vcl::Value{vcl::Integer{status}});
        CHECK(machine.synthetic.empty());
    }
}

TEST_CASE("write_vcl: each placeholder stands for its text")
{
    auto const filled = [](char const* text, VclOptions const& options = {}) {
        return write_vcl(text, options);
    };
    for (char const* const text : {"", "set x;\n", "{ {", "{", "}}"})
        CHECK(filled(text) == text);
    CHECK(filled("{{header}}") == "Aroma");
    CHECK(filled("a{{header}}{{header}}b") == "aAromaAromab");
    CHECK(filled("{{header}}-", {.header = "X-Edge"}) == "X-Edge-");
    CHECK(filled("{{version}}")
          == std::to_string(aroma::version[0]) + '.' + std::to_string(aroma::version[1]) + '.'
                 + std::to_string(aroma::version[2]));

    char const* const thresholds =
        "{{thresholds.unstable_below}} {{thresholds.suspicious_below}} {{thresholds.proxy_below}}";
    char const* const whole =
        "{{millionths.unstable_below}} {{millionths.suspicious_below}} {{millionths.proxy_below}}";
    VclOptions const fine{
        .thresholds = {.unstable_below = 1, .suspicious_below = 0.083217, .proxy_below = 0.000001}};
    CHECK(filled(thresholds) == "0.7 0.3 0.1");
    CHECK(filled(whole) == "700000 300000 100000");
    CHECK(filled(thresholds, fine) == "1 0.083217 0.000001");
    CHECK(filled(whole, fine) == "1000000 83217 1");
    CHECK(filled("{{thresholds.proxy_below}} {{millionths.proxy_below}}",
                 {.thresholds = {.proxy_below = 0}})
          == "0 0");

    char const* const responses =
        "{{response.unstable}} {{response.suspicious}} {{response.proxy}}";
    CHECK(filled(responses) == "observe observe challenge"); // block only where asked for
    CHECK(filled(responses, {.suspicious = Response::challenge, .proxy = Response::block})
          == "observe challenge block");
    CHECK(filled("{{status.challenge}} {{status.block}}") == "618 619");
    CHECK(filled("{{status.block}}", {.block_status = 600}) == "600");
}

TEST_CASE("write_vcl: a wrong template is refused with its place and what to do")
{
    struct Case {
        char const* text;
        std::size_t line, column;
        char const* why;
    };
    char const* const unknown = "is not known: there are header, millionths.proxy_below, ";
    char const* const open = "a {{ without its }}";
    Case const cases[] = {{"{{header}} {{nothing}}", 1, 12, unknown},
                          {"{{{header}}}", 1, 1, unknown},
                          {"{{Xeader}}", 1, 1, unknown},
                          {"{{headeX}}", 1, 1, unknown},
                          {"{{headers}}", 1, 1, unknown},
                          {"{{heade}}", 1, 1, unknown},
                          {"{{}}", 1, 1, unknown},
                          {"\n\n {{ header }}", 3, 2, unknown},
                          {"a\n{{header", 2, 1, open},
                          {"{{header}\n}}", 1, 1, open},
                          {"{{header}}\nx{{", 2, 2, open}};
    for (Case const& c : cases) {
        INFO(c.text);
        try {
            write_vcl(c.text, VclOptions{});
            FAIL("taken");
        } catch (examples::TemplateError const& wrong) {
            CHECK(wrong.line == c.line);
            CHECK(wrong.column == c.column);
            CHECK_THAT(wrong.what(), Catch::Contains(c.why));
        }
    }
}

TEST_CASE("millionths: none if six decimals do not hold the threshold")
{
    for (double const threshold : {0.1 + 0.2, 1 / 3.0, 0.0000005, -0.1, 1.1, not_a_number})
        CHECK(tools::millionths(threshold) == -1);
}

TEST_CASE("validate: wrong options are refused with what to do")
{
    auto const refused = [](VclOptions const& options, char const* why) {
        CHECK_THAT(validate(options), Catch::Contains(why));
        CHECK_THROWS_AS(write_vcl("{{header}}", options), std::invalid_argument);
    };
    CHECK(validate(VclOptions{}) == "");
    refused({.thresholds = {0.3, 0.7, 0.1}}, "out of order");
    refused({.thresholds = {not_a_number, 0.3, 0.1}}, "not a number");
    refused({.thresholds = {0.7, 0.3, 0.1234567}}, "0.1234567 has more than six decimals");
    refused({.proxy = Response::allow}, "an edge cannot allow");

    for (char const* const header : {"A", "X-Aroma-2", "abcdefghijklmnopqrstuvwxyz012345"})
        CHECK(validate(VclOptions{.header = header}) == "");
    for (char const* const header : {"", "2X", "-X", "X-", "X Y", "X\nunset", "X_Y",
                                     "abcdefghijklmnopqrstuvwxyz0123456"}) // 33 characters
        refused({.header = header}, "the header prefix is not");
    CHECK(validate(VclOptions{.challenge_status = 699, .block_status = 600}) == "");
    refused({.challenge_status = 599}, "outside 600 to 699");
    refused({.block_status = 700}, "outside 600 to 699");
    refused({.challenge_status = 619}, "both are the same"); // the block's
}
