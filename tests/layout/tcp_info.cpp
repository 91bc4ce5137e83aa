// SPDX-License-Identifier: BSL-1.0
//
// The offsets of linux/tcp_info.hpp against the kernel's own header, which no public header may
// include.

#include <aroma/linux/tcp_info.hpp>

#include <cstddef>
#include <type_traits>

#include <linux/tcp.h>

namespace {

using namespace aroma;

template <auto Member>
struct Type;
template <class T, T tcp_info::*Member>
struct Type<Member> {
    using type = T;
};
template <auto Member, class T>
inline constexpr bool has_type = std::is_same_v<typename Type<Member>::type, T>;

static_assert(offsetof(tcp_info, tcpi_state) == detail::offset_of_state
              && has_type<&tcp_info::tcpi_state, __u8>);
static_assert(offsetof(tcp_info, tcpi_rtt) == detail::offset_of_rtt
              && has_type<&tcp_info::tcpi_rtt, __u32>);
static_assert(offsetof(tcp_info, tcpi_rttvar) == detail::offset_of_rttvar
              && has_type<&tcp_info::tcpi_rttvar, __u32>);
static_assert(offsetof(tcp_info, tcpi_rcv_rtt) == detail::offset_of_rcv_rtt
              && has_type<&tcp_info::tcpi_rcv_rtt, __u32>);
static_assert(offsetof(tcp_info, tcpi_segs_in) == detail::offset_of_segs_in
              && has_type<&tcp_info::tcpi_segs_in, __u32>);
static_assert(offsetof(tcp_info, tcpi_total_retrans) == detail::offset_of_total_retrans
              && has_type<&tcp_info::tcpi_total_retrans, __u32>);
static_assert(offsetof(tcp_info, tcpi_bytes_acked) == detail::offset_of_bytes_acked
              && has_type<&tcp_info::tcpi_bytes_acked, __u64>);
static_assert(offsetof(tcp_info, tcpi_bytes_received) == detail::offset_of_bytes_received
              && has_type<&tcp_info::tcpi_bytes_received, __u64>);
static_assert(offsetof(tcp_info, tcpi_min_rtt) == detail::offset_of_min_rtt
              && has_type<&tcp_info::tcpi_min_rtt, __u32>);
static_assert(offsetof(tcp_info, tcpi_options) == detail::offset_of_options
              && has_type<&tcp_info::tcpi_options, __u8>);
static_assert(offsetof(tcp_info, tcpi_snd_mss) == detail::offset_of_snd_mss
              && has_type<&tcp_info::tcpi_snd_mss, __u32>);
static_assert(offsetof(tcp_info, tcpi_rcv_mss) == detail::offset_of_rcv_mss
              && has_type<&tcp_info::tcpi_rcv_mss, __u32>);
static_assert(offsetof(tcp_info, tcpi_advmss) == detail::offset_of_advmss
              && has_type<&tcp_info::tcpi_advmss, __u32>);
static_assert(offsetof(tcp_info, tcpi_unacked) == detail::offset_of_unacked
              && has_type<&tcp_info::tcpi_unacked, __u32>);
static_assert(offsetof(tcp_info, tcpi_last_data_sent) == detail::offset_of_last_data_sent
              && has_type<&tcp_info::tcpi_last_data_sent, __u32>);
static_assert(offsetof(tcp_info, tcpi_last_data_recv) == detail::offset_of_last_data_recv
              && has_type<&tcp_info::tcpi_last_data_recv, __u32>);
static_assert(offsetof(tcp_info, tcpi_last_ack_recv) == detail::offset_of_last_ack_recv
              && has_type<&tcp_info::tcpi_last_ack_recv, __u32>);
static_assert(offsetof(tcp_info, tcpi_notsent_bytes) == detail::offset_of_notsent_bytes
              && has_type<&tcp_info::tcpi_notsent_bytes, __u32>);
static_assert(offsetof(tcp_info, tcpi_data_segs_in) == detail::offset_of_data_segs_in
              && has_type<&tcp_info::tcpi_data_segs_in, __u32>);
static_assert(offsetof(tcp_info, tcpi_data_segs_out) == detail::offset_of_data_segs_out
              && has_type<&tcp_info::tcpi_data_segs_out, __u32>);
static_assert(offsetof(tcp_info, tcpi_bytes_sent) == detail::offset_of_bytes_sent
              && has_type<&tcp_info::tcpi_bytes_sent, __u64>);
static_assert(offsetof(tcp_info, tcpi_bytes_retrans) == detail::offset_of_bytes_retrans
              && has_type<&tcp_info::tcpi_bytes_retrans, __u64>);
static_assert(detail::offset_of_bytes_retrans + sizeof(__u64) == detail::size_with_position
              && detail::size_with_position <= detail::size_read);
static_assert(TCPI_OPT_TIMESTAMPS == detail::option_timestamps);
#ifdef TCPI_OPT_TFO_CHILD
static_assert(TCPI_OPT_TFO_CHILD == detail::option_fast_open);
#endif
static_assert(detail::offset_of_min_rtt + sizeof(__u32) == detail::size_with_min_rtt);
static_assert(sizeof(tcp_info) >= detail::size_with_min_rtt);
static_assert(TCP_INFO == detail::tcp_info_option);

} // namespace
