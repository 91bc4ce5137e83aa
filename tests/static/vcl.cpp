// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/vcl.hpp: which options and templates are refused, and what stands for each
// placeholder.

#include <aroma/operate/vcl.hpp>

#include <cstddef>
#include <limits>

namespace {

using namespace aroma;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// What is written of a template, if it is `expected` to the letter.
constexpr bool writes(char const* text, char const* expected, VclOptions const& options = {})
{
    std::size_t size = 0, written = 0;
    bool same = true;
    while (text[size] != '\0')
        ++size;
    VclResult const result =
        write_vcl(text, size, options, [&](char const* part, std::size_t length) noexcept {
            for (std::size_t i = 0; i < length; ++i, ++written)
                same = same && part[i] == expected[written] && part[i] != '\0';
            return same;
        });
    return result == VclResult{} && same && expected[written] == '\0';
}

// What a template is refused for, if nothing of it is written.
constexpr VclResult refused(char const* text, VclOptions const& options = {})
{
    std::size_t size = 0, written = 0;
    while (text[size] != '\0')
        ++size;
    VclResult const result =
        write_vcl(text, size, options, [&](char const*, std::size_t length) noexcept {
            return written += length, true;
        });
    return written == 0 ? result : VclResult{VclError::none, written};
}

static_assert(writes("", "") && writes("set x;\n", "set x;\n") && writes("{ {", "{ {")
              && writes("{", "{") && writes("}}", "}}"));
static_assert(writes("{{header}}", "Aroma") && writes("a{{header}}{{header}}b", "aAromaAromab")
              && writes("{{header}}-", "X-Edge-", {.header = "X-Edge"}));
static_assert(writes("{{{header}}}", "{{{header}}}") == false
              && refused("{{{header}}}") == VclResult{VclError::unknown_placeholder, 0});
static_assert(writes("{{version}}", "0.1.0"), "changes with version.hpp");
static_assert(refused("{{Xeader}}") == VclResult{VclError::unknown_placeholder, 0}
              && refused("{{headeX}}") == VclResult{VclError::unknown_placeholder, 0});
static_assert(validate({.challenge_status = 699, .block_status = 600}) == VclError::none
              && validate({.challenge_status = 599}) == VclError::status
              && validate({.block_status = 700}) == VclError::status);
static_assert([] { // as few digits as there are, and never a piece of nothing
    auto const is = [](detail::VclText const& text, char const* digits) {
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text.data()[i] != digits[i])
                return false;
        return digits[text.size()] == '\0';
    };
    std::size_t pieces = 0, least = 9;
    bool const written = write_vcl("{{header}}{{header}}", 20, VclOptions{},
                                   [&](char const*, std::size_t size) noexcept {
                                       ++pieces;
                                       least = size < least ? size : least;
                                       return true;
                                   })
                      == VclResult{};
    return is(detail::VclText::whole(0), "0") && is(detail::VclText::whole(9), "9")
        && is(detail::VclText::whole(10), "10") && is(detail::VclText::whole(95), "95")
        && is(detail::VclText::whole(900), "900") && written && pieces == 2 && least == 5;
}());
static_assert([] { // the template to its last character
    char last = 0;
    return write_vcl(VclOptions{},
                     [&](char const* text, std::size_t size) noexcept {
                         last = text[size - 1];
                         return true;
                     })
            == VclResult{}
        && last == '\n' && vcl_template[sizeof vcl_template - 2] == '\n'
        && vcl_template[sizeof vcl_template - 3] != '\n';
}());
static_assert(writes(
    "{{thresholds.unstable_below}} {{thresholds.suspicious_below}} {{thresholds.proxy_below}}",
    "0.7 0.3 0.1"));
static_assert(writes(
    "{{millionths.unstable_below}} {{millionths.suspicious_below}} {{millionths.proxy_below}}",
    "700000 300000 100000"));
constexpr VclOptions fine{
    .thresholds = {.unstable_below = 1, .suspicious_below = 0.083217, .proxy_below = 0.000001}};
static_assert(writes(
    "{{thresholds.unstable_below}} {{thresholds.suspicious_below}} {{thresholds.proxy_below}}",
    "1 0.083217 0.000001", fine));
static_assert(writes(
    "{{millionths.unstable_below}} {{millionths.suspicious_below}} {{millionths.proxy_below}}",
    "1000000 83217 1", fine));
static_assert(writes("{{thresholds.proxy_below}} {{millionths.proxy_below}}", "0 0",
                     {.thresholds = {.proxy_below = 0}}));
static_assert(writes("{{response.unstable}} {{response.suspicious}} {{response.proxy}}",
                     "observe observe challenge"),
              "block only where asked for");
constexpr VclOptions harder{.unstable = VclResponse::observe,
                            .suspicious = VclResponse::challenge,
                            .proxy = VclResponse::block};
static_assert(writes("{{response.unstable}} {{response.suspicious}} {{response.proxy}}",
                     "observe challenge block", harder));
static_assert(writes("{{status.challenge}} {{status.block}}", "618 619")
              && writes("{{status.block}}", "600", {.block_status = 600}));

// Every threshold of six decimals is taken for what it says, and the double beside it is refused.
constexpr bool every_millionth = [] {
    for (int n = 0; n <= 1'000'000; n += 997)
        if (detail::millionths(n / 1e6) != n)
            return false;
    return detail::millionths(1) == 1'000'000;
}();
static_assert(every_millionth);
static_assert(detail::millionths(0.1 + 0.2) == -1 && detail::millionths(1 / 3.0) == -1
              && detail::millionths(0.0000005) == -1 && detail::millionths(nan) == -1);

// Options.
static_assert(validate(VclOptions{}) == VclError::none && validate(fine) == VclError::none
              && validate(harder) == VclError::none);
static_assert(validate(VclOptions{.thresholds = {0.3, 0.7, 0.1}}) == VclError::thresholds
              && validate(VclOptions{.thresholds = {nan, 0.3, 0.1}}) == VclError::thresholds);
static_assert(validate(VclOptions{.thresholds = {0.7, 0.3, 0.1234567}}) == VclError::too_fine);
constexpr VclError header(char const* text)
{
    return validate(VclOptions{.header = text});
}
static_assert(header("A") == VclError::none && header("X-Aroma-2") == VclError::none
              && header("abcdefghijklmnopqrstuvwxyz012345") == VclError::none);
static_assert(header("") == VclError::header && header(nullptr) == VclError::header
              && header("2X") == VclError::header && header("-X") == VclError::header);
static_assert(header("X-") == VclError::header && header("X Y") == VclError::header
              && header("X\nunset") == VclError::header && header("X_Y") == VclError::header);
static_assert(header("abcdefghijklmnopqrstuvwxyz0123456") == VclError::header, "33 characters");
static_assert(validate(VclOptions{.challenge_status = 599}) == VclError::status
              && validate(VclOptions{.block_status = 700}) == VclError::status);
static_assert(validate(VclOptions{.challenge_status = 619}) == VclError::status, "the block's");

// Templates: where the fault is, and nothing written before it.
static_assert(refused("{{header}} {{nothing}}") == VclResult{VclError::unknown_placeholder, 11});
static_assert(refused("{{}}") == VclResult{VclError::unknown_placeholder, 0}
              && refused("{{ header }}") == VclResult{VclError::unknown_placeholder, 0});
static_assert(refused("{{headers}}").error == VclError::unknown_placeholder
              && refused("{{heade}}").error == VclError::unknown_placeholder);
static_assert(refused("a\n{{header") == VclResult{VclError::open_placeholder, 2}
              && refused("{{header}\n}}") == VclResult{VclError::open_placeholder, 0});
static_assert(refused("x{{") == VclResult{VclError::open_placeholder, 1});
static_assert(refused("{{header}}", {.header = ""}) == VclResult{VclError::header, 0});

// An output that takes no more.
constexpr bool stops = [] {
    int calls = 0;
    VclResult const result =
        write_vcl("{{header}} {{header}}", 21, VclOptions{},
                  [&](char const*, std::size_t) noexcept { return ++calls < 3; });
    return result == VclResult{VclError::not_written, 11} && calls == 3;
}();
static_assert(stops);

} // namespace
