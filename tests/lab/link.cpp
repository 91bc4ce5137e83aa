// SPDX-License-Identifier: BSL-1.0
//
// A wide-area link in user space: carries IP packets between two TUN devices of two network namespaces, each way with a delay,
// jitter on top of it (uniform, never reordering), and loss, all repeatable by seed. lab.sh makes the devices and calls it.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <string_view>
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
    Milliseconds delay{0}, jitter{0};
    double loss = 0; // 0...1
};

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
    Direction(int from, int to, Path const& path, std::uint64_t seed) : from_{from}, to_{to}, path_{path}, random_{seed} {}

    void take_in()
    {
        std::vector<char> packet(65536);
        for (;;) {
            ssize_t const size = ::read(from_, packet.data(), packet.size());
            if (size <= 0)
                return;
            if (std::uniform_real_distribution{0.0, 1.0}(random_) < path_.loss)
                continue;
            Milliseconds const jitter{std::uniform_real_distribution{0.0, 1.0}(random_) * path_.jitter.count()};
            auto const due = Clock::now() + std::chrono::duration_cast<Clock::duration>(path_.delay + jitter);
            last_ = due > last_ ? due : last_; // a link is a queue: nothing overtakes
            waiting_.push_back({last_, {packet.begin(), packet.begin() + size}});
        }
    }

    // Sends what is due; when the next packet will be.
    Clock::time_point send_due()
    {
        while (!waiting_.empty() && waiting_.front().due <= Clock::now()) {
            [[maybe_unused]] ssize_t const written = ::write(to_, waiting_.front().packet.data(), waiting_.front().packet.size());
            waiting_.pop_front();
        }
        return waiting_.empty() ? Clock::time_point::max() : waiting_.front().due;
    }

private:
    struct Waiting {
        Clock::time_point due;
        std::vector<char> packet;
    };
    int from_, to_;
    Path path_;
    std::mt19937_64 random_;
    Clock::time_point last_{};
    std::deque<Waiting> waiting_;
};

} // namespace

int main(int argc, char** argv)
{
    Path path;
    std::uint64_t seed = 1;
    std::vector<std::string> ends;
    for (int i = 1; i < argc; ++i) {
        std::string_view const option{argv[i]};
        char* end = nullptr;
        auto const number = [&] { return i + 1 < argc ? std::strtod(argv[++i], &end) : -1; };
        double value = 0;
        if (option == "--delay")
            path.delay = Milliseconds{value = number()};
        else if (option == "--jitter")
            path.jitter = Milliseconds{value = number()};
        else if (option == "--loss")
            path.loss = (value = number()) / 100;
        else if (option == "--seed")
            seed = static_cast<std::uint64_t>(value = number());
        else
            ends.emplace_back(option);
        if (!(value >= 0) || (end && *end)) {
            ends.clear();
            break;
        }
    }
    if (ends.size() != 4) {
        std::fputs("usage: aroma-link NETNS DEVICE NETNS DEVICE [--delay MS] [--jitter MS] [--loss PERCENT] [--seed N]\n"
                   "       delay, jitter and loss are those of one way; the round trip has both\n",
                   stderr);
        return 2;
    }
    int const left = open_device(ends[0], ends[1]), right = open_device(ends[2], ends[3]);
    Direction there{left, right, path, seed}, back{right, left, path, seed + 1};

    ::prctl(PR_SET_TIMERSLACK, 1000ul); // 1 us
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sched_param priority{};
    priority.sched_priority = 1;
    ::sched_setscheduler(0, SCHED_FIFO, &priority); // where it may: a packet that is due does not wait for the proxies' turn
    std::puts("ready");
    std::fflush(stdout);

    for (;;) {
        auto const next = std::min(there.send_due(), back.send_due());
        timespec wait{3600, 0};
        if (next != Clock::time_point::max()) {
            auto const left_over = std::chrono::duration_cast<std::chrono::nanoseconds>(next - Clock::now()).count();
            wait = left_over > 0 ? timespec{left_over / 1'000'000'000, left_over % 1'000'000'000} : timespec{0, 0};
        }
        pollfd devices[] = {{left, POLLIN, 0}, {right, POLLIN, 0}};
        if (::ppoll(devices, 2, &wait, nullptr) < 0 && errno != EINTR)
            give_up("ppoll");
        there.take_in();
        back.take_in();
    }
}
