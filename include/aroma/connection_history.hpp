// SPDX-License-Identifier: BSL-1.0
//
// aroma/connection_history.hpp: one connection over its life: its exchanges, its probes, and the
// result.
//
// Synopsis
//   class ConnectionHistory {               trivially copyable, at most 96 bytes, no heap
//       ConnectionHistory(HistoryOptions = {});
//       void observe(Exchange, sample);     an opening or a counted reply: a sample with an
//                                           application RTT
//       void observe(sample);               TCP's numbers alone
//       void observe(SendPosition);         the sender's counters, before a probe is written
//       Status probe_sent(token, SendPosition, now, ProbeOptions = {});
//       Status probe_answered(token, SendPosition, sample, Status = Status::ok);
//       Status abandon_probe(Status why);
//       void require_one_more();            one more exchange must be long, for the same result
//       Assessment assess(classifier = {}); the result of all of these
//       bool cleared(classifier = {});      enough evidence for decisions that matter
//       bool probing(); Microseconds since_probe(now);
//       int counted(), voided(); Status last_void();
//   };
//   struct HistoryOptions { min_exchanges = 2; };         with fewer, capped one band better
//
// On Linux, linux/score.hpp does all of this from a descriptor: score(fd, history),
// probe_sent(fd, history, token), probe_answered(fd, history, token).
//
// A probe is something that the client's machine answers by itself, with a token in the answer that
// it can only know from the probe. The probe counts if nothing else was sent between the two. The
// client can then delay its answer but not answer early. So the excess is the lowest reply less the
// transport's minimum RTT, and only a counted probe makes a connection normal or unstable.
//
// The client chooses the time of the opening, so alone it makes a connection suspicious at most,
// and never clears it; one counted probe with a small excess outweighs it. Two long exchanges are
// as bad as the longer one. The opening is one of them unless it is a pause, or TCP itself saw a
// fifth of the reply's excess too. TCP's own ratio decides no band.
//
// The excess is relative to the minimum RTT of the connection's life. If the minimum has fallen
// since the last counted probe, and the band would change, the connection is unknown (minimum_fell)
// until another probe counts: a client can fill its own link, or the proxy's, while it is probed.
//
// TCP measures each exchange too: its own sample moves the smoothed RTT by an eighth of the
// difference (RFC 6298, 2.3). If these samples explain every reply, except those much longer than
// the lowest, the path is long in both layers and the connection unstable; or suspicious if TCP's
// ratio is low too. But a client can make its proxy hold back ACKs: on Linux by 40 ms in a
// connection's first exchange, and by up to 200 ms later. So an excess beyond 40 ms must be
// explained wholly, including that of the first exchange (the answer to the first data sent);
// otherwise the connection is unknown (late_acks).
#ifndef AROMA_CONNECTION_HISTORY_HPP
#define AROMA_CONNECTION_HISTORY_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/duration.hpp>
#include <aroma/exchange.hpp>
#include <aroma/methods.hpp>
#include <aroma/probe.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>
#include <aroma/transport_excuse.hpp>

#include <cstdint> // uint8_t, uint16_t, uint32_t, uint64_t

namespace aroma {

namespace detail {

// Microseconds by which a minimum may fall, or an answer come late, without meaning:
// ReferenceOverExcess gives 0.7, the edge of the best band.
inline constexpr std::uint32_t largest_normal_excess = 2400;

} // namespace detail

// What a ConnectionHistory asks for.
struct HistoryOptions {
    // How many exchanges must be long, from 0 to 255; with fewer, the result is capped one band
    // better than the excess gives. One exchange alone is suspicious from 50 ms on, and never
    // proxy: a browser that checks a certificate takes 10 to 70 ms.
    std::uint8_t min_exchanges = 2;
};

// One connection over its life: its exchanges, its probes, and what they say. Trivially copyable,
// at most 96 bytes, no heap.
class ConnectionHistory {
public:
    constexpr ConnectionHistory() noexcept = default;
    // With other options than the default ones.
    constexpr explicit ConnectionHistory(HistoryOptions options) noexcept
        : min_exchanges_{options.min_exchanges}
    {
    }

    // An exchange that was timed, with its application RTT. The first reply is taken for the
    // connection's first exchange, before which nothing was sent.
    template <duration_like D>
    constexpr void observe(Exchange exchange, RttSample<D> const& sample) noexcept
    {
        RttSample<Microseconds> const now = to_microseconds(sample);
        if (!measured(now.application) || !measured(now.minimum))
            return;
        if (exchange == Exchange::opening)
            open(now);
        else
            count(now, smoothed_, false, counted_ == 0);
    }

    // TCP's numbers alone, without an exchange.
    template <duration_like D>
    constexpr void observe(RttSample<D> const& sample) noexcept
    {
        take(to_microseconds(sample));
    }

    // Where the sender stands, before a probe is written.
    constexpr void observe(SendPosition const& position) noexcept { probe_.look(position); }

    // A probe was written: ok, or why it is void. `now` is any monotonic clock's time since a fixed
    // moment. A probe that is out is void then: it was not answered.
    template <duration_like D>
    constexpr Status probe_sent(std::uint64_t token, SendPosition const& position, D now,
                                ProbeOptions options = {}) noexcept
    {
        if (probing())
            make_void(Status::probe_unanswered);
        if (options.failed != Status::ok)
            return make_void(options.failed);
        Status const why =
            probe_.sent(token, position, count_in<std::micro>(now), smoothed_, options);
        return why == Status::ok ? why : make_void(why);
    }

    // An answer with this token has arrived: ok, or why the probe is void. sample.application is
    // the reply, unless `measured_as` says why there is none. No probe is out any more.
    template <duration_like D>
    constexpr Status probe_answered(std::uint64_t token, SendPosition const& position,
                                    RttSample<D> const& sample,
                                    Status measured_as = Status::ok) noexcept
    {
        RttSample<Microseconds> const now = to_microseconds(sample);
        if (!probing()) {
            observe(position);
            take(now);
            return Status::no_probe;
        }
        Status why = probe_.answered(token, position);
        if (why == Status::ok)
            why = measured_as;
        if (why == Status::ok && !measured(now.application))
            why = Status::no_reply;
        if (why != Status::ok) {
            take(now);
            return make_void(why);
        }
        count(now, probe_.smoothed_before(), probe_.unprompted(), probe_.first());
        return Status::ok;
    }

    // Makes the outstanding probe void, for the reason given: it will not be answered, or not by a
    // machine.
    constexpr Status abandon_probe(Status why) noexcept
    {
        return probing() ? make_void(why) : Status::no_probe;
    }

    // Asks for one more exchange than before: a long one was seen that may be the client's own
    // work.
    constexpr void require_one_more() noexcept { min_exchanges_ = one_more(min_exchanges_); }

    // How long the probe has been out; zero if none is.
    template <duration_like D>
    [[nodiscard]] constexpr Microseconds since_probe(D now) const noexcept
    {
        if (!probing())
            return Microseconds{};
        return to_microseconds(
            Duration<double, std::micro>{count_in<std::micro>(now) - probe_.sent_at()});
    }

    // With another method than ReferenceOverExcess.
    template <class Method>
        requires scoring_method<Method>
    [[nodiscard]] constexpr Assessment assess(
        ScoreCalculator<Method> const& calculate,
        ThresholdClassifier const& classify = {}) const noexcept
    {
        if (!measured(minimum_))
            return {.status = Status::no_sample, .sample = transport()};
        Assessment a = of_rtts(calculate, classify);
        if (probe_.acks_withheld() && !accuses(a.band)) {
            a.score = Score{classify.thresholds().proxy_below};
            a.band = classify(a.score);
            a.basis = Basis::withheld_acks;
            a.status = Status::ok;
        }
        return a;
    }

    // What all of it says, by ReferenceOverExcess.
    [[nodiscard]] constexpr Assessment assess(
        ThresholdClassifier const& classify = {}) const noexcept;

    // Three probes have counted since the minimum last fell, one of them unprompted, and their
    // result is normal, or unstable without an excuse by TCP's samples.
    [[nodiscard]] constexpr bool cleared(ThresholdClassifier const& classify = {}) const noexcept;

    [[nodiscard]] constexpr int counted() const noexcept { return counted_; } // probes that counted
    [[nodiscard]] constexpr int voided() const noexcept { return voided_; }   // probes that did not
    // why the last void probe did not count, or ok if none was void
    [[nodiscard]] constexpr Status last_void() const noexcept { return last_void_; }
    [[nodiscard]] constexpr bool opened() const noexcept { return opened_; } // an opening was seen
    // The opening less the minimum RTT at that time; zero if none was observed.
    [[nodiscard]] constexpr Microseconds opening_excess() const noexcept
    {
        return Microseconds{opening_excess_};
    }
    // The lowest reply less the minimum RTT; zero before a probe has counted.
    [[nodiscard]] constexpr Microseconds reply_excess() const noexcept
    {
        return Microseconds{excess_over(minimum_)};
    }
    // Whether a probe is outstanding.
    [[nodiscard]] constexpr bool probing() const noexcept { return probe_.out(); }

    static constexpr int probes_to_clear = 3; // since the minimum last fell

private:
    struct Judged {
        Assessment assessment{};
        bool excused = false;
    };

    static constexpr std::uint32_t beyond(std::uint32_t above, std::uint32_t below) noexcept
    {
        return above > below ? above - below : 0;
    }

    // The excess of the lowest reply; zero before one has counted.
    constexpr std::uint32_t excess_over(Microseconds minimum) const noexcept
    {
        return beyond(reply_.count(), minimum.count());
    }

    // Whether the minimum has fallen since the last counted probe, by more than this.
    constexpr bool fell(std::uint32_t by) const noexcept
    {
        return beyond(reply_minimum_.count(), minimum_.count()) > by;
    }

    constexpr void take(RttSample<Microseconds> const& now) noexcept
    {
        if (!measured(now.minimum))
            return;
        if (!measured(minimum_) || now.minimum < minimum_)
            minimum_ = now.minimum;
        if (measured(now.smoothed)) {
            smoothed_ = now.smoothed;
            variation_ = now.variation;
        }
        if (fell(detail::TransportExcuse::jitter)) { // clearance is withdrawn
            clearing_ = 0;
            unprompted_ = false;
        }
    }

    constexpr void open(RttSample<Microseconds> const& now) noexcept
    {
        take(now);
        std::uint32_t const excess = beyond(now.application.count(), now.minimum.count());
        if (!opened_ || excess < opening_excess_)
            opening_excess_ = excess;
        opened_ = true;
    }

    constexpr Status make_void(Status why) noexcept
    {
        probe_.end();
        last_void_ = why;
        voided_ = one_more(voided_);
        return why;
    }

    template <class Count>
    static constexpr Count one_more(Count count) noexcept
    {
        return count == static_cast<Count>(~Count{0}) ? count : static_cast<Count>(count + 1);
    }

    constexpr void count(RttSample<Microseconds> const& now, Microseconds smoothed_before,
                         bool unprompted, bool first) noexcept;

    constexpr RttSample<Microseconds> transport() const noexcept
    {
        return {.minimum = minimum_, .smoothed = smoothed_, .variation = variation_};
    }

    constexpr RttSample<Microseconds> with_excess(std::uint32_t excess) const noexcept
    {
        RttSample<Microseconds> sample = transport();
        // at most an RTT that was measured, since the minimum only falls
        sample.application = Microseconds{minimum_.count() + excess};
        return sample;
    }

    constexpr Assessment without_a_probe(RttSample<Microseconds> const& sample) const noexcept
    {
        return {.status = voided_ > 0 ? Status::probes_void : Status::unprobed, .sample = sample};
    }

    template <class Method>
    constexpr Assessment of_rtts(ScoreCalculator<Method> const& calculate,
                                 ThresholdClassifier const& classify) const noexcept
    {
        Assessment const now = judge(calculate, classify, minimum_).assessment;
        if (counted_ == 0)
            return accuses(now.band) ? now : without_a_probe(now.sample);
        if (!accuses(now.band) || !fell(detail::largest_normal_excess))
            return now;
        Assessment const before = judge(calculate, classify, reply_minimum_).assessment;
        if (!accuses(before.band))
            return {.status = Status::minimum_fell, .sample = now.sample};
        return before.band < now.band ? before : now; // not worse until a probe counts again
    }

    // The result of opening and replies, relative to this minimum.
    template <class Method>
    constexpr Judged judge(ScoreCalculator<Method> const& calculate,
                           ThresholdClassifier const& classify, Microseconds minimum) const noexcept
    {
        Assessment const opening =
            opened_ ? aroma::assess(with_excess(opening_excess_), calculate, classify)
                    : Assessment{.sample = transport()};
        if (counted_ == 0)
            return {.assessment = opening_alone(opening, classify)};

        std::uint32_t const excess = excess_over(minimum);
        Judged judged{.assessment = aroma::assess(with_excess(excess), calculate, classify)};
        Assessment& a = judged.assessment;
        if (!accuses(a.band))
            return judged;
        double const suspicious_below = classify.thresholds().suspicious_below,
                     proxy_below = classify.thresholds().proxy_below;
        judged.excused = excuse_.holds(excess, minimum);
        bool const ratio_agrees = judged.excused && ratio_is_low(suspicious_below);
        double const one_band_better =
            a.band == Band::proxy && !judged.excused ? proxy_below : suspicious_below;
        bool const explained = excuse_.explains_some(excess, minimum);
        double const agrees_below = explained ? one_band_better : suspicious_below;
        int const agreeing = counted_ + (agrees(opening, excess, agrees_below) ? 1 : 0);
        bool const too_few = agreeing < min_exchanges_;

        bool const would_clear = judged.excused && (too_few || !ratio_agrees);
        if (would_clear && excuse_.may_be_held_back(excess))
            a = {.status = Status::late_acks, .sample = a.sample};
        else if (too_few)
            raise(a, one_band_better, classify);
        else if (judged.excused)
            raise(a, ratio_agrees ? proxy_below : suspicious_below, classify);
        else if (!explained && counted_ < min_exchanges_ && opening.score.value() < a.score.value())
            a = opening;
        return judged;
    }

    // Never proxy: it is one of the exchanges that must agree.
    constexpr Assessment opening_alone(Assessment a,
                                       ThresholdClassifier const& classify) const noexcept
    {
        if (accuses(a.band)) {
            Thresholds const& edges = classify.thresholds();
            bool const enough = min_exchanges_ <= 1 || a.band == Band::proxy;
            raise(a, enough ? edges.proxy_below : edges.suspicious_below, classify);
        }
        return a;
    }

    // Whether the opening is long too, and neither a pause nor a lost segment.
    constexpr bool agrees(Assessment const& opening, std::uint32_t excess,
                          double below) const noexcept
    {
        return opening.score.value_or(1) < below
            && opening_excess_ <= pause * std::uint64_t{excess};
    }

    static constexpr void raise(Assessment& a, double at_least,
                                ThresholdClassifier const& classify) noexcept
    {
        if (a.score.value() < at_least) {
            a.score = Score{at_least};
            a.band = classify(a.score);
        }
    }

    // Delayed ACKs lower it, but not by more than their delay; beyond that it is a queue.
    constexpr bool ratio_is_low(double edge) const noexcept
    {
        return beyond(smoothed_.count(), minimum_.count())
                <= detail::TransportExcuse::first_delayed_ack
            && ratio_(transport()).value_or(1) < edge;
    }

    // A longer opening, in multiples of the reply's excess, is a pause or a lost segment. Recorded
    // residential proxies (benchmarks/README.md) reach 14 times.
    static constexpr std::uint32_t pause = 16;
    static constexpr MinOverSmoothed ratio_{.floor = MinOverSmoothed::near_floor};

    detail::Probe probe_{};
    detail::TransportExcuse excuse_{};
    Microseconds minimum_{}; // of the connection's life
    Microseconds smoothed_{}, variation_{};
    Microseconds reply_{};         // the lowest counted one
    Microseconds reply_minimum_{}; // minimum_ when the last one counted
    std::uint32_t opening_excess_ = 0;
    std::uint16_t counted_ = 0, voided_ = 0;
    std::uint8_t clearing_ = 0; // counted since the minimum last fell
    std::uint8_t min_exchanges_ = 2;
    Status last_void_ = Status::ok;
    bool opened_ = false;
    bool unprompted_ = false; // a counted probe was
};

// After the class, since clang must know the templates that they call.
constexpr Assessment ConnectionHistory::assess(ThresholdClassifier const& classify) const noexcept
{
    return assess(ScoreCalculator<ReferenceOverExcess>{}, classify);
}

constexpr bool ConnectionHistory::cleared(ThresholdClassifier const& classify) const noexcept
{
    if (clearing_ < probes_to_clear || !unprompted_ || probe_.acks_withheld())
        return false;
    Judged const now = judge(ScoreCalculator<ReferenceOverExcess>{}, classify, minimum_);
    return !now.excused
        && (now.assessment.band == Band::normal || now.assessment.band == Band::unstable);
}

constexpr void ConnectionHistory::count(RttSample<Microseconds> const& now,
                                        Microseconds smoothed_before, bool unprompted,
                                        bool first) noexcept
{
    take(now);
    Microseconds const reply =
        now.application > minimum_ ? now.application : minimum_; // a tick may be missing
    excuse_.count({.minimum = minimum_,
                   .smoothed = now.smoothed,
                   .variation = now.variation,
                   .application = reply},
                  smoothed_before, first);
    if (counted_ == 0 || reply < reply_)
        reply_ = reply;
    reply_minimum_ = minimum_;
    counted_ = one_more(counted_);
    clearing_ = one_more(clearing_);
    unprompted_ = unprompted_ || unprompted;
}

} // namespace aroma

#endif // AROMA_CONNECTION_HISTORY_HPP
