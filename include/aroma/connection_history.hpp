// SPDX-License-Identifier: BSL-1.0
//
// aroma/connection_history.hpp: one connection over its life: its probes, and what they say.
//
// Synopsis
//   class ConnectionHistory {               trivially copyable, at most 96 bytes, no heap
//       ConnectionHistory(HistoryOptions = {});
//       void observe(Exchange, sample);     an opening, or a reply that counts: a sample with an
//                                           application RTT
//       void observe(sample);               TCP's numbers alone
//       void observe(SendPosition);         where the sender stands, before a probe is written
//       Status probe_sent(token, SendPosition, now, ProbeOptions = {});
//       Status probe_answered(token, SendPosition, sample, Status = Status::ok);
//       Status abandon_probe(Status why);
//       Assessment assess(classifier = {}); what all of it says
//       bool cleared(classifier = {});      may a decision that matters rest on it?
//       bool probing(); Microseconds since_probe(now);
//       int counted(), voided(), voided_in_a_row(); Status last_void();
//   };
//   struct HistoryOptions { min_exchanges = 2; };         with fewer, a result is one band better
//   struct ProbeOptions { unprompted, any_pieces, late_end, failed; };  of one probe
//   struct SendPosition;                                  a sender's counters
//
// On Linux linux/score.hpp does all of this from a descriptor: score(fd, history),
// probe_sent(fd, history, token), probe_answered(fd, history, token).
//
// A probe is a question that the client's machine answers by itself, with something in the answer
// that only the question said: the token. It counts if nothing else was sent between the two. Then
// a client can make the answer later and never sooner, so the lowest reply over the lowest RTT of
// the transport is the excess, and only a counted probe makes a connection normal or unstable.
//
// The opening is a client's to time, so it accuses, at most as suspicious, and never clears; one
// counted probe with a small excess answers it. The transport's own ratio decides no band.
//
// The lowest reply is taken against the lowest RTT of the connection's life. If that has fallen
// since the last counted probe, and the verdict would be another one, the connection is unknown
// (minimum_fell) until a probe counts again: a client can fill its own link, or the proxy's, while
// it is probed.
//
// The transport measures each exchange too: its own sample is what moved the smoothed RTT, by an
// eighth of the difference (RFC 6298, 2.3). Where that explains every reply but for those much
// longer than the lowest, the path is long in both layers and the connection unstable; suspicious
// if the transport's ratio is low too. But a client can have its proxy hold back acknowledgements:
// by 40 ms in the first exchange of a connection on Linux, and later by up to 200 ms. So an excess
// beyond 40 ms must be explained wholly, that of the first exchange too, which asked for the first
// thing that was sent; otherwise the connection is unknown (late_acks).
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

struct HistoryOptions {
    // How many exchanges must agree, from 0 to 255; with fewer the result is capped one band above
    // what the excess gives. One exchange alone is suspicious from 50 ms on and never a proxy: a
    // browser that checks a certificate takes 10 to 70 ms.
    std::uint8_t min_exchanges = 2;
};

struct ProbeOptions {
    bool unprompted = false; // sent at a moment that the client could not choose
    // The token is in the last of several writes, as in a TLS flight, whose Finished covers it all.
    bool any_pieces = false;
    bool late_end = false;      // more than longest_gap behind the first of them
    Status failed = Status::ok; // why the sender's counters could not be read

    // By a gap of more than half of TCP_ATO_MIN, 20 ms, between two segments Linux delays its ACK
    // for longer than that; less a tick.
    static constexpr Nanoseconds longest_gap{16'000'000};
};

// Where the sender of a stream stands, by its counters; Linux' are in linux/tcp_info.hpp.
struct SendPosition {
    std::uint64_t written = 0;         // bytes of the stream that were written, sent or not
    std::uint64_t acknowledged = 0;    // bytes
    std::uint32_t queued = 0;          // bytes written that have not been sent
    std::uint32_t segments = 0;        // sent with data
    std::uint32_t retransmissions = 0; // segments sent again
    std::uint32_t segment_size = 0;    // bytes of data in a full segment

    friend constexpr bool operator==(SendPosition const&, SendPosition const&) noexcept = default;
};

namespace detail {

template <duration_like D>
[[nodiscard]] constexpr RttSample<Microseconds> in_microseconds(RttSample<D> const& sample) noexcept
{
    return {.minimum = to_microseconds(sample.minimum),
            .smoothed = to_microseconds(sample.smoothed),
            .variation = to_microseconds(sample.variation),
            .application = to_microseconds(sample.application)};
}

} // namespace detail

class ConnectionHistory {
public:
    constexpr ConnectionHistory() noexcept = default;
    // With more or fewer exchanges to agree than two.
    constexpr explicit ConnectionHistory(HistoryOptions options) noexcept
        : min_exchanges_{options.min_exchanges}
    {
    }

    // The first reply is taken for the connection's first exchange, before which nothing was sent.
    template <duration_like D>
    constexpr void observe(Exchange exchange, RttSample<D> const& sample) noexcept
    {
        RttSample<Microseconds> const now = detail::in_microseconds(sample);
        if (!measured(now.application) || !measured(now.minimum))
            return;
        if (exchange == Exchange::opening) {
            take(now);
            std::uint32_t const excess = beyond(now.application.count(), now.minimum.count());
            if (!opened_ || excess < opening_excess_)
                opening_excess_ = excess;
            opened_ = true;
        } else {
            count(now, smoothed_, false, counted_ == 0);
        }
    }

    template <duration_like D>
    constexpr void observe(RttSample<D> const& sample) noexcept
    {
        take(detail::in_microseconds(sample));
    }

    constexpr void observe(SendPosition const& position) noexcept
    {
        looked_ = true;
        looked_written_ = position.written;
        looked_segments_ = position.segments;
    }

    // `now` is any monotonic clock's time, as for a Stopwatch. A probe that is out is void then: it
    // was not answered.
    template <duration_like D>
    constexpr Status probe_sent(std::uint64_t token, SendPosition const& position, D now,
                                ProbeOptions options = {}) noexcept
    {
        if (probing())
            make_void(Status::probe_unanswered);
        if (options.failed != Status::ok)
            return make_void(options.failed);
        Status const why = token == 0           ? Status::probe_without_token
                         : position.queued != 0 ? Status::probe_queued
                         : !options.any_pieces  ? why_not_one_write(position)
                                                : Status::ok;
        bool const first = looked_ && looked_written_ == 0 && !options.late_end;
        observe(position);
        if (why != Status::ok)
            return make_void(why);
        token_ = token;
        asked_first_ = first;
        asked_written_ = position.written;
        sent_at_ = count_in<std::micro>(now);
        retransmissions_ = position.retransmissions;
        asked_unprompted_ = options.unprompted;
        asked_smoothed_ = smoothed_;
        return Status::ok;
    }

    // sample.application is the reply, unless `measured_as` says why there is none. Whatever comes
    // of it, no probe is out any more.
    template <duration_like D>
    constexpr Status probe_answered(std::uint64_t token, SendPosition const& position,
                                    RttSample<D> const& sample,
                                    Status measured_as = Status::ok) noexcept
    {
        RttSample<Microseconds> const now = detail::in_microseconds(sample);
        std::uint64_t const asked = token_;
        token_ = 0;
        if (asked == 0) {
            observe(position);
            take(now);
            return Status::no_probe;
        }
        Status const why = token != asked ? Status::probe_token
                         : position.retransmissions != retransmissions_
                             ? Status::probe_retransmitted
                         : position.written != asked_written_ ? Status::probe_interrupted
                         : position.queued != 0               ? Status::probe_queued
                         : measured_as != Status::ok          ? measured_as
                         : !measured(now.application)         ? Status::no_reply
                                                              : Status::ok;
        observe(position);
        if (why != Status::ok) {
            take(now);
            return make_void(why);
        }
        count(now, asked_smoothed_, asked_unprompted_, asked_first_);
        return Status::ok;
    }

    // The probe that is out will not be answered, or not by a machine; why is what it is void for.
    constexpr Status abandon_probe(Status why) noexcept
    {
        return token_ == 0 ? Status::no_probe : make_void(why);
    }

    // Zero if no probe is out.
    template <duration_like D>
    [[nodiscard]] constexpr Microseconds since_probe(D now) const noexcept
    {
        if (token_ == 0)
            return Microseconds{};
        return to_microseconds(Duration<double, std::micro>{count_in<std::micro>(now) - sent_at_});
    }

    // By another method than ReferenceOverExcess.
    template <class Method>
        requires scoring_method<Method>
    [[nodiscard]] constexpr Assessment assess(
        ScoreCalculator<Method> const& calculate,
        ThresholdClassifier const& classify = {}) const noexcept
    {
        if (!measured(minimum_))
            return {.status = Status::no_sample, .sample = transport()};
        Judged const now = judge(calculate, classify);
        if (counted_ == 0) {
            if (now.assessment.band == Band::suspicious || now.assessment.band == Band::proxy)
                return now.assessment;
            return {.status = voided_ > 0 ? Status::probes_void : Status::unprobed,
                    .sample = now.assessment.sample};
        }
        if (fell(noise) && accuses(now.assessment.band)) {
            Assessment const earlier = judge(calculate, classify, reply_minimum_).assessment;
            if (!accuses(earlier.band))
                return {.status = Status::minimum_fell, .sample = now.assessment.sample};
            if (earlier.band < now.assessment.band) // no worse than it was, until one counts again
                return earlier;
        }
        return now.assessment;
    }

    [[nodiscard]] constexpr Assessment assess(
        ThresholdClassifier const& classify = {}) const noexcept;

    // Three counted probes, one of them unprompted, since the minimum last fell; and what they say
    // is normal or unstable without an excuse.
    [[nodiscard]] constexpr bool cleared(ThresholdClassifier const& classify = {}) const noexcept;

    [[nodiscard]] constexpr int counted() const noexcept { return counted_; } // probes
    [[nodiscard]] constexpr int voided() const noexcept { return voided_; }   // probes
    // since the last one that counted
    [[nodiscard]] constexpr int voided_in_a_row() const noexcept { return voided_in_a_row_; }
    // why, or ok if none was
    [[nodiscard]] constexpr Status last_void() const noexcept { return last_void_; }
    [[nodiscard]] constexpr bool opened() const noexcept { return opened_; } // was one observed?
    // The opening over the lowest RTT of its time; zero if none was observed.
    [[nodiscard]] constexpr Microseconds opening_excess() const noexcept
    {
        return Microseconds{opening_excess_};
    }
    // The lowest reply over the lowest RTT; zero before one has counted.
    [[nodiscard]] constexpr Microseconds reply_excess() const noexcept
    {
        return Microseconds{counted_ > 0 ? beyond(reply_.count(), minimum_.count()) : 0};
    }
    [[nodiscard]] constexpr bool probing() const noexcept { return token_ != 0; } // is one out?

    static constexpr int probes_to_clear = 3; // since the minimum last fell

private:
    struct Judged {
        Assessment assessment{};
        bool excused = false;
    };

    static constexpr bool accuses(Band band) noexcept
    {
        return band == Band::suspicious || band == Band::proxy;
    }

    static constexpr std::uint32_t beyond(std::uint32_t above, std::uint32_t below) noexcept
    {
        return above > below ? above - below : 0;
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
        if (counted_ > 0 && fell(jitter)) {
            clearing_ = 0;
            unprompted_ = false;
        }
    }

    constexpr Status make_void(Status why) noexcept
    {
        token_ = 0;
        last_void_ = why;
        voided_ = one_more(voided_);
        voided_in_a_row_ = one_more(voided_in_a_row_);
        return why;
    }

    template <class Count>
    static constexpr Count one_more(Count count) noexcept
    {
        return count == static_cast<Count>(~Count{0}) ? count : static_cast<Count>(count + 1);
    }

    // The question must have left whole, in one write since the last look: a client that has its
    // beginning acknowledged, or got it in a segment of its own, has read the token early. One
    // segment is whole, though: a client near by acknowledges it before this is asked.
    constexpr Status why_not_one_write(SendPosition const& position) const noexcept
    {
        if (!looked_)
            return Status::probe_unannounced;
        std::uint64_t const bytes = position.written - looked_written_;
        if (bytes == 0)
            return Status::probe_unsent;
        std::uint64_t const size = position.segment_size > 0 ? position.segment_size : 1;
        std::uint64_t const segments = position.segments - looked_segments_;
        bool const whole =
            segments == 1
            || (segments <= (bytes + size - 1) / size && position.acknowledged <= looked_written_);
        return whole ? Status::ok : Status::probe_in_pieces;
    }

    // Has the minimum fallen since the last counted probe, by more than so much?
    constexpr bool fell(std::uint32_t by) const noexcept
    {
        return minimum_.count() + by < reply_minimum_.count();
    }

    constexpr void count(RttSample<Microseconds> const& now, Microseconds smoothed_before,
                         bool unprompted, bool first) noexcept;

    // What the transport's own sample of an exchange leaves of its excess: of a direct client's
    // nothing where its acknowledgement comes with its answer, or has waited in the same queues.
    struct Unexplained {
        bool most = true; // at least four fifths
        bool some = true; // more than jitter
    };
    constexpr Unexplained unexplained(Microseconds reply, RttSample<Microseconds> const& now,
                                      Microseconds smoothed_before) const noexcept
    {
        if (!measured(smoothed_before) || !measured(now.smoothed))
            return {};
        std::uint64_t const application = reply.count(), minimum = minimum_.count();
        std::uint64_t const excess = application - minimum;
        std::uint64_t const before = smoothed_before.count(), after = now.smoothed.count();
        bool const rises = after > before;
        std::uint64_t const eighth = rises ? after - before : before - after; // RFC 6298, 2.3
        std::uint64_t const sampled = rises               ? before + 8 * eighth
                                    : 8 * eighth < before ? before - 8 * eighth
                                                          : 0;
        // of any sample, had there been several since
        std::uint64_t const bound = after + 4 * std::uint64_t{now.variation.count()};
        auto const left = [&](std::uint64_t own) {
            own = own < bound ? own : bound;
            return own >= application ? 0 : own > minimum ? application - own : excess;
        };
        // On a path with jitter a low sample says little of the reply, and the smoothed one more.
        std::uint64_t const at_least = left(rises ? sampled : after);
        return {.most = at_least >= jitter && 5 * at_least >= 4 * excess,
                .some = left(sampled) >= jitter};
    }

    constexpr RttSample<Microseconds> transport() const noexcept
    {
        return {.minimum = minimum_, .smoothed = smoothed_, .variation = variation_};
    }

    constexpr RttSample<Microseconds> with_excess(std::uint32_t excess) const noexcept
    {
        RttSample<Microseconds> sample = transport();
        std::uint64_t const application = std::uint64_t{minimum_.count()} + excess;
        sample.application = Microseconds{
            application < 4294967295u ? static_cast<std::uint32_t>(application) : 4294967294u};
        return sample;
    }

    // What opening and replies say together, the replies over this minimum.
    template <class Method>
    constexpr Judged judge(ScoreCalculator<Method> const& calculate,
                           ThresholdClassifier const& classify) const noexcept
    {
        return judge(calculate, classify, minimum_);
    }

    template <class Method>
    constexpr Judged judge(ScoreCalculator<Method> const& calculate,
                           ThresholdClassifier const& classify, Microseconds minimum) const noexcept
    {
        double const suspicious_below = classify.thresholds().suspicious_below,
                     proxy_below = classify.thresholds().proxy_below;
        Assessment const opening =
            opened_ ? aroma::assess(with_excess(opening_excess_), calculate, classify)
                    : Assessment{.sample = transport()};
        std::uint32_t const excess = beyond(reply_.count(), minimum.count());
        Judged judged{counted_ > 0 ? aroma::assess(with_excess(excess), calculate, classify)
                                   : opening};
        Assessment& a = judged.assessment;
        if (!a.score.known() || a.score.value() >= suspicious_below)
            return judged;

        judged.excused = counted_ > 0 && is_excused(excess, minimum);
        // One band better ends at this edge.
        double const edge =
            a.score.value() < proxy_below && !judged.excused ? proxy_below : suspicious_below;
        bool const opening_agrees = opening.score.known() && opening.band != Band::normal
                                 && opening.score.value() < edge
                                 && opening_excess_ <= 2 * std::uint64_t{excess} + client_time;
        bool const few = counted_ + (opening_agrees ? 1 : 0) < min_exchanges_;
        bool const low_ratio = judged.excused && ratio_is_low(suspicious_below);
        if (judged.excused && (few || !low_ratio) && excess > first_delayed_ack
            && !began_explained_) {
            a = {.status = Status::late_acks, .sample = a.sample};
            return judged;
        }
        double best = a.score.value();
        if (few)
            best = edge;
        else if (judged.excused)
            best = low_ratio ? proxy_below : suspicious_below;
        else if (counted_ == 0)
            best = proxy_below; // the opening alone calls nobody a proxy
        if (a.score.value() < best) {
            a.score = Score{best};
            a.band = classify(a.score);
        }
        return judged;
    }

    // Does the transport's own sample explain every reply but for those much longer than the
    // lowest? A peer can hold back an acknowledgement, so of an excess beyond that all of it.
    constexpr bool is_excused(std::uint32_t excess, Microseconds minimum) const noexcept
    {
        Microseconds const unexplained =
            excess > first_delayed_ack ? partly_unexplained_ : mostly_unexplained_;
        if (!measured(unexplained))
            return true;
        return beyond(unexplained.count(), minimum.count()) > std::uint64_t{excess} + much_longer;
    }

    // Held-back ACKs lower it, by no more than their delay; beyond that it is a queue.
    constexpr bool ratio_is_low(double edge) const noexcept
    {
        if (beyond(smoothed_.count(), minimum_.count()) > first_delayed_ack)
            return false;
        Score const ratio = ratio_(transport());
        return ratio.known() && ratio.value() < edge;
    }

    // Microseconds beyond the lowest excess: a delay that did not stay. Up to there lie the first
    // exchanges through microsocks, which Nagle's algorithm lets wait for two delayed ACKs of 40 ms
    // (lab: 98.1 % of the proxied connections are seen, 97.4 with 60 ms and 95.8 with 40).
    static constexpr std::uint32_t much_longer = 80'000;
    // Microseconds of a client's own in an opening that a proxy makes long, beyond twice the
    // reply's excess: else it is a pause, or a segment was lost. Recorded residential proxies
    // (benchmarks/README.md): 97 % of those that both exchanges call a proxy are within.
    static constexpr std::uint32_t client_time = 20'000;
    // Microseconds that a minimum falls by without a meaning: the normal band's excess.
    static constexpr std::uint32_t noise = 2400;
    // Microseconds between two packets, or minima, that are a path's own. Honest bench: a minimum
    // falls by more between two probes on 1 % of the paths with jitter, by 2.4 ms on 8 %.
    static constexpr std::uint32_t jitter = 10'000;
    // Microseconds: Linux' TCP_ATO_MIN, 40 ms, and a tick: what a new connection delays an ACK by.
    static constexpr std::uint32_t first_delayed_ack = 44'000;
    static constexpr MinOverSmoothed ratio_{.floor = MinOverSmoothed::near_floor};

    std::uint64_t token_ = 0;          // of the probe that is out, or 0
    std::uint64_t asked_written_ = 0;  // where the sender stood behind its question
    std::uint64_t looked_written_ = 0; // and at the last look
    double sent_at_ = 0;               // microseconds of the caller's clock
    std::uint32_t looked_segments_ = 0;
    std::uint32_t retransmissions_ = 0; // when the probe was sent
    Microseconds minimum_{};            // of the life
    Microseconds smoothed_{}, variation_{};
    Microseconds asked_smoothed_{};     // when the probe was sent; looks may come before its answer
    Microseconds reply_{};              // the lowest that counted
    Microseconds reply_minimum_{};      // the life's minimum when the last one counted
    Microseconds mostly_unexplained_{}; // the lowest that the transport explains little of
    Microseconds partly_unexplained_{}; // and the lowest that it does not explain wholly
    std::uint32_t opening_excess_ = 0;
    std::uint16_t counted_ = 0, voided_ = 0;
    std::uint8_t voided_in_a_row_ = 0;
    std::uint8_t clearing_ = 0; // counted since the minimum last fell
    std::uint8_t min_exchanges_ = 2;
    Status last_void_ = Status::ok;
    bool opened_ = false, looked_ = false;
    bool asked_unprompted_ = false, asked_first_ = false; // of the probe that is out
    bool unprompted_ = false;                             // one that counted was
    bool began_explained_ = false; // the transport explains the first exchange
};

// Behind the class, where clang knows the templates that they call.
constexpr Assessment ConnectionHistory::assess(ThresholdClassifier const& classify) const noexcept
{
    return assess(ScoreCalculator<ReferenceOverExcess>{}, classify);
}

constexpr bool ConnectionHistory::cleared(ThresholdClassifier const& classify) const noexcept
{
    if (clearing_ < probes_to_clear || !unprompted_)
        return false;
    Judged const now = judge(ScoreCalculator<ReferenceOverExcess>{}, classify);
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
    Unexplained const left = unexplained(reply, now, smoothed_before);
    if (left.most && (!measured(mostly_unexplained_) || reply < mostly_unexplained_))
        mostly_unexplained_ = reply;
    if (first && !left.some)
        began_explained_ = true;
    if (left.some && (!measured(partly_unexplained_) || reply < partly_unexplained_))
        partly_unexplained_ = reply;
    if (counted_ == 0 || reply < reply_)
        reply_ = reply;
    if (fell(jitter)) {
        clearing_ = 0;
        unprompted_ = false;
    }
    reply_minimum_ = minimum_;
    counted_ = one_more(counted_);
    clearing_ = one_more(clearing_);
    unprompted_ = unprompted_ || unprompted;
    voided_in_a_row_ = 0;
}

} // namespace aroma

#endif // AROMA_CONNECTION_HISTORY_HPP
