// SPDX-License-Identifier: BSL-1.0
//
// aroma/rtt_sample.hpp: the RTTs measured on one connection.
//
// Synopsis
//   struct RttSample<D> {                 D: any duration_like
//       D minimum;                        lowest RTT seen by the transport      Linux: tcpi_min_rtt
//       D smoothed;                       smoothed RTT, SRTT of RFC 6298        Linux: tcpi_rtt
//       D variation;                      RTT variation, RTTVAR of RFC 6298     Linux: tcpi_rttvar
//       D application;                    RTT measured above the transport: from the last segment
//                                         that the server sent to the first data that only the
//                                         client's own machine can answer with
//   };
//   RttSample<Microseconds> to_microseconds(sample);      each field rounded down
//
// A field that is not measured(), zero above all, is one that nobody has measured.
#ifndef AROMA_RTT_SAMPLE_HPP
#define AROMA_RTT_SAMPLE_HPP

#include <aroma/duration.hpp>

namespace aroma {

// What was measured on one connection. A field that is not measured() is one that nobody has
// measured.
template <duration_like D>
struct RttSample {
    D minimum = D::zero();
    D smoothed = D::zero();
    D variation = D::zero();
    D application = D::zero();

    friend constexpr bool operator==(RttSample const&, RttSample const&) noexcept = default;
};

// Written out, since clang has no class template argument deduction for aggregates before version
// 17.
template <class D>
RttSample(D, D) -> RttSample<D>;
template <class D>
RttSample(D, D, D) -> RttSample<D>;
template <class D>
RttSample(D, D, D, D) -> RttSample<D>;

// As to_microseconds() of a duration does.
template <duration_like D>
[[nodiscard]] constexpr RttSample<Microseconds> to_microseconds(RttSample<D> const& sample) noexcept
{
    return {.minimum = to_microseconds(sample.minimum),
            .smoothed = to_microseconds(sample.smoothed),
            .variation = to_microseconds(sample.variation),
            .application = to_microseconds(sample.application)};
}

} // namespace aroma

#endif // AROMA_RTT_SAMPLE_HPP
