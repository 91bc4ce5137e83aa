// SPDX-License-Identifier: BSL-1.0
//
// Facts about names: every enumerator has one, no two share one, and values from outside the
// enumeration do not crash.

#include <aroma/assessment.hpp>
#include <aroma/decide/distance.hpp>
#include <aroma/decide/evidence.hpp>
#include <aroma/decide/likelihood.hpp>
#include <aroma/decide/policy.hpp>
#include <aroma/decide/sequential_test.hpp>
#include <aroma/exchange.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/baseline_file.hpp>
#include <aroma/operate/baseline_text.hpp>
#include <aroma/operate/calibration.hpp>
#include <aroma/operate/prometheus.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/operate/threshold_table.hpp>

#include <string_view>

namespace {

using namespace aroma;

template <class Enumeration>
constexpr bool distinct(int count)
{
    for (int i = 0; i < count; ++i)
        for (int j = 0; j < i; ++j)
            if (std::string_view{name(static_cast<Enumeration>(i))}
                == name(static_cast<Enumeration>(j)))
                return false;
    return true;
}

template <class Enumeration>
constexpr bool described(int count)
{
    for (int i = 0; i < count; ++i)
        for (int j = 0; j < i; ++j)
            if (std::string_view{message(static_cast<Enumeration>(i))}
                == message(static_cast<Enumeration>(j)))
                return false;
    return true;
}

static_assert(distinct<Band>(static_cast<int>(Band::proxy) + 1));
static_assert(distinct<Basis>(static_cast<int>(Basis::custom) + 1));
static_assert(distinct<Fallback>(static_cast<int>(Fallback::published) + 1));
static_assert(distinct<Status>(static_cast<int>(Status::refused) + 1));
static_assert(described<Status>(static_cast<int>(Status::refused) + 1));
static_assert(distinct<SockDiagError>(static_cast<int>(SockDiagError::refused) + 1)
              && described<SockDiagError>(static_cast<int>(SockDiagError::refused) + 1));
static_assert(described<CalibrationError>(static_cast<int>(CalibrationError::published_wrong) + 1));
static_assert(described<FileError>(static_cast<int>(FileError::wrong_text) + 1));
static_assert(described<LoadError>(static_cast<int>(LoadError::bytes_after_end) + 1));
static_assert(described<NameError>(static_cast<int>(NameError::reserved) + 1));
static_assert(described<PrometheusError>(static_cast<int>(PrometheusError::not_written) + 1));
static_assert(described<TableError>(static_cast<int>(TableError::after_end) + 1));
static_assert(described<ThresholdError>(static_cast<int>(ThresholdError::out_of_order) + 1));
static_assert(distinct<Medium>(static_cast<int>(Medium::internet) + 1)
              && distinct<Possibility>(static_cast<int>(Possibility::impossible) + 1));
static_assert(described<PositionError>(static_cast<int>(PositionError::longitude_outside_180) + 1));

static_assert(distinct<Signal>(signal_count) && distinct<Group>(group_count) && distinct<Verdict>(3)
              && distinct<Response>(4));
static_assert(described<EvidenceError>(static_cast<int>(EvidenceError::rates_too_high) + 1));
static_assert(described<PolicyError>(static_cast<int>(PolicyError::too_many_segments) + 1));
static_assert(name(Signal{200}) == std::string_view{"unknown"}
              && name(Verdict{200}) == std::string_view{"undecided"}
              && name(Response{200}) == std::string_view{"allow"});

static_assert(name(Band::proxy) == std::string_view{"proxy"}
              && name(Status::handshake_only) == std::string_view{"handshake_only"});
static_assert(name(Band{200}) == std::string_view{"unknown"}
              && name(Basis{200}) == std::string_view{"none"});
static_assert(name(Status{200}) == std::string_view{"not a status"}
              && message(Status{200}) == std::string_view{"not a status"});
static_assert(name(SockDiagError{200}) == std::string_view{"not a sock_diag error"}
              && message(SockDiagError{200}) == std::string_view{"not a sock_diag error"});
static_assert(message(CalibrationError{200}) == std::string_view{"not a calibration error"});
static_assert(message(FileError{200}) == std::string_view{"not a file error"});
static_assert(message(LoadError{200}) == std::string_view{"not a load error"});
static_assert(message(NameError{200}) == std::string_view{"not a name error"});
static_assert(message(PrometheusError{200}) == std::string_view{"not a Prometheus error"});
static_assert(message(TableError{200}) == std::string_view{"not a table error"});
static_assert(message(ThresholdError{200}) == std::string_view{"not a threshold error"});
static_assert(name(Medium{200}) == std::string_view{"vacuum"}
              && speed_in(Medium{200}) == speed_in(Medium::vacuum));
static_assert(name(Possibility{200}) == std::string_view{"unknown"}
              && message(PositionError{200}) == std::string_view{"not a position error"});

static_assert(std::string_view{name(Exchange::opening)} == "opening"
              && std::string_view{name(Exchange::reply)} == "reply");

} // namespace
