// SPDX-License-Identifier: BSL-1.0
//
// The server's thresholds, from a file that is reloaded while it runs, and the baseline of its
// connections, which is saved.
#ifndef AROMA_EXAMPLES_DEMO_JUDGE_HPP
#define AROMA_EXAMPLES_DEMO_JUDGE_HPP

#include "../common/with_reason.hpp"

#include <aroma/operate/accused_share.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/baseline_file.hpp>
#include <aroma/operate/prometheus.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/operate/threshold_file.hpp>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace demo {

class Judge {
public:
    std::string segment = "demo"; // of all its connections: a PoP, a network
    std::string thresholds_path, baseline_path;

    // What is wrong with the files, or nothing. A missing baseline starts empty.
    std::string load()
    {
        if (aroma::NameError const why = validate(aroma::SegmentName{segment});
            why != aroma::NameError::none)
            return message(why);
        if (!thresholds_path.empty()) {
            thresholds_ = std::make_unique<aroma::ThresholdFile<>>(thresholds_path.c_str());
            if (thresholds_->last().status != aroma::ReloadStatus::loaded)
                return said(thresholds_->last());
        }
        if (!baseline_path.empty()) {
            aroma::MergedFile const loaded = merge_file(baseline_path.c_str(), *baseline_);
            if (loaded.error != aroma::FileError::none && loaded.error_number != ENOENT)
                return loaded.error == aroma::FileError::wrong_text
                         ? fmt::format("{}:{}: {}", baseline_path, loaded.text.line,
                                       message(loaded.text.error))
                         : fmt::format("{}: {}", baseline_path,
                                       examples::with_reason(message(loaded), loaded.error_number));
        }
        // so that its counters are there, at zero, before its first connection
        mine_ = &baseline_->find_or_add(segment);
        return {};
    }

    aroma::ThresholdClassifier classifier() const
    {
        return thresholds_ ? thresholds_->classifier(segment) : aroma::ThresholdClassifier{};
    }

    // Records a connection that has ended, with the published thresholds, so that a baseline does
    // not depend on thresholds from it.
    void ended(aroma::Assessment const& published, std::uint64_t network)
    {
        mine_->record(published);
        if (published.score.known())
            networks_.count(network, accuses(published.band));
    }

    // Another hour begins: whether this server itself stands behind a proxy, as it seems.
    std::string next_hour()
    {
        aroma::AccusedKeys const n = networks_.keys();
        networks_.next_window();
        return n.implausible()
                 ? fmt::format("{} of {} networks accused: is a balancer in front of this server?",
                               n.accused, n.all)
                 : std::string{};
    }

    // Anything new to say about the file of thresholds.
    std::string reload()
    {
        if (!thresholds_)
            return {};
        aroma::Reloaded const now = thresholds_->reload();
        return now.news ? said(now) : std::string{};
    }

    std::string save() const
    {
        if (baseline_path.empty())
            return {};
        aroma::FileResult const saved = save_file(*baseline_, baseline_path.c_str());
        return saved.error == aroma::FileError::none
                 ? std::string{}
                 : fmt::format("{}: {}", baseline_path,
                               examples::with_reason(message(saved), saved.error_number));
    }

    std::string metrics() const
    {
        std::string text;
        auto const append = [&text](char const* line, std::size_t size) {
            return text.append(line, size), true;
        };
        return write_prometheus(*baseline_, {}, append) == aroma::PrometheusError::none
                    && write_prometheus(networks_.keys(), {}, append)
                           == aroma::PrometheusError::none
                 ? text
                 : std::string{};
    }

private:
    std::string said(aroma::Reloaded const& r) const
    {
        std::string const at = r.status == aroma::ReloadStatus::refused
                                 ? fmt::format("{}:{}", thresholds_path, r.parsed.line)
                                 : thresholds_path;
        return fmt::format("{}: {}", at, examples::with_reason(message(r), r.error_number));
    }

    std::unique_ptr<aroma::ThresholdFile<>> thresholds_;
    std::unique_ptr<aroma::Baseline<16>> baseline_ = std::make_unique<aroma::Baseline<16>>();
    aroma::Segment* mine_ = nullptr; // load() sets it
    aroma::AccusedShare networks_;
};

} // namespace demo

#endif // AROMA_EXAMPLES_DEMO_JUDGE_HPP
