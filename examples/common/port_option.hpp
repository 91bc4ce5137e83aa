// SPDX-License-Identifier: BSL-1.0
//
// The command line of servers that need only an address and a port, and the line that they print
// when they listen, or why they cannot.
#ifndef AROMA_EXAMPLES_PORT_OPTION_HPP
#define AROMA_EXAMPLES_PORT_OPTION_HPP

#include "descriptors.hpp"
#include "printable.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace examples {

// Where a server listens: for this machine only, by default; :: is all addresses, of IPv4 too.
struct Where {
    std::string address = "127.0.0.1";
    std::uint16_t port;

    // as a URL has it
    std::string host() const
    {
        return address.find(':') == address.npos ? address : '[' + address + ']';
    }
    // the same for a client on this machine
    std::string reached_at() const
    {
        return address == "::" || address == "0.0.0.0" ? "127.0.0.1" : host();
    }
    bool read_port(std::string_view text)
    {
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
        return error == std::errc{} && end == text.data() + text.size();
    }
    bool read_address(std::string_view text)
    {
        in6_addr bytes;
        address = text;
        return ::inet_pton(AF_INET, address.c_str(), &bytes) == 1
            || ::inet_pton(AF_INET6, address.c_str(), &bytes) == 1;
    }
};

constexpr std::string_view where_options = "[--port 0...65535] [--address ADDRESS]";
constexpr std::string_view where_help = "    --port 0: any free one; default {}\n"
                                        "    --address ::: all; default 127.0.0.1, this machine\n";

// The address and port of the command line. If it is invalid, or is --help, the program prints the
// usage and ends here. Written by hand, so that a copied server needs only fmt and its framework.
inline Where port_option(std::string_view program, int argc, char const* const* argv)
{
    hold_standard_descriptors();
    Where where{.port = 8080};
    for (int i = 1; i < argc; i += 2) {
        std::string_view const option{argv[i]}, value{i + 1 < argc ? argv[i + 1] : ""};
        if ((option == "--port" && where.read_port(value))
            || (option == "--address" && where.read_address(value)))
            continue;
        bool const help = option == "--help";
        std::fputs(help ? ""
                        : fmt::format("{}: not understood: {} {}\n", program, printable(option),
                                      printable(value))
                              .c_str(),
                   stderr);
        std::fputs((fmt::format("usage: {} {}\n", program, where_options)
                    + fmt::format(fmt::runtime(where_help), 8080))
                       .c_str(),
                   help ? stdout : stderr);
        std::exit(help ? 0 : 2);
    }
    return where;
}

// `ask_with` is the command to try it, up to the address. The port is the one it has, not the one
// that it was asked for.
inline void announce(std::string_view program, Where const& where, unsigned port,
                     std::string_view ask_with = "curl -L http://")
{
    std::fputs(fmt::format("{}: listening on port {} of {}; ask with: {}{}:{}/\n", program, port,
                           where.address, ask_with, where.reached_at(), port)
                   .c_str(),
               stderr);
}

[[noreturn]] inline void cannot_listen(std::string_view program, Where const& where,
                                       std::string_view why)
{
    std::fputs(fmt::format("{}: cannot listen on port {} of {} (--port gives another): "
                           "{}\n",
                           program, where.port, where.address, why)
                   .c_str(),
               stderr);
    std::exit(1);
}

} // namespace examples

#endif // AROMA_EXAMPLES_PORT_OPTION_HPP
