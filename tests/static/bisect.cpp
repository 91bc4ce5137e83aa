// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/bisect.hpp: the first place of which something does not hold.

#include <aroma/detail/bisect.hpp>

namespace {

using namespace aroma::detail;

constexpr int first_from(int begin, int end, int first)
{
    return first_without(begin, end, [=](int place) { return place < first; });
}
static_assert(first_from(0, 10, 0) == 0 && first_from(0, 10, 1) == 1 && first_from(0, 10, 9) == 9
              && first_from(0, 10, 10) == 10 && first_from(0, 10, 99) == 10);
static_assert(first_from(5, 5, 0) == 5 && first_from(-3, 4, -1) == -1);
static_assert(first_without(0u, 4294967295u, [](unsigned place) { return place < 4294967290u; })
                  == 4294967290u,
              "the middle is no overflow");

} // namespace
