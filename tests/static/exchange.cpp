// SPDX-License-Identifier: BSL-1.0
//
// Facts about exchange.hpp: names.

#include <aroma/exchange.hpp>

#include <string_view>

namespace {

using namespace aroma;

static_assert(std::string_view{name(Exchange::opening)} == "opening"
              && std::string_view{name(Exchange::reply)} == "reply");

} // namespace
