// SPDX-License-Identifier: BSL-1.0
//
// GNU libmicrohttpd: a thread of its own, a handler for requests, and a context for every
// connection.
//
//     microhttpd [--port N] [--address ADDRESS]

#include "../common/http_fields.hpp"
#include "../common/http_method.hpp"
#include "../common/listener.hpp"
#include "../common/places.hpp"
#include "../common/visitor.hpp"
#include "stop_signals.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include <microhttpd.h>

namespace {

constexpr unsigned most_connections = 256;
examples::Places places{most_connections - 1}; // so that it always takes one more

struct Client {
    aroma::ConnectionHistory history;
    std::uint64_t token = 0; // of the redirect being written
};

Client* client_of(MHD_Connection* connection)
{
    void* const context =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    return static_cast<Client*>(context);
}

MHD_socket socket_of(MHD_Connection* connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

void on_connection(void*, MHD_Connection* connection, void** context,
                   MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = new (std::nothrow) Client;
        places.take(socket_of(connection));
    } else {
        delete static_cast<Client*>(*context);
        places.leave(socket_of(connection));
    }
}

// Without room a new connection is closed, since the daemon cannot make it wait.
MHD_Result has_room(void*, sockaddr const*, socklen_t)
{
    return places.room() ? MHD_YES : MHD_NO;
}

MHD_Result on_field(void* refused, MHD_ValueKind, char const* name, std::size_t name_size,
                    char const* value, std::size_t value_size)
{
    unsigned const status =
        examples::field_refusal({name, name_size}, {value ? value : "", value_size});
    *static_cast<unsigned*>(refused) = status;
    return status == 0 ? MHD_YES : MHD_NO;
}

MHD_Result answer(MHD_Connection* connection, examples::Page page, bool refused)
{
    MHD_Response* const response =
        MHD_create_response_from_buffer(page.body.size(), page.body.data(), MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (refused)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (page.status == 405)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (!page.location.empty())
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, page.location.c_str());
    MHD_Result const result =
        MHD_queue_response(connection, static_cast<unsigned>(page.status), response);
    MHD_destroy_response(response);
    return result;
}

// Called for the header, and when all has arrived.
MHD_Result on_request(void*, MHD_Connection* connection, char const* path, char const* method,
                      char const*, char const*, std::size_t*, void** request)
{
    static int seen_before;
    if (!std::exchange(*request, &seen_before)) {
        unsigned refused = examples::method_refusal(method);
        if (refused == 0)
            MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_field, &refused);
        // if answered now, the body is not read and the connection ends
        return refused == 0 ? MHD_YES : answer(connection, examples::refusal_page(refused), true);
    }
    Client* const client = client_of(connection);
    if (!client)
        return MHD_NO;
    MHD_socket const fd = socket_of(connection);
    places.used(fd);

    // At each request, before any of its answer is written.
    aroma::Assessment assessment = aroma::score(fd, client->history);
    if (client->history.probing()) // a redirect may be answered now
        assessment = aroma::probe_answered(fd, client->history, aroma::token_of(path));

    examples::Page page = examples::page(path, assessment);
    client->token = page.location.empty() ? 0 : aroma::token_of(page.location);
    return answer(connection, std::move(page), false);
}

// The daemon's thread calls it when it has handed the last byte to the kernel, before it does
// anything else.
void on_written(void*, MHD_Connection* connection, void**, MHD_RequestTerminationCode how)
{
    Client* const client = client_of(connection);
    std::uint64_t const token = client ? std::exchange(client->token, 0) : 0;
    if (token != 0 && how == MHD_REQUEST_TERMINATED_COMPLETED_OK) // a redirect is a probe
        aroma::probe_sent(socket_of(connection), client->history, token);
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "microhttpd";
    examples::Where const where = examples::port_option(program, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    examples::StopSignals const stop;

    examples::SocketAddress address{where};
    MHD_Daemon* const daemon = MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | (address.is_6 ? MHD_USE_DUAL_STACK : MHD_NO_FLAG),
        where.port, has_room, nullptr, on_request, nullptr, MHD_OPTION_SOCK_ADDR, address.get(),
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, nullptr, MHD_OPTION_NOTIFY_COMPLETED,
        on_written, nullptr, MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_CONNECTION_LIMIT,
        most_connections, MHD_OPTION_END);
    if (!daemon)
        examples::cannot_listen(program, where, std::strerror(errno));
    examples::announce(program, where,
                       MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    stop.wait();
    MHD_stop_daemon(daemon);
}
