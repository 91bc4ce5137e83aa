// SPDX-License-Identifier: BSL-1.0
//
// The size of a part, or the -1 of a write that failed, would be taken for true.

#include <aroma/operate/prometheus.hpp>

long write_some(char const* data, std::size_t size);
bool write_all(char const* data, std::size_t size);

#ifdef AROMA_EXPECT_FAIL
aroma::PrometheusError keep(aroma::Baseline<4> const& baseline)
{
    return write_prometheus(baseline, {}, write_some);
}
#else
aroma::PrometheusError keep(aroma::Baseline<4> const& baseline)
{
    return write_prometheus(baseline, {}, write_all);
}
#endif
