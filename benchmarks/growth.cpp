// SPDX-License-Identifier: BSL-1.0
//
// How cost grows with the connections of a host: growth.py starts this several times in a network
// namespace of its own, and asks it by lines on standard input.
//
//     benchmark-growth hold NUMBER     a server and its clients: opens connections, keeps both ends
//     benchmark-growth look            what is measured from outside of them
//
// All times are of this thread's CPU, the kernel's work for it included.

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/prometheus.hpp>

#include "../examples/common/descriptors.hpp"
#include "../tests/support/sockets.hpp"
#include "bare_dump.hpp"
#include "compare.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::uint16_t first_port = 5000;
constexpr std::size_t segments = 4096;

double cpu() // ns
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Medians of pieces of work that take turns.
template <class... Works>
std::vector<double> medians(std::size_t rounds, Works... works)
{
    std::vector<double> times[sizeof...(works)];
    for (std::size_t round = 0; round <= rounds; ++round) {
        std::size_t which = 0;
        auto const one = [&](auto& work) {
            double const begun = cpu();
            work();
            if (round > 0) // the first warms up
                times[which].push_back(cpu() - begun);
            ++which;
        };
        (one(works), ...);
    }
    std::vector<double> all;
    for (std::vector<double>& of_one : times)
        all.push_back(benchmarks::median(std::move(of_one)));
    return all;
}

void say(std::string const& line)
{
    std::cout << line << std::endl;
    if (!std::cout)
        throw std::runtime_error{"nobody listens"};
}

// Of addresses within 10.0.0.0/8, each server's clients from a network of their own.
sockaddr_in address(std::uint32_t network, std::size_t host, std::uint16_t port)
{
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr =
        htonl(10u << 24 | network << 16 | static_cast<std::uint32_t>(host + 1) % 65'536);
    return at;
}

class Held {
public:
    explicit Held(std::uint32_t number)
        : number_{number}, here_{
                               address(0, number, static_cast<std::uint16_t>(first_port + number))}
    {
        live::set_option(listener_, SOL_SOCKET, SO_REUSEADDR, 1);
        if (::bind(listener_.get(), reinterpret_cast<sockaddr const*>(&here_), sizeof here_) != 0
            || ::listen(listener_.get(), 128) != 0)
            throw std::system_error{errno, std::generic_category(), "bind or listen"};
    }

    void open(std::size_t pairs)
    {
        while (pairs_.size() < pairs) {
            live::Fd client = live::tcp_socket();
            live::set_option(client, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
            sockaddr_in const from = address(number_ + 1, pairs_.size(), 0);
            if (::bind(client.get(), reinterpret_cast<sockaddr const*>(&from), sizeof from) != 0
                || ::connect(client.get(), reinterpret_cast<sockaddr const*>(&here_), sizeof here_)
                       != 0)
                throw std::system_error{errno, std::generic_category(), "bind or connect"};
            live::Fd server = live::accept_from(listener_);
            pairs_.push_back({std::move(client), std::move(server)});
            pairs_.back().exchange();
        }
    }

    // So many clients send no more: their servers' ends are in CLOSE_WAIT.
    void end_half(std::size_t pairs) const
    {
        for (std::size_t i = 0; i < pairs; ++i)
            if (::shutdown(pairs_.at(i).client.get(), SHUT_WR) != 0)
                throw std::system_error{errno, std::generic_category(), "shutdown"};
    }

    // Of each connection once, as a server meets them: none is in a cache any more.
    std::string score() const
    {
        std::size_t scored = 0;
        std::vector<double> const all = medians(
            4,
            [&] {
                scored = 0;
                for (live::Connection const& one : pairs_)
                    scored += aroma::score(one.server.get()).score.known() ? 1u : 0u;
            },
            [&] {
                for (live::Connection const& one : pairs_) {
                    unsigned bytes[56];
                    socklen_t length = sizeof bytes;
                    getsockopt(one.server.get(), IPPROTO_TCP, TCP_INFO, bytes, &length);
                    benchmarks::keep(static_cast<double>(bytes[37]) / bytes[17]);
                }
            });
        auto const count = static_cast<double>(pairs_.size());
        std::ostringstream line;
        line << all[0] / count << ' ' << all[1] / count << ' ' << scored;
        return line.str();
    }

private:
    std::uint32_t number_;
    sockaddr_in here_;
    live::Fd listener_ = live::tcp_socket();
    std::vector<live::Connection> pairs_;
};

int hold(std::uint32_t number)
{
    Held held{number};
    say("ready");
    std::string command;
    for (std::size_t count = 0; std::cin >> command;) {
        if (command == "score") {
            say(held.score());
        } else if (command == "open" && std::cin >> count) {
            held.open(count / 2);
            say("open");
        } else if (command == "half" && std::cin >> count) {
            held.end_half(count);
            say("half");
        } else {
            return 2;
        }
    }
    return 0;
}

template <class Each>
std::size_t dump(aroma::DiagFilter const& filter, Each each)
{
    aroma::DiagResult const result = aroma::for_each_connection(filter, each);
    if (result.error != aroma::SockDiagError::none)
        throw std::runtime_error{message(result.error)};
    return result.connections;
}

// A dump of all, by hand too; of one server's by its port, and those in CLOSE_WAIT; one by its
// addresses, and by its peer alone.
std::string look(std::size_t rounds, std::uint16_t port)
{
    aroma::DiagFilter const by_port{.local_port = port},
        by_state{.states = aroma::TcpState::close_wait};
    std::vector<aroma::EndpointPair> ends;
    (void)dump(by_port, [&](aroma::DiagConnection const& c) { ends.push_back(c.ends); });
    if (ends.empty())
        throw std::runtime_error{"nobody is connected to that port"};
    aroma::DiagSocket kept;
    double sum = 0;
    std::size_t all = 0, bare = 0, of_port = 0, of_state = 0, at = 0;
    auto const assess = [&](aroma::DiagConnection const& c) {
        sum += aroma::assess(c.info).score.value_or(0);
    };
    auto const next = [&] { return ends[at++ % ends.size()]; };
    std::vector<double> const times = medians(
        rounds, [&] { all = dump({}, assess); },
        [&] { bare = benchmarks::bare_dump().connections; },
        [&] { of_port = dump(by_port, assess); }, [&] { of_state = dump(by_state, assess); },
        [&] {
            for (int i = 0; i < 100; ++i)
                benchmarks::keep(aroma::read(next(), kept));
        },
        [&] {
            benchmarks::keep(aroma::read({{}, next().remote}, kept));
        });
    benchmarks::keep(sum);
    std::ostringstream line;
    line << all << ' ' << bare << ' ' << of_port << ' ' << of_state;
    for (double const time : times)
        line << ' ' << time;
    return line.str();
}

// Each connection of the host into a baseline, its segment found by name; and its page.
std::string record(std::size_t rounds)
{
    static auto const baseline = std::make_unique<aroma::Baseline<segments>>();
    static std::vector<std::string> names;
    if (names.empty()) {
        for (std::size_t i = 0; i < segments; ++i)
            names.push_back("pop" + std::to_string(i / 64) + "/network" + std::to_string(i % 64));
        for (std::string const& name : names)
            (void)baseline->find_or_add(name);
    }
    std::vector<aroma::Assessment> seen;
    (void)dump({}, [&](aroma::DiagConnection const& c) { seen.push_back(assess(c.info)); });
    std::size_t bytes = 0;
    std::vector<double> const times = medians(
        rounds,
        [&] {
            for (std::size_t i = 0; i < seen.size(); ++i)
                baseline->find_or_add(names[i * 2654435761u % segments]).record(seen[i]);
        },
        [&] {
            bytes = 0;
            aroma::PrometheusError const error =
                write_prometheus(*baseline, {}, [&](char const*, std::size_t size) {
                    bytes += size;
                    return true;
                });
            if (error != aroma::PrometheusError::none)
                throw std::runtime_error{message(error)};
        });
    std::ostringstream line;
    line << seen.size() << ' ' << baseline->size() << ' ' << sizeof *baseline << ' '
         << times[0] / static_cast<double>(seen.size()) << ' ' << times[1] << ' ' << bytes;
    return line.str();
}

int look_on()
{
    say("ready");
    std::string command;
    for (std::size_t rounds = 0, port = 0; std::cin >> command;) {
        if (command == "look" && std::cin >> rounds >> port)
            say(look(rounds, static_cast<std::uint16_t>(port)));
        else if (command == "record" && std::cin >> rounds)
            say(record(rounds));
        else
            return 2;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    examples::hold_standard_descriptors();
    examples::raise_descriptor_limit();
    try {
        if (argc == 3 && std::strcmp(argv[1], "hold") == 0)
            return hold(static_cast<std::uint32_t>(std::stoul(argv[2])));
        if (argc == 2 && std::strcmp(argv[1], "look") == 0)
            return look_on();
    } catch (std::exception const& error) {
        std::fprintf(stderr, "benchmark-growth: %s\n", error.what());
        return 1;
    }
    std::fprintf(stderr, "usage: benchmark-growth hold NUMBER | look, as growth.py starts it\n");
    return 2;
}
