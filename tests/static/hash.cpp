// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/hash.hpp: the reference values of FNV-1a, in one piece and in
// several, and of SplitMix64.

#include <aroma/detail/hash.hpp>

#include <cstdint>

namespace {

using namespace aroma::detail;

static_assert(fnv1a("", 0) == 0xCBF2'9CE4'8422'2325u && fnv1a("a", 1) == 0xAF63'DC4C'8601'EC8Cu
              && fnv1a("foobar", 6) == 0x8594'4171'F739'67E8u);
static_assert([] {
    Fnv1a hash;
    hash.add("foo", 3);
    hash.add("bar", 3);
    return hash.hash();
}() == fnv1a("foobar", 6));
constexpr unsigned char high[] = {0xff};
static_assert(fnv1a("\xff", 1) == fnv1a(high, 1), "bytes, where char is signed too");
static_assert(split_mix(1234567) == 6457827717110365317u && split_mix(0) == 0xE220'A839'7B1D'CDAFu);

} // namespace
