// SPDX-License-Identifier: BSL-1.0
//
// The lab's connections with the verdict of every rule on each, and those that are asked for.
//
// Synopsis
//   struct Judged;                            a connection, the verdicts in the order of `rules`,
//                                             the exchange that decides
//   void read(path, Input&);                  all lines of a file; throws Wrong if it is unreadable
//   Chosen those(Chosen, predicate);          direct, proxied, proxied_headline, on_a_leg,
//                                             two_exchanges
//   std::vector<double> evidence(Chosen, rule);
//   Bands bands(Chosen, rule);                the shares of its bands
#ifndef AROMA_BENCHMARKS_JUDGE_JUDGED_HPP
#define AROMA_BENCHMARKS_JUDGE_JUDGED_HPP

#include "../../examples/common/text_file.hpp"
#include "../../examples/common/tool.hpp"
#include "read_lab.hpp"
#include "rules.hpp"
#include "statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <exception>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace judge {

inline constexpr double headline_leg = 15; // ms

// What a command line may choose: a half of the grid, or all of it.
inline std::vector<std::string> const halves{"choose", "report", "both"};

constexpr std::size_t index_of(std::string_view name)
{
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].name == name)
            return i;
    }
    throw std::invalid_argument{"no such rule"};
}
inline constexpr std::size_t by_history = index_of("connection_history"),
                             by_ratio = index_of("min_over_smoothed");

// The exchange whose excess decides: the lowest of the replies, or of the openings where there is
// no reply.
struct Deciding {
    Recorded::What what{};
    double excess = std::numeric_limits<double>::quiet_NaN(), minimum = excess; // ms
};

struct Judged {
    Lab lab;
    std::array<Verdict, rules.size()> by;
    Deciding deciding;
};

inline Deciding decide(Recorded const& recorded)
{
    Deciding lowest;
    for (auto const& at : recorded.moments) {
        if (!aroma::measured(at.sample.application))
            continue;
        Deciding const now{at.what,
                           std::max((at.sample.application - at.sample.minimum).count(), 0.0),
                           at.sample.minimum.count()};
        bool const reply = now.what != Recorded::What::opening,
                   had_reply = lowest.what != Recorded::What::opening;
        if (std::isnan(lowest.excess) || (reply && !had_reply)
            || (reply == had_reply && now.excess < lowest.excess))
            lowest = now;
    }
    return lowest;
}

constexpr char const* name_of(Recorded::What what)
{
    constexpr char const* names[] = {"opening", "TLS", "redirect", "ping", "request"};
    return names[static_cast<std::size_t>(what)];
}

inline bool accused(Verdict const& v)
{
    return accuses(v.band);
}

struct Bands {
    Share proxy, suspicious, unknown;

    void add(Verdict const& v)
    {
        proxy.add(v.band == aroma::Band::proxy);
        suspicious.add(accused(v));
        unknown.add(v.band == aroma::Band::unknown);
    }
};

struct Input {
    std::vector<Judged> connections;
    std::vector<Lab> failed;
    std::size_t changed = 0; // another band than the server saw
    bool whole = true;
};

inline void read(std::string const& path, Input& input)
{
    constexpr std::size_t most = 1'000'000; // connections, some 3 GB
    examples::TextFile file{path};
    for (std::string_view line;;) {
        try {
            if (!file.next(line))
                return;
            if (line.empty())
                continue;
            if (input.connections.size() + input.failed.size() >= most)
                break;
            Judged now{read_lab(line), {}, {}};
            if (!now.lab.failed.empty()) {
                input.failed.push_back(std::move(now.lab));
                continue;
            }
            for (std::size_t i = 0; i < rules.size(); ++i)
                now.by[i] = rules[i].judge(now.lab.recorded);
            now.deciding = decide(now.lab.recorded);
            input.changed += !now.lab.band.empty() && now.lab.band != name(now.by[by_history].band);
            input.connections.push_back(std::move(now));
        } catch (std::exception const& why) {
            if (dynamic_cast<examples::Wrong const*>(&why)
                && !dynamic_cast<examples::Malformed const*>(&why))
                throw; // it cannot be read
            examples::complain(fmt::format("{}:{}: {}", file.name(), file.line(), why.what()));
            input.whole = false;
        }
    }
    throw examples::Wrong(fmt::format("{}: more than {} connections: judge fewer", path, most));
}

using Chosen = std::vector<Judged const*>;

template <class Is>
Chosen those(Chosen const& all, Is is)
{
    Chosen some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some),
                 [&](Judged const* j) { return is(*j); });
    return some;
}

inline std::vector<double> evidence(Chosen const& all, std::size_t rule)
{
    std::vector<double> values;
    for (Judged const* j : all)
        values.push_back(j->by[rule].evidence);
    return values;
}

inline Bands bands(Chosen const& all, std::size_t rule)
{
    Bands sum;
    for (Judged const* j : all)
        sum.add(j->by[rule]);
    return sum;
}

inline bool direct(Judged const& j)
{
    return !j.lab.proxied;
}
inline bool proxied(Judged const& j)
{
    return j.lab.proxied && !j.lab.evasive();
}
// an access network has legs of its own
inline bool on_a_leg(Judged const& j)
{
    return proxied(j) && j.lab.profile.empty();
}
inline bool two_exchanges(Judged const& j) // else min_exchanges leaves it a band better
{
    auto const& moments = j.lab.recorded.moments;
    return std::count_if(moments.begin(), moments.end(),
                         [](auto const& at) {
                             return at.what != Recorded::What::opening
                                 && at.what != Recorded::What::request;
                         })
        >= 2;
}
inline bool proxied_headline(Judged const& j)
{
    return proxied(j) && j.lab.leg_ms >= headline_leg;
}

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_JUDGED_HPP
