// SPDX-License-Identifier: BSL-1.0
//
// The statistics of the judge: shares with their intervals, ROC, thresholds for a false-positive
// rate, the smallest leg detected.
//
// Synopsis
//   struct Share { hits, of; value(); interval(); };     interval: Wilson's, 95 %; of nothing it is
//                                                        0 to 1
//   roc(direct, proxied)                                  the corners of the curve from (0, 0) to
//                                                         (1, 1)
//   area(roc)                                             under it: a tie counts half
//   threshold(direct, rate)                               evidence above it accuses at most that
//                                                         share; none where they are too few
//   above(evidence, threshold)                            the Share that lies above
//   smallest_leg(shares by leg, wanted)                   from which on every leg has at least that
//                                                         share
//   quantile(sorted, q)                                   between the two neighbours, in proportion
//
// Evidence that is NaN is a rule's silence: it lies below all other, and above no threshold.
#ifndef AROMA_BENCHMARKS_JUDGE_STATISTICS_HPP
#define AROMA_BENCHMARKS_JUDGE_STATISTICS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <boost/math/distributions/normal.hpp>

namespace judge {

struct Interval {
    double low = 0, high = 1;
};

struct Share {
    std::size_t hits = 0, of = 0;

    constexpr void add(bool hit) { hits += hit, ++of; }

    // NaN of nothing
    double value() const { return static_cast<double>(hits) / static_cast<double>(of); }

    Interval interval() const
    {
        if (of == 0)
            return {};
        // By hand around Boost.Math's quantile, which has Clopper and Pearson's interval alone.
        static double const z = quantile(boost::math::normal{}, 0.975), zz = z * z;
        double const n = static_cast<double>(of), p = value();
        double const middle = (p + zz / (2 * n)) / (1 + zz / n);
        double const reach = z / (1 + zz / n) * std::sqrt(p * (1 - p) / n + zz / (4 * n * n));
        return {hits == 0 ? 0 : middle - reach, hits == of ? 1 : middle + reach};
    }
};

namespace detail {

// From the strongest down, silence last.
inline std::vector<double> descending(std::vector<double> evidence)
{
    for (double& e : evidence) {
        if (std::isnan(e))
            e = -std::numeric_limits<double>::infinity();
    }
    std::sort(evidence.begin(), evidence.end(), std::greater<>{});
    return evidence;
}

} // namespace detail

struct RocPoint {
    double threshold; // accused is what lies at it or above
    double false_positives, true_positives;
};

inline std::vector<RocPoint> roc(std::vector<double> direct, std::vector<double> proxied)
{
    direct = detail::descending(std::move(direct));
    proxied = detail::descending(std::move(proxied));
    std::vector<RocPoint> points{{std::numeric_limits<double>::infinity(), 0, 0}};
    for (std::size_t d = 0, p = 0; d < direct.size() || p < proxied.size();) {
        double const at = d == direct.size()  ? proxied[p]
                        : p == proxied.size() ? direct[d]
                                              : std::max(direct[d], proxied[p]);
        while (d < direct.size() && direct[d] == at)
            ++d;
        while (p < proxied.size() && proxied[p] == at)
            ++p;
        points.push_back({at, Share{d, direct.size()}.value(), Share{p, proxied.size()}.value()});
    }
    return points;
}

// By hand: Boost.Math integrates functions, and knows no ROC.
inline double area(std::vector<RocPoint> const& points)
{
    double sum = 0;
    for (std::size_t i = 1; i < points.size(); ++i)
        sum += (points[i].false_positives - points[i - 1].false_positives)
             * (points[i].true_positives + points[i - 1].true_positives) / 2;
    return sum;
}

inline std::optional<double> threshold(std::vector<double> direct, double rate)
{
    double const allowed = std::floor(rate * static_cast<double>(direct.size()) + 1e-9);
    if (!(allowed >= 1)) // not one accusation: what zero of so few would promise is nothing
        return std::nullopt;
    direct = detail::descending(std::move(direct));
    return direct[std::min(static_cast<std::size_t>(allowed), direct.size() - 1)];
}

inline Share above(std::vector<double> const& evidence, double threshold)
{
    Share share;
    for (double const e : evidence)
        share.add(e > threshold);
    return share;
}

inline std::optional<double> smallest_leg(std::map<double, Share> const& shares, double wanted)
{
    std::optional<double> smallest;
    for (auto leg = shares.rbegin(); leg != shares.rend() && leg->second.value() >= wanted; ++leg)
        smallest = leg->first;
    return smallest;
}

// By hand: Boost 1.74 has the median of a sample, and estimates its other quantiles.
inline double quantile(std::vector<double> const& sorted, double q)
{
    if (sorted.empty())
        return std::numeric_limits<double>::quiet_NaN();
    double const at = q * static_cast<double>(sorted.size() - 1), below = std::floor(at);
    std::size_t const i = static_cast<std::size_t>(below);
    return i + 1 < sorted.size() ? sorted[i] + (at - below) * (sorted[i + 1] - sorted[i])
                                 : sorted[i];
}

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_STATISTICS_HPP
