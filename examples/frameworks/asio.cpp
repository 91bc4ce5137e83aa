// SPDX-License-Identifier: BSL-1.0
//
// Asio: a coroutine for every connection; Boost's, or the standalone library if ASIO_STANDALONE is
// defined.
//
//     asio [--port N] [--address ADDRESS]; so asio_standalone

#include "../common/accept_error.hpp"
#include "../common/farewell.hpp"
#include "../common/http_reader.hpp"
#include "../common/places.hpp"
#include "../common/port_option.hpp"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#ifdef ASIO_STANDALONE
#include <asio.hpp>
namespace {
using asio::error_code;
}
#else
#include <boost/asio.hpp>
namespace {
namespace asio = boost::asio;
using boost::system::error_code;
} // namespace
#endif
using asio::ip::tcp;

namespace {

constexpr std::chrono::seconds patience{10}; // for a client's next request

examples::Places places{256};

struct Place { // as long as a connection is served
    int const fd;
    explicit Place(int fd_) : fd{fd_} { places.take(fd); }
    Place(Place const&) = delete;
    ~Place() { places.leave(fd); }
};

asio::awaitable<void> serve(std::shared_ptr<tcp::socket> socket, std::unique_ptr<Place> taken)
{
    std::unique_ptr<Place> const place = std::move(taken); // left before the socket is closed
    examples::HttpReader http;
    aroma::ConnectionHistory history;
    std::string in;
    char bytes[4096];
    asio::steady_timer timer{socket->get_executor()};
    socket->non_blocking(true);
    while (!http.last()) {
        timer.expires_after(patience);
        timer.async_wait([socket](error_code cancelled) {
            if (!cancelled)
                socket->shutdown(tcp::socket::shutdown_both, cancelled); // the read below ends
        });
        in.append(bytes,
                  co_await socket->async_read_some(asio::buffer(bytes), asio::use_awaitable));
        while (auto const path = http.next(in)) {
            places.used(place->fd);
            // At each request, before any of its answer is written.
            aroma::Assessment assessment = aroma::score(*socket, history);
            if (history.probing()) // a redirect may be answered now
                assessment = aroma::probe_answered(*socket, history, aroma::token_of(*path));

            examples::Page const page = examples::page(*path, assessment);
            std::string const answer = http.answer(page);
            // Writes what the kernel takes now. async_write()'s completion could wait for other
            // handlers, and probe_sent() must not.
            error_code would_block;
            std::size_t const sent = socket->write_some(asio::buffer(answer), would_block);
            if (!page.location.empty() && sent == answer.size()) // a redirect is a probe
                aroma::probe_sent(*socket, history, aroma::token_of(page.location));
            co_await asio::async_write(*socket, asio::buffer(answer) + sent, asio::use_awaitable);
        }
    }
    places.leaving(place->fd);
    socket->shutdown(tcp::socket::shutdown_send);
    timer.expires_after(examples::farewell_time);
    timer.async_wait([socket](error_code cancelled) {
        if (!cancelled)
            socket->shutdown(tcp::socket::shutdown_both, cancelled);
    });
    for (;;) // until the client closes
        co_await socket->async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

asio::awaitable<void> listen(tcp::acceptor acceptor)
{
    asio::steady_timer pause{acceptor.get_executor()};
    for (;;) {
        while (!places.room()) {
            pause.expires_after(std::chrono::milliseconds{10});
            co_await pause.async_wait(asio::use_awaitable);
        }
        error_code error;
        auto socket = std::make_shared<tcp::socket>(
            co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error)));
        if (error && examples::accept_is_over(error.value())) {
            std::fputs(fmt::format("asio: cannot accept: {}\n", error.message()).c_str(), stderr);
            std::exit(1);
        }
        if (error) { // no descriptor: to avoid a busy loop
            places.give_way();
            pause.expires_after(std::chrono::milliseconds{10});
            co_await pause.async_wait(asio::use_awaitable);
        } else {
            // taken now, since serve() may begin after more have been accepted
            auto place = std::make_unique<Place>(socket->native_handle());
            // which ends silently where its client does
            asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), std::move(place)),
                           asio::detached);
        }
    }
}

} // namespace

int main(int argc, char** argv)
{
    std::string_view const program = argv[0] + std::string_view{argv[0]}.rfind('/') + 1;
    examples::Where const where = examples::port_option(program, argc, argv);
    try {
        asio::io_context io{1};
        // :: is IPv4 too, unless the system says otherwise
        tcp::acceptor acceptor{io, {asio::ip::make_address(where.address), where.port}};
        examples::announce(program, where, acceptor.local_endpoint().port());
        asio::signal_set stop{io, SIGINT, SIGTERM};
        stop.async_wait([&io](error_code, int) { io.stop(); });
        asio::co_spawn(io, listen(std::move(acceptor)), asio::detached);
        io.run();
    } catch (std::exception const& error) {
        examples::cannot_listen(program, where, error.what());
    }
}
