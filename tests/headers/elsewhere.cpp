// SPDX-License-Identifier: BSL-1.0
//
// The umbrella on a system that is not Linux: all of the core, nothing of the adapter.

#include <aroma/aroma.hpp>

namespace aroma {
struct TcpInfo; // free for anyone to declare, since no adapter has
using score = int;
} // namespace aroma

static_assert(
    aroma::assess(aroma::RttSample{aroma::Microseconds{5000}, aroma::Microseconds{50'000}}).band
    == aroma::Band::suspicious);
static_assert(aroma::score{1} == 1);
