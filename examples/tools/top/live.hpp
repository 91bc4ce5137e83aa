// SPDX-License-Identifier: BSL-1.0
//
// aroma-top: the live view.
#ifndef AROMA_EXAMPLES_TOOLS_TOP_LIVE_HPP
#define AROMA_EXAMPLES_TOOLS_TOP_LIVE_HPP

#include "connections.hpp"
#include "table.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <curses.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace top {

using Clock = std::chrono::steady_clock;

inline constexpr char keys_line[] =
    "q quit s sort r reverse p port b band / peer a all space hold h help";
inline constexpr char about[] =
    "q or Ctrl-C quits. s sorts by the next key, r reverses. p asks for "
    "ports, / for a part of the peer's address; nothing typed is "
    "all of them. b is the next band, a is --all, space holds the table until "
    "a key asks for another look. Arrows and Page, Home and "
    "End scroll.\n\n"
    "The score is TCP's own ratio: the lowest RTT over the smoothed one, as "
    "the kernel reports them; 1 if they are less than 6 ms "
    "apart. A band is a range of scores: normal from 0.7, unstable from 0.3, "
    "suspicious from 0.1, and proxy below.\n\n"
    "It is weak evidence either way, and no verdict. A proxy 40 ms or more "
    "from its client looks normal, and so does one far from "
    "this host. A direct client near this host that pauses looks bad, since "
    "the last ACK before a pause may be 40 ms late, and so may "
    "bulk transfers, Wi-Fi and mobile networks. Behind a balancer or a CDN "
    "every peer is the balancer. A server that asks the library "
    "itself, when its client has just answered, sees far more.\n\n"
    "OPEN is what the client's first data took beyond TCP's RTT, by the time "
    "stamp that it echoed. A proxy that connects first adds its client's RTT "
    "to it, and so does a client that thinks before its first request; one "
    "whose first request had less than 536 bytes shows its next pause "
    "instead. It is not known behind the third segment, and judges nobody.\n\n"
    "Listed are the connections that this host has accepted: those whose "
    "local port has a listener now. Outgoing ones and those of "
    "this host with itself are left out, unless all are asked for, or the "
    "port. Of more than 10,000 those that come first are listed.\n";
static_assert(most_rows == 10'000 && aroma::MinOverSmoothed::near_floor.count() == 6000);

inline std::vector<std::string> wrapped(std::string_view words, std::size_t width)
{
    std::vector<std::string> lines;
    while (!words.empty()) {
        std::size_t end = std::min(words.find('\n'), words.size());
        if (end > width)
            end = std::min(words.rfind(' ', width), width);
        lines.emplace_back(words.substr(0, end));
        words.remove_prefix(
            end < words.size() && (words[end] == ' ' || words[end] == '\n') ? end + 1 : end);
    }
    return lines;
}

inline volatile std::sig_atomic_t stopped = 0;

// Until something is to be read, the time has come, or a signal; false where nobody is at the other
// end any more.
inline bool wait(int fd, short events, Clock::time_point until)
{
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd wanted{fd, events, 0};
    int const ready = ::poll(&wanted, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
    return ready <= 0 || !(wanted.revents & (POLLERR | POLLHUP | POLLNVAL));
}

// Numbers with commas between them.
inline std::optional<std::vector<std::uint16_t>> ports_of(std::string_view text)
{
    std::vector<std::uint16_t> ports;
    for (char const *at = text.data(), *const end = at + text.size();; ++at) {
        std::uint16_t port = 0;
        auto const [next, error] = std::from_chars(at, end, port);
        if (error != std::errc{} || port == 0 || (next != end && *next != ','))
            return {};
        ports.push_back(port);
        if (next == end)
            return ports;
        at = next;
    }
}

class Screen {
public:
    Screen()
    {
        if (!*this)
            return;
        cbreak();
        noecho();
        keypad(stdscr, TRUE);
        nodelay(stdscr, TRUE);
        set_escdelay(25);
        curs_set(0);
        char const* const no_color = std::getenv("NO_COLOR");
        colored_ = !(no_color && *no_color) && has_colors() && start_color() == OK
                && use_default_colors() == OK;
        // as the bands are numbered
        constexpr short colors[]{-1, COLOR_GREEN, COLOR_CYAN, COLOR_YELLOW, COLOR_RED};
        for (short i = 0; colored_ && i < static_cast<short>(std::size(colors)); ++i)
            init_pair(static_cast<short>(i + 1), colors[i], -1);
    }
    // A terminal on which nothing can be put anywhere, such as TERM=dumb, will not do.
    explicit operator bool() const
    {
        return screen_ && reinterpret_cast<std::intptr_t>(tigetstr("cup")) > 0;
    }
    static std::size_t width() { return static_cast<std::size_t>(std::max(COLS, 1)); }
    static std::size_t height() { return static_cast<std::size_t>(std::max(LINES, 1)); }

    // What has no room is not shown.
    void put(std::size_t y, std::size_t x, std::string const& what, attr_t attributes = A_NORMAL,
             std::optional<Band> color = {}) const
    {
        if (y >= height() || x >= width())
            return;
        attr_set(attributes,
                 static_cast<short>(color && colored_ ? 1 + static_cast<int>(*color) : 0), nullptr);
        mvaddnstr(static_cast<int>(y), static_cast<int>(x), what.c_str(),
                  static_cast<int>(width() - x));
    }

private:
    // A window may say that it is of 65535 lines and columns, for which curses has no memory.
    static SCREEN* begin()
    {
        constexpr int most = 1000;
        winsize size{};
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0
            && (size.ws_row > most || size.ws_col > most)) {
            setenv("LINES", fmt::to_string(std::clamp<int>(size.ws_row, 1, most)).c_str(), 1);
            setenv("COLUMNS", fmt::to_string(std::clamp<int>(size.ws_col, 1, most)).c_str(), 1);
        }
        return newterm(nullptr, stdout, stdin);
    }
    static void end(SCREEN* screen)
    {
        endwin();
        delscreen(screen);
    }
    std::unique_ptr<SCREEN, decltype(&end)> screen_{begin(), end};
    bool colored_ = false;
};

class Live {
public:
    Live(Screen const& screen, aroma::DiagSocket& kernel, Choice choice, Clock::duration interval,
         View view)
        : screen_{screen}, kernel_{kernel}, choice_{std::move(choice)}, interval_{interval},
          view_{std::move(view)}
    {
    }

    void run()
    {
        Clock::time_point next = Clock::now() + interval_;
        while (!quit_ && !stopped) {
            draw();
            if (!wait(STDIN_FILENO, POLLIN, held_ ? Clock::time_point::max() : next))
                return;
            for (int key; !quit_ && (key = getch()) != ERR;)
                press(key);
            if (std::exchange(asked_, false) || (!held_ && Clock::now() >= next)) {
                view_ = look(kernel_, choice_);
                next = Clock::now() + interval_;
            }
        }
    }

private:
    void draw()
    {
        erase();
        // between titles and keys
        std::size_t const last_line = screen_.height() - 1,
                          room = std::max<std::size_t>(last_line, 5) - 4;
        auto const lines = heading(view_, choice_);
        for (std::size_t i = 0; i < lines.size(); ++i)
            screen_.put(i, 0, lines[i], i == 2 ? A_BOLD : A_NORMAL);
        std::size_t const end = help_ ? draw_help(room) : draw_rows(room);
        if (prompt_ != '\0')
            screen_.put(last_line, 0,
                        (prompt_ == 'p' ? "ports, as 443 or 80,443: " : "part of the peer: ")
                            + typed_ + '_',
                        A_BOLD);
        else if (!notice_.empty() || view_.result.error != aroma::SockDiagError::none)
            screen_.put(last_line, 0, notice_.empty() ? trouble(view_.result) : notice_, A_BOLD);
        else
            screen_.put(last_line, 0,
                        fmt::format("{}{}  {}-{}", held_ ? "HELD  " : "", keys_line,
                                    std::min(top_ + 1, end), end));
        refresh();
    }

    std::size_t draw_rows(std::size_t room)
    {
        top_ = std::min(top_, view_.rows.size() - std::min(room, view_.rows.size()));
        std::size_t const end = std::min(top_ + room, view_.rows.size());
        Widths const widths = layout(view_, choice_, screen_.width());
        screen_.put(3, 0, std::string(screen_.width(), ' '), A_REVERSE);
        for (std::size_t column = 0, x = 0; column < widths.size(); ++column) {
            if (widths[column] == 0)
                continue;
            screen_.put(3, x, cell(nullptr, column, widths[column]), A_REVERSE);
            for (std::size_t i = top_; i < end; ++i) {
                Row const& row = view_.rows[i];
                auto const color =
                    column == band_column ? std::optional{row.assessment.band} : std::nullopt;
                screen_.put(4 + i - top_, x, cell(&row, column, widths[column]),
                            color == Band::proxy ? A_BOLD : A_NORMAL, color);
            }
            x += widths[column] + 1;
        }
        return end;
    }

    std::size_t draw_help(std::size_t room)
    {
        auto const lines = wrapped(about, screen_.width());
        top_ = std::min(top_, lines.size() - std::min(room, lines.size()));
        std::size_t const end = std::min(top_ + room, lines.size());
        for (std::size_t i = top_; i < end; ++i)
            screen_.put(4 + i - top_, 0, lines[i]);
        return end;
    }

    void press(int key)
    {
        notice_.clear();
        if (prompt_ != '\0')
            return type(key);
        std::size_t const page = std::max<std::size_t>(screen_.height(), 7) - 6;
        switch (key) { // drawing knows where the end is
        case KEY_UP: top_ -= std::min<std::size_t>(top_, 1); return;
        case KEY_DOWN: ++top_; return;
        case KEY_PPAGE: top_ -= std::min(top_, page); return;
        case KEY_NPAGE: top_ += page; return;
        case KEY_HOME: top_ = 0; return;
        case KEY_END: top_ = most_rows; return;
        case 'h':
        case '?':
            help_ = !help_;
            top_ = 0;
            return;
        case 'q': quit_ = true; return;
        case ' ': held_ = !held_; return;
        case 'p':
        case '/':
            prompt_ = static_cast<char>(key);
            typed_.clear();
            return;
        case 's': choice_.key = (choice_.key + 1) % std::size(keys); break;
        case 'r': choice_.reverse = !choice_.reverse; break;
        case 'b': {
            auto const next = choice_.band
                                ? std::find(bands.begin(), bands.end(), *choice_.band) + 1
                                : bands.begin();
            choice_.band = next != bands.end() ? std::optional{*next} : std::nullopt;
            break;
        }
        case 'a': choice_.all = !choice_.all; break;
        default: return;
        }
        asked_ = true;
    }

    void type(int key)
    {
        if (key > ' ' && key < 127 && typed_.size() < 64) {
            typed_ += static_cast<char>(key);
        } else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && !typed_.empty()) {
            typed_.pop_back();
        } else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
            if (prompt_ == '/')
                choice_.peer = typed_;
            else if (typed_.empty())
                choice_.ports.clear();
            else if (auto const ports = ports_of(typed_))
                choice_.ports = *ports;
            else
                notice_ = "not understood, ports are 1 to 65535: " + typed_;
            prompt_ = '\0';
            asked_ = true;
        } else if (key == 27) {
            prompt_ = '\0';
        }
    }

    Screen const& screen_;
    aroma::DiagSocket& kernel_;
    Choice choice_;
    Clock::duration interval_;
    View view_;
    std::string typed_, notice_;
    std::size_t top_ = 0; // the first row that is shown
    char prompt_ = '\0';
    bool help_ = false, held_ = false, asked_ = false, quit_ = false;
};

} // namespace top

#endif // AROMA_EXAMPLES_TOOLS_TOP_LIVE_HPP
