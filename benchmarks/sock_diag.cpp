// SPDX-License-Identifier: BSL-1.0
//
// sock_diag against its limit, the same question to the kernel and the bare minimum done with its
// answer, in turn within one run: all of 10,000 connections, and one of them by its addresses. And
// against `ss -tin`, the whole of it, which is how else one sees them.

#include <aroma/linux/sock_diag.hpp>

#include "../examples/common/descriptors.hpp"
#include "../tests/support/sockets.hpp"
#include "compare.hpp"

#include <cstdio>
#include <cstring>
#include <vector>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t pairs = 5000; // each of which is two connections of this host
std::size_t told = 0;               // of the last dump, by anyone

double ratio_in(nlmsghdr const* message)
{
    auto const* const body = static_cast<unsigned char const*>(NLMSG_DATA(message));
    unsigned left = static_cast<unsigned>(message->nlmsg_len - NLMSG_LENGTH(sizeof(inet_diag_msg)));
    for (auto const* at = reinterpret_cast<rtattr const*>(body + sizeof(inet_diag_msg));
         RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        if (at->rta_type != INET_DIAG_INFO)
            continue;
        std::uint32_t minimum, smoothed;
        std::memcpy(&minimum, static_cast<unsigned char const*>(RTA_DATA(at)) + 148, 4);
        std::memcpy(&smoothed, static_cast<unsigned char const*>(RTA_DATA(at)) + 68, 4);
        return static_cast<double>(minimum) / smoothed;
    }
    return 0;
}

[[gnu::noinline]] double bare_dump()
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
    double sum = 0;
    told = 0;
    if (send(fd, &request, sizeof request, 0) < 0)
        return 0;
    for (bool done = false; !done;) {
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
            sum += ratio_in(at);
            ++told;
        }
    }
    close(fd);
    return sum;
}

double our_dump()
{
    double sum = 0;
    aroma::DiagResult const result =
        aroma::for_each_connection([&](aroma::DiagConnection const& connection) {
            sum += assess(connection.info).score.value_or(0);
        });
    told = result.connections;
    return sum;
}

double ss()
{
    std::FILE* const output = popen("ss -tin", "r");
    told = 0;
    char buffer[65'536];
    while (std::size_t const got = std::fread(buffer, 1, sizeof buffer, output))
        for (std::size_t i = 0; i < got; ++i)
            told += buffer[i] == '\n';
    told /= 2; // two lines each, and a title
    return pclose(output);
}

int bare_socket = -1;

[[gnu::noinline]] double bare_lookup(sockaddr_in const& local, sockaddr_in const& remote)
{
    struct {
        nlmsghdr header;
        inet_diag_req_v2 body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.sdiag_family = AF_INET;
    request.body.sdiag_protocol = IPPROTO_TCP;
    request.body.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    request.body.id.idiag_sport = local.sin_port;
    request.body.id.idiag_dport = remote.sin_port;
    request.body.id.idiag_src[0] = local.sin_addr.s_addr;
    request.body.id.idiag_dst[0] = remote.sin_addr.s_addr;
    request.body.id.idiag_cookie[0] = request.body.id.idiag_cookie[1] = ~0u;
    bool const keep_it = bare_socket >= 0;
    int const fd =
        keep_it ? bare_socket : socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    alignas(8) char buffer[8192];
    double const ratio =
        send(fd, &request, sizeof request, 0) >= 0 && recv(fd, buffer, sizeof buffer, 0) > 0
            ? ratio_in(reinterpret_cast<nlmsghdr const*>(buffer))
            : 0;
    if (!keep_it)
        close(fd);
    return ratio;
}

template <class Work>
auto timed(Work work, std::size_t times = 1)
{
    return benchmarks::timed(times, [work](std::size_t) { benchmarks::keep(work()); });
}

int measure()
{
    live::Fd const listener = live::tcp_socket();
    live::start_listening(listener);
    std::vector<live::Connection> connections;
    for (std::size_t i = 0; i < pairs; ++i) {
        connections.push_back(live::connect_through(listener, live::tcp_socket()));
        connections.back().exchange();
    }
    live::Connection const& middle = connections[pairs / 2];
    int const server = middle.server.get();
    sockaddr_in const local = live::local_address(middle.server),
                      remote = live::local_address(middle.client);
    aroma::EndpointPair const ends{local, remote};
    for (double (*dump)() : {bare_dump, our_dump, ss}) {
        dump();
        if (told < 2 * pairs || told > 2 * pairs + 100) {
            std::fprintf(stderr, "benchmark-sock-diag: %zu connections were told instead of %zu\n",
                         told, 2 * pairs);
            return 1;
        }
    }
    if (aroma::score(ends) != aroma::score(server)) {
        std::fprintf(stderr, "benchmark-sock-diag: the connection is not found: %s\n",
                     message(aroma::score(ends).status));
        return 1;
    }

    using benchmarks::compare;
    compare("for_each_connection, 10,000 connections", timed(our_dump),
            "the same dump by hand, unguarded", timed(bare_dump), 101);
    compare("the same dump again", timed(bare_dump), "the same dump by hand, unguarded",
            timed(bare_dump), 101);
    compare("for_each_connection, 10,000 connections", timed(our_dump), "ss -tin", timed(ss), 21);
    auto const by_hand = timed([=] { return bare_lookup(local, remote); }, 1000);
    compare("score(endpoints)", timed([=] { return aroma::score(ends).score.value_or(0); }, 1000),
            "the same by hand, unguarded", by_hand);
    bare_socket = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    aroma::DiagSocket kept;
    compare("read(endpoints, socket), kept open",
            timed([&] { return assess(aroma::read(ends, kept)).score.value_or(0); }, 1000),
            "the same by hand, unguarded", by_hand);
    compare("score(endpoints), any local address",
            timed(
                [=] {
                    return aroma::score(aroma::EndpointPair{{}, remote}).score.value_or(0);
                },
                20),
            "score(fd)", timed([=] { return aroma::score(server).score.value_or(0); }, 1000), 51);
    return 0;
}

} // namespace

int main()
{
    examples::hold_standard_descriptors();
    examples::raise_descriptor_limit();
    int status = 0;
    auto const measured = [&] { status = measure(); };
    // as root, a network without anybody else's connections
    if (!live::in_own_namespace(measured).empty())
        measured();
    return status;
}
