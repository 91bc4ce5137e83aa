// SPDX-License-Identifier: BSL-1.0
//
// aroma/decide/explain.hpp: a decision as one line for the audit log.
//
// Synopsis
//   Explained explain(Decision, buffer);  a decision as a line for the audit log
//   struct Explained;                     how much of the line fitted
#ifndef AROMA_DECIDE_EXPLAIN_HPP
#define AROMA_DECIDE_EXPLAIN_HPP

#include <aroma/assessment.hpp>
#include <aroma/decide/evidence.hpp>
#include <aroma/decide/likelihood.hpp>
#include <aroma/decide/policy.hpp>
#include <aroma/detail/millionths.hpp>
#include <aroma/detail/text_out.hpp>
#include <aroma/duration.hpp>
#include <aroma/operate/segment_name.hpp>

#include <cstddef> // size_t
#include <cstdint> // int64_t, uint32_t, uint64_t

namespace aroma {

// What explain() returns.
struct Explained {
    std::size_t size = 0;   // characters written, without the terminating 0
    std::size_t needed = 0; // characters of the whole line

    // whether the buffer was large enough
    [[nodiscard]] constexpr bool complete() const noexcept { return size == needed; }
};

// Enough for every line; tests/unit/explain.cpp has the longest.
inline constexpr std::size_t explanation_size = 768;

namespace detail {

template <class Write>
class ExplanationOut : public TextSink<Write> {
public:
    constexpr explicit ExplanationOut(Write& write) noexcept : TextSink<Write>{write} {}

    constexpr ExplanationOut& time(char const* key, Microseconds time)
    {
        *this << key;
        if (measured(time))
            *this << std::uint64_t{time.count()} << "us";
        else
            *this << '-';
        return *this;
    }
    // From 0 to 1, rounded down, so that no number looks like a better band or a higher edge.
    constexpr ExplanationOut& share(char const* key, double value)
    {
        std::uint32_t const millionths = to_millionths(value);
        *this << key;
        if (value > 0 && millionths == 0)
            *this << "<0.000001";
        else
            this->decimal(millionths, 6, 6);
        return *this;
    }
    // With a sign.
    constexpr ExplanationOut& nats(char const* key, double value)
    {
        std::int64_t const micronats = to_micronats(value);
        *this << key << (micronats < 0 ? '-' : '+');
        this->decimal(static_cast<std::uint64_t>(micronats < 0 ? -micronats : micronats), 6, 6);
        return *this;
    }
};

template <class Write>
ExplanationOut(Write&) -> ExplanationOut<Write>;

} // namespace detail

// One line of key=value, without a line's end:
//   response=challenge intended=challenge segment=de/mobile share=1000000ppm in_share=yes
//   dry_run=no by=assessment band=proxy score=0.088123 basis=reference_over_excess status=ok
//   minimum=1097us smoothed=12372us variation=11165us application=58587us
//   thresholds=0.700000,0.300000,0.100000
// and by evidence, for each signal: its observations, their sum in nats, and the nats that count:
//   ... by=evidence probability=0.953462 prior=0.010000 log_odds=+3.020000
//   this_connection=1,+6.420000,+5.000000 ...
//   edges=0.500000,0.900000,1.000000
// and at the end of either, if it was counted():
//   ... keys=240 accused_keys=236 implausible=yes stood_down=no
// A buffer that is too short gets as much as fits, ending with "...", and complete() is false; a
// null pointer counts as a buffer of size 0.
[[nodiscard]] constexpr Explained explain(Decision const& d, char* data, std::size_t size) noexcept
{
    Explained made;
    auto as_much_as_fits = [&](char const* text, std::size_t more) noexcept {
        for (std::size_t i = 0; i < more; ++i, ++made.needed)
            if (data && made.needed + 1 < size)
                data[made.size++] = text[i];
        return true;
    };
    detail::ExplanationOut line{as_much_as_fits};
    auto const yes_or_no = [](bool yes) { return yes ? "yes" : "no"; };
    line << "response=" << name(d.response) << " intended=" << name(d.intended)
         << " segment=" << SegmentName{d.segment}.in_text()
         << " share=" << std::uint64_t{d.rule.share} << "ppm in_share=" << yes_or_no(d.in_share)
         << " dry_run=" << yes_or_no(d.rule.dry_run) << " by=" << name(d.by);
    if (d.by != DecidedBy::evidence) {
        Assessment const& a = d.assessment;
        line << " band=" << name(a.band);
        if (a.score.known())
            line.share(" score=", a.score.value());
        else
            line << " score=-";
        line << " basis=" << name(a.basis) << " status=" << name(a.status);
        line.time(" minimum=", a.sample.minimum)
            .time(" smoothed=", a.sample.smoothed)
            .time(" variation=", a.sample.variation)
            .time(" application=", a.sample.application)
            .share(" thresholds=", d.thresholds.unstable_below)
            .share(",", d.thresholds.suspicious_below)
            .share(",", d.thresholds.proxy_below);
    } else {
        line.share(" probability=", d.evidence.probability().value())
            .share(" prior=", d.evidence.prior().value())
            .nats(" log_odds=", d.evidence.log_odds());
        d.evidence.for_each([&](Contribution const& c) {
            line << ' ' << name(c.signal) << '=' << std::uint64_t{c.observations};
            line.nats(",", c.sum).nats(",", c.counted);
        });
        line.share(" edges=", d.rule.by_probability.observe)
            .share(",", d.rule.by_probability.challenge)
            .share(",", d.rule.by_probability.block);
    }
    if (d.keys.all > 0)
        line << " keys=" << std::uint64_t{d.keys.all}
             << " accused_keys=" << std::uint64_t{d.keys.accused}
             << " implausible=" << yes_or_no(d.keys.implausible())
             << " stood_down=" << yes_or_no(d.stood_down);
    line.flush();
    for (std::size_t i = 1; made.size < made.needed && i <= 3 && i <= made.size; ++i)
        data[made.size - i] = '.';
    if (data && size > 0)
        data[made.size] = '\0';
    return made;
}

// The same into an array, which has room for every line: explanation_size characters or more.
template <std::size_t Size>
constexpr Explained explain(Decision const& decision, char (&buffer)[Size]) noexcept
{
    static_assert(Size >= explanation_size,
                  "give it explanation_size characters, so that no line is cut");
    return explain(decision, static_cast<char*>(buffer), Size);
}

} // namespace aroma

#endif // AROMA_DECIDE_EXPLAIN_HPP
