// SPDX-License-Identifier: BSL-1.0
//
// gRPC: a stream whose client echoes the server's messages immediately. The messages are probes;
// then the client gets the assessment as JSON.
//
//     grpc [--port N] [--address ADDRESS]            the server
//     grpc ask HOST:PORT         a client; the environment's http_proxy names a proxy to use
//
// A handler sees no descriptor, only its peer's address. gRPC answers HTTP/2's own PING below it,
// and does not report when; so the probe is a message, and the client's program has to echo it. A
// client that does not stays unknown. gRPC sends frames of its own in between, which void a probe:
// so there may be more than three, and BDP probing, which adds a PING, is off on both sides.
//
// Not for strangers: gRPC 1.51 keeps some 22 kB of each stream that a client opens and resets, for
// as long as it runs, and two such clients keep it busy for a minute after they have left.

#include "../common/descriptors.hpp"
#include "../common/port_option.hpp"
#include "../common/visitor.hpp"
#include "stop_signals.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/core.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

namespace {

// gRPC's library opens descriptors before main(), and libraries begin after this.
[[gnu::section(".preinit_array"),
  gnu::used]] void (*hold_before_libraries)() = examples::hold_standard_descriptors;

constexpr char method[] = "/aroma.Example/Ask"; // (stream bytes) returns (stream bytes)
constexpr int enough = 3, most_probes = 12;     // counted, and sent
constexpr int patience = 10'000;                // milliseconds

grpc::ByteBuffer bytes_of(std::string const& text)
{
    grpc::Slice const slice{text};
    return {&slice, 1};
}

std::string text_of(grpc::ByteBuffer const& bytes)
{
    grpc::Slice slice;
    return bytes.DumpToSingleSlice(&slice).ok()
             ? std::string{reinterpret_cast<char const*>(slice.begin()), slice.size()}
             : std::string{};
}

// One read or write is under way at a time, so no two of its callbacks run at once.
class Stream : public grpc::ServerGenericBidiReactor {
public:
    Stream(grpc::GenericCallbackServerContext const& context, std::uint16_t port)
        : ends_{{"::", port}, aroma::Endpoint{context.peer()}}
    {
        probe();
    }

private:
    void probe()
    {
        assessment_ = aroma::score(ends_, history_); // before any of the answer is written
        std::uint64_t const random = aroma::random_token();
        payload_ = fmt::format("{:016x}", random);
        token_ = random == 0 ? 0 : aroma::token_of(payload_);
        out_ = bytes_of(payload_);
        StartWrite(&out_);
    }

    void OnWriteDone(bool ok) override
    {
        if (!ok)
            return Finish(grpc::Status::CANCELLED);
        aroma::probe_sent(ends_, history_, token_);
        StartRead(&in_);
    }

    void OnReadDone(bool ok) override
    {
        if (ok) {
            if (history_.probing()) // the echo may have arrived
                assessment_ = aroma::probe_answered(ends_, history_, aroma::token_of(text_of(in_)));
            if (++probes_ < most_probes && history_.counted() < enough)
                return probe();
        }
        // That was the last probe, or the client sends no more: answer with the assessment.
        out_ = bytes_of(examples::to_json(assessment_));
        StartWriteAndFinish(&out_, {}, grpc::Status::OK);
    }

    void OnDone() override { delete this; } // nothing else is under way

    // any address of this server; its port is needed if the client uses its port for others too
    aroma::EndpointPair const ends_;
    std::string payload_; // of the outstanding probe
    std::uint64_t token_ = 0;
    grpc::ByteBuffer in_, out_;
    aroma::ConnectionHistory history_;
    aroma::Assessment assessment_;
    int probes_ = 0;
};

class Service : public grpc::CallbackGenericService {
public:
    int port = 0; // the server's, once it listens

private:
    grpc::ServerGenericBidiReactor* CreateReactor(
        grpc::GenericCallbackServerContext* context) override
    {
        // unimplemented
        return context->method() == method ? new Stream{*context, static_cast<std::uint16_t>(port)}
                                           : CallbackGenericService::CreateReactor(context);
    }
};

void serve(std::string_view program, examples::Where const& where)
{
    examples::StopSignals const stop;
    // once there is none left for another connection, gRPC 1.51 accepts no more, for good
    examples::raise_descriptor_limit();

    grpc::ServerBuilder builder;
    Service service;
    // :: is IPv4 too
    builder.AddListeningPort(fmt::format("{}:{}", where.host(), where.port),
                             grpc::InsecureServerCredentials(), &service.port);
    builder.RegisterCallbackGenericService(&service);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0); // a taken port is an error
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 16);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, patience);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, patience);
    // A client gives its stream a deadline, or none: this ends them all.
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, patience);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, patience);
    builder.SetMaxReceiveMessageSize(1024);
    std::unique_ptr<grpc::Server> const server = builder.BuildAndStart();
    if (!server)
        examples::cannot_listen(program, where, "gRPC has said why");
    examples::announce(program, where, static_cast<unsigned>(service.port), "grpc ask ");
    stop.wait();
    // for the streams that there are
    server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds{1});
}

// The client: echoes every message immediately. The last one is the assessment; its echo is
// ignored.
int ask(std::string_view program, std::string server)
{
    server.erase(server.find_last_not_of('/') + 1); // as of an URL
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    grpc::GenericStub stub{
        grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments)};
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds{patience});
    grpc::CompletionQueue queue;
    auto const done = [&queue] { // waits for what was begun: whether it succeeded
        void* tag = nullptr;
        bool ok = false;
        return queue.Next(&tag, &ok) && ok;
    };
    auto const stream = stub.PrepareCall(&context, method, &queue);
    stream->StartCall(nullptr);
    done();
    std::string last;
    grpc::ByteBuffer message;
    for (stream->Read(&message, nullptr); done(); stream->Read(&message, nullptr)) {
        stream->Write(message, nullptr);
        done();
        last = text_of(message);
    }
    grpc::Status status;
    stream->Finish(&status, nullptr);
    done();
    if (!status.ok()) {
        std::fputs(
            fmt::format("{}: no answer: {}\n", program, examples::printable(status.error_message()))
                .c_str(),
            stderr);
        return 1;
    }
    std::puts(last.c_str());
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "grpc";
    if (argc == 3 && std::string_view{argv[1]} == "ask")
        return ask(program, argv[2]);
    serve(program, examples::port_option(program, argc, argv));
}
