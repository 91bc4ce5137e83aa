// SPDX-License-Identifier: BSL-1.0
//
// tcp_info that came another way than getsockopt: through io_uring, which refuses, and through
// sock_diag, which answers for the listener where it knows no such connection.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <cstdint>
#include <vector>

#include <linux/inet_diag.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <sys/mman.h>
#include <sys/syscall.h>

using namespace live;

namespace {

// One socket command through a ring of one entry; the kernel's answer, or nothing where there is no
// io_uring.
struct Ring {
    io_uring_params params{};
    Fd fd;
    std::string why_not;

    Ring()
    {
        long const made = ::syscall(SYS_io_uring_setup, 1, &params);
        if (made < 0)
            why_not = std::string{"no io_uring: "} + std::strerror(errno);
        else
            fd = Fd{static_cast<int>(made)};
    }

    template <class T = std::uint8_t>
    T* map(std::size_t size, off_t what) const
    {
        void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                                fd.get(), what);
        REQUIRE(at != MAP_FAILED);
        return static_cast<T*>(at);
    }

    int getsockopt_through(Fd const& socket, int level, int option, void* value,
                           std::uint32_t size) const
    {
        auto* const submissions = map(
            params.sq_off.array + params.sq_entries * sizeof(std::uint32_t), IORING_OFF_SQ_RING);
        auto* const completions =
            map(params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
        auto* const entries =
            map<io_uring_sqe>(params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES);
        io_uring_sqe& entry = entries[0];
        entry = {};
        entry.opcode = IORING_OP_URING_CMD;
        entry.fd = socket.get();
        entry.cmd_op = 2; // SOCKET_URING_OP_GETSOCKOPT, since Linux 6.7
        entry.addr = static_cast<__u64>(level) | static_cast<__u64>(option) << 32;
        entry.splice_fd_in = static_cast<std::int32_t>(size);  // optlen
        entry.addr3 = reinterpret_cast<std::uintptr_t>(value); // optval
        *reinterpret_cast<std::uint32_t*>(submissions + params.sq_off.array) = 0;
        auto* const tail = reinterpret_cast<std::uint32_t*>(submissions + params.sq_off.tail);
        __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
        REQUIRE(::syscall(SYS_io_uring_enter, fd.get(), 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0)
                == 1);
        auto const* const answers =
            reinterpret_cast<io_uring_cqe const*>(completions + params.cq_off.cqes);
        return answers[0].res;
    }
};

// The tcp_info that sock_diag has for one pair of addresses; the state it reports beside it.
std::vector<unsigned char> tcp_info_by_addresses(sockaddr_in const& ours, sockaddr_in const& theirs)
{
    Fd const netlink =
        checked(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), "netlink");
    struct {
        nlmsghdr header;
        inet_diag_req_v2 request;
    } question{};
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    question.header.nlmsg_flags = NLM_F_REQUEST;
    question.request.sdiag_family = AF_INET;
    question.request.sdiag_protocol = IPPROTO_TCP;
    question.request.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    question.request.idiag_states = ~0u;
    question.request.id.idiag_sport = ours.sin_port;
    question.request.id.idiag_dport = theirs.sin_port;
    question.request.id.idiag_src[0] = ours.sin_addr.s_addr;
    question.request.id.idiag_dst[0] = theirs.sin_addr.s_addr;
    question.request.id.idiag_cookie[0] = question.request.id.idiag_cookie[1] = ~0u;
    if (::send(netlink.get(), &question, sizeof question, 0)
        != static_cast<ssize_t>(sizeof question))
        return {};
    alignas(nlmsghdr) char answer[8192];
    ssize_t const size = ::recv(netlink.get(), answer, sizeof answer, 0);
    auto const* const header = reinterpret_cast<nlmsghdr const*>(answer);
    if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg)))
        || header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return {};
    std::size_t at = NLMSG_LENGTH(sizeof(inet_diag_msg));
    while (at + sizeof(rtattr) <= header->nlmsg_len) {
        auto const* const attribute = reinterpret_cast<rtattr const*>(answer + at);
        if (attribute->rta_type == INET_DIAG_INFO)
            return {answer + at + sizeof(rtattr), answer + at + attribute->rta_len};
        at += (attribute->rta_len + 3u) & ~3u;
    }
    return {};
}

} // namespace

TEST_CASE("TcpInfo: io_uring refuses it, and score(fd) is unchanged")
{
    Connection c = connected();
    c.exchange();
    Ring const ring;
    if (!ring.fd)
        return skipped(ring.why_not);
    int type = 0;
    int const supported =
        ring.getsockopt_through(c.server, SOL_SOCKET, SO_TYPE, &type, sizeof type);
    if (supported != sizeof type)
        return skipped("no socket commands in this kernel's io_uring (Linux 6.7)");
    CHECK(type == SOCK_STREAM);
    unsigned char bytes[256];
    Ring const another;
    int const answer =
        another.getsockopt_through(c.server, IPPROTO_TCP, TCP_INFO, bytes, sizeof bytes);
    CHECK(answer == -EOPNOTSUPP);
    CHECK(aroma::detail::status_of_errno(-answer) == aroma::Status::not_tcp);
    CHECK(aroma::score(c.server.get()).status == aroma::Status::ok);
}

TEST_CASE("TcpInfo: sock_diag gives a stranger the listener's")
{
    Fd const listener = tcp_socket();
    start_listening(listener);
    Connection c = connect_through(listener, tcp_socket());
    c.exchange();
    sockaddr_in const ours = local_address(c.server);
    sockaddr_in theirs = local_address(c.client);
    auto const known = tcp_info_by_addresses(ours, theirs);
    if (known.empty())
        return skipped("no sock_diag for TCP here");
    aroma::TcpInfo const info = aroma::decode(known);
    CHECK(info.status == aroma::Status::ok);
    CHECK(info.rtt == aroma::read(c.server.get()).rtt);

    theirs.sin_port = htons(static_cast<std::uint16_t>(ntohs(theirs.sin_port) ^ 1));
    auto const unknown = tcp_info_by_addresses(ours, theirs);
    REQUIRE_FALSE(unknown.empty());
    CHECK(std::string{name(aroma::decode(unknown).status)} == "listening");
}
