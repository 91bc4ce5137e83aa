// SPDX-License-Identifier: BSL-1.0
//
// Pistache: a handler for every request; the history is stored in the connection's peer, and freed
// with it.
//
// Pistache keeps the first of two Content-Length fields, and continues to read after requests that
// it refuses itself. This cannot mislead other clients, since no proxy that shares connections may
// stand in front of a server that measures.
//
//     pistache [--port N] [--address ADDRESS]

#include "../common/descriptors.hpp"
#include "../common/http_fields.hpp"
#include "../common/http_method.hpp"
#include "../common/port_option.hpp"
#include "../common/visitor.hpp"
#include "stop_signals.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pistache/endpoint.h>
#include <pistache/peer.h>
#include <sys/socket.h>

namespace {

using namespace Pistache;

// for a request's header, for its body, and for the next one
constexpr std::chrono::seconds patience{10};

// Unread answers of a client: Pistache keeps them all, and continues to read.
constexpr unsigned most_untaken = 64;

struct Remembered {
    aroma::ConnectionHistory history;
    unsigned untaken = 0;
};

class Handler : public Http::Handler {
    HTTP_PROTOTYPE(Handler)

    void onRequest(Http::Request const& request, Http::ResponseWriter response) override
    {
        std::shared_ptr<Tcp::Peer> const peer = response.peer();
        if (!peer->tryGetData("remembered"))
            peer->putData("remembered", std::make_shared<Remembered>());
        auto const remembered = std::static_pointer_cast<Remembered>(peer->getData("remembered"));
        aroma::ConnectionHistory& history = remembered->history;
        if (remembered->untaken == most_untaken)
            ::shutdown(peer->fd(), SHUT_RDWR);
        if (remembered->untaken++ >= most_untaken)
            return;
        std::string const& path = request.resource();

        // At each request, before any of its answer is written.
        aroma::Assessment assessment = aroma::score(peer->fd(), history);
        if (history.probing()) // a redirect may be answered now
            assessment = aroma::probe_answered(peer->fd(), history, aroma::token_of(path));

        // Without a Connection field from the client Pistache sends Close; HTTP/1.1 keeps the
        // connection by default, and the redirect needs it.
        if (request.version() == Http::Version::Http11
            && !request.headers().tryGet<Http::Header::Connection>())
            response.headers().remove<Http::Header::Connection>();
        unsigned refused = examples::method_refusal(Http::methodString(request.method()));
        for (auto const& [name, raw] : request.headers().rawList())
            if (refused == 0)
                refused = examples::field_refusal(name, raw.value());
        examples::Page const page =
            refused != 0 ? examples::refusal_page(refused) : examples::page(path, assessment);
        if (refused == 405)
            response.headers().add<Http::Header::Allow>(
                std::vector<Http::Method>{Http::Method::Get, Http::Method::Head});
        // Pistache sends the given body, and its length, even to HEAD
        std::string const body = request.method() == Http::Method::Head ? "" : page.body;
        response.headers().add<Http::Header::CacheControl>(Http::CacheDirective::NoStore);
        if (!page.location.empty())
            response.headers().add<Http::Header::Location>(page.location);
        Async::Promise<ssize_t> sent =
            response.send(Http::Code{page.status}, body, MIME(Application, Json));
        // The write itself resolves the promise, later and in this thread: nothing comes between.
        auto const written = [peer, remembered, refused, location = page.location](ssize_t) {
            --remembered->untaken;
            if (refused != 0) // what follows a CONNECT is not HTTP
                ::shutdown(peer->fd(), SHUT_WR);
            if (!location.empty()) // a redirect is a probe
                aroma::probe_sent(peer->fd(), remembered->history, aroma::token_of(location));
        };
        sent.then(written, Async::IgnoreException);
    }
};

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "pistache";
    examples::Where const where = examples::port_option(program, argc, argv);
    examples::StopSignals const stop;
    // once there is none left for another connection, Pistache calls accept() in a busy loop
    examples::raise_descriptor_limit();
    try {
        Http::Endpoint server{Address{where.host(), Port{where.port}}};
        server.init(
            Http::Endpoint::options()
                .threads(2)
                .flags(Tcp::Options::ReuseAddr | Tcp::Options::NoDelay | Tcp::Options::CloseOnExec)
                .maxRequestSize(16 * 1024)
                .headerTimeout(patience)
                .bodyTimeout(patience)
                .keepaliveTimeout(patience));
        server.setHandler(Http::make_handler<Handler>());
        server.serveThreaded();
        examples::announce(program, where, server.getPort());
        stop.wait();
        server.shutdown();
    } catch (std::exception const& error) {
        examples::cannot_listen(program, where, error.what());
    }
}
