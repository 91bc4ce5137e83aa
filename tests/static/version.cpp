// SPDX-License-Identifier: BSL-1.0
//
// Facts about version.hpp: three numbers, each less than 1000.

#include <aroma/version.hpp>

#include <type_traits>

namespace {

using namespace aroma;

static_assert(std::is_same_v<decltype(version), int const[3]>);
static_assert(version[0] >= 0 && version[0] < 1000 && version[1] >= 0 && version[1] < 1000
              && version[2] >= 0 && version[2] < 1000);

} // namespace
