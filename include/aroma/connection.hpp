// SPDX-License-Identifier: BSL-1.0
//
// aroma/connection.hpp: one connection over its life: the lowest excess of its exchanges, and what that says.
//
// Synopsis
//   class Connection {                                      trivially copyable, at most 64 bytes
//       Connection(Caution = {});
//       void       observe(Moment, sample);                 an exchange: a sample with an application RTT
//       void       observe(sample);                         TCP's numbers alone, of a later moment than the handshake
//       Assessment assess(classifier = {});                 what all of it says
//       int        exchanges(Moment);                       how many were observed
//       Microseconds lowest_excess(Moment);                 application - minimum, the lowest of them
//   };
//   struct Caution { int exchanges = 2; };                  how many must agree before the worst band
//
// An exchange is longer than the path's RTT for many reasons that have nothing to do with proxies: a lost segment, a cold start, a
// browser that thinks, jitter. All of them come and go, while a proxy's second leg stays. So the lowest excess of all replies
// decides, and an unlucky exchange is forgotten with the next one.
//
// The opening is evidence where it is long and none where it is short, since many proxies answer their client before they dial. It
// decides alone only where no reply was observed, and counts as one more exchange where it agrees with the replies.
//
// Fewer exchanges than Caution asks for leave the score on the edge of the worst band, never below.
#ifndef AROMA_CONNECTION_HPP
#define AROMA_CONNECTION_HPP

#include <aroma/assessment.hpp>
#include <aroma/duration.hpp>
#include <aroma/moment.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>

#include <cstdint> // uint8_t, uint16_t, uint32_t, uint64_t

namespace aroma {

struct Caution {
    std::uint8_t exchanges = 2;
};

class Connection {
public:
    constexpr explicit Connection(Caution caution = {}) noexcept : caution_{caution} {}

    template <duration_like D>
    constexpr void observe(Moment moment, RttSample<D> const& sample) noexcept
    {
        RttSample<Microseconds> const transport = transport_of(sample);
        Microseconds const application = to_microseconds(sample.application);
        if (!measured(application) || !measured(transport.minimum))
            return;
        std::uint32_t const above = application.count(), below = transport.minimum.count();
        (moment == Moment::opening ? opening_ : reply_).add(above > below ? above - below : 0);
        transport_ = transport;
    }

    template <duration_like D>
    constexpr void observe(RttSample<D> const& sample) noexcept
    {
        RttSample<Microseconds> const transport = transport_of(sample);
        if (!measured(transport.minimum) || !measured(transport.smoothed))
            return;
        transport_ = transport;
        ratio_counts_ = true;
    }

    template <class Method>
        requires scoring_method<Method>
    [[nodiscard]] constexpr Assessment assess(ScoreCalculator<Method> const& calculate, ThresholdClassifier const& classify = {}) const noexcept
    {
        auto const by = [&](Kind const& kind) { return aroma::assess(with(kind), calculate, classify); };
        double const edge = classify.thresholds().suspicious;
        Assessment const opening = by(opening_);
        bool const opening_is_long = opening.score.known() && opening.band != Band::normal;

        if (reply_.count == 0 && !opening_is_long) {
            if (ratio_counts_)
                return aroma::assess(transport_, ScoreCalculator<MinOverSmoothed>{}, classify);
            return {.status = Status::no_reply, .sample = transport_};
        }
        Assessment a = reply_.count > 0 ? by(reply_) : opening;
        int const agreeing = reply_.count + (opening_is_long && opening.score.value() < edge ? 1 : 0);
        if (a.score.known() && a.score.value() < edge && agreeing < caution_.exchanges) {
            a.score = Score{edge};
            a.band = classify(a.score);
        }
        return a;
    }

    [[nodiscard]] constexpr Assessment assess(ThresholdClassifier const& classify = {}) const noexcept
    {
        return assess(ScoreCalculator<ReferenceOverExcess>{}, classify);
    }

    [[nodiscard]] constexpr int exchanges(Moment moment) const noexcept { return of(moment).count; }
    [[nodiscard]] constexpr Microseconds lowest_excess(Moment moment) const noexcept { return Microseconds{of(moment).lowest}; }

private:
    struct Kind {
        std::uint32_t lowest = 0; // excess, microseconds
        std::uint16_t count = 0;

        constexpr void add(std::uint32_t excess) noexcept
        {
            if (count == 0 || excess < lowest)
                lowest = excess;
            if (count < 65535)
                ++count;
        }
    };

    template <duration_like D>
    static constexpr RttSample<Microseconds> transport_of(RttSample<D> const& sample) noexcept
    {
        return {.minimum = to_microseconds(sample.minimum), .smoothed = to_microseconds(sample.smoothed), .variation = to_microseconds(sample.variation)};
    }

    constexpr Kind const& of(Moment moment) const noexcept { return moment == Moment::opening ? opening_ : reply_; }

    // The sample of the exchange with the lowest excess, had it happened now.
    constexpr RttSample<Microseconds> with(Kind const& kind) const noexcept
    {
        RttSample<Microseconds> sample = transport_;
        if (kind.count > 0) {
            std::uint64_t const application = std::uint64_t{transport_.minimum.count()} + kind.lowest;
            sample.application = Microseconds{application < 4294967295u ? static_cast<std::uint32_t>(application) : 4294967294u};
        }
        return sample;
    }

    RttSample<Microseconds> transport_{};
    Kind opening_{}, reply_{};
    Caution caution_;
    bool ratio_counts_ = false;
};

} // namespace aroma

#endif // AROMA_CONNECTION_HPP
