// SPDX-License-Identifier: BSL-1.0
//
// Any text as a saved baseline: refused whole and with nothing changed, or loaded and then saved as
// text that loads to the same. Since no fuzzer guesses a checksum, each text is tried once more
// with a last line that is right.

#include "fuzz.hpp"

#include <aroma/operate/baseline_text.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

using namespace aroma;
using fuzz::holds;

namespace {

using Few = Baseline<3>;

std::string saved(Few const& baseline)
{
    std::string text;
    holds(save(baseline,
               [&](char const* data, std::size_t size) { return text.append(data, size), true; }),
          "what can be written is written");
    return text;
}

std::string with_its_end(std::string_view text)
{
    std::size_t const last = text.rfind("end ");
    std::string whole{text.substr(0, last)};
    char end[64];
    std::snprintf(end, sizeof end, "end %zu %016llx\n",
                  static_cast<std::size_t>(std::count(whole.begin(), whole.end(), '\n')) + 1,
                  static_cast<unsigned long long>(detail::fnv1a(whole.data(), whole.size())));
    return whole += end;
}

void check_text(std::string_view text)
{
    static Few const before = [] {
        Few few;
        few.find_or_add("cdg").record(assess(RttSample{Microseconds{5}, Microseconds{50}}));
        return few;
    }();
    auto const into = std::make_unique<Few>(before);
    BaselineResult const result = merge_text(text.data(), text.size(), *into);
    if (result.error != BaselineError::none) {
        holds(*into == before, "a text that is refused changes nothing");
        holds(result.line >= 1
                  && result.line
                         <= static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'))
                                + 1,
              "a fault has its line");
        return;
    }
    holds(result.line == 0, "no fault, no line");
    auto const loaded = std::make_unique<Few>(), again = std::make_unique<Few>();
    holds(merge_text(text.data(), text.size(), *loaded) == BaselineResult{},
          "what loads into one baseline loads into any");
    std::string const once = saved(*loaded);
    holds(merge_text(once.data(), once.size(), *again) == BaselineResult{}, "what is saved loads");
    holds(*again == *loaded && saved(*again) == once,
          "what is saved is what was loaded, and equal baselines are equal bytes");
    // One form for each content, but for an empty line of others, and for more segments than there
    // is room for.
    holds(once == text || text.find("(others)") != std::string_view::npos
              || loaded->size() == Few::most_segments,
          "there is one form for each baseline");
    auto const merged = std::make_unique<Few>(before);
    merged->merge(*loaded);
    holds(merged->within("") == into->within(""), "nothing is lost");
    // of more names than fit, the loaded ones had to be chosen without those before
    std::size_t names = 0;
    for (std::size_t at = text.find("\nsegment "); at != std::string_view::npos;
         at = text.find("\nsegment ", at + 1))
        ++names;
    holds(names > Few::most_segments || *merged == *into, "loading is merging");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const text{reinterpret_cast<char const*>(data), size};
    check_text(text);
    check_text(with_its_end(text));
    return 0;
}
