// SPDX-License-Identifier: BSL-1.0
//
// A connection of the lab: one JSON line, its truth and what the server saw of it.
//
// Synopsis
//   struct Lab;                        the cell, and what was recorded
//   Lab read_lab(string_view line);    throws std::exception, which says what is wrong with the
//                                      line
#ifndef AROMA_BENCHMARKS_JUDGE_READ_LAB_HPP
#define AROMA_BENCHMARKS_JUDGE_READ_LAB_HPP

#include "../../examples/common/json_text.hpp"
#include "rules.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace judge {

struct Lab {
    std::string cell, half, path, client, congestion, profile, load;
    std::string failed; // why there is nothing to judge, or empty
    bool proxied = false;
    double near_ms = 0, leg_ms = 0, jitter_ms = 0, loss_percent = 0;
    double tick_ms = 0;
    std::string band{}; // the server's own verdict, with the library of that day
    Recorded recorded{};

    // docs/limits.md says that these are not seen well
    bool evasive() const { return path.starts_with("evasive") && path.ends_with("-acks"); }
};

namespace detail {

using Json = nlohmann::json;

// What is absent or null is not known.
template <class T>
T get(Json const& object, char const* key, T otherwise = {})
{
    auto const found = object.find(key);
    if (found == object.end() || found->is_null())
        return otherwise;
    try {
        return found->get<T>();
    } catch (Json::exception const&) {
        throw std::runtime_error(std::string{key} + " is " + found->dump());
    }
}

inline std::string one_of(Json const& object, char const* key,
                          std::initializer_list<char const*> those)
{
    auto value = get<std::string>(object, key);
    if (std::find(those.begin(), those.end(), value) == those.end())
        throw std::runtime_error(value.empty() ? std::string{"no "} + key
                                               : std::string{key} + " is \"" + value + '"');
    return value;
}

constexpr double required = std::numeric_limits<double>::quiet_NaN();

inline double amount(Json const& object, char const* key, double otherwise = required)
{
    double const value = get<double>(object, key, otherwise);
    if (!(value >= 0))
        throw std::runtime_error(value < 0 ? std::string{key} + " is negative"
                                           : std::string{"no "} + key);
    return value;
}

inline Milliseconds milliseconds(Json const& object, char const* key)
{
    return Milliseconds{amount(object, key, 0) / 1000};
}

inline void read_moment(Json const& json, Lab& lab)
{
    std::string const name =
        one_of(json, "moment", {"opening", "tls", "redirect", "ping", "request"});
    Recorded::At at{.what = name == "opening"  ? What::opening
                          : name == "tls"      ? What::tls
                          : name == "redirect" ? What::redirect
                          : name == "ping"     ? What::ping
                                               : What::request,
                    .sample = {.minimum = milliseconds(json, "minimum_us"),
                               .smoothed = milliseconds(json, "smoothed_us"),
                               .variation = milliseconds(json, "variation_us"),
                               .application = milliseconds(json, "application_us")}};
    if (at.what == What::opening)
        lab.recorded.handshake = at.sample.minimum;
    if (auto const status = get<std::string>(json, "status"); status != "ok") {
        // of a void probe, TCP's numbers alone
        if (!is_echo(at.what) || !(status.starts_with("probe_") || status == "no_reply"))
            return;
        at.sample.application = Milliseconds{0};
    }
    if (!measured(at.sample.application)) {
        if (is_opening(at.what) || is_tls(at.what))
            return;
        at.what = What::request;
    } else if (at.what == What::request) {
        at.sample.application = Milliseconds{0};
    }
    if (double const stamps = get<double>(json, "stamps_ms", -1);
        stamps >= 0 && at.what != What::request) {
        at.stamped = stamps;
        Milliseconds const reply{std::max(stamps - lab.tick_ms, 0.0)};
        at.kernel = at.what == What::opening ? at.sample.minimum + reply
                                             : std::max(reply, at.sample.minimum);
    }
    lab.recorded.moments.push_back(at);
}

} // namespace detail

inline Lab read_lab(std::string_view line)
{
    using detail::amount, detail::get;
    detail::Json const json = examples::parse_json(line);
    if (!json.is_object())
        throw std::runtime_error("not an object");
    Lab lab{.cell = get<std::string>(json, "cell"),
            .half = detail::one_of(json, "half", {"choose", "report"}),
            .path = get<std::string>(json, "path"),
            .client = get<std::string>(json, "client"),
            .congestion = get<std::string>(json, "congestion", "cubic"),
            .profile = get<std::string>(json, "profile"),
            .load = get<std::string>(json, "load"),
            .failed = get<std::string>(json, "failed"),
            .proxied = detail::one_of(json, "truth", {"direct", "proxy"}) == "proxy",
            .near_ms = amount(json, "near_ms"),
            .leg_ms = amount(json, "leg_ms"),
            .jitter_ms = amount(json, "jitter_ms", 0),
            .loss_percent = amount(json, "loss_percent", 0)};
    if (lab.path.empty())
        throw std::runtime_error("no path");
    if (!lab.failed.empty())
        return lab;
    auto const seen = json.find("seen");
    if (seen == json.end() || !seen->is_object())
        throw std::runtime_error("neither seen nor failed");
    lab.tick_ms = amount(*seen, "tick_us") / 1000;
    lab.band = get<std::string>(*seen, "band");
    auto const moments = seen->find("moments");
    if (moments == seen->end() || !moments->is_array())
        throw std::runtime_error("no moments");
    for (auto const& moment : *moments) {
        if (!moment.is_object())
            throw std::runtime_error("a moment is " + moment.dump());
        detail::read_moment(moment, lab);
    }
    return lab;
}

} // namespace judge

#endif // AROMA_BENCHMARKS_JUDGE_READ_LAB_HPP
