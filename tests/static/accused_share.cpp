// SPDX-License-Identifier: BSL-1.0
//
// Facts about operate/accused_share.hpp: from which numbers on a share is implausible.

#include <aroma/operate/accused_share.hpp>

#include <cstdint>
#include <type_traits>

namespace {

using namespace aroma;

constexpr bool implausible(std::uint32_t accused, std::uint32_t all)
{
    return AccusedKeys{accused, all}.implausible();
}
static_assert(!implausible(0, 0) && !implausible(3, 3) && !implausible(99, 99));
static_assert(implausible(20, 100) && !implausible(19, 100) && !implausible(20, 101));
static_assert(implausible(859'000'000, 4'294'967'295) && !implausible(858'000'000, 4'294'967'295));

constexpr bool nearly_all(std::uint32_t accused, std::uint32_t all)
{
    return AccusedKeys{accused, all}.nearly_all();
}
static_assert(nearly_all(180, 200) && !nearly_all(179, 200) && !nearly_all(199, 199));
static_assert(!nearly_all(3'000'000'000, 4'294'967'295)
              && nearly_all(4'000'000'000, 4'294'967'295));

// At compile time as at run time.
static_assert([] {
    AccusedShare share;
    for (std::uint64_t key = 0; key < 120; ++key)
        share.count(key, key % 4 == 0);
    return share.keys();
}() == AccusedKeys{30, 120});

static_assert(std::is_trivially_copyable_v<AccusedShare> && sizeof(AccusedShare) <= 8 * 1024 + 16);
static_assert(noexcept(AccusedShare{}.count(1, true)));

} // namespace
