// SPDX-License-Identifier: BSL-1.0
//
// The loop that a user writes first: a keep-alive HTTP server, a thread for each connection, that
// calls score(fd, history) at every request and sends no probe.
//
//     /big        2 MB
//     /early...   scored when the head of the request has arrived; everything else when all of the
//                 body has
//     all else    a page of 2 KB

#include <aroma/aroma.hpp>

#include "../../examples/common/command_line.hpp"
#include "../../examples/common/listener.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t big = 2'000'000, small = 2'000;

bool send_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        ssize_t const sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::size_t length_of_body(std::string_view head)
{
    std::string_view const field = "\r\nContent-Length: ";
    std::size_t const at = head.find(field);
    return at == head.npos ? 0 : std::strtoull(head.data() + at + field.size(), nullptr, 10);
}

void serve(int fd)
{
    aroma::ConnectionHistory history;
    std::string in;
    char bytes[64 * 1024];
    auto const receive = [&] {
        ssize_t const got = ::recv(fd, bytes, sizeof bytes, 0);
        if (got > 0)
            in.append(bytes, static_cast<std::size_t>(got));
        return got > 0;
    };
    for (;;) {
        std::size_t end = 0;
        while ((end = in.find("\r\n\r\n")) == in.npos)
            if (in.size() > sizeof bytes || !receive())
                return;
        std::string const head = in.substr(0, end + 4);
        std::size_t left = length_of_body(head);
        in.erase(0, head.size());
        bool const early = head.find(" /early") != head.npos;
        if (early)
            (void)aroma::score(fd, history);
        while (left > 0) {
            if (in.empty() && !receive())
                return;
            std::size_t const taken = left < in.size() ? left : in.size();
            in.erase(0, taken);
            left -= taken;
        }
        if (!early)
            (void)aroma::score(fd, history);
        std::size_t const size = head.starts_with("GET /big") ? big : small;
        std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: "
                           + std::to_string(size) + "\r\nCache-Control: no-store\r\n\r\n";
        answer.append(size, ' ');
        if (!send_all(fd, answer))
            return;
    }
}

} // namespace

int main(int argc, char** argv)
{
    std::uint16_t port = 8080;
    examples::CommandLine line{"honest-server",
                               "A keep-alive HTTP server that sends no probe, for spy.hpp."};
    line.add_option("PORT", port)->capture_default_str();
    line.parse_or_exit(argc, argv);
    int const listener = examples::listen_on("honest-server", {"::", port}), on = 1;
    for (;;) {
        int const fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            ::usleep(10'000); // no descriptor: not in a circle at full speed
            continue;
        }
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::thread{[fd] {
            serve(fd);
            ::close(fd);
        }}.detach();
    }
}
