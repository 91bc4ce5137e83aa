// SPDX-License-Identifier: BSL-1.0
//
// POSIX: a blocking thread for every connection that accept() returns.
//
//     threads [--port N]

#include "../common/port_option.hpp"
#include "../common/thread_server.hpp"
#include "http.hpp"

namespace {

void serve(int fd)
{
    examples::HttpReader http;
    examples::Visitor visitor;
    std::string in;
    char bytes[4096];
    for (ssize_t got; !http.last() && (got = ::recv(fd, bytes, sizeof bytes, 0)) > 0;) {
        in.append(bytes, static_cast<std::size_t>(got));
        while (auto const path = http.next(in)) {
            // [handler]
            // A request has arrived, and nothing of its answer is written.
            aroma::Exchange const moment = visitor.moment(*path);
            aroma::Assessment const assessment = aroma::score(fd, moment, visitor.seen);
            // [handler]

            std::string const answer = http_text(examples::page(*path, assessment));
            if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL)
                != static_cast<ssize_t>(answer.size()))
                return;
        }
    }
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "threads";
    examples::serve_in_threads(program, examples::port_option(program, argc, argv),
                               "curl -L http://127.0.0.1:", serve);
}
