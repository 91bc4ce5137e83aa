// SPDX-License-Identifier: BSL-1.0
//
// aroma/integrations/fmt.hpp: formatters for a server's log, with the fmt library. Link fmt::fmt
// yourself; the umbrella leaves this out.
//
// Synopsis
//                        {}                             {:l}, the long form
//   Band, Basis, Status  proxy                          (no long form; fill, alignment and width as
//                                                       for any string)
//   Score                0.053, or unknown              (the same; score.value() has all its
//                                                       digits)
//   RttSample            1.020/18.903 ms                minimum 1.020 ms, smoothed 18.903 ms,
//                                                       variation 9.100 ms
//                        that is minimum/smoothed       and application 41.000 ms behind it, if
//                                                       it was measured
//   BasicAssessment      proxy 0.053                    proxy 0.053 by min_over_smoothed: minimum
//                                                       1.020 ms, smoothed ...
//                        unknown (handshake_only)       unknown (handshake_only): minimum 1.020 ms,
//                                                       smoothed ...
//                        unknown (not_tcp)              unknown (not_tcp): a socket, but not TCP:
//                                                       ...
//
// A score is shown to three decimals, rounded down, so that 0.0999 never reads as 0.100, which is
// another band.
#ifndef AROMA_INTEGRATIONS_FMT_HPP
#define AROMA_INTEGRATIONS_FMT_HPP

#include <aroma/assessment.hpp>
#include <aroma/detail/millionths.hpp>
#include <aroma/detail/names.hpp>
#include <aroma/duration.hpp>
#include <aroma/rtt_sample.hpp>
#include <aroma/score.hpp>
#include <aroma/score_calculator.hpp>
#include <aroma/threshold_classifier.hpp>

#include <fmt/format.h>

#include <cstddef> // size_t
#include <cstdint> // uint32_t
#include <ratio>   // milli

#if FMT_VERSION < 80000
#error "aroma/integrations/fmt.hpp needs fmt 8 or later"
#include <the_error_above_says_what_to_do>
#endif

namespace aroma::detail {

template <class Named>
struct NameFormatter : fmt::formatter<fmt::string_view> {
    template <class Context>
    auto format(Named value, Context& context) const -> decltype(context.out())
    {
        return fmt::formatter<fmt::string_view>::format(name(value), context);
    }
};

struct LongOrShort {
    bool in_full = false;

    constexpr auto parse(fmt::format_parse_context& context) -> decltype(context.begin())
    {
        auto at = context.begin();
        if (at != context.end() && *at == 'l') {
            in_full = true;
            ++at;
        }
        if (at != context.end() && *at != '}')
            // as fmt reports its own, with exceptions or without
            FMT_THROW(fmt::format_error("aroma: the format is {} or, with the numbers, {:l}"));
        return at;
    }
};

template <class Out, duration_like D>
auto format_rtt(Out out, char const* before, D rtt, char const* unit) -> Out
{
    return measured(rtt)
             ? fmt::format_to(out, "{}{:.3f}{}", before, count_in<std::milli>(rtt), unit)
             : fmt::format_to(out, "{}-", before);
}

} // namespace aroma::detail

template <>
struct fmt::formatter<aroma::Band> : aroma::detail::NameFormatter<aroma::Band> {
};
template <>
struct fmt::formatter<aroma::Basis> : aroma::detail::NameFormatter<aroma::Basis> {
};
template <>
struct fmt::formatter<aroma::Status> : aroma::detail::NameFormatter<aroma::Status> {
};

template <>
struct fmt::formatter<aroma::Score> : fmt::formatter<fmt::string_view> {
    template <class Context>
    auto format(aroma::Score score, Context& context) const -> decltype(context.out())
    {
        char text[16] = "unknown";
        char* end = text + 7;
        if (score.known()) {
            std::uint32_t const thousandths = aroma::detail::to_parts<1000>(score.value());
            end = thousandths > 0 ? fmt::format_to(text, "{:.3f}", thousandths / 1000.0)
                                  : fmt::format_to(text, "{:.1e}", score.value());
        }
        return fmt::formatter<fmt::string_view>::format(
            {text, static_cast<std::size_t>(end - text)}, context);
    }
};

template <class D>
struct fmt::formatter<aroma::RttSample<D>> : aroma::detail::LongOrShort {
    template <class Context>
    auto format(aroma::RttSample<D> const& sample, Context& context) const
        -> decltype(context.out())
    {
        using aroma::detail::format_rtt;
        if (!in_full) {
            auto out = format_rtt(context.out(), "", sample.minimum, "");
            return fmt::format_to(format_rtt(out, "/", sample.smoothed, ""), " ms");
        }
        auto out = format_rtt(context.out(), "minimum ", sample.minimum, " ms");
        out = format_rtt(out, ", smoothed ", sample.smoothed, " ms");
        out = format_rtt(out, ", variation ", sample.variation, " ms");
        return aroma::measured(sample.application)
                 ? format_rtt(out, ", application ", sample.application, " ms")
                 : out;
    }
};

template <class D>
struct fmt::formatter<aroma::BasicAssessment<D>> : aroma::detail::LongOrShort {
    template <class Context>
    auto format(aroma::BasicAssessment<D> const& assessment, Context& context) const
        -> decltype(context.out())
    {
        auto out = fmt::format_to(context.out(), "{}", assessment.band);
        out = assessment.status == aroma::Status::ok
                ? fmt::format_to(out, " {}", assessment.score)
                : fmt::format_to(out, " ({})", assessment.status);
        if (!in_full)
            return out;
        if (assessment.status == aroma::Status::ok)
            out = fmt::format_to(out, " by {}", assessment.basis);
        bool const numbers = aroma::measured(assessment.sample.minimum)
                          || aroma::measured(assessment.sample.smoothed);
        return numbers ? fmt::format_to(out, ": {:l}", assessment.sample)
                       : fmt::format_to(out, ": {}", message(assessment.status));
    }
};

#endif // AROMA_INTEGRATIONS_FMT_HPP
