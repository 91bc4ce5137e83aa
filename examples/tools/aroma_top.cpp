// SPDX-License-Identifier: BSL-1.0
//
// A live table of this host's TCP connections with their RTTs and scores. No server needs to be
// changed: the kernel lists them all.
//
//     aroma-top [--port N[,N]...] [--band NAME] [--sort KEY] [--reverse] [--interval SECONDS]
//               [--once] [--json] [--all]
//
// The score is TCP's ratio alone. An Exchange is for a server, which knows what the client has just
// answered: a look that comes by once a second finds most connections within their users' pauses,
// and the kernel's stamps then read as a path of up to 3 s. So no application RTT is taken from
// them. TCP's ratio has a weakness there too: the last ACK before a pause may be 40 ms late. In the
// lab, with three requests and 0.3 s of pause by turns, a direct client 4 ms away scored 0.2 to
// 0.25, and one 60 ms behind a microsocks near the server 1. The floor spares near clients what a
// scheduler adds, and for the rest the table says how weak its evidence is.

#include <aroma/aroma.hpp>
#include <aroma/integrations/fmt.hpp>
#include <aroma/linux/sock_diag.hpp>

#include "../common/json.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <curses.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

using aroma::Band;
using Clock = std::chrono::steady_clock;

// of any number of connections, those that come first in the chosen order
constexpr std::size_t most_rows = 10'000;
constexpr std::array bands{Band::proxy, Band::suspicious, Band::unstable, Band::normal,
                           Band::unknown};

// From the kernel's numbers to rows, in order.

struct Row {
    aroma::EndpointPair ends;
    aroma::TcpState state;
    bool accepted;         // its local port has a listener
    std::uint32_t idle_ms; // since the last data, either way
    aroma::Assessment assessment;
};

double longest_first(aroma::Microseconds rtt)
{
    return measured(rtt) ? -aroma::count_in<std::milli>(rtt) : std::nan("");
}

struct Key {
    std::string_view name;
    double (*place)(Row const&); // the smaller comes first; not a number where nothing was measured
};
constexpr Key keys[]{
    {"score", [](Row const& row) { return row.assessment.score.value(); }},
    {"rtt", [](Row const& row) { return longest_first(row.assessment.sample.smoothed); }},
    {"minimum", [](Row const& row) { return longest_first(row.assessment.sample.minimum); }},
    {"idle", [](Row const& row) -> double { return row.idle_ms; }},
    {"port", [](Row const& row) -> double { return row.ends.local.port; }},
    // by which all that are equal are ordered
    {"peer", [](Row const&) { return 0.0; }}};

struct Choice {
    std::vector<std::uint16_t> ports; // none: all
    std::optional<Band> band;
    std::string peer; // a part of its text
    std::size_t key = 0;
    bool reverse = false;
    bool all = false;

    bool is_first(Row const& a, Row const& b) const
    {
        double const x = keys[key].place(a), y = keys[key].place(b);
        if (std::isnan(x) != std::isnan(y)) // what was not measured comes last, either way round
            return std::isnan(y);
        if (x < y || y < x)
            return (x < y) != reverse;
        aroma::Endpoint const &p = a.ends.remote, &q = b.ends.remote;
        int const address = std::memcmp(p.address, q.address, sizeof p.address);
        int const order = address != 0     ? address
                        : p.port != q.port ? p.port - q.port
                                           : a.ends.local.port - b.ends.local.port;
        return reverse && keys[key].name == "peer" ? order > 0 : order < 0;
    }
};

struct View {
    std::chrono::system_clock::time_point time = std::chrono::system_clock::now();
    std::vector<Row> rows;
    std::size_t connections = 0; // in all bands
    std::size_t listed = 0;      // in the chosen one; not all of them have a row
    std::size_t outgoing_hidden = 0, local_hidden = 0;
    std::size_t in_band[bands.size()]{};
    std::size_t longest_peer = 0; // in characters
    aroma::DiagResult result;
};

std::string text(aroma::Endpoint const& end)
{
    char buffer[72];
    return end.text(buffer);
}

bool of_this_host(aroma::EndpointPair const& ends)
{
    unsigned char const(&remote)[16] = ends.remote.address;
    bool const loopback = ends.remote.ipv4()
                            ? remote[12] == 127
                            : std::count(remote, remote + 15, 0) == 15 && remote[15] == 1;
    return loopback || std::equal(remote, remote + 16, ends.local.address);
}

View look(aroma::DiagSocket& kernel, Choice const& choice)
{
    constexpr aroma::Options<aroma::MinOverSmoothed> by_ratio{
        .method = {.floor = aroma::MinOverSmoothed::near_floor}};
    auto const is_first = [&choice](Row const& a, Row const& b) { return choice.is_first(a, b); };
    View view;
    std::bitset<65536> listening;
    auto const listener = [&](aroma::DiagConnection const& c) { listening.set(c.ends.local.port); };
    aroma::DiagResult const listeners =
        for_each_connection({.states = aroma::TcpState::listen}, listener, kernel);

    auto const each = [&](aroma::DiagConnection const& c) {
        bool const accepted = listening[c.ends.local.port];
        if (!choice.ports.empty()) { // a user who asks for a port wants all that it has
            if (std::find(choice.ports.begin(), choice.ports.end(), c.ends.local.port)
                == choice.ports.end())
                return;
        } else if (!choice.all && (!accepted || of_this_host(c.ends))) {
            ++(accepted ? view.local_hidden : view.outgoing_hidden);
            return;
        }
        char peer[72];
        if (!choice.peer.empty() && !std::strstr(c.ends.remote.text(peer), choice.peer.c_str()))
            return;
        Row const row{c.ends, c.info.state, accepted,
                      std::min(c.info.last_data_recv, c.info.last_data_sent),
                      assess(c.info, by_ratio)};
        ++view.connections;
        ++view.in_band[static_cast<std::size_t>(row.assessment.band)];
        if (choice.band && row.assessment.band != *choice.band)
            return;
        ++view.listed;
        if (view.rows.size() < most_rows) {
            view.rows.push_back(row);
            if (view.rows.size() == most_rows)
                std::make_heap(view.rows.begin(), view.rows.end(), is_first);
        } else if (is_first(row, view.rows.front())) { // which is the last of those that are kept
            std::pop_heap(view.rows.begin(), view.rows.end(), is_first);
            view.rows.back() = row;
            std::push_heap(view.rows.begin(), view.rows.end(), is_first);
        }
    };
    std::uint16_t const only_port = choice.ports.size() == 1 ? choice.ports[0] : std::uint16_t{0};
    view.result = for_each_connection({.local_port = only_port}, each, kernel);
    if (view.result.error == aroma::SockDiagError::none)
        view.result = listeners;
    std::sort(view.rows.begin(), view.rows.end(), is_first);
    for (Row const& row : view.rows)
        view.longest_peer = std::max(view.longest_peer, text(row.ends.remote).size());
    return view;
}

std::string trouble(aroma::DiagResult const& result)
{
    return message(result.error)
         + (result.error_number != 0 ? fmt::format(" ({})", std::strerror(result.error_number))
                                     : std::string{});
}

// From rows to text.

char const* state(Row const& row)
{
    return row.state == aroma::TcpState::close_wait ? "close_wait" : "established";
}

std::string milliseconds(aroma::Microseconds rtt)
{
    double const ms = aroma::count_in<std::milli>(rtt);
    return measured(rtt) ? fmt::format("{:.{}f}", ms, ms < 1000 ? 3 : 0) : "-";
}

std::string idle(Row const& row)
{
    std::uint32_t const s = row.idle_ms / 1000;
    return s < 100  ? fmt::format("{}.{}s", s, row.idle_ms / 100 % 10)
         : s < 6000 ? fmt::format("{}m", s / 60)
                    : fmt::format("{}h", s / 3600);
}

struct Column {
    char const* title;
    std::size_t width;
    int rank; // the higher the sooner without room
    bool left;
    std::string (*text)(Row const&);
};
constexpr Column columns[]{
    // and wider where there is room
    {"PEER", 21, 0, true, [](Row const& row) { return text(row.ends.remote); }},
    {"DIR", 3, 7, true, [](Row const& row) { return std::string{row.accepted ? "in" : "out"}; }},
    {"PORT", 5, 5, false, [](Row const& row) { return fmt::to_string(row.ends.local.port); }},
    {"MIN ms", 8, 4, false,
     [](Row const& row) { return milliseconds(row.assessment.sample.minimum); }},
    {"RTT ms", 8, 3, false,
     [](Row const& row) { return milliseconds(row.assessment.sample.smoothed); }},
    {"SCORE", 7, 1, false,
     [](Row const& row) {
         return row.assessment.score.known() ? fmt::to_string(row.assessment.score) : "-";
     }},
    {"BAND", 10, 2, true, [](Row const& row) { return fmt::to_string(row.assessment.band); }},
    {"IDLE", 6, 6, false, idle},
    {"BASIS OR STATUS", 17, 8, true,
     [](Row const& row) {
         return std::string{row.assessment.score.known() ? name(row.assessment.basis)
                                                         : name(row.assessment.status)};
     }},
    {"STATE", 11, 9, true, [](Row const& row) { return std::string{state(row)}; }}};
constexpr std::size_t peer_column = 0, direction_column = 1, band_column = 6;
using Widths = std::array<std::size_t, std::size(columns)>; // zero: not shown

Widths layout(View const& view, Choice const& choice, std::size_t width)
{
    Widths widths{columns[peer_column].width};
    std::size_t used = widths[peer_column];
    for (int rank = 1; rank < static_cast<int>(std::size(columns)); ++rank) {
        auto const is_next = [rank](Column const& c) { return c.rank == rank; };
        auto const column =
            static_cast<std::size_t>(std::find_if(columns, std::end(columns), is_next) - columns);
        // all of them are accepted
        if (column == direction_column && !choice.all && choice.ports.empty())
            continue;
        if (used + 1 + columns[column].width > width)
            break;
        widths[column] = columns[column].width;
        used += 1 + widths[column];
    }
    widths[peer_column] =
        std::max(widths[peer_column],
                 std::min(view.longest_peer, widths[peer_column] + width - std::min(used, width)));
    return widths;
}

// Of a row, or the title.
std::string cell(Row const* row, std::size_t column, std::size_t width)
{
    std::string content = row ? columns[column].text(*row) : columns[column].title;
    // an IPv6 address: its middle gives way, its port stays
    if (column == peer_column && content.size() > width) {
        std::string const port = content.substr(content.rfind(']'));
        content = content.substr(0, width - 2 - port.size()) + ".." + port;
    }
    return columns[column].left ? fmt::format("{:<{}}", content, width)
                                : fmt::format("{:>{}}", content, width);
}

std::array<std::string, 3> heading(View const& view, Choice const& choice)
{
    std::tm const now = fmt::localtime(std::chrono::system_clock::to_time_t(view.time));
    std::string what = fmt::format("aroma-top  {:%H:%M:%S}  {} connections", now, view.connections);
    if (view.rows.size() < view.connections)
        what +=
            fmt::format(", {}{} listed", view.rows.size(),
                        view.rows.size() < view.listed ? fmt::format(" of {}", view.listed) : "");
    what += fmt::format("  by {}{}", keys[choice.key].name, choice.reverse ? ", reversed" : "");
    what += choice.band ? fmt::format("  band {}", *choice.band) : "";
    what += choice.ports.empty() ? "" : fmt::format("  port {}", fmt::join(choice.ports, ","));
    what += choice.peer.empty() ? "" : "  peer " + choice.peer;

    std::string counts;
    for (Band const band : bands)
        counts += fmt::format("{} {}  ", view.in_band[static_cast<std::size_t>(band)], band);
    if (view.outgoing_hidden + view.local_hidden > 0)
        counts +=
            fmt::format("(hidden: {} outgoing, {} local)", view.outgoing_hidden, view.local_hidden);
    return {what, counts,
            "TCP's ratio: weak evidence. Far proxies look normal, pausing near clients bad."};
}

std::string table(View const& view, Choice const& choice, std::size_t width)
{
    std::string all;
    for (std::string const& line : heading(view, choice))
        all += line + '\n';
    Widths const widths = layout(view, choice, width);
    for (std::size_t i = 0; i <= view.rows.size(); ++i) {
        for (std::size_t column = 0; column < widths.size(); ++column)
            all += widths[column] == 0
                     ? ""
                     : cell(i == 0 ? nullptr : &view.rows[i - 1], column, widths[column]) + ' ';
        all.erase(all.find_last_not_of(' ') + 1);
        all += '\n';
    }
    return all;
}

// Addresses, numbers and the library's own names: nothing needs escaping.
std::string json(View const& view)
{
    std::string all;
    auto const ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(view.time.time_since_epoch()).count();
    for (Row const& row : view.rows) {
        all += fmt::format(R"({{"time":{}.{:03},"peer":"{}","local":"{}","local_port":{},)"
                           R"("accepted":{},"state":"{}","idle_us":{},)",
                           ms / 1000, ms % 1000, text(row.ends.remote), text(row.ends.local),
                           row.ends.local.port, row.accepted, state(row),
                           std::uint64_t{row.idle_ms} * 1000);
        all += examples::to_json(row.assessment).substr(1) + '\n';
    }
    return all;
}

constexpr char usage[] = R"(usage: aroma-top [OPTION]...

  --port N[,N]...     all connections of these local ports
  --band NAME         proxy, suspicious, unstable, normal or unknown
  --sort KEY          score (the lowest first; default), rtt or minimum (the
                      longest first), idle, port or peer
  --reverse           the other way round
  --interval SECONDS  from one look to the next, 0.1 to 3600; default 1
  --once              one look, as plain text
  --json              one JSON object per connection and line, RTTs in
                      microseconds; for ever, or with --once one look
  --all               outgoing connections and those of this host with itself too

)";
constexpr char keys_line[] = "q quit s sort r reverse p port b band / peer a all space hold h help";
constexpr char about[] = "q or Ctrl-C quits. s sorts by the next key, r reverses. p asks for "
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
                         "Listed are the connections that this host has accepted: those whose "
                         "local port has a listener now. Outgoing ones and those of "
                         "this host with itself are left out, unless all are asked for, or the "
                         "port. Of more than 10,000 those that come first are listed.\n";
static_assert(most_rows == 10'000 && aroma::MinOverSmoothed::near_floor.count() == 6000);

std::vector<std::string> wrapped(std::string_view words, std::size_t width)
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

// The live view.

volatile std::sig_atomic_t stopped = 0;

// Until something is to be read, the time has come, or a signal; false where nobody is at the other
// end any more.
bool wait(int fd, short events, Clock::time_point until)
{
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd wanted{fd, events, 0};
    int const ready = ::poll(&wanted, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
    return ready <= 0 || !(wanted.revents & (POLLERR | POLLHUP | POLLNVAL));
}

// Numbers with commas between them.
bool read_ports(std::string_view from, std::vector<std::uint16_t>& ports)
{
    for (;;) {
        std::uint16_t port = 0;
        auto const [end, error] = std::from_chars(from.data(), from.data() + from.size(), port);
        if (error != std::errc{} || port == 0)
            return false;
        ports.push_back(port);
        from.remove_prefix(static_cast<std::size_t>(end - from.data()));
        if (from.empty())
            return true;
        if (from[0] != ',')
            return false;
        from.remove_prefix(1);
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
    static void end(SCREEN* screen)
    {
        endwin();
        delscreen(screen);
    }
    std::unique_ptr<SCREEN, decltype(&end)> screen_{newterm(nullptr, stdout, stdin), end};
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
            std::vector<std::uint16_t> ports;
            if (prompt_ == '/')
                choice_.peer = typed_;
            else if (typed_.empty() || read_ports(typed_, ports))
                choice_.ports = ports;
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

// The command line.

[[noreturn]] void give_up(int status, std::string_view why)
{
    std::fputs(fmt::format("aroma-top: {}\n", why).c_str(), stderr);
    std::exit(status);
}

struct Options {
    Choice choice;
    double interval = 1;
    bool once = false, json = false;

    Options(int argc, char const* const* argv)
    {
        for (int i = 1; i < argc; ++i) {
            std::string_view const option{argv[i]};
            if (option == "--help") {
                std::fputs(
                    fmt::format("{}{}\n", usage, fmt::join(wrapped(about, 79), "\n")).c_str(),
                    stdout);
                std::exit(0);
            }
            bool* const flag = option == "--once"    ? &once
                             : option == "--json"    ? &json
                             : option == "--all"     ? &choice.all
                             : option == "--reverse" ? &choice.reverse
                                                     : nullptr;
            if (flag)
                *flag = true;
            else if (std::string_view const value{i + 1 < argc ? argv[i + 1] : ""};
                     read(option, value))
                ++i;
            else
                give_up(2,
                        fmt::format("not understood: {} {}\naroma-top --help lists what there is",
                                    option, value));
        }
    }

private:
    bool read(std::string_view option, std::string_view value)
    {
        if (option == "--port")
            return read_ports(value, choice.ports);
        if (option == "--interval") {
            auto const [end, error] =
                std::from_chars(value.data(), value.data() + value.size(), interval);
            return error == std::errc{} && end == value.data() + value.size() && interval >= 0.1
                && interval <= 3600;
        }
        if (option == "--sort") {
            auto const* const key = std::find_if(keys, std::end(keys),
                                                 [value](Key const& k) { return k.name == value; });
            choice.key = static_cast<std::size_t>(key - keys);
            return key != std::end(keys);
        }
        auto const* const band =
            std::find_if(bands.begin(), bands.end(), [value](Band b) { return name(b) == value; });
        if (option != "--band" || band == bands.end())
            return false;
        choice.band = *band;
        return true;
    }
};

void print(std::string_view what)
{
    while (!what.empty() && !stopped) {
        ssize_t const written = ::write(STDOUT_FILENO, what.data(), what.size());
        if (written < 0 && errno != EINTR)
            give_up(1, fmt::format("cannot write: {}", std::strerror(errno)));
        what.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

void warn(View const& view)
{
    if (view.rows.size() < view.listed)
        std::fputs(fmt::format("aroma-top: {} of {} connections listed: --port and --band choose\n",
                               view.rows.size(), view.listed)
                       .c_str(),
                   stderr);
    if (view.result.error != aroma::SockDiagError::none)
        std::fputs(fmt::format("aroma-top: {}\n", trouble(view.result)).c_str(), stderr);
}

} // namespace

int main(int argc, char** argv)
try {
    Options const options{argc, argv};
    bool const live = !options.once && !options.json;
    if (live && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
        give_up(2, "no terminal here: --once and --json need none");

    aroma::DiagSocket kernel;
    View view = look(kernel, options.choice);
    if (view.result.error == aroma::SockDiagError::no_sock_diag
        || view.result.error == aroma::SockDiagError::refused)
        give_up(1, trouble(view.result));
    if (options.once) {
        winsize size{};
        bool const narrow = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0
                         && size.ws_col > 0;
        print(options.json ? json(view) : table(view, options.choice, narrow ? size.ws_col : 1000));
        warn(view);
        return view.result.error == aroma::SockDiagError::none ? 0 : 1;
    }

    struct sigaction stop {};
    stop.sa_handler = [](int) { stopped = 1; };
    for (int const signal : {SIGINT, SIGTERM, SIGHUP})
        sigaction(signal, &stop, nullptr);
    auto const interval = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>{options.interval});
    if (live) {
        if (Screen const screen; screen) {
            Live{screen, kernel, options.choice, interval, std::move(view)}.run();
            return 0;
        }
        give_up(2, "curses does not know this terminal (TERM): --once and --json need none");
    }
    for (;;) {
        Clock::time_point const next = Clock::now() + interval;
        print(json(view));
        warn(view);
        while (!stopped && Clock::now() < next)
            if (!wait(STDOUT_FILENO, 0, next))
                return 0;
        if (stopped)
            return 0;
        view = look(kernel, options.choice);
    }
} catch (std::exception const& error) {
    give_up(1, error.what());
}
