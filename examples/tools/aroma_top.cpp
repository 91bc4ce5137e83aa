// SPDX-License-Identifier: BSL-1.0
//
// A live table of this host's TCP connections with their RTTs and scores. No server needs to be
// changed: the kernel lists them all.
//
// The score is TCP's ratio alone. An Exchange is for a server, which knows what the client has just
// answered: a look that comes by once a second finds most connections within their users' pauses,
// and the kernel's stamps then read as a path of up to 3 s. So no application RTT is taken from
// them. TCP's ratio has a weakness there too: the last ACK before a pause may be 40 ms late. In the
// lab, with three requests and 0.3 s of pause by turns, a direct client 4 ms away scored 0.2 to
// 0.25, and one 60 ms behind a microsocks near the server 1. The floor spares near clients what a
// scheduler adds, and for the rest the table says how weak its evidence is.

#include "../common/tool.hpp"
#include "top/connections.hpp"
#include "top/live.hpp"
#include "top/table.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

using aroma::SockDiagError;

struct Options {
    std::vector<std::string> ports;
    std::string band, key;
    double interval = 1; // seconds
    bool reverse = false, once = false, json = false, all = false;
};

void add_options(CLI::App& app, Options& options)
{
    std::vector<std::string> bands, keys;
    for (top::Band const band : top::bands)
        bands.emplace_back(name(band));
    for (top::Key const& key : top::keys)
        keys.emplace_back(key.name);
    app.add_option("--port", options.ports, "All connections of these local ports")
        ->type_name("N[,N]")
        ->allow_extra_args(false)
        ->check([](std::string const& text) {
            return top::ports_of(text) ? ""
                                       : text + ": give ports from 1 to 65535, as 443 or 80,443";
        });
    app.add_option("--band", options.band, "Those in this band")->check(CLI::IsMember(bands));
    app.add_option("--sort", options.key,
                   "The lowest score first (score), the longest RTT or minimum,\n"
                   "the shortest time idle, by local port, or by peer")
        ->check(CLI::IsMember(keys));
    auto const flag = [&](char const* name, bool& value, char const* what) {
        app.add_flag(name, value, what)->disable_flag_override();
    };
    flag("--reverse", options.reverse, "The other way round");
    app.add_option("--interval", options.interval, "From one look to the next, 0.1 to 3600 (1)")
        ->type_name("SECONDS")
        ->check([](std::string const& text) { // also where it is not a number
            double seconds = 0;
            std::from_chars(text.data(), text.data() + text.size(), seconds);
            return seconds >= 0.1 && seconds <= 3600 ? "" : text + ": give 0.1 to 3600 seconds";
        });
    flag("--once", options.once, "One look, as plain text");
    flag("--json", options.json,
         "One JSON object per connection and line, RTTs in microseconds;\n"
         "for ever, or with --once one look");
    flag("--all", options.all, "Outgoing connections and those of this host with itself too");
    app.footer(fmt::format("{}", fmt::join(top::wrapped(top::about, 79), "\n")));
}

top::Choice choice_of(Options const& options)
{
    top::Choice choice;
    for (std::string const& text : options.ports) {
        std::vector<std::uint16_t> const ports = top::ports_of(text).value();
        choice.ports.insert(choice.ports.end(), ports.begin(), ports.end());
    }
    auto const* const band = std::find_if(top::bands.begin(), top::bands.end(),
                                          [&](auto one) { return name(one) == options.band; });
    if (band != top::bands.end())
        choice.band = *band;
    while (!options.key.empty() && top::keys[choice.key].name != options.key)
        ++choice.key;
    choice.reverse = options.reverse;
    choice.all = options.all;
    return choice;
}

void print(std::string const& text)
{
    try {
        examples::print(stdout, text);
    } catch (std::system_error const&) { // or interrupted
        if (!top::stopped)
            throw;
        std::clearerr(stdout);
    }
}

void warn(top::View const& view)
{
    if (view.rows.size() < view.listed)
        examples::complain(
            fmt::format("aroma-top: {} of {} connections listed: --port and --band choose",
                        view.rows.size(), view.listed));
    if (view.result.error != SockDiagError::none)
        examples::complain(fmt::format("aroma-top: {}", top::trouble(view.result)));
}

std::size_t width_of_output()
{
    winsize size{};
    bool const narrow =
        isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return narrow ? size.ws_col : 1000;
}

int watch(Options const& options)
{
    top::Choice const choice = choice_of(options);
    bool const live = !options.once && !options.json;
    if (live && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
        throw examples::Wrong{"no terminal here: --once and --json need none"};

    aroma::DiagSocket kernel;
    top::View view = look(kernel, choice);
    if (view.result.error == SockDiagError::no_sock_diag
        || view.result.error == SockDiagError::refused)
        throw std::runtime_error{top::trouble(view.result)};
    if (options.once) {
        print(options.json ? json(view) : table(view, choice, width_of_output()));
        warn(view);
        return view.result.error == SockDiagError::none ? 0 : 1;
    }

    struct sigaction stop {};
    stop.sa_handler = [](int) { top::stopped = 1; };
    for (int const signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        sigaction(signal, &stop, nullptr);
    auto const interval = std::chrono::duration_cast<top::Clock::duration>(
        std::chrono::duration<double>{options.interval});
    if (live) {
        top::Screen const screen;
        if (!screen)
            throw examples::Wrong{
                "curses does not know this terminal (TERM): --once and --json need none"};
        top::Live{screen, kernel, choice, interval, std::move(view)}.run();
        return 0;
    }
    for (;;) {
        top::Clock::time_point const next = top::Clock::now() + interval;
        print(json(view));
        warn(view);
        while (!top::stopped && top::Clock::now() < next)
            if (!top::wait(STDOUT_FILENO, 0, next))
                return 0;
        if (top::stopped)
            return 0;
        view = look(kernel, choice);
    }
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    examples::CommandLine line{
        "aroma-top", "A live table of this host's TCP connections, with their RTTs and scores."};
    add_options(line, options);
    return examples::run(line, argc, argv, [&] { return watch(options); });
}
