// SPDX-License-Identifier: BSL-1.0
//
// The end of a connection whose client may still be sending. Closing immediately would send a
// reset, which overtakes the answer: the client could not read why it was refused.
#ifndef AROMA_EXAMPLES_FAREWELL_HPP
#define AROMA_EXAMPLES_FAREWELL_HPP

#include <chrono>

#include <sys/socket.h>
#include <sys/time.h>

namespace examples {

constexpr std::chrono::seconds farewell_time{2}; // for a client to read its last answer

// Call it before close(): discards input until the client has closed or its time is over.
inline void farewell(int fd)
{
    auto const until = std::chrono::steady_clock::now() + farewell_time;
    timeval const for_one{farewell_time.count(), 0};
    ::shutdown(fd, SHUT_WR);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &for_one, sizeof for_one);
    char bytes[16 * 1024];
    while (::recv(fd, bytes, sizeof bytes, 0) > 0 && std::chrono::steady_clock::now() < until) {}
}

} // namespace examples

#endif // AROMA_EXAMPLES_FAREWELL_HPP
