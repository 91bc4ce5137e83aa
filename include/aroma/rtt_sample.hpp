// SPDX-License-Identifier: BSL-1.0
//
// aroma/rtt_sample.hpp: the RTTs measured on one connection.
//
// Synopsis
//   struct RttSample<D> {                 D: any duration_like
//       D minimum;                        minimum RTT of the transport          Linux: tcpi_min_rtt
//       D smoothed;                       smoothed RTT, SRTT of RFC 6298        Linux: tcpi_rtt
//       D variation;                      RTT variation, RTTVAR of RFC 6298     Linux: tcpi_rttvar
//       D application;                    RTT measured above the transport: from the last segment
//                                         that the server sent to the first data that only the
//                                         client's own machine can answer with
//   };
//   RttSample<Microseconds> to_microseconds(sample);      each field rounded down
//
// A field that is not measured(), such as zero, is unknown.
#ifndef AROMA_RTT_SAMPLE_HPP
#define AROMA_RTT_SAMPLE_HPP

#include <aroma/duration.hpp>

namespace aroma {

// The RTTs measured on one connection. A field that is not measured() is unknown.
template <duration_like D>
struct RttSample {
    D minimum = D::zero();
    D smoothed = D::zero();
    D variation = D::zero();
    D application = D::zero();

    friend constexpr bool operator==(RttSample const&, RttSample const&) noexcept = default;
};

// Written out, since clang before version 17 deduces no template arguments for aggregates.
template <class D>
RttSample(D, D) -> RttSample<D>;
template <class D>
RttSample(D, D, D) -> RttSample<D>;
template <class D>
RttSample(D, D, D, D) -> RttSample<D>;

// Each field by to_microseconds() of a duration.
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
