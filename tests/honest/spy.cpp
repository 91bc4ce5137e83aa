// SPDX-License-Identifier: BSL-1.0
//
// The spy's lines, compiled once: nlohmann-json takes longer than the examples.

#include "spy.hpp"

#include <aroma/linux/endpoint.hpp>

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace honest {
namespace {

int log_fd()
{
    static int const fd = [] {
        char const* const path = std::getenv("AROMA_HONEST_LOG");
        return path ? ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    }();
    return fd;
}

// address:port, or nothing: the TLS integration calls with numbers alone.
std::string peer(int fd)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    char text[72];
    return fd >= 0 && ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0
             ? aroma::Endpoint{address}.text(text)
             : "";
}

} // namespace

void log(char const* call, int fd, aroma::TcpInfo const& info,
         aroma::ConnectionHistory const& history, aroma::Assessment const& a, aroma::Status why,
         std::uint32_t reply, bool unprompted)
{
    nlohmann::ordered_json const line{{"at", aroma::detail::monotonic_time().count() / 1000},
                                      {"call", call},
                                      {"peer", peer(fd)},
                                      {"history", fmt::format("{}", fmt::ptr(&history))},
                                      {"why", name(why)},
                                      {"band", name(a.band)},
                                      {"score", a.score.value_or(0)},
                                      {"status", name(a.status)},
                                      {"counted", history.counted()},
                                      {"voided", history.voided()},
                                      {"last_void", name(history.last_void())},
                                      {"cleared", history.cleared()},
                                      {"opened", history.opened()},
                                      {"opening_excess", history.opening_excess().count()},
                                      {"reply_excess", history.reply_excess().count()},
                                      {"reply", reply},
                                      {"minimum", info.rtt.minimum.count()},
                                      {"smoothed", info.rtt.smoothed.count()},
                                      {"variation", info.rtt.variation.count()},
                                      {"segments_in", info.data_segs_in},
                                      {"segments_out", info.data_segs_out},
                                      {"retransmissions", info.total_retrans},
                                      {"unprompted", unprompted}};
    std::string const text = line.dump() + '\n';
    if (log_fd() >= 0)
        // whole lines, since it appends
        [[maybe_unused]]
        ssize_t const written = ::write(log_fd(), text.data(), text.size());
}

} // namespace honest
