// SPDX-License-Identifier: BSL-1.0
//
// An HTTPS server that measures the cross-layer RTT of every client, by the TLS handshake and by
// redirects, and prints one line of JSON for each connection.
//
//     tls_server --cert FILE --key FILE [--port N] [--json]
//
//     /        redirects once, to a random path: a probe that only the client's own machine answers
//     /2 to /9 this many redirects in a row: with more probes, one delayed probe matters less
//     /score   the assessment so far; the last redirect ends there too
//
// It uses a blocking thread for each connection, but nothing here depends on that. The library's
// part is the line with observe(), and the lines with the history in serve().

#include <aroma/aroma.hpp>
#include <aroma/integrations/fmt.hpp>
#include <aroma/integrations/openssl.hpp>

#include "../common/http_reader.hpp"
#include "../common/log_line.hpp"
#include "../common/thread_server.hpp"
#include "../common/visitor.hpp"
#include "seen.hpp"
#include "tls_options.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

namespace {

// of one request, against clients that send a byte at a time
constexpr int most_reads = 64;

// How many redirects follow a path; -1 for an unknown path.
int redirects_behind(std::string_view path)
{
    if (path == "/" || path == "/1")
        return 1;
    if (path.size() == 2 && path[1] >= '2' && path[1] <= '9')
        return path[1] - '0';
    return examples::redirects_behind(path);
}

void serve(SSL* ssl, int fd, examples::Seen& seen)
{
    aroma::ConnectionHistory& history = seen.history();
    examples::HttpReader http;
    std::string in;
    char bytes[16 * 1024];
    for (int reads = 0; !http.last() && ++reads <= most_reads;) {
        int const size = SSL_read(ssl, bytes, sizeof bytes);
        if (size <= 0)
            return;
        in.append(bytes, static_cast<std::size_t>(size));
        while (auto const path = http.next(in)) {
            reads = 0;
            examples::connections.places.used(fd);

            // At each request, before any of its answer is written. Behind a redirect it is
            // the client's answer to that, if it asks for the path that nobody could guess.
            if (history.probing()) {
                seen.answered("redirect", fd, aroma::token_of(*path));
            } else if (!path->empty()) { // or it is refused
                (void)aroma::score(fd, history);
                seen.request(fd);
            }

            int const further = redirects_behind(*path);
            std::string const next =
                further > 0 ? examples::probe_path(further - 1) : std::string{};
            std::string const answer = http.answer(
                !next.empty()  ? examples::Page{302, next, {}}
                : further >= 0 ? examples::Page{200, {}, seen.to_json() + '\n'}
                               : examples::Page{
                                   404, {}, "{\"error\":\"there are /, /2 to /9 and /score\"}\n"});
            if (SSL_write(ssl, answer.data(), static_cast<int>(answer.size())) <= 0)
                return;
            if (!next.empty()) // the redirect just written is a probe
                aroma::probe_sent(fd, history, aroma::token_of(next));
        }
    }
}

void handle(SSL_CTX* context, int fd, bool json)
{
    std::unique_ptr<SSL, decltype(&SSL_free)> const ssl{SSL_new(context), SSL_free};
    if (!ssl || SSL_set_fd(ssl.get(), fd) != 1)
        return;
    examples::Seen seen;
    bool const accepted = SSL_accept(ssl.get()) == 1;
    seen.handshake(ssl.get());
    if (accepted) {
        serve(ssl.get(), fd, seen);
        SSL_shutdown(ssl.get());
    }
    ERR_clear_error();
    examples::log_line(STDOUT_FILENO, json ? seen.to_json() + '\n'
                                           : fmt::format("{:l}\n", seen.history().assess()));
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "tls_server";
    examples::TlsOptions const options{program, argc, argv, true};
    examples::Context const context = options.context(program);
    // from now on every handshake of this context is measured
    if (!aroma::openssl::observe(context.get()))
        examples::give_up(program, "no memory");
    examples::serve_in_threads(
        program, options.where, "curl -kL https://",
        [context = context.get(), json = options.json](int fd) { handle(context, fd, json); });
}
