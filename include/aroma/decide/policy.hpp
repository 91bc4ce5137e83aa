// SPDX-License-Identifier: BSL-1.0
//
// aroma/decide/policy.hpp: from an assessment or a probability to a response.
//
// Synopsis
//   enum class Response { allow, observe, challenge, block };
//   struct Rule {                         the responses for one segment
//       BandResponses by_band;            observe suspicious; challenge proxy and void probes;
//                                         allow all others
//       ResponseEdges by_probability;     from 0.5 on observe, from 0.9 on challenge, never block
//       std::uint32_t share;              parts per million of the keys to act on; all
//       bool          dry_run;            act on none, and report what it would have done
//       bool          stands_down;        act on none while nearly all are accused; false
//   };
//   PolicyError validate(Rule);              what is wrong with a rule, or PolicyError::none
//   struct AllowBlocking;                 without it, a rule that blocks is refused
//
//   class Policy<Segments> {              a rule for the root, and one for each of up to so many
//                                         segments
//       Policy();                         the rule above
//       static consteval Policy with(Rule);  with(Rule, AllowBlocking);
//                                         another rule for the root; invalid: does not compile
//       PolicyError set(segment, Rule);  set(segment, Rule, AllowBlocking);
//                                         at run time: an invalid one changes nothing
//       Decision decide(assessment, segment, Key, classifier = {});
//       Decision decide(assessment, ConnectionHistory, segment, Key, classifier = {});
//                                         harsher if no probe counts
//       Decision decide(Evidence, segment, Key);
//   };
//   struct Decision;                      response, intended, and the reasons for them
//   Decision counted(Decision, Key, AccusedShare&);
//                                         the same with the share of accused keys, and the
//                                         warning if no population of clients has such a share
//
// A segment is any group that the server distinguishes: a country, a network, a PoP,
// "de/mobile/fra1". A segment without a rule has that of its nearest parent with one, at last that
// of the root, "".
//
// Challenge and block apply only to keys in the share; for others, and in a dry run, they become
// observe. Use a key that stays the same between connections (an account, a session, a hashed
// network). The same keys are in the share on every machine, and stay in it as it grows.
//
// A server behind a balancer accuses every client. Count the decisions, and
// decision.keys.implausible() warns of it:
//
//     auto d = counted(policy.decide(assessment, history, "de", account), network, share);
//
// No address is stored: a decision contains neither key nor client, and its explanation names the
// rule's segment, whose name must not be an address.
#ifndef AROMA_DECIDE_POLICY_HPP
#define AROMA_DECIDE_POLICY_HPP

#include <aroma/assessment.hpp>
#include <aroma/connection_history.hpp>
#include <aroma/decide/evidence.hpp>
#include <aroma/detail/hash.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/detail/range.hpp>
#include <aroma/detail/text.hpp>
#include <aroma/duration.hpp>
#include <aroma/operate/accused_share.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/score.hpp>
#include <aroma/threshold_classifier.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t, uint32_t, uint64_t

namespace aroma {

// What a server does with a client. From the mildest to the harshest.
enum class Response : std::uint8_t {
    allow,     // serve the client
    observe,   // serve it, and write down what was decided
    challenge, // ask for a proof that a person or a known program is there
    block,     // refuse the client
};

[[nodiscard]] constexpr char const* name(Response response) noexcept
{
    switch (response) {
    case Response::allow: return "allow";
    case Response::observe: return "observe";
    case Response::challenge: return "challenge";
    case Response::block: return "block";
    default: break;
    }
    return "allow";
}

// Opt-in tag, required to allow blocking. Carriers, satellite operators, companies and privacy
// relays run TCP proxies for honest people, who can pass a challenge (docs/privacy.md).
struct AllowBlocking {
    explicit AllowBlocking() = default;
};

// The response to each band.
struct BandResponses {
    Response unknown = Response::allow;      // allow or observe: without a measurement
    Response normal = Response::allow;       // no sign of a proxy
    Response unstable = Response::allow;     // Wi-Fi, mobile, satellite
    Response suspicious = Response::observe; // possibly a proxy
    Response proxy = Response::challenge;    // probably a TCP proxy
    // Two probes in a row were void and none has counted, or the status is late_acks. A client that
    // evades measurement looks like an honest one with lost packets or a full link, so challenge
    // it, and do not block it.
    Response probes_void = Response::challenge;

    friend constexpr bool operator==(BandResponses const&, BandResponses const&) noexcept = default;
};

// The lowest probability of each response. If probabilities are right, at most half of the
// observed and a tenth of the challenged are direct; 1 is never reached.
struct ResponseEdges {
    double observe = 0.5;   // from which a client is observed, in [0, 1]
    double challenge = 0.9; // from which it is challenged, in [0, 1]
    double block = 1;       // from which it is blocked, in [0, 1]; 1 is never

    friend constexpr bool operator==(ResponseEdges const& a, ResponseEdges const& b) noexcept
    {
        return detail::equal(a.observe, b.observe) && detail::equal(a.challenge, b.challenge)
            && detail::equal(a.block, b.block);
    }
};

// What one segment answers, to a band and to a probability.
struct Rule {
    BandResponses by_band{}; // to the band of an assessment
    ResponseEdges by_probability{};
    std::uint32_t share = 1'000'000; // parts per million
    bool dry_run = false;
    // While 90 % of at least 200 keys are accused, observe instead of challenging or blocking. A
    // client with nine times as many keys as all others could cause this, so it is off by default.
    bool stands_down = false;

    friend constexpr bool operator==(Rule const&, Rule const&) noexcept = default;
};

// What is wrong with a rule or a segment's name.
enum class PolicyError : std::uint8_t {
    none,
    no_response,
    unknown_accused,
    out_of_order,
    not_a_probability,
    share_above_a_million,
    blocking_not_allowed,
    wrong_name,
    too_many_segments,
};

[[nodiscard]] constexpr char const* message(PolicyError error) noexcept
{
    switch (error) {
    case PolicyError::none: return "the rule is valid";
    case PolicyError::no_response:
        return "a response is none of allow, observe, challenge and block";
    case PolicyError::unknown_accused:
        return "unknown is challenged or blocked: what was not measured accuses nobody, so allow "
               "or observe it";
    case PolicyError::out_of_order:
        return "the responses are out of order: answer a worse band or a higher probability no "
               "more mildly than a better one";
    case PolicyError::not_a_probability:
        return "an edge is not a probability: give each a value from 0 to 1, 1 for never";
    case PolicyError::share_above_a_million:
        return "the share is above 1,000,000: it counts parts per million";
    case PolicyError::blocking_not_allowed:
        return "the rule blocks, and nobody has turned that on: pass AllowBlocking{} too, or "
               "challenge instead";
    case PolicyError::wrong_name:
        return "not a segment's name: message(validate(SegmentName)) says what is wrong with it";
    case PolicyError::too_many_segments:
        return "there is no room for one more segment: make the policy larger, Policy<64> for "
               "instance";
    default: break;
    }
    return "not a policy error";
}

namespace detail {

constexpr bool blocks(Rule const& rule) noexcept
{
    BandResponses const& r = rule.by_band;
    return rule.by_probability.block < 1 || r.unknown == Response::block
        || r.normal == Response::block || r.unstable == Response::block
        || r.suspicious == Response::block || r.proxy == Response::block
        || r.probes_void == Response::block;
}

} // namespace detail

// Of the rule itself; set() and with() check whether it may block.
[[nodiscard]] constexpr PolicyError validate(Rule const& rule) noexcept
{
    BandResponses const& r = rule.by_band;
    ResponseEdges const& p = rule.by_probability;
    Response const responses[] = {r.unknown,    r.normal, r.unstable,
                                  r.suspicious, r.proxy,  r.probes_void};
    double const edges[] = {p.observe, p.challenge, p.block};
    for (Response const one : responses)
        if (one > Response::block)
            return PolicyError::no_response;
    if (r.unknown > Response::observe)
        return PolicyError::unknown_accused;
    for (double const edge : edges)
        if (!detail::is_between(0, edge, 1))
            return PolicyError::not_a_probability;
    if (r.normal > r.unstable || r.unstable > r.suspicious || r.suspicious > r.proxy
        || p.observe > p.challenge || p.challenge > p.block)
        return PolicyError::out_of_order;
    return rule.share <= 1'000'000 ? PolicyError::none : PolicyError::share_above_a_million;
}

namespace detail {

// Neither constexpr nor defined: for an invalid constant rule, the compiler's error names the
// function that was called.
void the_rule_is_wrong();
void the_responses_are_out_of_order();
void an_edge_is_not_a_probability();
void blocking_is_not_allowed();

consteval void reject(PolicyError error)
{
    if (error == PolicyError::out_of_order)
        the_responses_are_out_of_order();
    if (error == PolicyError::not_a_probability)
        an_edge_is_not_a_probability();
    if (error == PolicyError::blocking_not_allowed)
        blocking_is_not_allowed();
    if (error != PolicyError::none)
        the_rule_is_wrong();
}

// From 0 to 999,999: the key is in every share above this number.
[[nodiscard]] constexpr std::uint32_t part_per_million(std::uint64_t number) noexcept
{
    return static_cast<std::uint32_t>(((split_mix(number) >> 32) * 1'000'000u) >> 32);
}

} // namespace detail

// What the share is drawn from. Prefer something that lives longer than a client's address, with
// which the share would change.
class Key {
public:
    // any number; it is hashed before the draw
    constexpr explicit Key(std::uint64_t number) noexcept : number_{number} {}

    // From text or bytes, by FNV-1a: stable, but not secret. A client that can choose its key can
    // choose one outside the share.
    [[nodiscard]] static constexpr Key of(detail::Text bytes) noexcept
    {
        return Key{detail::fnv1a(bytes.data(), bytes.size())};
    }

    // what the share is drawn from
    [[nodiscard]] constexpr std::uint64_t number() const noexcept { return number_; }

private:
    std::uint64_t number_;
};

// What a decision rests on: a band, a probability, or that no probe counts.
enum class DecidedBy : std::uint8_t {
    assessment, // the band of an assessment, with or without a history
    evidence,   // the probability of a proxy
    probes,     // that no probe of the connection counts
};

[[nodiscard]] constexpr char const* name(DecidedBy by) noexcept
{
    switch (by) {
    case DecidedBy::assessment: return "assessment";
    case DecidedBy::evidence: return "evidence";
    case DecidedBy::probes: return "probes";
    default: break;
    }
    return "unknown";
}

// What a policy has decided: response, intended, and all that they rest on.
struct Decision {
    Response response = Response::allow; // what to do
    // the response outside a dry run, for a key in the share
    Response intended = Response::allow;
    DecidedBy by = DecidedBy::assessment; // what decided
    bool in_share = false;                // whether the key is in the rule's share
    bool probes_void = false;             // whether no probe counts, whatever decided
    StoredSegmentName segment{};          // the segment of the rule
    Rule rule{};                          // the rule at that time
    Assessment assessment{};              // by an assessment or probes: it
    Thresholds thresholds{};              // and the classifier's that made its band
    Evidence evidence{Probability{}};     // by evidence: it
    AccusedKeys keys{};                   // counted(): of all keys so far; otherwise none
    bool stood_down = false;              // counted(): the rule's stands_down made it milder
};

// A rule for the root, and one each for so many segments at most.
template <std::size_t Segments = 16>
class Policy {
public:
    constexpr Policy() noexcept = default;

    // Another rule for the root, which may not block; a wrong one does not compile:
    // Policy<>::with({.by_band = {.suspicious = Response::challenge}})
    [[nodiscard]] static consteval Policy with(Rule const& rule)
    {
        Policy made;
        detail::reject(made.set("", rule));
        return made;
    }
    // The same of a rule for the root that may block.
    [[nodiscard]] static consteval Policy with(Rule const& rule, AllowBlocking allow)
    {
        Policy made;
        detail::reject(made.set("", rule, allow));
        return made;
    }

    // A rule for a segment, which may not block. A wrong one changes nothing.
    [[nodiscard]] constexpr PolicyError set(SegmentName segment, Rule const& rule) noexcept
    {
        PolicyError const why = validate(rule);
        return why == PolicyError::none && detail::blocks(rule)
                 ? PolicyError::blocking_not_allowed
                 : set(segment, rule, AllowBlocking{});
    }

    // As the one above, of a rule that may block.
    [[nodiscard]] constexpr PolicyError set(SegmentName segment, Rule const& rule,
                                            AllowBlocking) noexcept
    {
        if (PolicyError const why = validate(rule); why != PolicyError::none)
            return why;
        if (validate(segment) != NameError::none)
            return PolicyError::wrong_name;
        std::size_t at = find(segment);
        if (!(entries_[at].segment == segment)) {
            if (used_ == Segments + 1)
                return PolicyError::too_many_segments;
            at = used_++;
            entries_[at].segment = StoredSegmentName{segment};
        }
        entries_[at].rule = rule;
        return PolicyError::none;
    }

    // The rule for a segment.
    [[nodiscard]] constexpr Rule const& rule(SegmentName segment) const noexcept
    {
        return entries_[find(segment)].rule;
    }
    // the number of segments with a rule of their own
    [[nodiscard]] constexpr std::size_t segments() const noexcept { return used_ - 1; }

    // By the band of an assessment, which is taken as it is. `classify` has made it, and is kept
    // for the explanation.
    template <duration_like D>
    [[nodiscard]] constexpr Decision decide(BasicAssessment<D> const& a, SegmentName segment,
                                            Key key,
                                            ThresholdClassifier const& classify = {}) const noexcept
    {
        Decision d = begin(segment, key);
        d.by = DecidedBy::assessment;
        d.assessment = {a.score, a.band, a.basis, a.status, to_microseconds(a.sample)};
        d.thresholds = classify.thresholds();
        BandResponses const& r = d.rule.by_band;
        respond(d, a.band == Band::normal       ? r.normal
                   : a.band == Band::unstable   ? r.unstable
                   : a.band == Band::suspicious ? r.suspicious
                   : a.band == Band::proxy      ? r.proxy
                                                : r.unknown);
        return d;
    }

    // As above. But a client none of whose probes count, or whose ACKs are late, gets the harsher
    // of its band's response and that to void probes.
    template <duration_like D>
    [[nodiscard]] constexpr Decision decide(BasicAssessment<D> const& a,
                                            ConnectionHistory const& history, SegmentName segment,
                                            Key key,
                                            ThresholdClassifier const& classify = {}) const noexcept
    {
        Decision d = decide(a, segment, key, classify);
        Response const probes_void = d.rule.by_band.probes_void;
        bool const none_counts = history.counted() == 0 && history.voided() >= 2;
        d.probes_void = none_counts || a.status == Status::late_acks;
        if (d.probes_void && probes_void > d.intended) {
            d.by = DecidedBy::probes;
            respond(d, probes_void);
        }
        return d;
    }

    // By the probability of a proxy, with the rule's by_probability.
    [[nodiscard]] constexpr Decision decide(Evidence const& evidence, SegmentName segment,
                                            Key key) const noexcept
    {
        Decision d = begin(segment, key);
        d.by = DecidedBy::evidence;
        d.evidence = evidence;
        ResponseEdges const& edges = d.rule.by_probability;
        double const p = evidence.probability().value();
        respond(d, p >= edges.block       ? Response::block
                   : p >= edges.challenge ? Response::challenge
                   : p >= edges.observe   ? Response::observe
                                          : Response::allow);
        return d;
    }

private:
    struct Entry {
        StoredSegmentName segment{};
        Rule rule{};
    };

    // The first entry is the root's, where every search ends.
    constexpr std::size_t find(SegmentName segment) const noexcept
    {
        for (;; segment = segment.parent())
            for (std::size_t at = 0; at < used_; ++at)
                if (entries_[at].segment == segment)
                    return at;
    }

    // The part of a decision that depends on segment and key only: one search for the rule.
    constexpr Decision begin(SegmentName segment, Key key) const noexcept
    {
        Decision d;
        Entry const& entry = entries_[find(segment)];
        d.segment = entry.segment;
        d.rule = entry.rule;
        d.in_share = detail::part_per_million(key.number()) < entry.rule.share;
        return d;
    }

    static constexpr void respond(Decision& d, Response intended) noexcept
    {
        d.intended = intended;
        d.response = intended > Response::observe && (!d.in_share || d.rule.dry_run)
                       ? Response::observe
                       : intended;
    }

    Entry entries_[Segments + 1]{};
    std::size_t used_ = 1;
};

// Counts the decision for the key, as accused (suspicious, proxy, or more likely a proxy than not)
// or not. A decision without a result, or with void probes, does not count and never stands down.
// Count the decisions that the server acts on: only a key's first one in a window counts.
[[nodiscard]] constexpr Decision counted(Decision d, Key key, AccusedShare& share) noexcept
{
    bool accused = accuses(d.assessment.band), has_result = d.assessment.band != Band::unknown;
    if (d.by == DecidedBy::evidence) {
        accused = d.evidence.probability().value() >= 0.5;
        has_result = false;
        d.evidence.for_each([&](Contribution const&) { has_result = true; });
    }
    has_result = has_result && !d.probes_void;
    if (has_result)
        share.count(key.number(), accused);
    d.keys = share.keys();
    if (has_result && d.rule.stands_down && d.keys.nearly_all() && d.response > Response::observe) {
        d.response = Response::observe;
        d.stood_down = true;
    }
    return d;
}

} // namespace aroma

#endif // AROMA_DECIDE_POLICY_HPP
