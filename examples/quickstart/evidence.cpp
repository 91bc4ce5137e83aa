// SPDX-License-Identifier: BSL-1.0
//
// From a connection's numbers to a decision: evidence with every contribution listed, a sequential
// test, and the line for the audit log. The numbers here are constants; on Linux they come from
// score(fd, history).

#include <aroma/connection_history.hpp>
#include <aroma/decide/evidence.hpp>
#include <aroma/decide/explain.hpp>
#include <aroma/decide/likelihood.hpp>
#include <aroma/decide/policy.hpp>
#include <aroma/decide/sequential_test.hpp>

#include <cstdio>
#include <ratio>

namespace {

using Milliseconds = aroma::Duration<double, std::milli>;

aroma::RttSample<Milliseconds> sample(double minimum, double smoothed, double variation,
                                      double application)
{
    return {Milliseconds{minimum}, Milliseconds{smoothed}, Milliseconds{variation},
            Milliseconds{application}};
}

void tell(char const* who, aroma::Evidence const& evidence, aroma::Policy<> const& policy,
          char const* segment, aroma::Key key)
{
    std::printf("%s\n", who);
    // [list]
    evidence.for_each([](aroma::Contribution const& c) {
        std::printf("  %-18s %u seen, %+6.2f nats, of which %+6.2f count\n", name(c.signal),
                    static_cast<unsigned>(c.observations), c.sum, c.counted);
    });
    std::printf("  %.2f %% a proxy; by Wald's test %s\n", 100 * evidence.probability().value(),
                name(aroma::SequentialTest{}.decide(evidence)));
    // [list]
    // [decide]
    aroma::Decision const decision = policy.decide(evidence, segment, key);
    char line[aroma::explanation_size];
    explain(decision, line); // a shorter buffer does not compile
    // [decide]
    std::printf("  %s\n\n", line);
}

} // namespace

int main()
{
    // [policy]
    aroma::Policy<> policy; // observe the suspicious, challenge the proxied, block nobody
    if (auto why = policy.set("de/mobile", {.share = 50'000, .dry_run = true});
        why != aroma::PolicyError::none)
        std::puts(message(why)); // the policy is unchanged
    // [policy]

    // [prior]
    // from your own traffic: one client in a hundred comes through a proxy
    aroma::Evidence evidence{aroma::Probability::with(0.01)};
    // [prior]

    // Direct, 20 ms away: the opening, the TLS handshake, a redirect.
    aroma::ConnectionHistory home;
    home.observe(aroma::Exchange::opening, sample(20.1, 20.1, 10.0, 20.6));
    home.observe(aroma::Exchange::reply, sample(20.1, 20.3, 5.1, 24.4));
    home.observe(aroma::Exchange::reply, sample(20.0, 20.3, 3.2, 20.9));
    aroma::Evidence direct = evidence;
    direct.set(aroma::Signal::this_connection, connection_ratio(home.assess()));
    tell("at home", direct, policy, "de/fixed", aroma::Key::of("account 1"));

    // Behind a proxy 60 ms from its client and 1 ms from the server.
    aroma::ConnectionHistory far;
    far.observe(aroma::Exchange::opening, sample(1.1, 1.1, 0.5, 62.0));
    far.observe(aroma::Exchange::reply, sample(1.1, 1.2, 0.4, 62.9));
    // [evidence]
    aroma::Evidence proxied = evidence; // of one client; far is its connection's history
    proxied.set(aroma::Signal::this_connection, connection_ratio(far.assess()));
    // your counts
    proxied.add(aroma::Signal::ip_intelligence,
                aroma::LikelihoodRatio::with({.if_proxy = 0.40, .if_direct = 0.02}));
    proxied.add(aroma::Signal::http_headers,
                aroma::LikelihoodRatio::with({.if_proxy = 0.30, .if_direct = 0.20}));
    // [evidence]
    tell("behind a far proxy", proxied, policy, "us/fixed", aroma::Key::of("account 2"));

    // The same in a segment with a dry run.
    tell("the same, in a dry run", proxied, policy, "de/mobile/fra1", aroma::Key::of("account 2"));

    // Round trips alone cannot exceed their cap.
    aroma::Evidence alone = evidence;
    alone.set(aroma::Signal::this_connection, connection_ratio(far.assess()));
    for (int i = 0; i < 20; ++i)
        alone.add(aroma::Signal::other_connections, connection_ratio(far.assess()));
    tell("twenty connections more, and nothing else", alone, policy, "us/fixed",
         aroma::Key::of("account 2"));

    // Without evidence the band decides: a challenge for the worst one.
    aroma::Decision const by_band =
        policy.decide(far.assess(), "us/fixed", aroma::Key::of("account 2"));
    char line[aroma::explanation_size];
    explain(by_band, line);
    std::printf("by its band\n  %s\n", line);
}
