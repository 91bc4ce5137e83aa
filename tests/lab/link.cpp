// SPDX-License-Identifier: BSL-1.0
//
// A wide-area link in user space: carries IP packets between two TUN devices of two network
// namespaces, each way through a queue that drains at a rate and drops what it cannot hold, then
// with a delay, with jitter on top of it that never reorders, and with loss. The draws are
// repeatable by seed. lab.sh makes the devices and calls it.

#include "../../examples/common/command_line.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Path {
    Milliseconds delay{0};
    Milliseconds jitter{0};  // uniform, from none to this
    Milliseconds tail{0};    // log-normal with this median
    double loss = 0;         // 0...1
    double rate = 0;         // Mbit/s; 0: as fast as the machine
    Milliseconds queue{100}; // how long a full queue takes to drain
};

// The 90th percentile of the log-normal part is five times its median, as it was of 47 access
// points' Wi-Fi hop, 20 and 100 ms (Pei et al., INFOCOM 2016); 1.2816 is the normal distribution's.
double const tail_sigma = std::log(5.0) / 1.2816;

// An option's value: one number for both ways, or THERE:BACK.
struct Ways {
    double there = 0, back = 0;
};

bool lexical_cast(std::string const& text, Ways& ways) // CLI11 finds it
{
    using CLI::detail::lexical_cast;
    std::size_t const colon = text.find(':');
    return lexical_cast(text.substr(0, colon), ways.there)
        && lexical_cast(colon == text.npos ? text : text.substr(colon + 1), ways.back);
}

[[noreturn]] void give_up(std::string const& what)
{
    std::fprintf(stderr, "aroma-link: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

// A TUN device that lab.sh has made in a named network namespace.
int open_device(std::string const& network_namespace, std::string const& device)
{
    int const home = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int const there = ::open(("/run/netns/" + network_namespace).c_str(), O_RDONLY | O_CLOEXEC);
    if (home < 0 || there < 0 || ::setns(there, CLONE_NEWNET) != 0)
        give_up("cannot enter network namespace " + network_namespace);
    int const fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device.c_str());
    if (fd < 0 || ::ioctl(fd, TUNSETIFF, &request) != 0)
        give_up("cannot attach to TUN device " + device + " in " + network_namespace);
    if (::setns(home, CLONE_NEWNET) != 0)
        give_up("cannot return from " + network_namespace);
    ::close(home);
    ::close(there);
    return fd;
}

class Direction {
public:
    Direction(int from, int to, Path const& path, std::uint64_t seed)
        : from_{from}, to_{to}, path_{path}, random_{seed}
    {
    }

    void take_in()
    {
        for (;;) {
            ssize_t const size = ::read(from_, packet_.data(), packet_.size());
            if (size <= 0)
                return;
            bool const lost = uniform(random_) < path_.loss;
            Milliseconds const jitter = path_.jitter * uniform(random_)
                                      + path_.tail * std::exp(tail_sigma * normal_(random_));
            auto const now = Clock::now();
            auto const start = std::max(sent_, now);
            if (start - now > path_.queue)
                continue;
            if (path_.rate > 0)
                sent_ = start
                      + in_ticks(Milliseconds{static_cast<double>(size) * 8 / 1000 / path_.rate});
            if (lost) // behind the queue
                continue;
            // nothing overtakes
            arrives_ = std::max(arrives_, std::max(sent_, now) + in_ticks(path_.delay + jitter));
            waiting_.push_back({arrives_, {packet_.begin(), packet_.begin() + size}});
        }
    }

    // Sends what is due; when the next packet will be.
    Clock::time_point send_due()
    {
        while (!waiting_.empty() && waiting_.front().due <= Clock::now()) {
            [[maybe_unused]] ssize_t const written =
                ::write(to_, waiting_.front().packet.data(), waiting_.front().packet.size());
            waiting_.pop_front();
        }
        return waiting_.empty() ? Clock::time_point::max() : waiting_.front().due;
    }

private:
    struct Waiting {
        Clock::time_point due;
        std::vector<char> packet;
    };
    static Clock::duration in_ticks(Milliseconds time)
    {
        return std::chrono::duration_cast<Clock::duration>(time);
    }
    static double uniform(std::mt19937_64& random)
    {
        return std::uniform_real_distribution{0.0, 1.0}(random);
    }

    int from_, to_;
    Path path_;
    std::mt19937_64 random_;
    std::normal_distribution<double> normal_;
    Clock::time_point sent_{};    // when the queue will have been drained
    Clock::time_point arrives_{}; // when what came last will be delivered
    std::vector<char> packet_ = std::vector<char>(65536);
    std::deque<Waiting> waiting_;
};

} // namespace

int main(int argc, char** argv)
{
    Path there_path, back_path;
    std::uint64_t seed = 1;
    std::string netns, device, other_netns, other_device;
    examples::CommandLine line{"aroma-link", "A wide-area link between two TUN devices."};
    line.footer("Each value but the seed is that of one way, for both, or THERE:BACK; the round "
                "trip has both.");
    line.add_option("NETNS", netns, "the network namespace of one end")->required();
    line.add_option("DEVICE", device, "its TUN device")->required();
    line.add_option("OTHER_NETNS", other_netns, "those of the other end")->required();
    line.add_option("OTHER_DEVICE", other_device)->required();
    auto const add = [&](char const* name, char const* unit, double most, auto Path::*what,
                         auto scale, char const* help) {
        auto const set = [=, &there_path, &back_path](Ways const& ways) {
            for (double const way : {ways.there, ways.back})
                if (!(way >= 0 && way <= most))
                    throw CLI::ValidationError{name, "not from 0 to " + std::to_string(most)};
            there_path.*what = scale(ways.there);
            back_path.*what = scale(ways.back);
        };
        line.add_option_function<Ways>(name, set, help)->type_name(unit);
    };
    auto const milliseconds = [](double value) { return Milliseconds{value}; };
    add("--delay", "MS", 1e9, &Path::delay, milliseconds, "how long a packet takes");
    add("--jitter", "MS", 1e9, &Path::jitter, milliseconds, "uniform, from none to this");
    add("--tail", "MS", 1e9, &Path::tail, milliseconds, "log-normal with this median");
    add(
        "--loss", "PERCENT", 100, &Path::loss, [](double percent) { return percent / 100; },
        "how many packets are lost");
    add(
        "--rate", "MBIT/S", 1e9, &Path::rate, [](double megabits) { return megabits; },
        "0: as fast as the machine");
    add("--queue", "MS", 1e9, &Path::queue, milliseconds, "how long a full queue takes to drain");
    line.add_option("--seed", seed, "of the draws")->capture_default_str();
    line.parse_or_exit(argc, argv);

    int const left = open_device(netns, device), right = open_device(other_netns, other_device);
    Direction there{left, right, there_path, 2 * seed}, back{right, left, back_path, 2 * seed + 1};

    ::prctl(PR_SET_TIMERSLACK, 1000ul); // 1 us
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sched_param priority{};
    priority.sched_priority = 1;
    // where it may: a packet that is due does not wait for the proxies' turn
    ::sched_setscheduler(0, SCHED_FIFO, &priority);
    std::puts("ready");
    if (std::fflush(stdout) != 0)
        give_up("standard output");

    for (;;) {
        auto const next = std::min(there.send_due(), back.send_due());
        timespec wait{3600, 0};
        if (next != Clock::time_point::max()) {
            auto const left_over =
                std::chrono::duration_cast<std::chrono::nanoseconds>(next - Clock::now()).count();
            wait = left_over > 0 ? timespec{left_over / 1'000'000'000, left_over % 1'000'000'000}
                                 : timespec{0, 0};
        }
        pollfd devices[] = {{left, POLLIN, 0}, {right, POLLIN, 0}};
        if (::ppoll(devices, 2, &wait, nullptr) < 0 && errno != EINTR)
            give_up("ppoll");
        there.take_in();
        back.take_in();
    }
}
