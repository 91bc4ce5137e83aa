// SPDX-License-Identifier: BSL-1.0
//
// A web server on epoll that scores every connection whenever a request arrives: HTTP/1.1,
// keep-alive, pipelining.
//
//     /                   redirects to /probe/2/RANDOM
//     /probe/N/RANDOM     redirects to /probe/N-1/RANDOM; each is a probe, since a client cannot
//                         guess the path and its own machine follows it
//     /probe/0/RANDOM     the assessment of this connection, as JSON; /score too
//
// The library is used in two places: when a request has arrived, and when a redirect has just been
// written. The rest protects the server: every client has bounded memory and bounded time, and a
// full descriptor table stops accept() instead of spinning. Boost.Beast parses HTTP.

#include <aroma/aroma.hpp>
#include <aroma/integrations/fmt.hpp>

#include "../common/accept_error.hpp"
#include "../common/descriptors.hpp"
#include "../common/farewell.hpp"
#include "../common/http_answer.hpp"
#include "../common/http_request.hpp"
#include "../common/listener.hpp"
#include "../common/log_line.hpp"
#include "../common/places.hpp"
#include "../common/visitor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto request_time = 10s; // from a request's first byte to its last
constexpr auto answer_time = 10s;  // for a client to take all its answers
constexpr auto idle_time = 60s;    // between requests
constexpr std::size_t header_limit = 8 * 1024, body_limit = 64 * 1024, answers_limit = 64 * 1024;

struct Connection {
    int fd;
    unsigned long number;
    unsigned long requests = 0;
    aroma::ConnectionHistory history;
    std::string in;          // received, not parsed yet
    std::string out;         // answers, not sent yet
    std::uint64_t token = 0; // of the redirect at the end of `out`, or 0
    std::optional<http::request_parser<http::string_body>> parser;
    Clock::time_point deadline = Clock::now() + request_time; // for what it sends
    // for what it takes, while there is any
    Clock::time_point answers_deadline{};
    bool header_seen = false; // of what the parser has
    bool old = false;         // HTTP/1.0
    // the client has shut down its sending side, and may still want its answers
    bool finished = false;
    // no more requests are read; `out` is sent, then the sending side is shut down
    bool closing = false;
    bool farewell = false; // shut down: what the client still sends is discarded until it closes

    Connection(int fd_, unsigned long number_) : fd{fd_}, number{number_} {}
    Connection(Connection const&) = delete;
    ~Connection() { ::close(fd); }
};

void queue(Connection& c, std::string_view text)
{
    if (c.out.empty())
        c.answers_deadline = Clock::now() + answer_time;
    c.out += text;
    c.token = 0; // a redirect followed by more output is not a probe
}

void answer(Connection& c, examples::HttpAnswer answer, bool head)
{
    examples::keep_alive(answer, !c.closing, c.old);
    if (head)
        answer.body().clear();
    queue(c, examples::http_text(answer));
}

void on_request(Connection& c, http::request<http::string_body> const& request)
{
    std::string_view const path =
        examples::path_of({request.target().data(), request.target().size()});

    // A request is complete, and none of its answer is sent. Earlier, at accept(), only the
    // handshake has been measured. Later, the answer's last ACK may be late, since an idle client
    // delays it (40 ms and more), and close() adds a FIN.
    aroma::Assessment assessment = aroma::score(c.fd, c.history);
    if (c.history.probing()) // a redirect may be answered now
        assessment = aroma::probe_answered(c.fd, c.history, aroma::token_of(path));

    ++c.requests;
    examples::log_line(STDOUT_FILENO, fmt::format("connection {} request {}: {:l}\n", c.number,
                                                  c.requests, assessment));
    bool const head = request.method() == http::verb::head;
    c.old = request.version() < 11;
    if (!request.keep_alive() || request.method() == http::verb::connect)
        c.closing = true;
    unsigned const refused =
        examples::method_refusal({request.method_string().data(), request.method_string().size()});
    examples::Page const page =
        refused != 0 ? examples::refusal_page(refused) : examples::page(path, assessment);
    answer(c, examples::http_answer(page), head);
    if (page.status == 302)
        c.token = aroma::token_of(page.location);
}

// Answers complete requests in c.in, as long as the client takes its answers.
void parse(Connection& c)
{
    while (!c.in.empty() && !c.closing && c.out.size() < answers_limit) {
        if (!c.parser) {
            examples::drop_empty_lines(c.in);
            if (c.in.empty())
                break;
            c.parser.emplace();
            c.header_seen = false;
            c.parser->eager(true);
            c.parser->header_limit(header_limit);
            c.parser->body_limit(body_limit);
            c.deadline = Clock::now() + request_time;
        }
        boost::beast::error_code error;
        std::size_t const used = c.parser->put(boost::asio::buffer(c.in), error);
        c.in.erase(0, used);
        unsigned refused = 0;
        if (c.parser->is_header_done() && !std::exchange(c.header_seen, true)) {
            refused = examples::refusal(c.parser->get());
            bool const waits = !c.parser->is_done() && (!error || error == http::error::need_more);
            if (refused == 0 && waits && examples::expects_continue(c.parser->get()))
                queue(c, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        if (error == http::error::need_more && refused == 0) {
            if (c.in.size() <= header_limit)
                break;
            // Beast does not limit trailers and chunk extensions
            error = http::error::header_limit;
        }
        if (error || refused != 0) {
            c.closing = true;
            unsigned const status = refused != 0 ? refused : examples::status_of(error);
            answer(c, examples::http_answer(examples::refusal_page(status)),
                   c.parser->get().method() == http::verb::head);
        } else if (c.parser->is_done()) {
            on_request(c, c.parser->get());
            c.parser.reset();
            c.deadline = Clock::now() + idle_time;
        }
    }
    if (c.finished && c.out.size() < answers_limit)
        c.closing = true;
}

enum class Alive { yes, no };

Alive receive(Connection& c)
{
    std::array<char, 16 * 1024> bytes;
    ssize_t const received = ::recv(c.fd, bytes.data(), bytes.size(), 0);
    if (received < 0)
        return errno == EAGAIN || errno == EINTR ? Alive::yes : Alive::no; // a reset, most often
    if (received == 0) {
        if (c.farewell)
            return Alive::no;
        c.finished = true;
    }
    if (!c.closing)
        c.in.append(bytes.data(), static_cast<std::size_t>(received));
    return Alive::yes;
}

Alive send(Connection& c)
{
    while (!c.out.empty()) {
        ssize_t const sent = ::send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR ? Alive::yes : Alive::no;
        c.out.erase(0, static_cast<std::size_t>(sent));
    }
    // The redirect has just been written, with the output before it.
    if (std::uint64_t const token = std::exchange(c.token, 0); token != 0)
        aroma::probe_sent(c.fd, c.history, token);
    if (c.closing && !c.farewell) {
        ::shutdown(c.fd, SHUT_WR);
        c.farewell = true;
        c.deadline = Clock::now() + examples::farewell_time;
    }
    return Alive::yes;
}

class Server {
public:
    explicit Server(examples::Where const& where)
    {
        epoll_ = must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
        sigset_t stop;
        sigemptyset(&stop);
        sigaddset(&stop, SIGINT);
        sigaddset(&stop, SIGTERM);
        sigprocmask(SIG_BLOCK, &stop, nullptr);
        signals_ = must(::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
        watch(signals_, EPOLLIN, EPOLL_CTL_ADD);
        listener_ = examples::listen_on("epoll_server", where);
        ::fcntl(listener_, F_SETFL, O_NONBLOCK);
        watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
    }
    ~Server()
    {
        for (int const fd : {listener_, signals_, epoll_})
            ::close(fd);
    }
    Server(Server const&) = delete;

    void run()
    {
        Clock::time_point next_sweep = Clock::now() + 1s;
        for (;;) {
            std::array<epoll_event, 256> events;
            int const ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                           listening_ ? 1000 : 100);
            for (int i = 0; i < ready; ++i) {
                int const fd = events[static_cast<std::size_t>(i)].data.fd;
                if (fd == signals_)
                    return;
                if (fd == listener_)
                    accept_some();
                else
                    serve(fd, events[static_cast<std::size_t>(i)].events);
            }
            if (Clock::now() >= next_sweep) {
                next_sweep = Clock::now() + 1s;
                std::erase_if(connections_, [this, now = Clock::now()](auto const& entry) {
                    Connection const& c = *entry.second;
                    bool const late = (c.out.empty() ? c.deadline : c.answers_deadline) < now;
                    if (late)
                        places_.leave(c.fd);
                    return late;
                });
            }
            watch_listener(places_.room());
        }
    }

private:
    static int must(int result, char const* what)
    {
        if (result < 0) {
            std::fputs(fmt::format("epoll_server: {}: {}\n", what, std::strerror(errno)).c_str(),
                       stderr);
            std::exit(1);
        }
        return result;
    }

    void watch(int fd, std::uint32_t what, int operation)
    {
        epoll_event event{};
        event.events = what;
        event.data.fd = fd;
        ::epoll_ctl(epoll_, operation, fd, &event);
    }

    // Off while there is no place or no descriptor for another connection: otherwise a pending one
    // would wake epoll again and again.
    void watch_listener(bool on)
    {
        if (on != std::exchange(listening_, on))
            watch(listener_, on ? EPOLLIN : 0u, EPOLL_CTL_MOD);
    }

    void accept_some()
    {
        for (int i = 0; i < 64; ++i) {
            if (!places_.room())
                return watch_listener(false);
            int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) {
                if (examples::accept_is_over(errno))
                    must(-1, "cannot accept");
                if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                    places_.give_way();
                    watch_listener(false);
                }
                return;
            }
            places_.take(fd);
            int const on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            connections_.insert_or_assign(fd, std::make_unique<Connection>(fd, ++accepted_));
            watch(fd, EPOLLIN, EPOLL_CTL_ADD);
        }
    }

    void serve(int fd, std::uint32_t events)
    {
        auto const found = connections_.find(fd);
        if (found == connections_.end())
            return;
        Connection& c = *found->second;
        Alive alive = Alive::yes;
        if (events & EPOLLERR)
            alive = Alive::no;
        else if (events & (EPOLLIN | EPOLLHUP))
            alive = receive(c);
        while (alive == Alive::yes && !c.farewell) {
            unsigned long const before = c.requests;
            parse(c);
            if (c.requests != before)
                places_.used(fd);
            if (c.out.empty() && !c.closing)
                break;
            alive = send(c);
            if (!c.out.empty())
                break;
        }
        if (alive == Alive::no) {
            places_.leave(fd);
            connections_.erase(found);
            watch_listener(true);
            return;
        }
        // Nothing more is read from a client that does not take its answers.
        watch(fd, c.out.empty() ? EPOLLIN : EPOLLOUT, EPOLL_CTL_MOD);
    }

    int epoll_ = -1, signals_ = -1, listener_ = -1;
    bool listening_ = true;
    examples::Places places_{std::max<std::size_t>(examples::raise_descriptor_limit(), 32) - 16};
    unsigned long accepted_ = 0;
    std::unordered_map<int, std::unique_ptr<Connection>> connections_;
};

} // namespace

int main(int argc, char** argv)
{
    examples::Where const where = examples::port_option("epoll_server", argc, argv);
    std::signal(SIGPIPE, SIG_IGN); // the log's reader may be gone
    Server{where}.run();
}
