// SPDX-License-Identifier: BSL-1.0
//
// cpp-httplib: it hides the descriptor and reports both ends' addresses; a thread of its pool
// serves a connection until it ends.
//
//     httplib [--port N] [--address ADDRESS]
//
// Its 256 threads are its limit: it reports a connection only at its first request, so no
// connection can be ended for a new one. Silent clients are ended after 2 s, so behind N of them a
// new client waits N / 256 times as long at most: behind 600, 4.0 s (20 s if it were 10 s each). Of
// pipelined requests it answers the first, it drops folded fields, and it takes the body of a HEAD
// for the next request. This cannot mislead other clients, since no proxy that shares connections
// may stand in front of a server that measures.

#include "../common/http_fields.hpp"
#include "../common/http_method.hpp"
#include "../common/port_option.hpp"
#include "../common/visitor.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <httplib.h>
#include <sys/socket.h>

namespace {

constexpr std::size_t most_connections = 256; // a thread each
// For one read or write, and for a client's next request: short, since a silent client holds a
// thread.
constexpr std::chrono::seconds patience{2};

httplib::Server server; // which the signals stop

aroma::EndpointPair ends_of(httplib::Request const& request)
{
    return {{request.local_addr, static_cast<std::uint16_t>(request.local_port)},
            {request.remote_addr, static_cast<std::uint16_t>(request.remote_port)}};
}

// The answer that ends the connection: Content-Length does not match, so that it is not kept.
void end_with(httplib::Response& response, unsigned status)
{
    examples::Page page = examples::refusal_page(status);
    response.status = page.status;
    response.set_header("Connection", "close");
    std::size_t const size = page.body.size();
    response.set_content_provider(
        size, "application/json",
        [body = std::move(page.body)](std::size_t from, std::size_t, httplib::DataSink& sink) {
            sink.write(body.data() + from, body.size() - from);
            return false;
        });
}

httplib::Server::HandlerResponse serve(httplib::Request const& request, httplib::Response& response)
{
    aroma::EndpointPair const ends = ends_of(request);
    aroma::TcpInfo const now = aroma::read(ends);
    aroma::ConnectionHistory& history = examples::history_of_thread(ends.remote, now.bytes_sent);

    // At each request, before any of its answer is written.
    aroma::Assessment assessment = aroma::assess(now, history); // score(), of what was read

    if (history.probing()) // a redirect may be answered now
        assessment = aroma::probe_answered(ends, history, aroma::token_of(request.path));

    for (auto const& [name, value] : request.headers)
        if (unsigned const refused = examples::field_refusal(name, value)) {
            end_with(response, refused);
            return httplib::Server::HandlerResponse::Handled;
        }
    if (examples::method_refusal(request.method) != 0)
        // cpp-httplib reads the body, finds no handler, and calls refuse()
        return httplib::Server::HandlerResponse::Unhandled;
    examples::Page const page = examples::page(request.path, assessment);
    response.status = page.status;
    response.set_header("Cache-Control", "no-store");
    if (page.location.empty())
        response.set_content(page.body, "application/json");
    else
        response.set_header("Location", page.location); // no body: that would be a second write
    return httplib::Server::HandlerResponse::Handled;
}

// cpp-httplib calls it for every error. It answers unknown methods itself.
void refuse(httplib::Request const& request, httplib::Response& response)
{
    if (response.status == 400 && !response.has_header("Connection"))
        return end_with(response, 400); // its own, for what it cannot read: it would read on
    unsigned const refused = examples::method_refusal(request.method);
    if (response.status != 404 || refused == 0)
        return;
    examples::Page const page = examples::refusal_page(refused);
    response.status = page.status;
    response.set_header("Allow", "GET, HEAD");
    response.set_content(page.body, "application/json");
}

// cpp-httplib calls its logger immediately after the write, in the same thread.
void written(httplib::Request const& request, httplib::Response const& response)
{
    if (response.status != 302)
        return;
    // a redirect is a probe
    std::uint64_t const token = aroma::token_of(response.get_header_value("Location"));
    aroma::probe_sent(ends_of(request), examples::history_of_thread(), token);
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "httplib";
    examples::Where const where = examples::port_option(program, argc, argv);
    server.set_pre_routing_handler(serve); // every request, whatever its path
    server.set_error_handler(httplib::Server::Handler{refuse});
    server.set_logger(written);
    server.new_task_queue = [] { return new httplib::ThreadPool{most_connections}; };
    // by default it allows 5 requests, the last of which may be the redirect
    server.set_keep_alive_max_count(100);
    server.set_keep_alive_timeout(patience.count());
    server.set_read_timeout(patience);
    server.set_write_timeout(patience);
    server.set_payload_max_length(64 * 1024);
    server.set_tcp_nodelay(true); // the answer's body would wait for its header's ACK
    socket_t listener = INVALID_SOCKET;
    // its own options would share the port with this user's other programs
    server.set_socket_options([&listener](socket_t fd) {
        int const on = 1;
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        listener = fd;
    });
    int const port = where.port == 0 ? server.bind_to_any_port(where.address.c_str())
                   : server.bind_to_port(where.address.c_str(), where.port) ? where.port
                                                                            : -1;
    if (port < 0)
        examples::cannot_listen(program, where, std::strerror(errno));
    ::listen(listener, 128); // of its own 5 that may wait, a sixth client waits a second
    std::signal(SIGINT, [](int) { server.stop(); });
    std::signal(SIGTERM, [](int) { server.stop(); });
    examples::announce(program, where, static_cast<unsigned>(port));
    return server.listen_after_bind() ? 0 : 1;
}
