// SPDX-License-Identifier: BSL-1.0
//
// What the tools and the judges share: --version, how errors are reported, and the exit status. 0;
// 1 if the system does not do as it is asked; 2 if the options or the input are wrong, and nothing
// was written.
#ifndef AROMA_EXAMPLES_TOOL_HPP
#define AROMA_EXAMPLES_TOOL_HPP

#include "command_line.hpp"
#include "printable.hpp"
#include "wrong.hpp"

#include <aroma/version.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace examples {

// A line to standard error, whatever it quotes; if that is closed, there is nobody to tell.
inline void complain(std::string_view what)
{
    constexpr std::size_t longest = 5000; // bytes: a path may have 4096
    std::fputs(
        (printable(what.substr(0, longest)) + (what.size() > longest ? "...\n" : "\n")).c_str(),
        stderr);
}

// Complaints of one kind: the first twenty are told, all are counted.
class Complaints {
public:
    void add(std::string_view what)
    {
        if (++count_ <= most_told)
            complain(what);
    }
    std::uint64_t count() const { return count_; }
    std::uint64_t untold() const { return count_ > most_told ? count_ - most_told : 0; }

private:
    static constexpr std::uint64_t most_told = 20;
    std::uint64_t count_ = 0;
};

// All of it, and what was written before.
inline void print(std::FILE* to, std::string_view text)
{
    if (std::fwrite(text.data(), 1, text.size(), to) != text.size() || std::fflush(to) != 0
        || std::ferror(to))
        throw std::system_error{errno, std::generic_category(), "the output is not complete"};
}

// Reads the command line, and returns the program's exit status: body()'s, unless it throws.
template <class Body>
int run(CommandLine& line, int argc, char** argv, Body&& body)
{
    std::string const name = line.get_name();
    line.set_version_flag("--version", fmt::format("{} {}", name, fmt::join(aroma::version, ".")));
    line.parse_or_exit(argc, argv);
    try {
        int const status = body();
        print(stdout, {});
        return status;
    } catch (std::exception const& error) {
        complain(fmt::format("{}: {}", name, error.what()));
        return dynamic_cast<Wrong const*>(&error) ? 2 : 1;
    }
}

} // namespace examples

#endif // AROMA_EXAMPLES_TOOL_HPP
