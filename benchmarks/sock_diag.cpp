// SPDX-License-Identifier: BSL-1.0
//
// sock_diag against its limit, the same question to the kernel and the bare minimum done with its
// answer, in turn within one run: all of 10,000 connections, and one of them by its addresses. And
// against `ss -tin`, the whole of it, which is how else one sees them.

#include <aroma/linux/sock_diag.hpp>

#include "../examples/common/descriptors.hpp"
#include "../tests/support/sockets.hpp"
#include "bare_dump.hpp"
#include "compare.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>
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

double bare_dump()
{
    benchmarks::BareDump const all = benchmarks::bare_dump();
    told = all.connections;
    return all.sum;
}

// The same with each field that a DiagConnection has, into one that the compiler must fill.
struct EveryField {
    double operator()(nlmsghdr const* message, unsigned char const* info) const
    {
        struct {
            unsigned char addresses[2][16];
            std::uint16_t ports[2];
            std::uint32_t device, uid, inode;
            std::uint8_t state, options;
            std::uint32_t counts[17];
            std::uint64_t bytes[4];
        } all;
        auto const* const body = static_cast<unsigned char const*>(NLMSG_DATA(message));
        std::memcpy(all.addresses[0], body + 8, 16);
        std::memcpy(all.addresses[1], body + 24, 16);
        std::memcpy(all.ports, body + 4, 4);
        std::memcpy(&all.device, body + 40, 4);
        std::memcpy(&all.uid, body + 64, 4);
        std::memcpy(&all.inode, body + 68, 4);
        all.state = info[0];
        all.options = info[5];
        std::uint32_t* to = all.counts;
        for (std::size_t const at :
             {16u, 20u, 24u, 44u, 52u, 56u, 68u, 72u, 84u, 92u, 100u, 140u, 144u, 148u, 152u, 156u})
            std::memcpy(to++, info + at, 4);
        std::uint64_t* wide = all.bytes;
        for (std::size_t const at : {120u, 128u, 200u, 208u})
            std::memcpy(wide++, info + at, 8);
        benchmarks::keep(all);
        return static_cast<double>(all.counts[13]) / all.counts[6];
    }
};

double bare_dump_of_every_field()
{
    benchmarks::BareDump const all = benchmarks::bare_dump(EveryField{});
    told = all.connections;
    return all.sum;
}

// What is done by hand with each, by the library's dump.
double ratio_of(aroma::DiagConnection const& connection)
{
    return static_cast<double>(connection.info.rtt.minimum.count())
         / connection.info.rtt.smoothed.count();
}

double our_dump_of_ratios()
{
    double sum = 0;
    aroma::DiagResult const result = aroma::for_each_connection(
        [&](aroma::DiagConnection const& connection) { sum += ratio_of(connection); });
    told = result.connections;
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

// The datagrams of a dump, so that what is done with them is timed without the kernel.
class Recorded {
public:
    Recorded()
    {
        aroma::DiagSocket socket;
        aroma::detail::DiagRequest request =
            aroma::detail::dump_request(aroma::DiagFilter{}.states, 0, 0);
        aroma::detail::put(request.bytes, 8, sequence);
        if (socket.send(request.bytes, request.size) != 0)
            return;
        for (aroma::detail::DiagReply reply; !reply.done;) {
            std::vector<unsigned char> bytes(aroma::detail::diag_buffer);
            bytes.resize(socket.receive(bytes.data(), bytes.size()).size);
            reply = decode(bytes, [](aroma::DiagConnection const&) {});
            connections_ += reply.connections;
            datagrams_.push_back(std::move(bytes));
            if (datagrams_.back().empty())
                return;
        }
    }

    // Nanoseconds for one connection.
    template <class Each>
    double operator()(Each each) const
    {
        return benchmarks::nanoseconds(1,
                                       [&](std::size_t) {
                                           for (std::vector<unsigned char> const& bytes :
                                                datagrams_)
                                               decode(bytes, each);
                                       })
             / static_cast<double>(connections_);
    }
    double by_hand() const
    {
        return benchmarks::nanoseconds(
                   1,
                   [&](std::size_t) {
                       double sum = 0;
                       for (std::vector<unsigned char> const& bytes : datagrams_) {
                           auto left = static_cast<unsigned>(bytes.size());
                           for (auto const* at = reinterpret_cast<nlmsghdr const*>(bytes.data());
                                NLMSG_OK(at, left) && at->nlmsg_type != NLMSG_DONE;
                                at = NLMSG_NEXT(at, left))
                               sum += benchmarks::bare_ratio(at);
                       }
                       benchmarks::keep(sum);
                   })
             / static_cast<double>(connections_);
    }

private:
    static constexpr std::uint32_t sequence = 1;

    template <class Each>
    static aroma::detail::DiagReply decode(std::vector<unsigned char> const& bytes, Each each)
    {
        return aroma::detail::decode_diag(bytes.data(), bytes.size(), sequence,
                                          [&](aroma::DiagConnection const& connection) {
                                              each(connection);
                                              return true;
                                          });
    }

    std::vector<std::vector<unsigned char>> datagrams_;
    std::size_t connections_ = 0;
};

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

struct ByHand {
    double operator()(char const* bytes, ssize_t) const
    {
        return benchmarks::bare_ratio(reinterpret_cast<nlmsghdr const*>(bytes));
    }
};
struct Decoded { // by the library, and assessed
    double operator()(char const* bytes, ssize_t size) const
    {
        double score = 0;
        benchmarks::keep(aroma::detail::decode_diag(bytes, static_cast<std::size_t>(size), 0,
                                                    [&](aroma::DiagConnection const& c) {
                                                        score = assess(c.info).score.value_or(0);
                                                        return true;
                                                    }));
        return score;
    }
};

template <class Take = ByHand>
[[gnu::noinline]] double bare_lookup(sockaddr_in const& local, sockaddr_in const& remote,
                                     Take take = {})
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
    ssize_t const got =
        send(fd, &request, sizeof request, 0) >= 0 ? recv(fd, buffer, sizeof buffer, 0) : -1;
    double const ratio = got > 0 ? take(buffer, got) : 0;
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
    for (double (*dump)() :
         {bare_dump, bare_dump_of_every_field, our_dump_of_ratios, our_dump, ss}) {
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
    compare("for_each_connection, 10,000 connections", timed(our_dump_of_ratios),
            "the same dump by hand, unguarded", timed(bare_dump), 301);
    compare("the same, and assessed", timed(our_dump), "the same dump by hand, unguarded",
            timed(bare_dump), 301);
    compare("the same dump by hand, with every field", timed(bare_dump_of_every_field),
            "the same dump by hand, unguarded", timed(bare_dump), 301);
    Recorded const recorded;
    double sum = 0;
    compare(
        "a connection of a dump, from bytes to numbers",
        [&] { return recorded([](aroma::DiagConnection const& c) { benchmarks::keep(c); }); },
        "one RTT over the other by hand", [&] { return recorded.by_hand(); }, 101);
    compare(
        "the same, and assessed",
        [&] {
            return recorded(
                [&](aroma::DiagConnection const& c) { sum += assess(c.info).score.value_or(0); });
        },
        "one RTT over the other by hand", [&] { return recorded.by_hand(); }, 101);
    benchmarks::keep(sum);
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
    compare("the same by hand, its answer decoded and assessed",
            timed([=] { return bare_lookup(local, remote, Decoded{}); }, 1000),
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
    // as root, a network without other connections
    if (!live::in_own_namespace(measured).empty())
        measured();
    return status;
}
