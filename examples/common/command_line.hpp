// SPDX-License-Identifier: BSL-1.0
//
// A command line by CLI11, for programs that are not meant to be copied: the demo, the tools, the
// benchmarks and the lab. The servers that users copy need no CLI11, and have port_option.hpp.
#ifndef AROMA_EXAMPLES_COMMAND_LINE_HPP
#define AROMA_EXAMPLES_COMMAND_LINE_HPP

#include "descriptors.hpp"
#include "printable.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace examples {

// Checks of an option's text: a decimal number, and not 0x10, 010, inf or 1_000, which CLI11 takes
// too; and the name of a file.
inline std::string decimal(std::string const& text)
{
    bool const octal = text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
    return octal || text.empty() || text.find_first_not_of("0123456789.+-eE") != text.npos
             ? text + ": give a decimal number"
             : std::string{};
}
inline std::string file_name(std::string const& text)
{
    return text.empty() ? "the name of the file is empty" : std::string{};
}

class CommandLine : public CLI::App {
public:
    // If an option is given twice, the last one counts.
    CommandLine(std::string const& program, std::string description)
        : CLI::App{std::move(description), program}
    {
        words_->label("Usage", "usage");
        formatter(words_);
        option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }

    // Call it first. --help and --version end the program with status 0, and invalid arguments with
    // 2.
    void parse_or_exit(int argc, char const* const* argv)
    try {
        hold_standard_descriptors();
        parse(argc, argv);
    } catch (CLI::CallForHelp const&) {
        say_and_exit(help());
    } catch (CLI::CallForVersion const& version) {
        say_and_exit(version.what() + std::string{'\n'});
    } catch (CLI::ParseError const& error) {
        std::string arguments;
        for (int i = 1; i < argc; ++i)
            arguments += std::string{' '} + argv[i];
        std::fprintf(stderr, "%s: not understood:%s\n%s\n%s", get_name().c_str(),
                     printable(arguments).c_str(), printable(error.what()).c_str(),
                     words_->make_usage(this, get_name()).c_str());
        std::exit(2);
    }

private:
    [[noreturn]] void say_and_exit(std::string const& text) const
    {
        bool const said = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
        if (!said)
            std::fprintf(stderr, "%s: the output is not complete: %s\n", get_name().c_str(),
                         std::strerror(errno));
        std::exit(said ? 0 : 1);
    }

    std::shared_ptr<CLI::Formatter> words_ = std::make_shared<CLI::Formatter>();
};

} // namespace examples

#endif // AROMA_EXAMPLES_COMMAND_LINE_HPP
