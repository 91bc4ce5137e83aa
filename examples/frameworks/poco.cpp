// SPDX-License-Identifier: BSL-1.0
//
// Poco::Net: an HTTPServer, which gives each connection a thread of its pool until it ends.
//
//     poco [--port N] [--address ADDRESS]

#include "../common/farewell.hpp"
#include "../common/http_fields.hpp"
#include "../common/http_method.hpp"
#include "../common/places.hpp"
#include "../common/port_option.hpp"
#include "../common/visitor.hpp"
#include "stop_signals.hpp"

#include <cstdint>
#include <ios>
#include <ostream>
#include <string>
#include <string_view>

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Thread.h>
#include <Poco/ThreadPool.h>

namespace {

using namespace Poco::Net;

constexpr int most_connections = 256;          // a thread each
examples::Places places{most_connections - 1}; // so that one is free for the next
Poco::Timespan const patience{10, 0}; // for one read or write, and for a client's next request

class Handler : public HTTPRequestHandler {
    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override
    {
        SocketAddress const& client = request.clientAddress();
        std::string const path = request.getURI().substr(0, request.getURI().find('?'));
        int const fd = static_cast<HTTPServerRequestImpl&>(request).socket().impl()->sockfd();
        places.used(fd);
        aroma::TcpInfo const now = aroma::read(fd);
        aroma::ConnectionHistory& history =
            examples::history_of_thread({client.addr(), client.length()}, now.bytes_sent);

        // At each request, before any of its answer is written.
        aroma::Assessment assessment = aroma::assess(now, history); // score(), of what was read
        if (history.probing()) // a redirect may be answered now
            assessment = aroma::probe_answered(fd, history, aroma::token_of(path));

        // Poco would take an unread body for the next request.
        unsigned refused = examples::method_refusal(request.getMethod());
        for (auto const& [name, value] : request)
            if (refused == 0)
                refused = examples::field_refusal(name, value);
        examples::Page const page =
            refused != 0 ? examples::refusal_page(refused) : examples::page(path, assessment);
        response.setStatusAndReason(static_cast<HTTPResponse::HTTPStatus>(page.status));
        response.setContentType("application/json");
        response.set("Cache-Control", "no-store");
        if (refused == 405)
            response.set("Allow", "GET, HEAD");
        if (refused != 0) {
            response.setKeepAlive(false);
            response.setContentLength(static_cast<std::streamsize>(page.body.size()));
            (response.send() << page.body).flush();
            places.leaving(fd);
            return examples::farewell(fd);
        }
        if (page.location.empty())
            return response.sendBuffer(page.body.data(), page.body.size());
        response.set("Location", page.location);
        response.setContentLength(0);
        response.send().flush(); // or it is written when this handler has returned
        aroma::probe_sent(fd, history, aroma::token_of(page.location)); // a redirect is a probe
    }
};

struct Filter : TCPServerConnectionFilter {
    bool accept(StreamSocket const& socket) override
    {
        // in the thread that accepts: other clients wait until this one is refused
        for (int tries = 0; !places.room(); ++tries) {
            if (tries == 100)
                return false;
            Poco::Thread::sleep(10);
        }
        places.take(socket.impl()->sockfd());
        return true;
    }
};

class Factory : public HTTPRequestHandlerFactory {
    // which the server deletes
    HTTPRequestHandler* createRequestHandler(HTTPServerRequest const&) override
    {
        return new Handler;
    }
};

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "poco";
    examples::Where const where = examples::port_option(program, argc, argv);
    examples::StopSignals const stop;
    try {
        ServerSocket socket;
        SocketAddress const address{where.address, where.port};
        // reusable immediately after a restart, not shared, and :: includes IPv4
        if (address.family() == SocketAddress::IPv6)
            socket.bind6(address, true, false, false);
        else
            socket.bind(address, true, false);
        socket.listen(128);
        HTTPServerParams::Ptr params = new HTTPServerParams;
        params->setMaxThreads(most_connections);
        params->setTimeout(patience);
        params->setKeepAliveTimeout(patience);
        Poco::ThreadPool threads{2, most_connections};
        HTTPServer server{new Factory, threads, socket, params};
        server.setConnectionFilter(new Filter);
        server.start();
        examples::announce(program, where, socket.address().port());
        stop.wait();
        server.stopAll(true); // the connections too
        threads.joinAll();
    } catch (Poco::Exception const& error) {
        examples::cannot_listen(program, where, error.displayText());
    }
}
