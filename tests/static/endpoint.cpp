// SPDX-License-Identifier: BSL-1.0
//
// Facts about linux/endpoint.hpp: what converts to an endpoint, and one of which nothing is known.

#include <aroma/linux/endpoint.hpp>

#include <type_traits>

namespace {

using namespace aroma;

static_assert(std::is_trivially_copyable_v<EndpointPair>);
static_assert(!std::is_convertible_v<char const*, Endpoint>);
static_assert(std::is_convertible_v<sockaddr_in, Endpoint>);
static_assert(Endpoint{}.port == 0 && Endpoint{}.scope_id == 0 && Endpoint{}.any()
              && !Endpoint{}.valid() && !Endpoint{}.ipv4());

} // namespace
