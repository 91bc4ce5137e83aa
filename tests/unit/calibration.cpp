// SPDX-License-Identifier: BSL-1.0
//
// Calibration: the bound against others' figures and by brute force, thresholds against a search
// through all of them, and what a rate is worth on connections that were not calibrated with:
// simulated ones with 20 ms of jitter, and recorded ones.

#include "../support/catch.hpp"

#include <aroma/aroma.hpp>
#include <aroma/operate/calibration.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#if __has_include(<boost/math/distributions/binomial.hpp>)
#include <boost/math/distributions/binomial.hpp>
#endif

using namespace aroma;

TEST_CASE("calibration: the bound is Clopper and Pearson's")
{
    struct { // of Boost.Math 1.74, in long double
        std::uint64_t below, of;
        double confidence, bound;
    } const known[] = {
        {5, 100, 0.95, 0.10225337764327449},
        {81, 263, 0.975, 0.36762192260135135},
        {3, 7488, 0.95, 0.0010351489962944486},
        {40, 100'000, 0.95, 0.00052066226722469414},
        {400, 1'000'000, 0.99, 0.00044903924351402276},
        {40'000, 100'000'000, 0.95, 0.00040330475708806921},
        {1'000'000'000, 10'000'000'000, 0.95, 0.10000493469636311},
        {4'999'999, 10'000'000, 0.9999, 0.5005879779195082},
        {1, 3, 0.5, 0.5},
    };
    for (auto const& k : known) {
        CAPTURE(k.below, k.of);
        CHECK(detail::share_upper_bound(k.below, k.of, k.confidence)
              == Approx(k.bound).epsilon(1e-10));
    }
    struct {
        std::uint64_t k, n;
        double p, chance;
    } const chances[] = {
        {0, 7487, 0.0004, 0.050016660464263856},
        {0, 7488, 0.0004, 0.049996653800078151},
        {30, 100'000, 0.0004, 0.061657220817232629},
        {399, 1'000'000, 0.0004, 0.4933468806390343},
        {5'000'000'000, 10'000'000'000, 0.5, 0.50000398942280391},
        {99'990'000, 1'000'000'000, 0.1, 0.14593197951226264},
        {7, 10, 0.3, 0.9984096136},
    };
    for (auto const& c : chances) {
        CAPTURE(c.k, c.n);
        CHECK(detail::binomial_at_most(c.k, c.n, c.p) == Approx(c.chance).epsilon(1e-10));
    }
}

TEST_CASE("calibration: the bound is Boost.Math's over a grid")
{
#if __has_include(<boost/math/distributions/binomial.hpp>)
    using Boost = boost::math::binomial_distribution<long double>;
    for (std::uint64_t of = 1; of <= 20'000'000; of += of < 20 ? 1 : of / 2 * 5)
        for (std::uint64_t const below : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2},
                                          std::uint64_t{10}, std::uint64_t{100}, of / 1000,
                                          of / 100, of / 10, of / 3, of / 2, of / 10 * 9, of - 1}) {
            // 0.55, since Boost 1.74 finds no root at 4 of 9 and 0.5
            for (double const confidence : {0.55, 0.8, 0.9, 0.95, 0.975, 0.99, 0.999, 0.9999}) {
                if (below >= of)
                    continue;
                CAPTURE(below, of, confidence);
                long double const bound = Boost::find_upper_bound_on_p(
                    static_cast<long double>(of), static_cast<long double>(below),
                    1 - static_cast<long double>(confidence));
                // measured: 2e-13 at most
                REQUIRE(detail::share_upper_bound(below, of, confidence)
                        == Approx(static_cast<double>(bound)).epsilon(1e-12).margin(0));
            }
        }
#else
    skipped("no Boost.Math");
#endif
}

TEST_CASE("calibration: the binomial tail by brute force")
{
    std::mt19937_64 random{1934};
    for (int round = 0; round < 300; ++round) {
        std::size_t const n = 1 + random() % 200;
        double const p = std::uniform_real_distribution{1e-6, 0.999}(random);
        std::vector<double> chance{1}; // of each number among the connections so far
        for (std::size_t i = 0; i < n; ++i) {
            chance.push_back(0);
            for (std::size_t k = chance.size() - 1; k > 0; --k)
                chance[k] = chance[k] * (1 - p) + chance[k - 1] * p;
            chance[0] *= 1 - p;
        }
        double sum = 0;
        for (std::size_t k = 0; k <= n; ++k) {
            sum += chance[k];
            if (std::abs(detail::binomial_at_most(k, n, p) - sum) > 1e-12
                || (sum > 1e-15 && detail::binomial_at_most(k, n, p) < sum * (1 - 1e-9)))
                FAIL(k << " of " << n << " at " << p << ": " << detail::binomial_at_most(k, n, p)
                       << " instead of " << sum);
        }
    }
    SUCCEED();
}

TEST_CASE("calibration: the fewest connections that show a rate")
{
    std::mt19937_64 random{3};
    for (int i = 0; i < 2000; ++i) {
        double const rate =
            std::exp(std::uniform_real_distribution{std::log(1e-6), std::log(0.5)}(random));
        double const confidence = std::uniform_real_distribution{0.5, 0.9999}(random);
        double const exact = std::log1p(-confidence) / std::log1p(-rate);
        double const needed = static_cast<double>(detail::connections_needed(rate, confidence));
        if (!(needed >= exact * (1 - 1e-9) && needed < exact * (1 + 1e-9) + 1))
            FAIL(rate << ", " << confidence << ": " << needed << " instead of " << exact);
    }
    SUCCEED();
}

namespace {

ScoreHistogram random_scores(std::mt19937_64& random, std::uint64_t count)
{
    ScoreHistogram scores;
    double const shape = std::exp(std::uniform_real_distribution{-6.0, 1.0}(random)),
                 few = std::uniform_real_distribution{0.0, 0.05}(random);
    for (std::uint64_t i = 0; i < count; ++i) {
        double const u = std::uniform_real_distribution{0.0, 1.0}(random);
        scores.add(Score{u < few ? u / few * 0.4 : std::pow(u, shape)});
    }
    return scores;
}

double edge_at(int i)
{
    // a division, even where 0.002 would be quicker, and a double, where registers hold more
    double const volatile all = 500, edge = i / all;
    return edge;
}

// All edges from the top: the first that is at most the highest one and keeps the rate.
template <class Keeps>
double searched(double highest, Keeps keeps)
{
    for (int i = 500; i > 0; --i)
        if (edge_at(i) <= highest && keeps(edge_at(i)))
            return edge_at(i);
    return 0;
}

} // namespace

TEST_CASE("calibration: no higher threshold keeps the rate")
{
    std::mt19937_64 random{77};
    int own = 0, lowered = 0, raised = 0;
    for (int round = 0; round < 100; ++round) {
        ScoreHistogram const scores = random_scores(random, 1 + random() % 30'000);
        CalibrationOptions options{
            .rates = {0.001, 0.01, 0.1}, .confidence = 0.9, .may_raise = round % 2 == 1};
        options.proxied = round % 5 == 0 ? 0.02 : 0;
        Calibration const c = calibrate(scores, options);
        auto const removed =
            static_cast<std::uint64_t>(options.proxied * static_cast<double>(scores.total()));
        struct {
            CalibratedEdge const& edge;
            double rate, published;
        } const edges[] = {{c.unstable_below, 0.1, 0.7},
                           {c.suspicious_below, 0.01, 0.3},
                           {c.proxy_below, 0.001, 0.1}};
        double above = 1;
        for (auto const& [edge, wanted, published] : edges) {
            // clang 14 captures no structured binding
            double const rate = wanted, usual = published;
            auto const below = [&](double threshold) {
                std::uint64_t const all = scores.count_below(threshold);
                return all > removed ? all - removed : 0;
            };
            std::uint64_t const total = scores.total() - removed;
            double const expected = edge.too_few()
                                      ? searched(usual,
                                                 [&](double t) {
                                                     return static_cast<double>(below(t))
                                                         <= rate * static_cast<double>(total);
                                                 })
                                      : searched(options.may_raise ? 1 : usual, [&](double t) {
                                            return detail::shows_rate(below(t), total, rate, 0.9);
                                        });
            CAPTURE(round, rate, total);
            CHECK(edge.threshold == std::min(expected, above));
            CHECK(edge.below == below(edge.threshold));
            CHECK(edge.connections == total);
            CHECK(edge.upper_bound
                  == Approx(detail::share_upper_bound(edge.below, total, 0.9)).epsilon(1e-12));
            CHECK((edge.upper_bound <= rate || edge.fallback != Fallback::none));
            CHECK((edge.fallback == Fallback::none) == !edge.too_few());
            above = edge.threshold;
            own += edge.fallback == Fallback::none;
            lowered += edge.threshold < published;
            raised += edge.threshold > published;
        }
        CHECK(validate(c.thresholds()) == ThresholdError::none);
    }
    CHECK(own > 100);
    CHECK(lowered > 50);
    CHECK(raised > 30);
}

TEST_CASE("calibration: counted proxies raise no threshold above them")
{
    std::mt19937_64 random{11};
    int lowered = 0;
    for (int round = 0; round < 200; ++round) {
        ScoreHistogram scores = random_scores(random, 10'000);
        CalibrationOptions const options{.may_raise = true};
        Thresholds const before = calibrate(scores, options).thresholds();
        std::size_t const highest = 1 + random() % 200;
        for (std::uint64_t i = random() % 1000; i > 0; --i)
            scores.add(random() % highest, 1);
        Thresholds const after = calibrate(scores, options).thresholds();
        double const among = edge_at(static_cast<int>(highest));
        CAPTURE(round, among);
        CHECK(after.unstable_below <= std::max(before.unstable_below, among));
        CHECK(after.suspicious_below <= std::max(before.suspicious_below, among));
        CHECK(after.proxy_below <= std::max(before.proxy_below, among));
        lowered += after.proxy_below < before.proxy_below;
    }
    CHECK(lowered > 40);
}

TEST_CASE("calibration: a segment falls back on its parents")
{
    auto const made = std::make_unique<Baseline<4>>();
    Baseline<4>& baseline = *made;
    std::size_t const low = ScoreHistogram::bin(Score{0.05}), one = ScoreHistogram::bin(Score{1.0});
    baseline.find_or_add("cdg/lan").scores.add(one, 20'000);
    baseline.find_or_add("cdg/mobile").scores.add(low, 3);
    baseline.find_or_add("cdg/mobile").scores.add(one, 97);

    Calibration const mobile = calibrate(baseline, "cdg/mobile"), cdg = calibrate(baseline, "cdg"),
                      root = calibrate(baseline, "");
    CHECK(mobile.unstable_below.fallback == Fallback::none);
    CHECK(mobile.unstable_below.connections == 100);
    CHECK(mobile.thresholds() == Thresholds{0.7, 0.05, 0.05});
    CHECK(mobile.proxy_below.fallback == Fallback::parent);
    CHECK(mobile.proxy_below.levels == 1);
    CHECK(cdg.proxy_below.fallback == Fallback::none);
    CHECK(cdg.proxy_below.connections == 20'100);
    CHECK(cdg.proxy_below.upper_bound <= 0.0004);
    CHECK(cdg.thresholds() == Thresholds{}); // 3 of 20,100
    CHECK(root.thresholds() == cdg.thresholds());
    Calibration const unseen = calibrate(baseline, "arn/lan/x");
    CHECK(unseen.proxy_below.fallback == Fallback::parent);
    CHECK(unseen.proxy_below.levels == 3);
    CHECK(unseen.proxy_below.connections == 0);
    CHECK(unseen.thresholds() == root.thresholds());
    CHECK(calibrate(baseline, "", {.confidence = 7}).error
          == CalibrationError::confidence_out_of_range);
    CHECK(calibrate(baseline, "cdg/lan", {.confidence = 7}).thresholds() == Thresholds{});
}

namespace {

// Packets over a link of 10 ms each way with up to 20 ms of jitter, each by itself.
struct Jitter {
    std::mt19937_64 random;

    double packet() { return 10'000 + std::uniform_real_distribution{0.0, 20'000.0}(random); } // us
    Microseconds round_trip()
    {
        return Microseconds{static_cast<std::uint32_t>(packet() + packet())};
    }

    // One exchange with what TCP knew before it, the handshake's RTT: the whole evidence of
    // a reply that is timed without a history.
    Score single()
    {
        Microseconds const handshake = round_trip(), reply = round_trip();
        return assess(RttSample{std::min(handshake, reply), handshake,
                                Microseconds{handshake.count() / 2}, reply})
            .score;
    }

    // A ConnectionHistory over so many exchanges, whose answers acknowledge what they answer. SRTT
    // and RTTVAR as in RFC 6298.
    ConnectionHistory connection(int exchanges)
    {
        ConnectionHistory c;
        Microseconds const handshake = round_trip();
        std::uint32_t smoothed = handshake.count(), variation = smoothed / 2, lowest = smoothed;
        c.observe(Exchange::opening,
                  RttSample{handshake, handshake, Microseconds{variation}, handshake});
        for (int i = 0; i < exchanges; ++i) {
            std::uint32_t const reply = round_trip().count();
            std::uint32_t const off = reply > smoothed ? reply - smoothed : smoothed - reply;
            variation = (3 * variation + off) / 4;
            smoothed = (7 * smoothed + reply) / 8;
            lowest = std::min(lowest, reply);
            c.observe(Exchange::reply, RttSample{Microseconds{lowest}, Microseconds{smoothed},
                                                 Microseconds{variation}, Microseconds{reply}});
        }
        return c;
    }
};

struct Kept {
    int repetitions = 0;
    int exceeded[3]{}; // in how many of them the true share was above the rate asked for
    double mean_share[3]{};
    double published[3]{}; // the true share below the published thresholds
};

// Thresholds from so many connections, many times over; their true false-positive rates from
// 400,000 others.
template <class Draw>
Kept keep(Draw draw, CalibrationOptions const& options, int connections, int repetitions)
{
    Jitter fresh{std::mt19937_64{1}}, drawn{std::mt19937_64{2}};
    ScoreHistogram truth;
    for (int i = 0; i < 400'000; ++i)
        truth.add(draw(fresh));
    auto const share = [&](double threshold) {
        return static_cast<double>(truth.count_below(threshold)) / 4e5;
    };
    double const rates[] = {options.rates.unstable, options.rates.suspicious, options.rates.proxy};
    Kept kept{.repetitions = repetitions, .published = {share(0.7), share(0.3), share(0.1)}};
    for (int i = 0; i < repetitions; ++i) {
        ScoreHistogram scores;
        for (int j = 0; j < connections; ++j)
            scores.add(draw(drawn));
        Thresholds const t = calibrate(scores, options).thresholds();
        double const shares[] = {share(t.unstable_below), share(t.suspicious_below),
                                 share(t.proxy_below)};
        for (int edge = 0; edge < 3; ++edge) {
            kept.exceeded[edge] += shares[edge] > rates[edge];
            kept.mean_share[edge] += shares[edge] / repetitions;
        }
    }
    return kept;
}

} // namespace

TEST_CASE("calibration: 20 ms of jitter keep the target rate")
{
    CalibrationOptions options{.rates = {.proxy = 0.001, .suspicious = 0.01, .unstable = 0.1}};
    auto const check = [&](char const* name, auto draw) {
        Kept const kept = keep(draw, options, 5'000, 200);
        std::printf("20 ms of jitter, %s: below the published edges %.3f, %.4f, %.5f; below the "
                    "calibrated ones %.4f, %.5f, %.6f, and too many in %d, %d, %d of %d\n",
                    name, kept.published[0], kept.published[1], kept.published[2],
                    kept.mean_share[0], kept.mean_share[1], kept.mean_share[2], kept.exceeded[0],
                    kept.exceeded[1], kept.exceeded[2], kept.repetitions);
        for (int edge = 0; edge < 3; ++edge) {
            CAPTURE(name, edge, kept.exceeded[edge], kept.mean_share[edge]);
            CHECK(kept.exceeded[edge] <= 22); // at most 5 % of 200, and four standard deviations
        }
        return kept;
    };
    // Published thresholds are only lowered: the worst band's holds here anyway.
    Kept const single = check("single exchanges", [](Jitter& j) { return j.single(); });
    CHECK(single.published[0] > 0.4);
    CHECK(single.published[1] > 0.1);
    CHECK(single.exceeded[1] >= 2); // and no more cautious than it must be
    CHECK(single.mean_share[0] > 0.08);
    CHECK(single.mean_share[1] > 0.006);
    // All three moved.
    options.may_raise = true;
    Kept const raised = check("single exchanges, may_raise", [](Jitter& j) { return j.single(); });
    CHECK(raised.exceeded[2] >= 2);
    CHECK(raised.mean_share[2] > 0.0002);
    // Two and four exchanges of one ConnectionHistory, which need no calibration here: raised, they
    // would accuse at the rate asked for.
    check("connections of four exchanges, may_raise",
          [](Jitter& j) { return j.connection(4).assess().score; });
    options.may_raise = false;
    Kept const four = check("connections of four exchanges",
                            [](Jitter& j) { return j.connection(4).assess().score; });
    CHECK(four.published[2] == 0);
    Kept const two = check("connections of two exchanges",
                           [](Jitter& j) { return j.connection(2).assess().score; });
    CHECK(two.mean_share[1] <= two.published[1]);
}

TEST_CASE("calibration: a ConnectionHistory keeps the target rate")
{
    Jitter network{std::mt19937_64{8}};
    for (int const exchanges : {1, 2, 4}) {
        ScoreHistogram scores;
        for (int i = 0; i < 20'000; ++i)
            // with the published thresholds
            scores.add(network.connection(exchanges).assess().score);
        ThresholdClassifier classify;
        REQUIRE(
            classify.adjust(
                calibrate(scores, {.rates = {.proxy = 0.001, .suspicious = 0.01, .unstable = 0.1}})
                    .thresholds())
            == ThresholdError::none);
        int unstable = 0, suspicious = 0, proxy = 0;
        for (int i = 0; i < 40'000; ++i) {
            Band const band = network.connection(exchanges).assess(classify).band;
            unstable += band >= Band::unstable;
            suspicious += band >= Band::suspicious;
            proxy += band >= Band::proxy;
        }
        CAPTURE(exchanges);
        CHECK(unstable <= 4000 + 4 * 60); // and four standard deviations
        CHECK(suspicious <= 400 + 4 * 20);
        CHECK(proxy <= 40 + 4 * 6);
        // of one exchange alone the lowest scores are lifted to an edge, more than one in ten: none
        // is below it
        CHECK((unstable > 2500 || exchanges == 1));
    }
}

TEST_CASE("calibration: recorded direct connections keep the rate")
{
    std::ifstream file{AROMA_RECORDINGS "/connections.csv"};
    if (!file)
        return skipped("no recorded connections in " AROMA_RECORDINGS);
    struct Scored {
        std::string segment;
        Score score;
    };
    std::vector<Scored> direct;
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream cells{line};
        std::string label, gap, tcp, skip;
        for (std::string* cell : {&label, &skip, &skip, &skip, &skip, &gap, &tcp})
            std::getline(cells, *cell, ',');
        if (label != "direct" && label != "direct-lossy")
            continue;
        using Us = std::chrono::microseconds;
        Us const minimum{std::lround(std::stod(tcp) * 1000)},
            excess{std::max(0l, std::lround(std::stod(gap) * 1000))};
        direct.push_back({label == "direct" ? "direct" : "direct/lossy",
                          assess(RttSample{minimum, minimum, Us{0}, minimum + excess}).score});
    }
    REQUIRE(direct.size() == 145);

    // So few connections can show one in ten, and no less.
    CalibrationOptions const options{.rates = {.proxy = 0.001, .suspicious = 0.02, .unstable = 0.1},
                                     .may_raise = true};
    std::mt19937_64 random{145};
    int exceeded = 0, fell_back = 0;
    constexpr int halvings = 500;
    double mean_share = 0;
    for (int i = 0; i < halvings; ++i) {
        std::shuffle(direct.begin(), direct.end(), random);
        auto const baseline = std::make_unique<Baseline<2>>(),
                   other = std::make_unique<Baseline<2>>();
        for (std::size_t j = 0; j < direct.size(); ++j)
            (j % 2 == 0 ? *baseline : *other)
                .find_or_add(direct[j].segment)
                .scores.add(direct[j].score);
        Calibration const c = calibrate(*baseline, "direct", options);
        REQUIRE(c.unstable_below.fallback == Fallback::none);
        REQUIRE(c.suspicious_below.fallback == Fallback::published);
        REQUIRE(c.proxy_below.fallback == Fallback::published);
        REQUIRE(c.proxy_below.too_few());
        ScoreHistogram const rest = other->within("direct").scores;
        double const share = static_cast<double>(rest.count_below(c.unstable_below.threshold))
                           / static_cast<double>(rest.total());
        exceeded += share > options.rates.unstable;
        mean_share += share / halvings;
        Calibration const lossy = calibrate(*baseline, "direct/lossy", options);
        CHECK(lossy.proxy_below.threshold <= c.proxy_below.threshold);
        CHECK((lossy.unstable_below.fallback == Fallback::none)
              == (lossy.unstable_below.connections >= 29));
        CHECK((lossy.unstable_below.fallback == Fallback::none
               || lossy.unstable_below.fallback == Fallback::parent));
        fell_back += lossy.unstable_below.fallback == Fallback::parent;
    }
    std::printf("recorded: a share of %.4f in the other half, more than 0.1 in %d of %d halvings\n",
                mean_share, exceeded, halvings);
    // 5 % for the rate itself, and the other half is a sample too
    CHECK(exceeded <= halvings * 8 / 100);
    CHECK(fell_back > halvings / 2);
    CHECK(mean_share > 0.02);
}
