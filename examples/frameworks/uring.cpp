// SPDX-License-Identifier: BSL-1.0
//
// io_uring by liburing: one thread and one ring, and for each client one operation at a time, with
// a timeout linked to it.
//
//     uring [--port N] [--address ADDRESS]

#include "../common/accept_error.hpp"
#include "../common/farewell.hpp"
#include "../common/http_reader.hpp"
#include "../common/listener.hpp"
#include "../common/places.hpp"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/core.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t most_connections = 256;
constexpr unsigned ring_size = 1024;         // never full: each of them has two entries at most
constexpr std::chrono::seconds patience{10}; // from one request to the next, its answer included
constexpr int nobody = -1;                   // completions without a client are ignored

struct Client {
    examples::HttpReader http;
    aroma::ConnectionHistory history;
    std::string in, answer;  // received and not parsed, made and not sent
    std::uint64_t token = 0; // of the redirect that the answer is
    bool leaving = false;    // what it still sends is discarded
    char bytes[4096];
    __kernel_timespec deadline;

    void wait_again(std::chrono::seconds time = patience)
    {
        auto const until = std::chrono::steady_clock::now() + time;
        deadline = {
            std::chrono::duration_cast<std::chrono::seconds>(until.time_since_epoch()).count(), 0};
    }
};

// Every submission carries the descriptor that it is for. It is an ordinary one: getsockopt() does
// not work on "direct" descriptors of the ring.
class Server {
public:
    Server(io_uring& ring, int listener, int signals)
        : ring_{ring}, listener_{listener}, signals_{signals}
    {
    }
    Server(Server const&) = delete;
    ~Server() { io_uring_queue_exit(&ring_); } // before the memory that its operations use

    void run_until_signal()
    {
        io_uring_prep_poll_add(entry(signals_), signals_, POLLIN);
        accept();
        for (;;) {
            // without memory, submissions stay in the ring for the next time
            io_uring_submit_and_wait(&ring_, 1);
            for (io_uring_cqe* done; io_uring_peek_cqe(&ring_, &done) == 0;) {
                int const fd = static_cast<int>(io_uring_cqe_get_data64(done)), result = done->res;
                io_uring_cqe_seen(&ring_, done);
                if (fd == signals_)
                    return;
                if (fd == listener_)
                    on_accept(result);
                else if (fd != nobody)
                    on_done(fd, clients_.at(fd), result);
            }
        }
    }

private:
    void accept()
    {
        if (std::exchange(accepting_, true))
            return;
        if (places_.room())
            io_uring_prep_accept(entry(listener_), listener_, nullptr, nullptr, SOCK_CLOEXEC);
        else
            pause();
    }

    void pause()
    {
        static __kernel_timespec time{0, 10'000'000};
        io_uring_prep_timeout(entry(listener_), &time, 0, 0);
    }

    void on_accept(int result)
    {
        accepting_ = false;
        if (result >= 0) {
            int const on = 1;
            places_.take(result);
            ::setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            Client& client = clients_[result];
            client.wait_again();
            go_on(result, client);
        } else if (examples::accept_is_over(-result)) {
            std::fputs(fmt::format("uring: cannot accept: {}\n", std::strerror(-result)).c_str(),
                       stderr);
            std::exit(1);
        } else if (result != -ETIME) { // no descriptor: to avoid a busy loop
            places_.give_way();
            accepting_ = true;
            pause();
        }
        accept();
    }

    void on_done(int fd, Client& client, int result)
    {
        if (result <= 0)
            return close(fd);
        if (client.answer.empty())
            client.in.append(client.bytes, static_cast<std::size_t>(result));
        else
            on_sent(fd, client, static_cast<std::size_t>(result));
        go_on(fd, client);
    }

    void on_sent(int fd, Client& client, std::size_t size)
    {
        bool const whole = size == client.answer.size();
        client.answer.erase(0, size);
        std::uint64_t const token = std::exchange(client.token, 0);
        if (token != 0 && whole) // the redirect just written is a probe
            aroma::probe_sent(fd, client.history, token);
    }

    // Sends pending output; otherwise answers the next request, or receives more.
    void go_on(int fd, Client& client)
    {
        if (client.answer.empty()) {
            if (auto const path = client.http.next(client.in)) {
                places_.used(fd);
                // At each request, before any of its answer is written.
                aroma::Assessment assessment = aroma::score(fd, client.history);
                if (client.history.probing()) // a redirect may be answered now
                    assessment = aroma::probe_answered(fd, client.history, aroma::token_of(*path));

                examples::Page const page = examples::page(*path, assessment);
                client.token = page.location.empty() ? 0 : aroma::token_of(page.location);
                client.answer = client.http.answer(page);
                client.wait_again();
            } else if (client.http.last()) {
                client.in.clear();
                if (!std::exchange(client.leaving, true)) {
                    places_.leaving(fd);
                    ::shutdown(fd, SHUT_WR);
                    client.wait_again(examples::farewell_time);
                }
            }
        }
        io_uring_sqe* const operation = entry(fd);
        if (client.answer.empty())
            io_uring_prep_recv(operation, fd, client.bytes, sizeof client.bytes, 0);
        else
            io_uring_prep_send(operation, fd, client.answer.data(), client.answer.size(),
                               MSG_NOSIGNAL);
        operation->flags |= IOSQE_IO_LINK;
        io_uring_prep_link_timeout(entry(nobody), &client.deadline, IORING_TIMEOUT_ABS);
    }

    void close(int fd)
    {
        places_.leave(fd);
        clients_.erase(fd);
        ::close(fd);
        accept();
    }

    io_uring_sqe* entry(int fd)
    {
        io_uring_sqe* const free = io_uring_get_sqe(&ring_);
        io_uring_sqe_set_data64(free, static_cast<std::uint32_t>(fd));
        return free;
    }

    io_uring& ring_;
    int const listener_, signals_;
    bool accepting_ = false; // or pausing before that
    examples::Places places_{most_connections};
    std::unordered_map<int, Client> clients_; // by descriptor
};

} // namespace

int main(int argc, char** argv)
{
    constexpr std::string_view program = "uring";
    examples::Where const where = examples::port_option(program, argc, argv);
    io_uring ring;
    if (int const result = io_uring_queue_init(ring_size, &ring, 0); result < 0) {
        std::fputs(fmt::format("{}: the kernel refuses io_uring: {} (too old, or see "
                               "/proc/sys/kernel/io_uring_disabled and the "
                               "container's seccomp profile)\n",
                               program, std::strerror(-result))
                       .c_str(),
                   stderr);
        return 1;
    }
    int const listener = examples::listen_on(program, where);
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, nullptr);
    Server{ring, listener, signalfd(-1, &stop, SFD_CLOEXEC)}.run_until_signal();
}
