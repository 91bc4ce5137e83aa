// SPDX-License-Identifier: BSL-1.0
//
// libevent's evhttp: one loop and one handler. evhttp has no place for user data, so the histories
// are in a map, until their connections close.
//
//     libevent [--port N] [--address ADDRESS]

#include "../common/http_fields.hpp"
#include "../common/listener.hpp"
#include "../common/places.hpp"
#include "../common/visitor.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace {

constexpr int patience = 10; // s, for a client to send or take something
// bytes of pipelined requests; evhttp sets no limit
constexpr std::size_t most_waiting = 16 * 1024;

examples::Places places{256}; // of those that have asked; the others have `patience`

struct Client {
    int fd = -1;
    aroma::ConnectionHistory history;
    std::uint64_t token = 0; // of the redirect being written
};
using Clients = std::unordered_map<evhttp_connection const*, Client>;

// evhttp calls it after the write, in the same turn of the loop that has written the last byte.
void on_written(evhttp_request* request, void* written)
{
    Client& client = *static_cast<Client*>(written);
    evhttp_connection* const connection = evhttp_request_get_connection(request);
    evutil_socket_t const fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
    aroma::probe_sent(fd, client.history, client.token);
}

void on_request(evhttp_request* request, void* clients)
{
    evhttp_connection* const connection = evhttp_request_get_connection(request);
    Client& client = (*static_cast<Clients*>(clients))[connection];
    auto const on_close = [](evhttp_connection* closed, void* all) {
        Clients& open = *static_cast<Clients*>(all);
        places.leave(open[closed].fd);
        open.erase(closed);
    };
    evhttp_connection_set_closecb(connection, on_close, clients);
    char const* const given = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
    std::string_view const path{given ? given : ""};
    bufferevent* const stream = evhttp_connection_get_bufferevent(connection);
    bufferevent_setwatermark(stream, EV_READ, 0, most_waiting);
    evutil_socket_t const fd = bufferevent_getfd(stream);

    if (std::exchange(client.fd, fd) < 0)
        places.take(fd);
    places.used(fd);

    // At each request, before any of its answer is written.
    aroma::Assessment assessment = aroma::score(fd, client.history);
    if (client.history.probing()) // a redirect may be answered now
        assessment = aroma::probe_answered(fd, client.history, aroma::token_of(path));

    evhttp_cmd_type const method = evhttp_request_get_command(request);
    bool const head = method == EVHTTP_REQ_HEAD;
    unsigned refused = head || method == EVHTTP_REQ_GET ? 0 : 405;
    evkeyval const* field = evhttp_request_get_input_headers(request)->tqh_first;
    for (; field && refused == 0; field = field->next.tqe_next)
        refused = examples::field_refusal(field->key, field->value);
    examples::Page const page =
        refused != 0 ? examples::refusal_page(refused) : examples::page(path, assessment);
    std::unique_ptr<evbuffer, decltype(&evbuffer_free)> const body{evbuffer_new(), evbuffer_free};
    if (!body || (!head && evbuffer_add(body.get(), page.body.data(), page.body.size()) != 0))
        return evhttp_send_error(request, HTTP_INTERNAL, nullptr);
    evkeyvalq* const fields = evhttp_request_get_output_headers(request);
    evhttp_add_header(fields, "Content-Type", "application/json");
    evhttp_add_header(fields, "Cache-Control", "no-store");
    if (head) // to which evhttp would send the body
        evhttp_add_header(fields, "Content-Length", std::to_string(page.body.size()).c_str());
    if (refused == 405)
        evhttp_add_header(fields, "Allow", "GET, HEAD");
    if (refused != 0) {
        evhttp_add_header(fields, "Connection", "close");
        // evhttp keeps a CONNECT's connection
        evhttp_request_set_on_complete_cb(
            request,
            [](evhttp_request* answered, void*) {
                evhttp_connection* const of = evhttp_request_get_connection(answered);
                ::shutdown(bufferevent_getfd(evhttp_connection_get_bufferevent(of)), SHUT_WR);
            },
            nullptr);
    }
    if (!page.location.empty()) { // a redirect is a probe
        evhttp_add_header(fields, "Location", page.location.c_str());
        client.token = aroma::token_of(page.location);
        evhttp_request_set_on_complete_cb(request, on_written, &client);
    }
    evhttp_send_reply(request, page.status, nullptr, body.get());
}

// No descriptor is left for another connection: pauses before the next accept().
void on_accept_error(evconnlistener* listener, void*)
{
    places.give_way();
    timeval const pause{0, 10'000};
    auto const go_on = [](evutil_socket_t, short, void* paused) {
        evconnlistener_enable(static_cast<evconnlistener*>(paused));
    };
    if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, go_on, listener, &pause)
        == 0)
        evconnlistener_disable(listener);
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "libevent";
    examples::Where const where = examples::port_option(program, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    Clients clients; // outlives the connections
    std::unique_ptr<event_base, decltype(&event_base_free)> const base{event_base_new(),
                                                                       event_base_free};
    std::unique_ptr<evhttp, decltype(&evhttp_free)> const http{evhttp_new(base.get()), evhttp_free};
    if (!base || !http)
        examples::cannot_listen(program, where, "no event base");
    evhttp_set_gencb(http.get(), on_request, &clients);
    evhttp_set_timeout(http.get(), patience);
    // what it does not allow it answers with 501, as it does what it does not know
    evhttp_set_allowed_methods(http.get(), EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST
                                               | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE
                                               | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE
                                               | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    evhttp_set_max_headers_size(http.get(), 8 * 1024);
    evhttp_set_max_body_size(http.get(), 64 * 1024);
    evhttp_bound_socket* const socket =
        evhttp_bind_socket_with_handle(http.get(), where.address.c_str(), where.port);
    if (!socket)
        examples::cannot_listen(program, where,
                                evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(socket), on_accept_error);
    examples::SocketAddress address{where};
    socklen_t length = address.size();
    getsockname(evhttp_bound_socket_get_fd(socket), address.get(), &length);
    examples::announce(program, where, address.port());

    auto const stop = [](evutil_socket_t, short, void* loop) {
        event_base_loopbreak(static_cast<event_base*>(loop));
    };
    using Event = std::unique_ptr<event, decltype(&event_free)>;
    Event const interrupt{evsignal_new(base.get(), SIGINT, stop, base.get()), event_free};
    Event const terminate{evsignal_new(base.get(), SIGTERM, stop, base.get()), event_free};
    event_add(interrupt.get(), nullptr);
    event_add(terminate.get(), nullptr);
    event_base_dispatch(base.get());
}
