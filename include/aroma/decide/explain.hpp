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
#include <aroma/duration.hpp>

#include <cstddef> // size_t
#include <cstdint> // int64_t, uint32_t, uint64_t

namespace aroma {

// What explain() answers.
struct Explained {
    std::size_t size = 0;   // characters written, without the 0 behind them
    std::size_t needed = 0; // characters of the whole line

    // was there room for all of it?
    [[nodiscard]] constexpr bool complete() const noexcept { return size == needed; }
};

// Enough for every line; tests/unit/policy.cpp has the longest.
inline constexpr std::size_t explanation_size = 768;

namespace detail {

class Line {
public:
    constexpr Line(char* data, std::size_t size) noexcept : data_{data}, size_{size} {}

    constexpr Line& operator<<(char c) noexcept
    {
        if (needed_ + 1 < size_)
            data_[needed_] = c;
        ++needed_;
        return *this;
    }
    constexpr Line& operator<<(char const* text) noexcept
    {
        for (; *text != 0; ++text)
            *this << *text;
        return *this;
    }
    constexpr Line& operator<<(bool yes) noexcept { return *this << (yes ? "yes" : "no"); }
    constexpr Line& operator<<(std::uint64_t number) noexcept
    {
        char digits[20]{};
        int count = 0;
        do
            digits[count++] = static_cast<char>('0' + number % 10);
        while ((number /= 10) != 0);
        while (count > 0)
            *this << digits[--count];
        return *this;
    }
    constexpr Line& operator<<(std::uint32_t number) noexcept
    {
        return *this << std::uint64_t{number};
    }
    constexpr Line& operator<<(Microseconds time) noexcept
    {
        return measured(time) ? *this << time.count() << "us" : *this << '-';
    }

    // From 0 to 1, rounded down, so that none reads as of a better band or a higher edge than it
    // is.
    constexpr Line& share(double value) noexcept
    {
        auto const millionths = static_cast<std::uint64_t>(detail::as_double(value * 1e6));
        if (value > 0 && millionths == 0)
            return *this << "<0.000001";
        return *this << millionths / 1'000'000 << '.' << decimals(millionths % 1'000'000);
    }

    // Nats, with a sign.
    constexpr Line& nats(double value) noexcept
    {
        std::int64_t const micronats = to_micronats(value);
        std::uint64_t const size = micronats < 0 ? 0 - static_cast<std::uint64_t>(micronats)
                                                 : static_cast<std::uint64_t>(micronats);
        return *this << (micronats < 0 ? '-' : '+') << size / 1'000'000 << '.'
                     << decimals(size % 1'000'000);
    }

    constexpr Explained end() noexcept
    {
        if (size_ == 0)
            return {0, needed_};
        std::size_t const written = needed_ < size_ ? needed_ : size_ - 1;
        for (std::size_t i = 0; written < needed_ && i < 3 && i < written; ++i)
            data_[written - 1 - i] = '.';
        data_[written] = 0;
        return {written, needed_};
    }

private:
    struct Decimals {
        char text[7];
    };
    static constexpr Decimals decimals(std::uint64_t millionths) noexcept
    {
        Decimals d{};
        for (int i = 5; i >= 0; --i, millionths /= 10)
            d.text[i] = static_cast<char>('0' + millionths % 10);
        return d;
    }
    constexpr Line& operator<<(Decimals const& d) noexcept
    {
        return *this << static_cast<char const*>(d.text);
    }

    char* data_;
    std::size_t size_, needed_ = 0;
};

} // namespace detail

// One line of key=value, without a line's end:
//   response=challenge intended=challenge segment=de/mobile share=1000000ppm in_share=yes
//   dry_run=no by=assessment band=proxy score=0.088123 basis=reference_over_excess status=ok
//   minimum=1097us smoothed=12372us variation=11165us application=58587us
//   thresholds=0.700000,0.300000,0.100000
// and by evidence, in nats, for each signal its observations, their sum, and what counts of it:
//   ... by=evidence probability=0.953462 prior=0.010000 log_odds=+3.020000
//   this_connection=1,+6.420000,+5.000000 ...
//   edges=0.500000,0.900000,1.000000
// A buffer that is too short for it gets as much as fits, with its end as "...", and the answer is
// not complete().
[[nodiscard]] constexpr Explained explain(Decision const& d, char* data, std::size_t size) noexcept
{
    detail::Line line{data, size};
    line << "response=" << name(d.response) << " intended=" << name(d.intended)
         << " segment=" << static_cast<char const*>(d.segment) << " share=" << d.rule.share
         << "ppm in_share=" << d.in_share << " dry_run=" << d.rule.dry_run;
    if (d.by != DecidedBy::evidence) {
        Assessment const& a = d.assessment;
        line << " by=" << (d.by == DecidedBy::probes ? "probes" : "assessment")
             << " band=" << name(a.band) << " score=";
        if (a.score.known())
            line.share(a.score.value());
        else
            line << '-';
        line << " basis=" << name(a.basis) << " status=" << name(a.status)
             << " minimum=" << a.sample.minimum << " smoothed=" << a.sample.smoothed
             << " variation=" << a.sample.variation << " application=" << a.sample.application
             << " thresholds=";
        line.share(d.thresholds.unstable_below) << ',';
        line.share(d.thresholds.suspicious_below) << ',';
        line.share(d.thresholds.proxy_below);
    } else {
        line << " by=evidence probability=";
        line.share(d.evidence.probability().value()) << " prior=";
        line.share(d.evidence.prior().value()) << " log_odds=";
        line.nats(d.evidence.log_odds());
        d.evidence.for_each([&](Contribution const& c) {
            line << ' ' << name(c.signal) << '=' << c.observations << ',';
            line.nats(c.sum) << ',';
            line.nats(c.counted);
        });
        line << " edges=";
        line.share(d.rule.by_probability.observe) << ',';
        line.share(d.rule.by_probability.challenge) << ',';
        line.share(d.rule.by_probability.block);
    }
    return line.end();
}

template <std::size_t Size>
constexpr Explained explain(Decision const& decision, char (&buffer)[Size]) noexcept
{
    static_assert(Size >= explanation_size,
                  "give it explanation_size characters, so that no line is cut");
    return explain(decision, static_cast<char*>(buffer), Size);
}

} // namespace aroma

#endif // AROMA_DECIDE_EXPLAIN_HPP
