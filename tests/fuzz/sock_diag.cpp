// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as the kernel's answers over netlink: cut into datagrams, from any sender, with any
// errno between them.

#include "fuzz.hpp"

#include <aroma/linux/sock_diag.hpp>

#include <vector>

using namespace aroma;
using fuzz::holds;

namespace {

// Two bytes say how long a datagram is and what is odd about it, the rest is its text.
struct Kernel {
    explicit Kernel(fuzz::Input& input) : in{input} {}

    int send(void const*, std::size_t size)
    {
        holds(size == 72 || size == 76, "a question is as long as its structure");
        ++asked;
        return (odd & 0x80) != 0 && asked > 1 ? EPERM : 0;
    }
    detail::DiagDatagram receive(void* buffer, std::size_t size)
    {
        ++heard;
        if (in.left() == 0)
            return {.error_number = ETIMEDOUT};
        auto const length = in.take<std::uint16_t>();
        odd = in.take<std::uint8_t>();
        if ((odd & 0xf) == 1)
            return {.error_number = ENOBUFS};
        if ((odd & 0xf) == 2)
            return {.error_number = ENOENT};
        std::string_view const bytes = in.text(length & 0x3fff);
        std::memset(buffer, 0xa5, size); // what it does not write is not to be believed
        if (!bytes.empty())
            std::memcpy(buffer, bytes.data(), bytes.size() < size ? bytes.size() : size);
        return {.size = bytes.size(),
                .port = (odd & 0xf) == 3 ? 4711u : 0u,
                .truncated = bytes.size() > size || (odd & 0xf) == 4};
    }
    void close() { ++closed; }

    fuzz::Input& in;
    std::uint32_t sequence = 0;
    std::uint8_t odd = 0;
    int asked = 0, heard = 0, closed = 0;
};

void check_info(TcpInfo const& info)
{
    fuzz::check(assess(info));
    holds(info.status != Status::ok || (info.error_number == 0 && measured(info.rtt.minimum)),
          "what is ok has no error");
    holds((info.status == Status::lookup_failed) == (info.lookup_error != SockDiagError::none),
          "a lookup that failed says why");
}

void check_connection(DiagConnection const& c)
{
    check_info(c.info);
    for (Endpoint const& end : {c.ends.local, c.ends.remote}) {
        holds(end.scope_id == 0 || end.link_local(),
              "a device is part of a link-local address alone");
        char text[72];
        holds(std::string_view{end.text(text)}.size() < sizeof text, "every endpoint has a text");
    }
}

void check_bytes(std::string_view bytes)
{
    std::vector<char> const exact(bytes.begin(), bytes.end());
    std::size_t told = 0;
    detail::DiagReply const reply =
        detail::decode_diag(exact.data(), exact.size(), 1, [&](DiagConnection const& c) {
            ++told;
            check_connection(c);
            return true;
        });
    holds(told == reply.connections && !reply.stopped, "as many as are told are told");
    holds(reply.error != SockDiagError::malformed || (reply.done && reply.error_number == 0),
          "nothing is believed after what is malformed");
    holds(reply.error_number >= 0 || reply.error_number == -2147483647 - 1, "an errno is positive");
    // A caller that stops after the first gets that one, and no other.
    told = 0;
    detail::DiagReply const first = detail::decode_diag(
        exact.data(), exact.size(), 1, [&](DiagConnection const&) { return ++told, false; });
    holds(told == (reply.connections > 0 ? 1u : 0u) && first.connections == told
              && first.stopped == (told == 1),
          "who stops has stopped");
    // Less of an answer never has more in it.
    std::size_t const half = exact.size() / 2;
    std::vector<char> const less(exact.begin(), exact.begin() + static_cast<std::ptrdiff_t>(half));
    holds(detail::decode_diag(
              less.data(), less.size(), 1,
              [](DiagConnection const&) {
                  return true;
              }).connections
              <= reply.connections,
          "less of an answer has no more connections");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    int const how = in.take<std::uint8_t>() % 4;
    if (how == 0) {
        check_bytes(in.rest());
        return 0;
    }
    errno = ERANGE;
    Kernel kernel{in};
    if (how == 1) {
        DiagFilter const filter{.states = in.flag() ? TcpStateSet::all() : DiagFilter{}.states,
                                .ipv4 = in.flag(),
                                .ipv6 = in.flag(),
                                .local_port = in.take<std::uint16_t>()};
        std::size_t told = 0;
        DiagResult const result = for_each_connection(
            filter,
            [&](DiagConnection const& c) {
                ++told;
                check_connection(c);
                holds(filter.local_port == 0 || c.ends.local.port == filter.local_port,
                      "what was not asked for is not told");
                holds(c.ends.local.ipv4() ? filter.ipv4 : filter.ipv6,
                      "what was not asked for is not told");
            },
            kernel);
        holds(result.connections == told, "as many as are told are told");
        holds(result.error_number == 0 || result.error != SockDiagError::none,
              "what is heard to the end has no errno");
    } else {
        sockaddr_in local{}, remote{};
        local.sin_family = remote.sin_family = AF_INET;
        local.sin_port = htons(443);
        remote.sin_port = htons(50'000);
        local.sin_addr.s_addr = how == 2 ? htonl(0xc0000201) : 0; // 192.0.2.1, or whichever
        remote.sin_addr.s_addr = htonl(0xc6336407);
        check_info(read({local, remote}, kernel));
    }
    holds(errno == ERANGE, "errno is the server's");
    holds(kernel.asked >= 1 && kernel.asked <= 2 && kernel.closed <= kernel.asked,
          "one question, and one more where there is no such connection");
    holds(kernel.heard <= 5000, "no peer keeps it listening");
    return 0;
}
