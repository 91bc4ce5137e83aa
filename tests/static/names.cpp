// SPDX-License-Identifier: BSL-1.0
//
// Facts about names: every enumerator has one, no two share one, and values from outside the enumeration do not crash.

#include <aroma/assessment.hpp>
#include <aroma/baseline.hpp>
#include <aroma/baseline_text.hpp>
#include <aroma/calibration.hpp>
#include <aroma/linux/baseline_file.hpp>
#include <aroma/threshold_table.hpp>

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
static_assert(distinct<Leaning>(static_cast<int>(Leaning::published) + 1));
static_assert(distinct<Status>(static_cast<int>(Status::refused) + 1));
static_assert(described<Status>(static_cast<int>(Status::refused) + 1));
static_assert(described<CalibrationFault>(static_cast<int>(CalibrationFault::published_wrong) + 1));
static_assert(described<FileFault>(static_cast<int>(FileFault::wrong_text) + 1));
static_assert(described<LoadFault>(static_cast<int>(LoadFault::bytes_after_end) + 1));
static_assert(described<NameFault>(static_cast<int>(NameFault::reserved) + 1));
static_assert(described<TableFault>(static_cast<int>(TableFault::after_end) + 1));
static_assert(described<ThresholdFault>(static_cast<int>(ThresholdFault::out_of_order) + 1));

static_assert(name(Band::proxy) == std::string_view{"proxy"} && name(Status::handshake_only) == std::string_view{"handshake_only"});
static_assert(name(Band{200}) == std::string_view{"unknown"} && name(Basis{200}) == std::string_view{"none"});
static_assert(name(Status{200}) == std::string_view{"refused"} && describe(Status{200}) == std::string_view{"not a status"});
static_assert(describe(CalibrationFault{200}) == std::string_view{"not a calibration fault"});
static_assert(describe(FileFault{200}) == std::string_view{"not a file fault"});
static_assert(describe(LoadFault{200}) == std::string_view{"not a load fault"});
static_assert(describe(NameFault{200}) == std::string_view{"not a name fault"});
static_assert(describe(TableFault{200}) == std::string_view{"not a table fault"});
static_assert(describe(ThresholdFault{200}) == std::string_view{"not a threshold fault"});

} // namespace
