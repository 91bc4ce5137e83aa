// SPDX-License-Identifier: BSL-1.0
//
// libuv: callbacks in one loop; a connection's own memory holds its handles, and lives until libuv
// has closed them.
//
//     uv [--port N] [--address ADDRESS]

#include "../common/descriptors.hpp"
#include "../common/farewell.hpp"
#include "../common/http_reader.hpp"
#include "../common/listener.hpp"
#include "../common/places.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <uv.h>

namespace {

constexpr std::uint64_t patience = 10'000; // ms, from one request to the next, its answer included

// Limited by the number of descriptors: without one, libuv closes a new client.
examples::Places places{std::clamp<std::size_t>(examples::raise_descriptor_limit(), 32, 256 + 16)
                        - 16};
uv_timer_t until_room; // for the client that waits

struct Client {
    uv_any_handle socket, timer; // as libuv does inheritance: tcp, stream and handle are one thing
    uv_write_t write;
    examples::HttpReader http;
    aroma::ConnectionHistory history;
    std::string in, answer;
    bool leaving = false; // what it still sends is discarded
    char bytes[4096];
};

template <class Handle>
Client& client_of(Handle* handle)
{
    return *static_cast<Client*>(handle->data);
}

int socket_of(Client& client)
{
    uv_os_fd_t fd = -1;
    uv_fileno(&client.socket.handle, &fd);
    return fd;
}

void close(Client& client)
{
    if (uv_is_closing(&client.socket.handle))
        return;
    places.leave(socket_of(client));
    uv_close(&client.socket.handle, [](uv_handle_t* socket) {
        uv_close(&client_of(socket).timer.handle,
                 [](uv_handle_t* timer) { delete &client_of(timer); });
    });
}

void wait_again(Client& client, std::uint64_t time = patience)
{
    uv_timer_start(
        &client.timer.timer, [](uv_timer_t* timer) { close(client_of(timer)); }, time, 0);
}

void give_room(uv_handle_t* socket, std::size_t, uv_buf_t* room)
{
    Client& client = client_of(socket);
    *room = uv_buf_init(client.bytes, sizeof client.bytes);
}

void on_read(uv_stream_t* socket, ssize_t got, uv_buf_t const*);

// Answers the next request, or reads on if none is complete; nothing is read while an answer is
// sent.
void go_on(Client& client)
{
    auto const path = client.http.next(client.in);
    if (!path) {
        if (client.http.last()) {
            client.in.clear();
            if (!std::exchange(client.leaving, true)) {
                places.leaving(socket_of(client));
                ::shutdown(socket_of(client), SHUT_WR);
                std::chrono::milliseconds const time = examples::farewell_time;
                wait_again(client, static_cast<std::uint64_t>(time.count()));
            }
        }
        int const error = uv_read_start(&client.socket.stream, give_room, on_read);
        if (error && error != UV_EALREADY)
            close(client);
        return;
    }
    int const fd = socket_of(client);
    places.used(fd);

    // At each request, before any of its answer is written.
    aroma::Assessment assessment = aroma::score(fd, client.history);
    if (client.history.probing()) // a redirect may be answered now
        assessment = aroma::probe_answered(fd, client.history, aroma::token_of(*path));

    uv_read_stop(&client.socket.stream);
    wait_again(client);
    examples::Page const page = examples::page(*path, assessment);
    client.answer = client.http.answer(page);
    uv_buf_t const answer =
        uv_buf_init(client.answer.data(), static_cast<unsigned>(client.answer.size()));
    auto const on_written = [](uv_write_t* write, int error) {
        Client& written = client_of(write->handle);
        error ? close(written) : go_on(written);
    };
    if (uv_write(&client.write, &client.socket.stream, &answer, 1, on_written) != 0)
        return close(client);
    // uv_write() has written what the kernel takes; its callback can come after the client's ACK.
    if (!page.location.empty() && uv_stream_get_write_queue_size(&client.socket.stream) == 0)
        aroma::probe_sent(fd, client.history, aroma::token_of(page.location));
}

void on_read(uv_stream_t* socket, ssize_t got, uv_buf_t const*)
{
    Client& client = client_of(socket);
    if (got < 0)
        return close(client);
    client.in.append(client.bytes, static_cast<std::size_t>(got));
    go_on(client);
}

// libuv accepts no more until this one is accepted: later, if there is no room.
void accept(uv_stream_t* listener)
{
    if (!places.room()) {
        until_room.data = listener;
        uv_timer_start(
            &until_room, [](uv_timer_t* timer) { accept(static_cast<uv_stream_t*>(timer->data)); },
            10, 0);
        return;
    }
    auto* const client = new Client{};
    uv_tcp_init(listener->loop, &client->socket.tcp);
    uv_timer_init(listener->loop, &client->timer.timer);
    client->socket.handle.data = client->timer.handle.data = client;
    if (uv_accept(listener, &client->socket.stream) != 0)
        return close(*client);
    places.take(socket_of(*client));
    uv_tcp_nodelay(&client->socket.tcp, 1);
    wait_again(*client);
    go_on(*client);
}

void on_connection(uv_stream_t* listener, int error)
{
    if (error) // no descriptor for it: libuv has closed it
        places.give_way();
    else
        accept(listener);
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "uv";
    examples::Where const where = examples::port_option(program, argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    uv_loop_t* const loop = uv_default_loop();
    uv_timer_init(loop, &until_room);
    uv_any_handle listener;
    examples::SocketAddress address{where};
    int length = static_cast<int>(address.size()), error = uv_tcp_init(loop, &listener.tcp);
    if (error || (error = uv_tcp_bind(&listener.tcp, address.get(), 0))
        || (error = uv_listen(&listener.stream, 128, on_connection))
        || (error = uv_tcp_getsockname(&listener.tcp, address.get(), &length)))
        examples::cannot_listen(program, where, uv_strerror(error));
    examples::announce(program, where, address.port());

    uv_signal_t interrupt, terminate;
    auto const stop = [](uv_signal_t* signal, int) { uv_stop(signal->loop); };
    uv_signal_init(loop, &interrupt);
    uv_signal_init(loop, &terminate);
    uv_signal_start(&interrupt, stop, SIGINT);
    uv_signal_start(&terminate, stop, SIGTERM);
    uv_run(loop, UV_RUN_DEFAULT);
}
