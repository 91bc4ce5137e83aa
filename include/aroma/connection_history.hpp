// SPDX-License-Identifier: BSL-1.0
//
// aroma/connection_history.hpp: one connection over its life: the lowest excess of its exchanges,
// and what that says.
//
// Synopsis
//   class ConnectionHistory {
//                                trivially copyable, at most 64 bytes
//       ConnectionHistory(Caution = {});
//       void       observe(Exchange, sample);                 an exchange: a sample with an
//                                                           application RTT
//       void       observe(sample);                         TCP's numbers alone, of a later moment
//                                                           than the handshake
//       Assessment assess(classifier = {});                 what all of it says
//       int        exchanges(Exchange);                       how many were observed
//       Microseconds lowest_excess(Exchange);                 application - minimum, the lowest of
//                                                           them
//   };
//   struct Caution { int exchanges = 2; };                  how many must agree; fewer leave it one
//                                                           band better
//
// An exchange is longer than the path's RTT for many reasons that have nothing to do with proxies:
// a lost segment, a cold start, a browser that thinks, jitter. All of them come and go, while a
// proxy's second leg stays. So the lowest excess of all replies decides, and an unlucky exchange is
// forgotten with the next one.
//
// A queue, a change of route and jitter may stay as well, but TCP sees those itself: a direct
// client acknowledges the server's data with its answer or before it, over the same path. TCP's own
// RTT sample of an exchange is what moved the smoothed RTT, by an eighth of the difference (RFC
// 6298, 2.3). Where that explains every reply but for those much longer than the lowest, the path
// is long at both heights and the connection unstable; suspicious only where TCP's own ratio is
// too, as for a near proxy that holds back its ACKs until its client has answered. So observe the
// opening, or a sample of TCP's numbers, before the first exchange, and each exchange once: what
// was not seen before an exchange explains nothing. Several samples since the last observation make
// the last one uncertain and excuse more.
//
// The opening is evidence where it is long and none where it is short, since many proxies answer
// their client before they dial. It decides alone only where no reply was observed, and counts as
// one more exchange where it agrees with the replies.
//
// Fewer exchanges than Caution asks for leave the connection one band better than their excess, on
// that band's lower edge: from one exchange alone nobody is called a proxy, and below 50 ms nobody
// suspicious (a browser that checks a certificate takes 10 to 70 ms).
#ifndef AROMA_CONNECTION_HISTORY_HPP
#define AROMA_CONNECTION_HISTORY_HPP

#include <aroma/assessment.hpp>
#include <aroma/duration.hpp>
#include <aroma/exchange.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>

#include <cstdint> // uint8_t, uint16_t, uint32_t, uint64_t

namespace aroma {

struct Caution {
    std::uint8_t exchanges = 2; // how many must agree, from 0 to 255
};

class ConnectionHistory {
public:
    constexpr ConnectionHistory() noexcept = default;
    // with more or less caution than two exchanges
    constexpr explicit ConnectionHistory(Caution caution) noexcept : caution_{caution} {}

    template <duration_like D>
    constexpr void observe(Exchange moment, RttSample<D> const& sample) noexcept
    {
        RttSample<Microseconds> const transport = transport_of(sample);
        Microseconds const application = to_microseconds(sample.application);
        if (!measured(application) || !measured(transport.minimum))
            return;
        std::uint32_t const above = application.count(), below = transport.minimum.count();
        std::uint32_t const excess = above > below ? above - below : 0;
        (moment == Exchange::opening ? opening_ : reply_).add(excess);
        if (moment == Exchange::reply && excess < unexplained_
            && unexplained(excess, above, transport))
            unexplained_ = excess;
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
    [[nodiscard]] constexpr Assessment assess(
        ScoreCalculator<Method> const& calculate,
        ThresholdClassifier const& classify = {}) const noexcept
    {
        auto const by = [&](Kind const& kind) {
            return aroma::assess(with(kind), calculate, classify);
        };
        // below which each begins
        double const suspicious = classify.thresholds().unstable,
                     worst = classify.thresholds().suspicious;
        Assessment const opening = by(opening_);
        bool const opening_is_long = opening.score.known() && opening.band != Band::normal;

        if (reply_.count == 0 && !opening_is_long) {
            if (ratio_counts_)
                return aroma::assess(transport_, ScoreCalculator{ratio_}, classify);
            return {.status = Status::no_reply, .sample = transport_};
        }
        Assessment a = reply_.count > 0 ? by(reply_) : opening;
        if (!a.score.known() || a.score.value() >= suspicious)
            return a;
        bool const excused =
            reply_.count > 0 && !(unexplained_ <= 2 * std::uint64_t{reply_.lowest} + much_longer);
        double const edge = a.score.value() < worst && !excused ? worst : suspicious;
        int const agreeing =
            reply_.count + (opening_is_long && opening.score.value() < edge ? 1 : 0);
        bool const few = agreeing < caution_.exchanges;
        double const best = few                      ? edge
                          : !excused                 ? a.score.value()
                          : ratio_is_low(suspicious) ? worst
                                                     : suspicious;
        if (a.score.value() < best) {
            a.score = Score{best};
            a.band = classify(a.score);
        }
        return a;
    }

    [[nodiscard]] constexpr Assessment assess(
        ThresholdClassifier const& classify = {}) const noexcept
    {
        return assess(ScoreCalculator<ReferenceOverExcess>{}, classify);
    }

    [[nodiscard]] constexpr int exchanges(Exchange moment) const noexcept
    {
        return of(moment).count;
    }
    [[nodiscard]] constexpr Microseconds lowest_excess(Exchange moment) const noexcept
    {
        return Microseconds{of(moment).lowest};
    }

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

    // Does TCP's own sample of the exchange leave at least four fifths of the excess, or 30 ms of
    // it, to something above TCP? Lab (benchmarks/README.md, `connection` and
    // `connection_unexcused`): this spares six of seven direct connections that their lowest excess
    // alone would have accused, and costs no proxied one. Those 30 ms are for peers that hold back
    // each ACK by 40 ms, as Linux does later in a connection and other systems from its beginning.
    constexpr bool unexplained(std::uint32_t excess, std::uint32_t application,
                               RttSample<Microseconds> const& now) const noexcept
    {
        if (!measured(transport_.smoothed) || !measured(now.smoothed))
            return true;
        std::uint64_t const before = transport_.smoothed.count(), after = now.smoothed.count();
        std::uint64_t const sampled = after > before ? before + 8 * (after - before) : after;
        // of any sample, had there been several since
        std::uint64_t const bound = after + 4 * std::uint64_t{now.variation.count()};
        std::uint64_t const own = sampled < bound ? sampled : bound;
        std::uint64_t const left = own >= application        ? 0
                                 : own > now.minimum.count() ? application - own
                                                             : excess;
        return 5 * left >= 4 * std::uint64_t{excess} || left >= 30'000;
    }

    constexpr bool ratio_is_low(double edge) const noexcept
    {
        Score const ratio = ratio_(transport_);
        return ratio.known() && ratio.value() < edge;
    }

    template <duration_like D>
    static constexpr RttSample<Microseconds> transport_of(RttSample<D> const& sample) noexcept
    {
        return {.minimum = to_microseconds(sample.minimum),
                .smoothed = to_microseconds(sample.smoothed),
                .variation = to_microseconds(sample.variation)};
    }

    constexpr Kind const& of(Exchange moment) const noexcept
    {
        return moment == Exchange::opening ? opening_ : reply_;
    }

    // The sample of the exchange with the lowest excess, had it happened now.
    constexpr RttSample<Microseconds> with(Kind const& kind) const noexcept
    {
        RttSample<Microseconds> sample = transport_;
        if (kind.count > 0) {
            std::uint64_t const application =
                std::uint64_t{transport_.minimum.count()} + kind.lowest;
            sample.application = Microseconds{
                application < 4294967295u ? static_cast<std::uint32_t>(application) : 4294967294u};
        }
        return sample;
    }

    // Microseconds beyond twice the lowest: a delay that did not stay. Up to there lie the first
    // exchanges through microsocks, which Nagle's algorithm lets wait for two delayed ACKs of 40 ms
    // (lab; with 20 ms one in 25 of its connections was excused, from 60 on hardly any).
    static constexpr std::uint32_t much_longer = 80'000;
    static constexpr MinOverSmoothed ratio_{.floor = MinOverSmoothed::near_floor};

    RttSample<Microseconds> transport_{};
    Kind opening_{}, reply_{};
    // the lowest excess of a reply that TCP does not explain
    std::uint32_t unexplained_ = ~std::uint32_t{0};
    Caution caution_{};
    bool ratio_counts_ = false;
};

} // namespace aroma

#endif // AROMA_CONNECTION_HISTORY_HPP
