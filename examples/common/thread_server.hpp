// SPDX-License-Identifier: BSL-1.0
//
// A listener and a blocking thread for every connection, for examples that show something else.
#ifndef AROMA_EXAMPLES_THREAD_SERVER_HPP
#define AROMA_EXAMPLES_THREAD_SERVER_HPP

#include "accept_error.hpp"
#include "farewell.hpp"
#include "listener.hpp"
#include "log_line.hpp"
#include "places.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace examples {

constexpr std::size_t most_connections = 256;
constexpr timeval patience{10, 0}; // for one read or write
// in all, so that a byte now and then does not keep a connection
constexpr std::chrono::seconds longest_connection{60};

// The open connections, and a thread that ends those whose time is over.
class Connections {
public:
    Places places{most_connections};

    void add(int fd)
    {
        std::lock_guard const lock{mutex_};
        places.take(fd);
        until_.emplace(fd, Clock::now() + longest_connection);
    }
    void close(int fd)
    {
        std::lock_guard const lock{mutex_};
        places.leave(fd);
        until_.erase(fd);
        ::close(fd);
    }
    [[noreturn]] void watch()
    {
        for (;;) {
            std::this_thread::sleep_for(std::chrono::seconds{1});
            std::lock_guard const lock{mutex_};
            for (auto const& [fd, until] : until_)
                if (until < Clock::now())
                    ::shutdown(fd, SHUT_RDWR); // its thread reads the end of it, and closes
        }
    }

private:
    using Clock = std::chrono::steady_clock;
    std::mutex mutex_;
    std::map<int, Clock::time_point> until_;
};

inline Connections connections;

// Calls handle(fd) for every connection in a thread of its own, and closes the fd afterwards; never
// returns. It calls connections.places.used(fd) at each request. `ask_with` is the command to try
// it, up to the port.
template <class Handle>
[[noreturn]] void serve_in_threads(std::string_view program, Where const& where,
                                   std::string_view ask_with, Handle handle)
{
    std::signal(SIGPIPE, SIG_IGN);
    int const listener = listen_on(program, where, ask_with), on = 1;
    std::thread{[] { connections.watch(); }}.detach();
    for (;;) {
        while (!connections.places.room()) // no connection is idle for long enough
            usleep(10'000);
        int const fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0 && accept_is_over(errno)) {
            std::fputs(
                fmt::format("{}: cannot accept: {}\n", program, std::strerror(errno)).c_str(),
                stderr);
            std::exit(1);
        }
        if (fd < 0) {
            connections.places.give_way(); // no descriptor
            usleep(10'000);                // avoids a busy loop
            continue;
        }
        connections.add(fd);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        try {
            std::thread{[handle, fd] {
                try {
                    handle(fd);
                } catch (std::exception const& error) { // no memory, for this one
                    log_line(STDERR_FILENO,
                             fmt::format("a connection ended by: {}\n", error.what()));
                }
                connections.places.leaving(fd);
                farewell(fd);
                connections.close(fd);
            }}.detach();
        } catch (std::system_error const&) { // no thread
            connections.close(fd);
        }
    }
}

} // namespace examples

#endif // AROMA_EXAMPLES_THREAD_SERVER_HPP
