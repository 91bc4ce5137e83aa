// SPDX-License-Identifier: BSL-1.0
//
// Facts about names: every enumerator has one, no two share one, and values from outside the enumeration do not crash.

#include <aroma/assessment.hpp>
#include <aroma/evidence.hpp>
#include <aroma/policy.hpp>

#include <string_view>

namespace {

using namespace aroma;

template <class Enumeration>
constexpr bool distinct(int count)
{
    for (int i = 0; i < count; ++i)
        for (int j = 0; j < i; ++j)
            if (std::string_view{name(static_cast<Enumeration>(i))} == name(static_cast<Enumeration>(j)))
                return false;
    return true;
}

template <class Enumeration>
constexpr bool described(int count)
{
    for (int i = 0; i < count; ++i)
        for (int j = 0; j < i; ++j)
            if (std::string_view{describe(static_cast<Enumeration>(i))} == describe(static_cast<Enumeration>(j)))
                return false;
    return true;
}

static_assert(distinct<Band>(static_cast<int>(Band::proxy) + 1));
static_assert(distinct<Basis>(static_cast<int>(Basis::custom) + 1));
static_assert(distinct<Status>(static_cast<int>(Status::refused) + 1));
static_assert(described<Status>(static_cast<int>(Status::refused) + 1));
static_assert(described<ThresholdFault>(static_cast<int>(ThresholdFault::out_of_order) + 1));

static_assert(distinct<Signal>(signal_count) && distinct<Group>(group_count) && distinct<Verdict>(3) && distinct<Response>(4));
static_assert(described<EvidenceFault>(static_cast<int>(EvidenceFault::rates_too_high) + 1));
static_assert(described<PolicyFault>(static_cast<int>(PolicyFault::too_many_segments) + 1));
static_assert(name(Signal{200}) == std::string_view{"unknown"} && name(Verdict{200}) == std::string_view{"undecided"} && name(Response{200}) == std::string_view{"allow"});

static_assert(name(Band::proxy) == std::string_view{"proxy"} && name(Status::handshake_only) == std::string_view{"handshake_only"});
static_assert(name(Band{200}) == std::string_view{"unknown"} && name(Basis{200}) == std::string_view{"none"});
static_assert(name(Status{200}) == std::string_view{"refused"} && describe(Status{200}) == std::string_view{"not a status"});
static_assert(describe(ThresholdFault{200}) == std::string_view{"not a threshold fault"});

} // namespace
