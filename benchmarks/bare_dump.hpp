// SPDX-License-Identifier: BSL-1.0
//
// The least that a dump by sock_diag can be: the same question to the kernel, and of each answer
// one RTT over the other, nothing checked.
#ifndef AROMA_BENCHMARKS_BARE_DUMP_HPP
#define AROMA_BENCHMARKS_BARE_DUMP_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

namespace benchmarks {

// What is done with the kernel's struct tcp_info, wherever it came from.
struct RatioAlone {
    double operator()(nlmsghdr const*, unsigned char const* info) const
    {
        std::uint32_t minimum, smoothed;
        std::memcpy(&minimum, info + 148, 4);
        std::memcpy(&smoothed, info + 68, 4);
        return static_cast<double>(minimum) / smoothed;
    }
};

template <class Take = RatioAlone>
double bare_ratio(nlmsghdr const* message, Take take = {})
{
    auto const* const body = static_cast<unsigned char const*>(NLMSG_DATA(message));
    unsigned left = static_cast<unsigned>(message->nlmsg_len - NLMSG_LENGTH(sizeof(inet_diag_msg)));
    for (auto const* at = reinterpret_cast<rtattr const*>(body + sizeof(inet_diag_msg));
         RTA_OK(at, left); at = RTA_NEXT(at, left))
        if (at->rta_type == INET_DIAG_INFO)
            return take(message, static_cast<unsigned char const*>(RTA_DATA(at)));
    return 0;
}

struct BareDump {
    double sum = 0;
    std::size_t connections = 0;
};

template <class Take = RatioAlone>
[[gnu::noinline]] BareDump bare_dump(Take take = {})
{
    int const fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    struct {
        nlmsghdr header;
        inet_diag_req body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = TCPDIAG_GETSOCK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    request.body.idiag_states = 1 << 1 | 1 << 8;
    BareDump all;
    bool done = send(fd, &request, sizeof request, 0) < 0;
    while (!done) {
        alignas(8) char buffer[32'768];
        ssize_t const got = recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0)
            break;
        auto left = static_cast<unsigned>(got);
        for (auto const* at = reinterpret_cast<nlmsghdr const*>(buffer); NLMSG_OK(at, left);
             at = NLMSG_NEXT(at, left)) {
            if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR) {
                done = true;
                break;
            }
            all.sum += bare_ratio(at, take);
            ++all.connections;
        }
    }
    close(fd);
    return all;
}

} // namespace benchmarks

#endif // AROMA_BENCHMARKS_BARE_DUMP_HPP
