// SPDX-License-Identifier: BSL-1.0
//
// Facts about linux/diag_message.hpp: the kernel's bytes to connections, each malformation to its
// error, at compile time.

#include "../support/diag_bytes.hpp"
#include "facts.hpp"

#include <aroma/linux/diag_message.hpp>
#include <aroma/linux/score.hpp>

#include <array>
#include <span>
#include <string_view>
#include <type_traits>

namespace {

using namespace aroma;
using facts::DiagBytes;

struct Told {
    detail::DiagReply reply{};
    std::array<DiagConnection, 8> connections{};

    constexpr SockDiagError error() const { return reply.error; }
    constexpr std::size_t count() const { return reply.connections; }
};

constexpr Told told(DiagBytes const& answer, std::size_t size, std::size_t at_most = 8)
{
    Told all;
    std::size_t count = 0;
    all.reply =
        detail::decode_diag(answer.bytes.data(), size, 1, [&](DiagConnection const& connection) {
            all.connections[count++] = connection;
            return count < at_most;
        });
    return all;
}
constexpr Told told(DiagBytes const& answer)
{
    return told(answer, answer.size);
}

// One connection, then the end.
constexpr Told one = told(DiagBytes{}.socket().attribute(8, 1).info().attribute(21, 8).done());
static_assert(one.error() == SockDiagError::none && one.reply.error_number == 0 && one.count() == 1
              && one.reply.done && !one.reply.interrupted && !one.reply.stopped);
constexpr DiagConnection first = one.connections[0];
static_assert(first.ends.local.port == 443 && first.ends.remote.port == 50'000 && first.device == 3
              && first.uid == 1000 && first.inode == 123'456);
static_assert(first.ends.local.ipv4() && first.ends.local.address[12] == 192
              && first.ends.local.address[15] == 1 && first.ends.remote.address[15] == 7);
static_assert(first.ends.local.scope_id == 0 && !first.ends.local.any()
              && first.ends.local.valid());
static_assert(first.info.status == Status::ok && first.info.state == TcpState::established
              && assess(first.info).score.value() == 0.1);

// IPv6, link-local with its device; IPv4 in an IPv6 socket is the same connection as in an IPv4
// socket.
constexpr DiagConnection sixth =
    told(DiagBytes{}
             .socket6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
                      {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2})
             .info())
        .connections[0];
static_assert(!sixth.ends.local.ipv4() && sixth.ends.local.link_local()
              && sixth.ends.local.scope_id == 3 && sixth.ends.remote.scope_id == 0);
static_assert(sixth.ends.remote.address[0] == 0x20 && sixth.ends.remote.address[15] == 2);
constexpr DiagConnection mapped =
    told(DiagBytes{}
             .socket6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1},
                      {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 7})
             .info())
        .connections[0];
static_assert(mapped.ends == first.ends);

// Several, both kinds of message; NOOP and answers to other questions in between.
constexpr Told several = told(DiagBytes{}
                                  .socket(1, 1)
                                  .info()
                                  .socket(8, 2, 18)
                                  .info(8)
                                  .begin(1)
                                  .socket(1, 3, 20, 77)
                                  .info()
                                  .done(-5, 77)
                                  .socket(1, 4)
                                  .info());
static_assert(several.error() == SockDiagError::none && several.count() == 3
              && !several.reply.done);
static_assert(several.connections[1].info.state == TcpState::close_wait
              && several.connections[2].ends.remote.address[15] == 4);

// Stopped by its receiver.
constexpr DiagBytes three =
    DiagBytes{}.socket(1, 1).info().socket(1, 2).info().socket(1, 3).info().done();
static_assert(told(three, three.size, 2).reply.stopped && told(three, three.size, 2).count() == 2
              && !told(three, three.size, 2).reply.done);

// Sockets that have no tcp_info: what their state says.
constexpr Status bare(unsigned char state)
{
    return told(DiagBytes{}.socket(state)).connections[0].info.status;
}
static_assert(bare(3) == Status::handshaking && bare(6) == Status::closed
              && bare(10) == Status::listening && bare(7) == Status::not_connected);
static_assert(bare(1) == Status::no_sample && bare(0) == Status::no_sample
              && bare(255) == Status::no_sample);
static_assert(told(DiagBytes{}.socket(10).info(10, 0, 0)).connections[0].info.status
              == Status::listening);
// Old kernels tell less of it.
static_assert(told(DiagBytes{}.socket().info(1, 0, 0, 104)).connections[0].info.status
              == Status::kernel_too_old);
static_assert(told(DiagBytes{}.socket().info(1, 5000, 50'000, 152)).connections[0].info.status
              == Status::ok);
static_assert(told(DiagBytes{}.socket().attribute(2, 0)).connections[0].info.status
              == Status::kernel_too_old);

// The kernel's own last words.
constexpr bool says(DiagBytes const& answer, SockDiagError expected, int error)
{
    Told const all = told(answer);
    return all.error() == expected && all.reply.error_number == error && all.reply.done;
}
static_assert(says(DiagBytes{}.done(), SockDiagError::none, 0)
              && says(DiagBytes{}.begin(3), SockDiagError::none, 0)
              && says(DiagBytes{}.error(0), SockDiagError::none, 0));
static_assert(says(DiagBytes{}.done(-ENOENT), SockDiagError::no_sock_diag, ENOENT)
              && says(DiagBytes{}.error(-ENOENT), SockDiagError::no_sock_diag, ENOENT));
static_assert(says(DiagBytes{}.error(-EOPNOTSUPP), SockDiagError::no_sock_diag, EOPNOTSUPP));
static_assert(says(DiagBytes{}.error(-EPERM), SockDiagError::refused, EPERM)
              && says(DiagBytes{}.error(-EACCES), SockDiagError::refused, EACCES));
static_assert(says(DiagBytes{}.error(-EINVAL), SockDiagError::refused, EINVAL)
              && says(DiagBytes{}.error(-EBUSY), SockDiagError::refused, EBUSY));
static_assert(says(DiagBytes{}.error(-ENOBUFS), SockDiagError::truncated, ENOBUFS)
              && says(DiagBytes{}.done(-EINTR), SockDiagError::interrupted, EINTR));
static_assert(says(DiagBytes{}.error(std::int32_t{-2147483647} - 1), SockDiagError::refused,
                   -2147483647 - 1),
              "no overflow");
static_assert(says(DiagBytes{}.begin(4), SockDiagError::truncated, 0), "NLMSG_OVERRUN");
static_assert(told(DiagBytes{}.socket().info().done(-EPERM)).count() == 1,
              "what came before is listed");

// An interrupted dump says so in any message's flags, and is listed all the same.
static_assert(
    told(DiagBytes{}.socket(1, 1, 20, 1, 2 | 0x10).info().socket().info()).reply.interrupted);
static_assert(told(DiagBytes{}.socket(1, 1, 20, 1, 2 | 0x10).info().socket().info()).count() == 2);
static_assert(told(DiagBytes{}.socket().info().begin(3, 1, 2 | 0x10)).reply.interrupted
              && !told(DiagBytes{}.begin(3, 9, 2 | 0x10)).reply.interrupted);

// Malformed: lengths that do not fit, kinds that do not exist. What came before is listed, what
// comes after is not.
constexpr bool malformed(DiagBytes const& answer)
{
    Told const all = told(answer);
    return all.error() == SockDiagError::malformed && all.reply.done && all.count() == 1;
}
constexpr DiagBytes begun()
{
    return DiagBytes{}.socket().info();
}
static_assert(malformed(begun().socket().length(0)) && malformed(begun().socket().length(15))
              && malformed(begun().socket().length(0xffffffff)));
static_assert(malformed(begun().socket().length(16)) && malformed(begun().socket().length(16 + 71))
              && malformed(begun().socket().length(16 + 73)));
static_assert(malformed(begun().socket().length(0xfffffffc))
              && malformed(begun().socket().info().length(16 + 72 + 4 + 233)));
static_assert(malformed(begun().error(0).length(19)) && malformed(begun().begin(2)),
              "an error without its number");
static_assert(malformed(begun().begin(5)) && malformed(begun().begin(21))
                  && malformed(begun().begin(0)),
              "unknown kinds");
constexpr DiagBytes with_attribute_length(std::uint16_t length)
{
    DiagBytes answer = begun().socket().attribute(8, 4);
    answer.put(answer.size - 8, length);
    return answer.socket().info();
}
static_assert(malformed(with_attribute_length(0)) && malformed(with_attribute_length(3))
              && malformed(with_attribute_length(9)));
static_assert(malformed(with_attribute_length(0xffff)) && !malformed(with_attribute_length(8))
              && !malformed(with_attribute_length(7)));
static_assert(malformed(begun().socket().attribute(8, 1).length(16 + 72 + 2)),
              "half a header of an attribute");
constexpr DiagBytes of_family(unsigned char family)
{
    DiagBytes answer = begun().socket();
    answer.bytes[answer.message + 16] = family;
    return answer;
}
static_assert(malformed(of_family(0)) && malformed(of_family(1)) && malformed(of_family(255))
              && !malformed(of_family(10)));

// Cut off anywhere: malformed, or whole messages fewer; and never a byte behind the end.
constexpr auto every_length_is_honest = [] {
    for (std::size_t size = 0; size <= three.size; ++size) {
        Told const all = told(three, size);
        std::size_t const message = 16 + 72 + 4 + 232;
        std::size_t const whole = size / message < 3 ? size / message : 3;
        bool const clean = size % message == 0 || size == three.size;
        if (all.count() != whole
            || all.error() != (clean ? SockDiagError::none : SockDiagError::malformed))
            return false;
    }
    return true;
}();
static_assert(every_length_is_honest);
// an array that ends with the bytes: a constant expression may not read beyond
constexpr auto reads_no_further = [] {
    unsigned char const short_one[18]{18};
    return detail::decode_diag(short_one, sizeof short_one, 0,
                               [](DiagConnection const&) { return true; })
        .error;
}();
static_assert(reads_no_further == SockDiagError::malformed);

// States.
constexpr TcpStateSet two = TcpState::established | TcpState::close_wait;
static_assert(two.bits() == ((1u << 1) | (1u << 8)) && two.contains(TcpState::established)
              && !two.contains(TcpState::listen));
static_assert(TcpStateSet{}.bits() == 0 && !TcpStateSet{}.contains(TcpState::established));
static_assert((two | TcpState::listen).contains(TcpState::listen)
              && TcpStateSet::all().contains(TcpState::new_syn_recv)
              && !two.contains(TcpState{255}));

// Nothing of a connection stays for the one that follows it in the same datagram.
constexpr auto follows = [](DiagBytes next) { // as if it came alone
    DiagBytes before = DiagBytes{}.socket6({0xfe, 0x80}, {0xfe, 0x80}).attribute(2, 232);
    for (std::size_t i = before.size - 232; i < before.size; ++i)
        before.bytes[i] = 0xff;
    before.bytes[before.size - 232] = 1;
    std::size_t const at = before.size;
    for (std::size_t i = 0; i < next.size; ++i)
        before.bytes[at + i] = next.bytes[i];
    Told const both = told(before, at + next.size);
    return both.count() == 2 && both.connections[0].info.has_position
        && both.connections[0].ends.local.scope_id == 3
        && both.connections[1].ends == told(next).connections[0].ends
        && both.connections[1].info == told(next).connections[0].info;
};
static_assert(follows(DiagBytes{}.socket().info()));
static_assert(follows(DiagBytes{}.socket().info(1, 5000, 50'000, 160)));
static_assert(follows(DiagBytes{}.socket().info(1, 5000, 50'000, 96)));
static_assert(follows(DiagBytes{}.socket(6)));
static_assert(follows(DiagBytes{}.socket6({0x20, 0x01}, {0x20, 0x01}).info()));

static_assert(std::is_trivially_copyable_v<DiagConnection>);

// Nothing, where nothing was said.
static_assert(DiagConnection{}.device == 0 && DiagConnection{}.uid == 0
              && DiagConnection{}.inode == 0 && DiagConnection{}.ends == EndpointPair{});
static_assert(detail::DiagReply{}.error == SockDiagError::none
              && detail::DiagReply{}.error_number == 0 && detail::DiagReply{}.connections == 0
              && !detail::DiagReply{}.done && !detail::DiagReply{}.interrupted
              && !detail::DiagReply{}.stopped);
static_assert(TcpInfo{}.lookup_error == SockDiagError::none);

static_assert(facts::named<SockDiagError>() && facts::described<SockDiagError>());
static_assert(name(SockDiagError{200}) == std::string_view{"not a sock_diag error"}
              && message(SockDiagError{200}) == std::string_view{"not a sock_diag error"});

} // namespace
