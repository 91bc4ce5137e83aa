// SPDX-License-Identifier: BSL-1.0
//
// Facts about decide/evidence.hpp: what observations add up to, caps, and what is refused.

#include "facts.hpp"

#include <aroma/decide/evidence.hpp>

#include <limits>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using facts::near;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr auto ten_to_one = LikelihoodRatio::with({.if_proxy = 0.5, .if_direct = 0.05});
constexpr auto hundred = LikelihoodRatio::with({.if_proxy = 0.5, .if_direct = 0.005});
struct Observed {
    Signal signal;
    LikelihoodRatio ratio;
};
constexpr auto with = [](auto... observed) {
    Evidence e{Probability::with(0.01)};
    (e.add(observed.signal, observed.ratio), ...);
    return e;
};
constexpr Evidence nothing = with();
static_assert(nothing.ratio() == LikelihoodRatio{}
              && near(nothing.probability().value(), 0.01, 1e-12)
              && nothing.prior() == Probability::with(0.01));
constexpr Evidence once = with(Observed{Signal::this_connection, ten_to_one});
static_assert(once.ratio() == ten_to_one && near(once.probability().value(), 0.0917431, 1e-6),
              "1 to 99, times ten");
static_assert(once.contribution(Signal::this_connection).observations == 1
              && once.contribution(Signal::other_connections).observations == 0);
static_assert(with(Observed{Signal::this_connection, LikelihoodRatio{}})
                  .contribution(Signal::this_connection)
                  .observations
              == 0);

// Groups that are independent of each other add up.
constexpr Evidence both = with(Observed{Signal::this_connection, ten_to_one},
                               Observed{Signal::ip_intelligence, ten_to_one});
static_assert(both.ratio() == ten_to_one * ten_to_one);

// Two observations of one signal are worth less than two, of one group at most its cap, and every
// cap holds both ways.
constexpr Evidence twice = with(Observed{Signal::this_connection, ten_to_one},
                                Observed{Signal::this_connection, ten_to_one});
static_assert(twice.ratio() > ten_to_one && twice.ratio() < ten_to_one * ten_to_one
              && near(twice.ratio().nats(), 2 * 2.302585 / 1.5));
static_assert(near(twice.contribution(Signal::this_connection).sum, 4.60517)
              && near(twice.contribution(Signal::this_connection).counted, 4.60517 / 1.5));
constexpr Evidence vendors = with(Observed{Signal::ip_intelligence, ten_to_one},
                                  Observed{Signal::ip_intelligence, ten_to_one});
static_assert(vendors.ratio() == ten_to_one,
              "the mean, where nobody has counted how dependent they are");
constexpr Evidence full =
    with(Observed{Signal::this_connection, hundred}, Observed{Signal::other_connections, hundred});
static_assert(full.ratio().nats() == 5
              && near(full.contribution(Signal::this_connection).counted, 2.5));
static_assert(near(full.contribution(Signal::this_connection).counted
                       + full.contribution(Signal::other_connections).counted,
                   5));
constexpr auto one_in_hundred = LikelihoodRatio::with({.if_proxy = 0.005, .if_direct = 0.5});
static_assert(with(Observed{Signal::this_connection, one_in_hundred},
                   Observed{Signal::other_connections, one_in_hundred})
                  .ratio()
                  .nats()
              == -5);
static_assert(with(Observed{Signal::tls_fingerprint, hundred},
                   Observed{Signal::http_headers, hundred})
                  .ratio()
                  .nats()
              == 3);
static_assert(with(Observed{Signal::segment_size, hundred}).ratio().nats() == 1.1);
static_assert(with(Observed{Signal{200}, hundred}).ratio().nats() == 1.1,
              "no such signal: one that may say little");
constexpr auto one_to_ten = LikelihoodRatio::with({.if_proxy = 0.05, .if_direct = 0.5});
constexpr Evidence against = with(Observed{Signal::this_connection, ten_to_one},
                                  Observed{Signal::other_connections, one_to_ten});
static_assert(against.ratio() == LikelihoodRatio{}
              && near(against.contribution(Signal::this_connection).counted, 2.302585));

// set() takes the place of what was there.
constexpr auto set_twice = [](LikelihoodRatio first, LikelihoodRatio second) {
    Evidence e = with();
    e.set(Signal::this_connection, first);
    e.set(Signal::this_connection, second);
    return e;
};
constexpr Evidence later = set_twice(hundred, ten_to_one);
static_assert(later.ratio() == ten_to_one
              && later.contribution(Signal::this_connection).observations == 1);
static_assert(set_twice(ten_to_one, LikelihoodRatio{}).ratio() == LikelihoodRatio{});

// All are listed, in order, and what counts of them is what the log-odds have.
constexpr auto all_are_listed = [] {
    Evidence const e =
        with(Observed{Signal::http_headers, ten_to_one}, Observed{Signal::this_connection, hundred},
             Observed{Signal::other_connections, hundred});
    double sum = 0;
    int count = 0, last = -1;
    e.for_each([&](Contribution const& c) {
        sum += c.counted;
        ++count;
        last = last < static_cast<int>(c.signal) ? static_cast<int>(c.signal) : 99;
    });
    return count == 3 && last == static_cast<int>(Signal::http_headers)
        && near(sum, e.ratio().nats()) && near(e.log_odds(), e.prior().log_odds() + sum);
}();
static_assert(all_are_listed);

// GroupDependences of one's own.
constexpr auto independent = Evidence::with(Probability{}, {.round_trips = {700, 0}});
constexpr auto adds_up = [] {
    Evidence e = independent;
    for (int i = 0; i < 10; ++i)
        e.add(Signal::other_connections, ten_to_one);
    return e.ratio().micronats();
}();
static_assert(adds_up == 10 * 2302585);
static_assert(validate(GroupDependences{}) == EvidenceError::none
              && validate(GroupDependences{.path = {0, 1}}) == EvidenceError::cap_out_of_range);
static_assert(validate(GroupDependences{.address = {-1, 1}}) == EvidenceError::cap_out_of_range
              && validate(GroupDependences{.address = {701, 1}})
                     == EvidenceError::cap_out_of_range);
static_assert(validate(GroupDependences{.software = {infinity, 1}})
                  == EvidenceError::cap_out_of_range
              && validate(GroupDependences{.software = {nan, 1}}) == EvidenceError::not_a_number);
static_assert(validate(GroupDependences{.round_trips = {5, 1.1}})
                  == EvidenceError::correlation_out_of_range
              && validate(GroupDependences{.round_trips = {5, -0.1}})
                     == EvidenceError::correlation_out_of_range);
static_assert(validate(GroupDependences{.round_trips = {5, nan}}) == EvidenceError::not_a_number);
constexpr auto a_wrong_cap_changes_nothing = [] {
    Evidence e = full;
    return e.adjust({.round_trips = {0, 0}}) == EvidenceError::cap_out_of_range
        && e.ratio() == full.ratio() && e.adjust({.round_trips = {1, 0}}) == EvidenceError::none
        && e.ratio().nats() == 1;
}();
static_assert(a_wrong_cap_changes_nothing);

static_assert(facts::named<Signal>()
                  && name(static_cast<Signal>(detail::signal_count)) == std::string_view{"unknown"},
              "the last is counted");
static_assert(detail::group_of(Signal::this_connection) == Group::round_trips
              && detail::group_of(Signal::other_connections) == Group::round_trips
              && detail::group_of(Signal::ip_intelligence) == Group::address
              && detail::group_of(Signal::tls_fingerprint) == Group::software
              && detail::group_of(Signal::http_headers) == Group::software
              && detail::group_of(Signal::segment_size) == Group::path
              && facts::count<Signal>() == 6);
static_assert(sizeof(Evidence) <= 168 && std::is_trivially_copyable_v<Evidence>);
static_assert(noexcept(full.probability()));

} // namespace
