// SPDX-License-Identifier: BSL-1.0
//
// What the facts about the kernel's time stamps share: an opening, a reply, and changes of them.
#ifndef AROMA_TESTS_STATIC_STAMPS_HPP
#define AROMA_TESTS_STATIC_STAMPS_HPP

#include <aroma/linux/tcp_info.hpp>

#include <cstdint>

namespace facts {

using namespace aroma;

inline constexpr Microseconds tick{4000};
inline constexpr std::uint32_t ms = 1000;

// 20 ms away; the client's first data came 48 ms after the handshake's last ACK, 2 ms ago.
inline constexpr TcpInfo opening{.status = Status::handshake_only,
                                 .state = TcpState::established,
                                 .rtt = {.minimum = Microseconds{20 * ms},
                                         .smoothed = Microseconds{20 * ms},
                                         .variation = Microseconds{10 * ms}},
                                 .last_data_sent = 50,
                                 .last_data_recv = 2,
                                 .last_ack_recv = 2,
                                 .data_segs_in = 1};
// The client has answered after 64 ms what we sent last.
inline constexpr TcpInfo reply = [] {
    TcpInfo info = opening;
    info.status = Status::ok;
    info.last_data_sent = 66;
    info.bytes_acked = 3000;
    info.data_segs_in = 2;
    info.data_segs_out = 3;
    return info;
}();

template <class Change>
constexpr TcpInfo but(TcpInfo info, Change change)
{
    change(info);
    return info;
}

} // namespace facts

#endif // AROMA_TESTS_STATIC_STAMPS_HPP
