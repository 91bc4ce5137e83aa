// SPDX-License-Identifier: BSL-1.0
//
// The smallest server that scores its clients, one at a time: accept, score, print. Ask it with
//     curl -s http://127.0.0.1:8080/[1-3]
// which sends three requests over one connection.

#include <aroma/aroma.hpp>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

// Call this when a request has arrived, before any of its answer is written. At accept() only
// the handshake has been measured, and after close() the samples include the FIN exchange.
void on_request(int client)
{
    // [score]
    aroma::Assessment const a = aroma::score(client);
    std::printf("%-10s  score %8.6f  (%s)\n", name(a.band), a.score.value(), name(a.status));
    // [score]

    if (a.band == aroma::Band::proxy)
        std::puts(
            "            ask for more proof; do not block: carriers and companies run proxies too");
}

int main(int argc, char** argv)
{
    for (int fd = 0; fd < 3; ++fd) // a closed one would become a socket, and be printed to
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDWR);
    std::string_view const text = argc > 1 ? argv[1] : "8080";
    in_port_t port = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (argc > 2 || error != std::errc{} || end != text.data() + text.size() || port == 0) {
        bool const help = argc == 2 && text == "--help";
        std::fputs("usage: minimal [PORT]    1 to 65535; 8080 if none is given\n",
                   help ? stdout : stderr);
        return help ? 0 : 2;
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK); // this machine alone
    address.sin_port = htons(port);
    int const listener = socket(AF_INET, SOCK_STREAM, 0);
    int const on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0
        || listen(listener, 16) != 0) {
        std::perror("minimal: cannot listen; is the port taken?");
        return 1;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    for (;;) {
        int const client = accept(listener, nullptr, nullptr);
        if (client < 0 && (errno == EBADF || errno == EINVAL || errno == ENOTSOCK)) {
            std::perror("minimal: cannot accept any more");
            return 1;
        }
        if (client < 0) {
            usleep(10'000); // usually no descriptor is left: avoids a busy loop
            continue;
        }
        // small requests, one client at a time: epoll_server.cpp is a real server
        char request[4096];
        while (recv(client, request, sizeof request, 0) > 0) {
            on_request(client);
            char const answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
            if (send(client, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
                break;
        }
        close(client);
    }
}
