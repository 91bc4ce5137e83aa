// SPDX-License-Identifier: BSL-1.0
//
// The command line of the servers that need no more than a port, and what they say once they listen
// on it, or why not.
#ifndef AROMA_EXAMPLES_PORT_OPTION_HPP
#define AROMA_EXAMPLES_PORT_OPTION_HPP

#include "descriptors.hpp"
#include "printable.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fmt/core.h>

namespace examples {

// The port that the command line names; where that is not understood, or is --help, the program
// ends here and says so. By hand, since a server that is copied needs fmt and its framework alone.
inline std::uint16_t port_option(std::string_view program, int argc, char const* const* argv)
{
    hold_standard_descriptors();
    std::uint16_t port = 8080;
    for (int i = 1; i < argc; i += 2) {
        std::string_view const option{argv[i]}, value{i + 1 < argc ? argv[i + 1] : ""};
        auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
        if (option == "--port" && error == std::errc{} && end == value.data() + value.size())
            continue;
        bool const help = option == "--help";
        std::fputs(help ? ""
                        : fmt::format("{}: not understood: {} {}\n", program, printable(option),
                                      printable(value))
                              .c_str(),
                   stderr);
        std::fputs(fmt::format("usage: {} [--port 0...65535]     0: any free port; default 8080\n",
                               program)
                       .c_str(),
                   help ? stdout : stderr);
        std::exit(help ? 0 : 2);
    }
    return port;
}

// `ask_with` is the command to try it, up to the port.
inline void announce(std::string_view program, unsigned port,
                     std::string_view ask_with = "curl -L http://127.0.0.1:")
{
    std::fputs(
        fmt::format("{}: listening on port {}; ask with: {}{}/\n", program, port, ask_with, port)
            .c_str(),
        stderr);
}

[[noreturn]] inline void cannot_listen(std::string_view program, unsigned port,
                                       std::string_view why)
{
    std::fputs(
        fmt::format("{}: cannot listen on port {} (--port gives another): {}\n", program, port, why)
            .c_str(),
        stderr);
    std::exit(1);
}

} // namespace examples

#endif // AROMA_EXAMPLES_PORT_OPTION_HPP
