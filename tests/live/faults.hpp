// SPDX-License-Identifier: BSL-1.0
//
// Faults below the adapter: its system calls go through the functions below, which fail, are
// interrupted, or answer with too little or with nonsense, as a test says.
#ifndef AROMA_TESTS_LIVE_FAULTS_HPP
#define AROMA_TESTS_LIVE_FAULTS_HPP

#include "../support/catch.hpp"

#include <aroma/aroma.hpp>

#include <cerrno>
#include <ctime>
#include <functional>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace live {

// Of this thread alone, as the tests beside these have sockets too.
struct Faults {
    // instead of getsockopt(TCP_INFO)
    std::function<int(int fd, void* value, socklen_t* length)> tcp_info;
    // errnos of the next calls, 0 for one that works
    std::vector<int> of_send, of_receive;
    // changes what was received, and says how long it was
    std::function<ssize_t(unsigned char* bytes, ssize_t size)> received;
    std::function<void(int fd)> before_receive;
    int polls = 0;
    bool watched = false; // no poll() waits
};
inline thread_local Faults faults;

inline bool fails(std::vector<int>& errnos)
{
    if (errnos.empty())
        return false;
    int const error = errnos.front();
    errnos.erase(errnos.begin());
    if (error != 0)
        errno = error;
    return error != 0;
}

} // namespace live

// Each program of tests has them once, whichever of its files include this.
extern "C" {
[[gnu::weak]] int getsockopt(int fd, int level, int option, void* value, socklen_t* length) noexcept
{
    if (live::faults.tcp_info && level == IPPROTO_TCP && option == TCP_INFO)
        return live::faults.tcp_info(fd, value, length);
    return static_cast<int>(syscall(SYS_getsockopt, fd, level, option, value, length));
}
[[gnu::weak]] ssize_t send(int fd, void const* data, std::size_t size, int flags)
{
    return live::fails(live::faults.of_send)
             ? -1
             : syscall(SYS_sendto, fd, data, size, flags, nullptr, 0);
}
[[gnu::weak]] ssize_t recvfrom(int fd, void* buffer, std::size_t size, int flags, sockaddr* from,
                               socklen_t* length)
{
    if (live::fails(live::faults.of_receive))
        return -1;
    if (live::faults.before_receive)
        live::faults.before_receive(fd);
    ssize_t const got = syscall(SYS_recvfrom, fd, buffer, size, flags, from, length);
    return got >= 0 && live::faults.received
             ? live::faults.received(static_cast<unsigned char*>(buffer), got)
             : got;
}
[[gnu::weak]] int poll(pollfd* wanted, nfds_t count, int milliseconds)
{
    if (live::faults.watched) {
        ++live::faults.polls;
        return 0;
    }
    timespec const time{milliseconds / 1000, milliseconds % 1000 * 1'000'000L};
    return static_cast<int>(
        syscall(SYS_ppoll, wanted, count, milliseconds < 0 ? nullptr : &time, nullptr, 0));
}
}

namespace live {

inline void check_consistent(aroma::Assessment const& a)
{
    bool const scored = a.status == aroma::Status::ok;
    if (scored != a.score.known() || scored != (a.band != aroma::Band::unknown)
        || scored != (a.basis != aroma::Basis::none)
        || (scored
            && !(a.score.value() > 0 && a.score.value() <= 1
                 && a.band == aroma::ThresholdClassifier{}(a.score))))
        FAIL("status " << name(a.status) << ", score " << a.score.value() << ", band "
                       << name(a.band));
}

} // namespace live

#endif // AROMA_TESTS_LIVE_FAULTS_HPP
