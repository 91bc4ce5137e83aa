// SPDX-License-Identifier: BSL-1.0
//
// Facts about decide/policy.hpp: which response each band and probability gets, in whose segment,
// for which keys, and what is refused.

#include "facts.hpp"

#include <aroma/decide/policy.hpp>

#include <limits>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using namespace std::string_view_literals;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Key key{1};
constexpr auto of = [](Band band) {
    return Assessment{.score = Score{0.05},
                      .band = band,
                      .basis = Basis::reference_over_excess,
                      .status = Status::ok};
};

// The default: nobody is blocked, and only the worst band is challenged.
constexpr Policy<> policy;
constexpr auto answer = [](auto const& p, Band band, char const* segment = "") {
    return p.decide(of(band), segment, key).response;
};
static_assert(answer(policy, Band::unknown) == Response::allow
              && answer(policy, Band::normal) == Response::allow
              && answer(policy, Band::unstable) == Response::allow);
static_assert(answer(policy, Band::suspicious) == Response::observe
              && answer(policy, Band::proxy) == Response::challenge);
static_assert(answer(policy, Band{200}) == Response::allow, "no such band: as unknown");
static_assert(policy.segments() == 0 && policy.rule("anything") == Rule{});

// By probability; an edge belongs to the response that it begins.
constexpr auto at = [](auto const& p, double probability) {
    return p
        .decide(Evidence{[&] {
                    Probability made;
                    (void)made.adjust(probability);
                    return made;
                }()},
                "", key)
        .response;
};
static_assert(at(policy, 0.49) == Response::allow && at(policy, 0.5) == Response::observe
              && at(policy, 0.89) == Response::observe);
static_assert(at(policy, 0.91) == Response::challenge
                  && at(policy, 1 - std::numeric_limits<double>::epsilon()) == Response::challenge,
              "never block");

constexpr auto from_a_half =
    Policy<>::with({.by_probability = {.observe = 0.25, .challenge = 0.5}});
static_assert(at(from_a_half, 0.5) == Response::challenge
              && at(from_a_half, 0.49) == Response::observe);

// To block takes a word more.
constexpr Rule blocking{.by_band = {.proxy = Response::block}, .by_probability = {.block = 0.99}};
constexpr auto blocks = Policy<>::with(blocking, AllowBlocking{});
static_assert(answer(blocks, Band::proxy) == Response::block && at(blocks, 0.995) == Response::block
              && at(blocks, 0.98) == Response::challenge);
constexpr auto blocking_is_asked_for = [] {
    Policy<> p;
    bool refused =
        p.set("de", blocking) == PolicyError::blocking_not_allowed
        && p.set("de", {.by_probability = {.block = 0.99}}) == PolicyError::blocking_not_allowed
        && p.set("", blocking) == PolicyError::blocking_not_allowed;
    return refused && p.segments() == 0 && p.rule("de") == Rule{}
        && p.set("de", blocking, AllowBlocking{}) == PolicyError::none && p.rule("de") == blocking;
}();
static_assert(blocking_is_asked_for);
template <class P>
concept blocks_by_empty_braces = requires(P p)
{
    p.set("de", blocking, {});
};
static_assert(!blocks_by_empty_braces<Policy<>>, "it is spelt out");

// Rules that are wrong.
static_assert(validate(Rule{}) == PolicyError::none && validate(blocking) == PolicyError::none);
static_assert(validate({.by_band = {.unknown = Response::challenge}})
                  == PolicyError::unknown_accused
              && validate({.by_band = {.unknown = Response::observe}}) == PolicyError::none);
static_assert(validate({.by_band = {.suspicious = Response::block}}) == PolicyError::out_of_order
              && validate({.by_band = {.normal = Response::observe}}) == PolicyError::out_of_order);
static_assert(validate({.by_band = {.unstable = Response::challenge}})
              == PolicyError::out_of_order);
static_assert(validate({.by_band = {.proxy = Response{4}}}) == PolicyError::no_response);
static_assert(validate({.by_probability = {.observe = 0.95}}) == PolicyError::out_of_order
              && validate({.by_probability = {.block = 0.8}}) == PolicyError::out_of_order);
static_assert(validate({.by_probability = {.observe = 0.9, .challenge = 0.9, .block = 0.9}})
                  == PolicyError::none,
              "one edge for all");
static_assert(validate({.by_probability = {.observe = -0.1}}) == PolicyError::not_a_probability
              && validate({.by_probability = {.block = 1.1}}) == PolicyError::not_a_probability);
static_assert(validate({.by_probability = {.challenge = nan}}) == PolicyError::not_a_probability
              && validate({.by_probability = {.observe = 0}}) == PolicyError::none);
static_assert(validate({.share = 1'000'001}) == PolicyError::share_above_a_million
              && validate({.share = 0}) == PolicyError::none);

// Probes that were sent and never count: a client does not get away with its band.
constexpr auto after = [](int voided, int counted) {
    ConnectionHistory history;
    SendPosition where{.written = 1000, .acknowledged = 1000, .segments = 5, .segment_size = 100};
    for (int i = 0; i < voided + counted; ++i) {
        history.observe(where);
        where.written += 100, where.segments += 1;
        (void)history.probe_sent(7, where, Microseconds{1});
        where.acknowledged = where.written;
        (void)history.probe_answered(i < voided ? 8 : 7, where,
                                     RttSample<Microseconds>{.minimum = Microseconds{5000},
                                                             .smoothed = Microseconds{5000},
                                                             .variation = Microseconds{10},
                                                             .application = Microseconds{5100}});
    }
    return history;
};
static_assert(after(2, 0).voided() == 2 && after(2, 0).counted() == 0
              && after(1, 1).counted() == 1);
constexpr auto of_probes = [](auto const& p, Band band, int voided, int counted = 0) {
    return p.decide(of(band), after(voided, counted), "", key);
};
static_assert(of_probes(policy, Band::unknown, 2).response == Response::challenge
              && of_probes(policy, Band::unknown, 2).by == DecidedBy::probes);
static_assert(of_probes(policy, Band::suspicious, 9).response == Response::challenge,
              "not only observed");
static_assert(of_probes(policy, Band::unknown, 1).response == Response::allow
                  && of_probes(policy, Band::unknown, 0).response == Response::allow,
              "loss voids an honest client's probe too");
static_assert(of_probes(policy, Band::normal, 5, 1).response == Response::allow
                  && of_probes(policy, Band::unknown, 5, 1).by == DecidedBy::assessment,
              "one counts");
static_assert([] { // though three count
    Assessment late = of(Band::unknown);
    late.status = Status::late_acks;
    return policy.decide(late, after(0, 3), "", key);
}()
                  .response
              == Response::challenge);
static_assert(of_probes(policy, Band::proxy, 2).by == DecidedBy::assessment, "no harsher");
static_assert(of_probes(blocks, Band::proxy, 2).response == Response::block);
constexpr auto mild = Policy<>::with({.by_band = {.probes_void = Response::observe}});
static_assert(of_probes(mild, Band::unknown, 2).response == Response::observe
              && of_probes(mild, Band::proxy, 2).response == Response::challenge);
constexpr auto no_share = Policy<>::with({.share = 0});
static_assert(of_probes(no_share, Band::unknown, 2).response == Response::observe
              && of_probes(no_share, Band::unknown, 2).intended == Response::challenge);
static_assert(validate({.by_band = {.probes_void = Response{4}}}) == PolicyError::no_response);
static_assert(Policy<>{}.set("x", {.by_band = {.probes_void = Response::block}})
              == PolicyError::blocking_not_allowed);

// Segments: the longest part that has a rule, then the default one.
constexpr auto three = [] {
    Policy<3> p;
    bool fine = p.set("de", {.by_band = {.proxy = Response::observe}}) == PolicyError::none;
    fine = fine
        && p.set("de/mobile",
                 {.by_band = {.suspicious = Response::allow, .proxy = Response::allow}})
               == PolicyError::none;
    fine = fine
        && p.set("us/fixed"sv, {.by_band = {.suspicious = Response::challenge}})
               == PolicyError::none;
    fine = fine && p.set("one/more", {}) == PolicyError::too_many_segments && p.segments() == 3;
    return fine ? p : Policy<3>{};
}();
static_assert(three.segments() == 3);
static_assert(answer(three, Band::proxy, "de") == Response::observe
              && answer(three, Band::proxy, "de/fixed/berlin") == Response::observe);
static_assert(answer(three, Band::proxy, "de/mobile") == Response::allow
              && answer(three, Band::proxy, "de/mobile/fra1") == Response::allow);
static_assert(answer(three, Band::suspicious, "us/fixed") == Response::challenge
              && answer(three, Band::suspicious, "us") == Response::observe);
static_assert(answer(three, Band::proxy, "den") == Response::challenge
              && answer(three, Band::proxy, "d") == Response::challenge
              && answer(three, Band::proxy) == Response::challenge);
static_assert(answer(three, Band::proxy, "/") == Response::challenge
              && answer(three, Band::proxy, "de/") == Response::observe
              && answer(three, Band::proxy, nullptr) == Response::challenge);
constexpr auto segment_of = [](char const* name) {
    return three.decide(of(Band::proxy), name, key).segment == SegmentName{"de"};
};
static_assert(segment_of("de/203.0.113.7") && !segment_of("fr"),
              "the rule's name, not the one that was asked for");
constexpr auto a_rule_is_replaced = [] {
    Policy<3> p = three;
    return p.set("de", {}) == PolicyError::none && p.segments() == 3 && p.rule("de") == Rule{}
        && p.set("de", {.share = 2'000'000}) == PolicyError::share_above_a_million
        && p.rule("de") == Rule{} && p.set("", {.share = 5}) == PolicyError::none
        && p.rule("fr").share == 5 && p.segments() == 3;
}();
static_assert(a_rule_is_replaced);

// Names are validate(SegmentName)'s.
constexpr auto name_error = [](std::string_view name) {
    Policy<> p;
    PolicyError const why = p.set(name, {});
    return p.segments() == (why == PolicyError::none && !name.empty() ? 1u : 0u) ? why
                                                                                 : PolicyError{99};
};
static_assert([] { // and not the rule of all others
    Policy<> p;
    return p.set(nullptr, {}) == PolicyError::wrong_name && p.segments() == 0;
}());
static_assert(name_error("de/mobile/fra1") == PolicyError::none
              && name_error("") == PolicyError::none
              && name_error("0123456789012345678901234567890123456789012345678901234567890ab")
                     == PolicyError::none);
static_assert(name_error("*") == PolicyError::wrong_name
              && name_error("de mobile") == PolicyError::wrong_name
              && name_error("203.0.113.7") == PolicyError::wrong_name);
static_assert(name_error("0123456789012345678901234567890123456789012345678901234567890abc")
              == PolicyError::wrong_name);

// A share and a dry run leave challenge and block to observe, and say what was meant.
constexpr auto decided = [](Rule const& rule, Band band, Key by = key) {
    Policy<> p;
    (void)p.set("x", rule, AllowBlocking{});
    return p.decide(of(band), "x", by);
};
static_assert(decided({.share = 0}, Band::proxy).response == Response::observe
              && decided({.share = 0}, Band::proxy).intended == Response::challenge);
static_assert(!decided({.share = 0}, Band::proxy).in_share && decided({}, Band::proxy).in_share);
static_assert(decided({.dry_run = true}, Band::proxy).response == Response::observe
              && decided({.dry_run = true}, Band::proxy).intended == Response::challenge);
static_assert(
    decided({.by_band = {.proxy = Response::block}, .dry_run = true}, Band::proxy).intended
    == Response::block);
static_assert(decided({.share = 0, .dry_run = true}, Band::suspicious).response == Response::observe
              && decided({.share = 0}, Band::normal).response == Response::allow);
constexpr std::uint32_t place = detail::part_per_million(key.number());
static_assert(!decided({.share = place}, Band::proxy).in_share
              && decided({.share = place + 1}, Band::proxy).in_share);

// The hash of text is FNV-1a, by its reference values.
static_assert(Key::of("").number() == 0xCBF2'9CE4'8422'2325u
              && Key::of("a").number() == 0xAF63'DC4C'8601'EC8Cu
              && Key::of("foobar").number() == 0x8594'4171'F739'67E8u);
static_assert(Key::of("\xff"sv).number() == 0xAF64'724C'8602'EB6Eu,
              "bytes, where char is signed too");
static_assert(Key::of("\xff"sv).number() != Key::of("\x7f"sv).number()
              && Key::of("a"sv).number() == Key::of("a").number());
static_assert(!std::is_convertible_v<std::uint64_t, Key>);

// The decision has what it rests on.
constexpr auto mine =
    ThresholdClassifier::with({.unstable_below = 0.9, .suspicious_below = 0.5, .proxy_below = 0.2});
static_assert(policy.decide(of(Band::proxy), "x", key, mine).thresholds == mine.thresholds()
              && policy.decide(of(Band::proxy), "x", key).thresholds == Thresholds{});
static_assert(policy.decide(of(Band::proxy), "x", key).assessment == of(Band::proxy)
              && policy.decide(of(Band::proxy), "x", key).by == DecidedBy::assessment);
static_assert(policy.decide(Evidence{Probability::with(0.3)}, "x", key).evidence.prior().value()
              == 0.3);

// A longer duration than the kernel's is cut down to it.
constexpr BasicAssessment<Nanoseconds> of_quic{.score = Score{0.05},
                                               .band = Band::proxy,
                                               .status = Status::ok,
                                               .sample = {.minimum = Nanoseconds{5'000'999}}};
static_assert(policy.decide(of_quic, "x", key).assessment.sample.minimum == Microseconds{5000});

static_assert(std::is_trivially_copyable_v<Decision>);
static_assert(std::is_trivially_copyable_v<Policy<>>);
static_assert(noexcept(policy.decide(Assessment{}, "x", key)));

static_assert(facts::named<Response>() && facts::named<DecidedBy>()
              && facts::described<PolicyError>());
static_assert(name(Response{200}) == std::string_view{"allow"});

} // namespace
