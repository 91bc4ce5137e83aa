// SPDX-License-Identifier: BSL-1.0
//
// Fastly VCL that scores with TCP's own ratio, from a template such as aroma.vcl.in.
//
// Its status, band and score are those of assess(read(fd)). VCL's FLOATs are not needed, since for
// thresholds of at most six decimals and RTTs of 32 bits of microseconds
//     minimum * 1000000 >= millionths * smoothed
// is equivalent to the library's minimum / smoothed >= threshold in doubles: if the quotient of
// two such integers is not the threshold, it is more than 1 / (10^6 * 2^32) = 2.3e-16 away, and
// rounding brings the two nearer by at most 1.2e-16. The products stay below 2^52, and an INTEGER
// has 64 bits.
#ifndef AROMA_EXAMPLES_TOOLS_VCL_HPP
#define AROMA_EXAMPLES_TOOLS_VCL_HPP

#include "../common/template.hpp"

#include <aroma/decide/policy.hpp>
#include <aroma/detail/millionths.hpp>
#include <aroma/threshold_classifier.hpp>
#include <aroma/version.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace tools {

struct VclOptions {
    aroma::Thresholds thresholds{}; // of at most six decimals
    // observe, challenge or block; other bands are never acted on at the edge
    aroma::Response unstable = aroma::Response::observe;
    aroma::Response suspicious = aroma::Response::observe;
    aroma::Response proxy = aroma::Response::challenge;
    std::string header = "Aroma"; // prefix of the request headers' names
    // codes between the template's two subroutines, 600 to 699
    int challenge_status = 618;
    int block_status = 619;
};

// A threshold in millionths, or -1 if it has more than six decimals.
inline int millionths(double threshold)
{
    if (!(threshold >= 0 && threshold <= 1))
        return -1;
    auto const n = static_cast<std::uint32_t>(std::lround(threshold * 1e6));
    return aroma::detail::from_millionths(n) == threshold ? static_cast<int>(n) : -1;
}

// What is wrong with the options and what to do; empty if they are valid.
inline std::string validate(VclOptions const& options)
{
    aroma::Thresholds const& t = options.thresholds;
    if (auto const why = validate(t); why != aroma::ThresholdError::none)
        return message(why);
    for (double const threshold : {t.unstable_below, t.suspicious_below, t.proxy_below})
        if (millionths(threshold) < 0)
            return fmt::format("the threshold {} has more than six decimals, which the edge's "
                               "whole numbers cannot hold: round it to six",
                               threshold);
    for (auto const response : {options.unstable, options.suspicious, options.proxy})
        if (response == aroma::Response::allow)
            return "an edge cannot allow, it observes, challenges or blocks: give one of these";
    static std::regex const prefix{"[A-Za-z]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?"};
    if (!std::regex_match(options.header, prefix))
        return "the header prefix is not 1 to 32 letters, digits and inner hyphens that begin with "
               "a letter: give one such as Aroma";
    auto const is_free = [](int status) { return status >= 600 && status <= 699; };
    if (!is_free(options.challenge_status) || !is_free(options.block_status)
        || options.challenge_status == options.block_status)
        return "a status code of the edge's own is outside 600 to 699, or both are the same: give "
               "two different ones from 600 to 699";
    return {};
}

// Fills in the template. Throws std::invalid_argument for options that validate() refuses, and
// examples::TemplateError.
inline std::string write_vcl(std::string_view text, VclOptions const& options)
{
    if (std::string const why = validate(options); !why.empty())
        throw std::invalid_argument{why};
    aroma::Thresholds const& t = options.thresholds;
    auto const decimal = [](double threshold) { // 0.000001 and not 1e-06
        char digits[32];
        return std::string{
            digits,
            std::to_chars(digits, digits + sizeof digits, threshold, std::chars_format::fixed).ptr};
    };
    auto const whole = [](double threshold) { return fmt::to_string(millionths(threshold)); };
    return examples::fill(text, {{"version", fmt::format("{}", fmt::join(aroma::version, "."))},
                                 {"header", options.header},
                                 {"thresholds.unstable_below", decimal(t.unstable_below)},
                                 {"thresholds.suspicious_below", decimal(t.suspicious_below)},
                                 {"thresholds.proxy_below", decimal(t.proxy_below)},
                                 {"millionths.unstable_below", whole(t.unstable_below)},
                                 {"millionths.suspicious_below", whole(t.suspicious_below)},
                                 {"millionths.proxy_below", whole(t.proxy_below)},
                                 {"response.unstable", name(options.unstable)},
                                 {"response.suspicious", name(options.suspicious)},
                                 {"response.proxy", name(options.proxy)},
                                 {"status.challenge", fmt::to_string(options.challenge_status)},
                                 {"status.block", fmt::to_string(options.block_status)}});
}

} // namespace tools

#endif // AROMA_EXAMPLES_TOOLS_VCL_HPP
