// SPDX-License-Identifier: BSL-1.0
//
// Writes a line to a server's log, or nothing if its reader is too slow, which must not block the
// server.
//
//     log_line(STDOUT_FILENO, "a line\n")
//
// For any number of threads. A line that is longer than a pipe takes at once can end early.
#ifndef AROMA_EXAMPLES_LOG_LINE_HPP
#define AROMA_EXAMPLES_LOG_LINE_HPP

#include <algorithm>
#include <climits>
#include <cstddef>
#include <mutex>
#include <string_view>

#include <poll.h>
#include <unistd.h>

namespace examples {

inline void log_line(int fd, std::string_view line)
{
    static std::mutex one_writer; // so that the room that poll() reports is this thread's
    std::lock_guard const lock{one_writer};
    while (!line.empty()) {
        pollfd output{fd, POLLOUT, 0};
        if (::poll(&output, 1, 0) != 1 || !(output.revents & POLLOUT))
            return;
        // a pipe that is writable takes so much without blocking
        ssize_t const written =
            ::write(fd, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
        if (written <= 0)
            return;
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

} // namespace examples

#endif // AROMA_EXAMPLES_LOG_LINE_HPP
