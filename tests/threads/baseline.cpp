// SPDX-License-Identifier: BSL-1.0
//
// One thread records in a baseline and adds segments to it while two others merge it, all the time:
// under ThreadSanitizer, which reports every access that is not ordered; and no merge sees fewer
// than the one before, a count that was never there, or half a name.

#include <aroma/operate/baseline.hpp>
#include <aroma/operate/segment_name.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

namespace {

using Many = aroma::Baseline<100>;
constexpr int names = 130, rounds = 1500;

std::string name_of(int i)
{
    return "segment/" + std::to_string(i * 7919 % names);
}

constexpr aroma::Assessment one_of_them =
    assess(aroma::RttSample{aroma::Microseconds{5}, aroma::Microseconds{50}, aroma::Microseconds{1},
                            aroma::Microseconds{65}});

void record(Many& baseline)
{
    for (int round = 0; round < rounds; ++round)
        for (int i = 0; i <= round && i < names; ++i) {
            aroma::Segment& segment = baseline.find_or_add(name_of(i));
            segment.record(one_of_them);
            segment.record(aroma::Assessment{});
        }
}

// How many were recorded in all.
std::uint64_t recorded()
{
    std::uint64_t sum = 0;
    for (int round = 0; round < rounds; ++round)
        sum += static_cast<std::uint64_t>(round < names ? round + 1 : names);
    return sum;
}

void fail(char const* what)
{
    std::printf("FAILED: %s\n", what);
    std::exit(1);
}

void merge(Many const& baseline)
{
    std::uint64_t before = 0;
    do {
        auto const merged = std::make_unique<Many>();
        merged->merge(baseline);
        merged->for_each([](aroma::SegmentName name, aroma::Segment const& segment) {
            if (!(name == aroma::name_of_others) && !name.is_within("segment"))
                fail("a name is not whole");
            if (segment.scores.total()
                != segment.scores.count(aroma::ScoreHistogram::bin(one_of_them.score)))
                fail("a score that nobody recorded");
        });
        aroma::Segment const all = merged->within("");
        std::uint64_t const now = all.scores.total();
        if (now < before || now > recorded() || all.unknown.total() > recorded())
            fail("fewer than before, or more than there are");
        before = now;
    } while (before < recorded());
}

} // namespace

int main()
{
    auto const baseline = std::make_unique<Many>();
    std::thread one{[&] { merge(*baseline); }}, other{[&] { merge(*baseline); }};
    record(*baseline);
    one.join();
    other.join();
    aroma::Segment const all = baseline->within("");
    if (all.scores.total() != recorded() || all.transport.total() != recorded()
        || all.application.total() != recorded() || all.unknown.total() != recorded())
        fail("a count was lost");
    if (baseline->size() != Many::most_segments || baseline->others() == aroma::Segment{})
        fail("there were not too many names");
    std::printf("%llu recorded, none lost\n", static_cast<unsigned long long>(recorded()));
}
