// SPDX-License-Identifier: BSL-1.0
//
// What the tools share: --version, how an error is told, and the exit status. 0; 1 if the system
// does not do as it is asked; 2 if the options or the input are wrong, and nothing was written.
#ifndef AROMA_EXAMPLES_TOOLS_TOOL_HPP
#define AROMA_EXAMPLES_TOOLS_TOOL_HPP

#include <aroma/version.hpp>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace tools {

// Wrong options or input.
struct Wrong : std::runtime_error {
    using runtime_error::runtime_error;
};

// To standard error; if that is closed, there is nobody to tell.
inline void complain(std::string const& what)
{
    std::fputs((what + '\n').c_str(), stderr);
}

inline void print(std::FILE* to, std::string_view text)
{
    if (std::fwrite(text.data(), 1, text.size(), to) != text.size() || std::fflush(to) != 0)
        throw std::system_error{errno, std::generic_category(), "the output is not complete"};
}

// Reads the command line, and returns the program's exit status: body()'s, unless it throws.
template <class Body>
int run(CLI::App& app, int argc, char** argv, Body&& body)
{
    std::string const name = app.get_name();
    app.set_version_flag("--version", fmt::format("{} {}", name, fmt::join(aroma::version, ".")));
    try {
        app.parse(argc, argv);
        return body();
    } catch (CLI::Success const& help_or_version) {
        return app.exit(help_or_version);
    } catch (CLI::ParseError const& wrong) {
        complain(fmt::format("{0}: {1}\n{0} --help lists the options", name, wrong.what()));
        return 2;
    } catch (Wrong const& wrong) {
        complain(fmt::format("{}: {}", name, wrong.what()));
        return 2;
    } catch (std::exception const& error) {
        complain(fmt::format("{}: {}", name, error.what()));
        return 1;
    }
}

} // namespace tools

#endif // AROMA_EXAMPLES_TOOLS_TOOL_HPP
