// SPDX-License-Identifier: BSL-1.0
//
// POSIX: a blocking thread for every connection that accept() returns.
//
//     threads [--port N] [--address ADDRESS]

#include "../common/http_reader.hpp"
#include "../common/port_option.hpp"
#include "../common/thread_server.hpp"

namespace {

void serve(int fd)
{
    examples::HttpReader http;
    aroma::ConnectionHistory history;
    std::string in;
    char bytes[4096];
    for (ssize_t got; !http.last() && (got = ::recv(fd, bytes, sizeof bytes, 0)) > 0;) {
        in.append(bytes, static_cast<std::size_t>(got));
        while (auto const path = http.next(in)) {
            examples::connections.places.used(fd);
            // [handler]
            // At each request, before any of its answer is written.
            aroma::Assessment assessment = aroma::score(fd, history);
            if (history.probing()) // a redirect may be answered now
                assessment = aroma::probe_answered(fd, history, aroma::token_of(*path));

            examples::Page const page = examples::page(*path, assessment, history);
            std::string const answer = http.answer(page);
            if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL)
                != static_cast<ssize_t>(answer.size()))
                return;
            if (!page.location.empty()) // the redirect that has just been written is a probe
                aroma::probe_sent(fd, history, aroma::token_of(page.location));
            // [handler]
        }
    }
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "threads";
    examples::serve_in_threads(program, examples::port_option(program, argc, argv),
                               "curl -L http://", serve);
}
