// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/baseline_text.hpp: the text of a baseline, to the byte, and back.

#include "facts.hpp"

#include <aroma/operate/baseline_text.hpp>

#include <string_view>

namespace {

using namespace aroma;
using namespace std::string_view_literals;

struct Text {
    char data[4096]{};
    std::size_t size = 0;

    constexpr bool operator()(char const* more, std::size_t count) noexcept
    {
        for (std::size_t i = 0; i < count; ++i)
            data[size++] = more[i];
        return true;
    }
    constexpr std::string_view view() const noexcept { return {data, size}; }
};

constexpr Baseline<2> some()
{
    Baseline<2> baseline;
    auto const sample = [](std::uint32_t minimum, std::uint32_t smoothed,
                           std::uint32_t application) {
        return RttSample{Microseconds{minimum}, Microseconds{smoothed}, Microseconds{},
                         Microseconds{application}};
    };
    Segment& fixed = baseline.find_or_add("cdg/fixed-line");
    fixed.record(assess(sample(5, 50, 0)));
    fixed.record(assess(sample(30'500, 30'500, 0)));
    fixed.record(assess(sample(30'501, 0, 100'000'000)));
    fixed.record(Assessment{});
    (void)baseline.find_or_add("");
    baseline.find_or_add("q").record(assess(sample(1, 1, 0)));
    return baseline;
}

// The checksum is Python's: for b in text: h = (h ^ b) * 0x100000001b3 & 2**64 - 1
constexpr std::string_view expected = "aroma-baseline 2\n"
                                      "segment *\n"
                                      "scores\n"
                                      "transport\n"
                                      "application\n"
                                      "unknown\n"
                                      "segment cdg/fixed-line\n"
                                      "scores 0:1 100:1 1000:1\n"
                                      "transport 5:1 30208:2\n"
                                      "application 66060288:1\n"
                                      "unknown no_sample:1\n"
                                      "segment (others)\n"
                                      "scores 1000:1\n"
                                      "transport 1:1\n"
                                      "application\n"
                                      "unknown\n"
                                      "end 17 465352310c6fbda4\n"sv;

constexpr bool saves_and_loads()
{
    Text text;
    if (!save(some(), text) || text.view() != expected)
        return false;
    Baseline<2> loaded;
    return merge_text(text.data, text.size, loaded) == BaselineResult{} && loaded == some();
}
static_assert(saves_and_loads());

constexpr bool nothing_is_a_baseline_too()
{
    Text text;
    Baseline<2> loaded;
    return save(Baseline<2>{}, text) && merge_text(text.data, text.size, loaded) == BaselineResult{}
        && loaded == Baseline<2>{};
}
static_assert(nothing_is_a_baseline_too());
static_assert(!save(some(), [](char const*, std::size_t) { return false; }));

static_assert(text_writer<Text> && !text_writer<long(char const*, std::size_t)>);

static_assert(facts::described<BaselineError>());
static_assert(message(BaselineError{200}) == std::string_view{"not a baseline error"});

} // namespace
