// SPDX-License-Identifier: BSL-1.0
//
// The example web server against clients good and bad: it answers the good ones, and survives the
// others within its limits.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include <csignal>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace live;
using namespace std::chrono_literals;

namespace {

// The server as a process of its own, on a port of its own choice.
class Server {
public:
    explicit Server(std::vector<std::string> arguments = {"--port", "0"}, rlim_t files = 0)
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw std::system_error{errno, std::generic_category(), "pipe"};
        log_ = Fd{ends[0]};
        Fd write_end{ends[1]};
        std::vector<char*> argv{const_cast<char*>(AROMA_EPOLL_SERVER)};
        for (std::string& argument : arguments)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        process_ = ::fork();
        if (process_ == 0) {
            ::dup2(write_end.get(), STDOUT_FILENO);
            ::dup2(write_end.get(), STDERR_FILENO);
            if (files) {
                rlimit const limit{files, files};
                ::setrlimit(RLIMIT_NOFILE, &limit);
            }
            ::execv(AROMA_EPOLL_SERVER, argv.data());
            ::_exit(127);
        }
        write_end.close();
        read_log("\n");
        if (auto const at = log_text_.find("port "); at != std::string::npos)
            port_ = static_cast<in_port_t>(std::atoi(log_text_.c_str() + at + 5));
    }
    ~Server()
    {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
    }
    Server(Server const&) = delete;

    Fd connect(bool nonblocking = false) const
    {
        Fd client = tcp_socket();
        sockaddr_in const address = loopback(htons(port_));
        if (::connect(client.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address)
            != 0)
            throw std::system_error{errno, std::generic_category(), "connect"};
        if (nonblocking)
            ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
        return client;
    }

    // What the process said until the text came, or five seconds passed.
    std::string const& read_log(std::string_view until)
    {
        char bytes[65536];
        while (log_text_.find(until) == std::string::npos && readable(log_.get())) {
            ssize_t const size = ::read(log_.get(), bytes, sizeof bytes);
            if (size <= 0)
                break;
            log_text_.append(bytes, static_cast<std::size_t>(size));
        }
        return log_text_;
    }

    void throw_log_away()
    {
        std::thread{[fd = ::dup(log_.get())] {
            char bytes[65536];
            while (::read(fd, bytes, sizeof bytes) > 0) {}
            ::close(fd);
        }}.detach();
    }

    int stop(int signal)
    {
        ::kill(process_, signal);
        return wait();
    }
    int wait()
    {
        int status = -1;
        ::waitpid(std::exchange(process_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    long memory_kib() const
    {
        std::ifstream file{"/proc/" + std::to_string(process_) + "/status"};
        for (std::string line; std::getline(file, line);)
            if (line.rfind("VmRSS:", 0) == 0)
                return std::atol(line.c_str() + 6);
        return 0;
    }

private:
    pid_t process_ = -1;
    in_port_t port_ = 0;
    Fd log_;
    std::string log_text_;
};

void say(Fd const& fd, std::string_view text)
{
    while (!text.empty()) {
        ssize_t const sent = ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0)
            throw std::system_error{errno, std::generic_category(), "send"};
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

// Everything until the text has come, the server has closed ("<end>"), reset ("<reset>"), or
// nothing came for a while ("<silence>").
std::string hear(Fd const& fd, std::string_view until = "\1", int patience = 5000)
{
    std::string heard;
    while (heard.find(until) == std::string::npos) {
        if (!readable(fd.get(), patience))
            return heard + "<silence>";
        char bytes[65536];
        ssize_t const size = ::recv(fd.get(), bytes, sizeof bytes, 0);
        if (size == 0)
            return heard + "<end>";
        if (size < 0)
            return heard + "<reset>";
        heard.append(bytes, static_cast<std::size_t>(size));
    }
    return heard;
}

std::size_t count(std::string_view in, std::string_view what)
{
    std::size_t n = 0;
    for (std::size_t at = in.find(what); at != in.npos; at = in.find(what, at + what.size()))
        ++n;
    return n;
}

bool starts(std::string const& text, char const* with)
{
    return text.rfind(with, 0) == 0;
}
bool ends_with(std::string_view text, std::string_view with)
{
    return text.ends_with(with);
}

std::string get(std::string_view path)
{
    return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", path);
}

std::string const score_request = get("/score");
constexpr std::string_view
    unprobed = R"({"band":"unknown","score":null,"basis":"none","status":"unprobed",)",
    scored = R"("basis":"reference_over_excess","status":"ok",)";

// Asks for a path that redirects: where to.
std::string redirect(Fd const& client, std::string_view path)
{
    constexpr std::string_view location = "\r\nLocation: ";
    say(client, get(path));
    std::string const answer = hear(client, "\r\n\r\n");
    CHECK(starts(answer, "HTTP/1.1 302 Found\r\n"));
    CHECK(answer.find("\r\nContent-Length: 0\r\n") != answer.npos);
    CHECK(answer.find("\r\nCache-Control: no-store\r\n") != answer.npos);
    CHECK(ends_with(answer, "\r\n\r\n")); // and nothing behind it
    std::size_t const at = answer.find(location) + location.size();
    return answer.substr(at, answer.find("\r\n", at) - at);
}

} // namespace

TEST_CASE("epoll_server: a followed redirect gives a score")
{
    Server server;
    Fd const client = server.connect();
    for (int i = 1; i < 4; ++i) {
        say(client, score_request);
        std::string const answer = hear(client, "}\n");
        CHECK(starts(answer, "HTTP/1.1 200 OK\r\n"));
        CHECK(answer.find(unprobed) != std::string::npos);
    }
    CHECK(server.read_log("request 3").find("connection 1 request 1: unknown (unprobed)")
          != std::string::npos);
    std::string answer;
    for (int visit = 0; visit < 3 && answer.find(scored) == answer.npos; ++visit) {
        std::string path = "/";
        for (int i = 2; i >= 0; --i) {
            path = redirect(client, path);
            CHECK(starts(path, fmt::format("/probe/{}/", i).c_str()));
            CHECK(path.find_first_not_of("0123456789abcdef", 9) == path.npos);
            CHECK(path.size() == 9 + 16);
        }
        say(client, get(path));
        answer = hear(client, "}\n");
    }
    CHECK(answer.find(scored) != std::string::npos);
    CHECK(answer.find("\"score\":null") == std::string::npos);
    double const score = std::atof(answer.c_str() + answer.find("\"score\":") + 8);
    CHECK(score > 0);
    CHECK(score <= 1);
}

TEST_CASE("epoll_server: without a followed redirect no score")
{
    Server server;
    auto const still_unknown = [](std::string const& answer) {
        return answer.find("{\"band\":\"unknown\",\"score\":null,\"basis\":\"none\"")
            != std::string::npos;
    };
    SECTION("it goes elsewhere")
    {
        Fd const client = server.connect();
        redirect(client, "/");
        say(client, score_request);
        CHECK(still_unknown(hear(client, "}\n")));
    }
    SECTION("it guesses the path")
    {
        Fd const client = server.connect();
        std::string guess = redirect(client, "/");
        guess.back() = guess.back() == '0' ? '1' : '0';
        redirect(client, guess);
        CHECK(server.read_log("request 2").find("request 2: unknown (probe") != std::string::npos);
    }
    SECTION("it brings the path of another connection")
    {
        Fd const client = server.connect(), other = server.connect();
        redirect(client, "/");
        redirect(client, redirect(other, "/"));
        CHECK(server.read_log("request 2").find("request 2: unknown (probe") != std::string::npos);
    }
    SECTION("it sends the next request early, and what is behind the redirect makes it no probe")
    {
        Fd const client = server.connect();
        say(client, get("/") + score_request);
        std::string const answers = hear(client, "}\n");
        CHECK(still_unknown(answers));
        std::size_t const at = answers.find("/probe/2/");
        REQUIRE(at != answers.npos);
        say(client, get("/probe/0/" + answers.substr(at + 9, 16)));
        CHECK(hear(client, "}\n").find(unprobed) != std::string::npos);
    }
}

TEST_CASE("epoll_server: paths and methods")
{
    Server server;
    auto const ask = [&](char const* request, char const* until = "}\n") {
        Fd const client = server.connect();
        say(client, request);
        return hear(client, until);
    };
    char const* const end = "\r\n\r\n";
    CHECK(ask("GET / HTTP/1.1\r\nHost: test\r\n\r\n", end).find("\r\nLocation: /probe/2/")
          != std::string::npos);
    CHECK(starts(ask("GET /probe/1/x HTTP/1.1\r\nHost: test\r\n\r\n", end), "HTTP/1.1 302 "));
    CHECK(starts(ask("GET /probe/0/x HTTP/1.1\r\nHost: test\r\n\r\n"), "HTTP/1.1 200 "));
    CHECK(starts(ask("GET /probe/x HTTP/1.1\r\nHost: test\r\n\r\n"), "HTTP/1.1 404 "));
    CHECK(starts(ask("GET /score?[1] HTTP/1.1\r\nHost: test\r\n\r\n"), "HTTP/1.1 200 "));
    CHECK(starts(ask("GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n"), "HTTP/1.1 404 "));
    CHECK(starts(ask("DELETE /score HTTP/1.1\r\nHost: test\r\n\r\n"), "HTTP/1.1 405 "));
    CHECK(starts(ask("BREW /score HTTP/1.1\r\nHost: test\r\n\r\n"), "HTTP/1.1 501 "));
    CHECK(starts(ask("POST /score HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello"),
                 "HTTP/1.1 405 "));
    CHECK(
        starts(ask("GET http://test:8080/score HTTP/1.1\r\nHost: test\r\n\r\n"), "HTTP/1.1 200 "));
    CHECK(starts(ask("GET http://test HTTP/1.1\r\nHost: test\r\n\r\n", end), "HTTP/1.1 302 "));
    CHECK(starts(ask("\r\n\r\nGET /score HTTP/1.1\r\nHost: test\r\n\r\n"), "HTTP/1.1 200 "));
    CHECK(starts(ask("GET /score HTTP/1.1\r\nX: y\r\n\r\n"), "HTTP/1.1 400 "));
    CHECK(ask("GET /score HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
              .find("\r\nConnection: keep-alive\r\n")
          != std::string::npos);
    std::string const old = ask("GET /score HTTP/1.0\r\n\r\n", "\1");
    CHECK(starts(old, "HTTP/1.1 200 "));
    CHECK(ends_with(old, "}\n<end>"));
    CHECK(ends_with(ask("GET /score HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", "\1"),
                    "}\n<end>"));
    std::string const head =
        ask("HEAD /score HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", "\1");
    CHECK(std::atoi(head.c_str() + head.find("Content-Length: ") + 16) > 100);
    CHECK(ends_with(head, "\r\n\r\n<end>"));
}

TEST_CASE("epoll_server: requests in any pieces, and half-closed")
{
    Server server;
    SECTION("a byte at a time")
    {
        Fd const client = server.connect();
        for (char const byte : score_request)
            say(client, {&byte, 1});
        CHECK(starts(hear(client, "}\n"), "HTTP/1.1 200 "));
    }
    SECTION("five at once")
    {
        Fd const client = server.connect();
        std::string five;
        for (int i = 0; i < 5; ++i)
            five += score_request;
        say(client, five);
        ::shutdown(client.get(), SHUT_WR);
        std::string const answers = hear(client);
        CHECK(count(answers, "HTTP/1.1 200 OK") == 5);
        CHECK(ends_with(answers, "}\n<end>"));
    }
    SECTION("a body, and a request behind it")
    {
        Fd const client = server.connect();
        say(client,
            "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        ::usleep(20'000);
        say(client, "0\r\n\r\n" + score_request);
        std::string const answers = hear(client, "application_us");
        CHECK(starts(answers, "HTTP/1.1 405 "));
        CHECK(count(answers, "HTTP/1.1 200 OK") == 1);
    }
    SECTION("a body that is sent only once the server says so")
    {
        Fd const client = server.connect();
        say(client,
            "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        CHECK(hear(client, "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
        say(client, "hello");
        CHECK(starts(hear(client, "}\n"), "HTTP/1.1 405 "));
    }
    SECTION("half a request, and then nothing more")
    {
        Fd const client = server.connect();
        say(client, "GET /sc");
        ::shutdown(client.get(), SHUT_WR);
        CHECK(hear(client) == "<end>");
    }
}

TEST_CASE("epoll_server: garbage gets an answer that says why")
{
    Server server;
    auto const refused = [&](std::string const& garbage) {
        Fd const client = server.connect();
        say(client, garbage);
        return hear(client);
    };
    CHECK(starts(refused(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)
                         + std::string(500, '\xee')),
                 "HTTP/1.1 400 "));
    CHECK(starts(refused("\r\n\r\nhello\r\n\r\n"), "HTTP/1.1 400 "));
    CHECK(starts(refused("GET /score HTTP/9.9\r\n\r\n"), "HTTP/1.1 400 "));
    CHECK(starts(refused("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: many\r\n\r\n"),
                 "HTTP/1.1 400 "));
    CHECK(starts(refused("GET / HTTP/1.1\r\nHost: test\r\nA: " + std::string(100'000, 'x')),
                 "HTTP/1.1 431 "));
    CHECK(starts(refused("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n"
                         + std::string(100'000, 'x')),
                 "HTTP/1.1 413 "));
    std::string const all =
        refused("GET / HTTP/1.1\r\nHost: test\r\nA: " + std::string(100'000, 'x'));
    CHECK(ends_with(all, "<end>")); // and no reset that overtakes the answer
    CHECK(server.stop(SIGTERM) == 0);
}

TEST_CASE("epoll_server: a client that never reads is bounded")
{
    Server server;
    server.throw_log_away();
    long const before = server.memory_kib();
    Fd const client = server.connect(true);
    std::string const batch = [] {
        std::string all;
        for (int i = 0; i < 1000; ++i)
            all += score_request;
        return all;
    }();
    std::size_t sent = 0;
    for (auto const end = std::chrono::steady_clock::now() + 1s;
         std::chrono::steady_clock::now() < end;) {
        ssize_t const n = ::send(client.get(), batch.data() + sent % batch.size(),
                                 batch.size() - sent % batch.size(), MSG_NOSIGNAL);
        if (n > 0)
            sent += static_cast<std::size_t>(n);
        else
            ::usleep(1000);
    }
    CHECK(sent > batch.size());
    CHECK(server.memory_kib() - before < 4 * 1024);
    // Once it reads, every whole request that it sent is answered.
    std::size_t const requests = sent / score_request.size();
    std::size_t answered = 0;
    std::string kept;
    while (answered < requests) {
        std::string const more = hear(client, "}\n");
        kept += more;
        answered += count(kept, "HTTP/1.1 200 OK");
        kept.erase(0, kept.size() > 14 ? kept.size() - 14 : 0);
        if (more.find('<') != std::string::npos)
            break;
    }
    CHECK(answered == requests);
}

TEST_CASE("epoll_server: endless trailers and extensions are refused")
{
    Server server;
    long const before = server.memory_kib();
    std::string const start = "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::string const& endless : {start + "0\r\nT: ", start + "1;", start + "0000"}) {
        Fd const client = server.connect();
        say(client, endless);
        std::string const more(64 * 1024, endless.back() == '0' ? '0' : 'x');
        std::size_t sent = 0;
        // what follows the refusal is thrown away for two seconds
        for (; sent < (64u << 20); sent += more.size())
            if (::send(client.get(), more.data(), more.size(), MSG_NOSIGNAL) < 0)
                break;
        CHECK(sent > (1u << 20));
        CHECK(starts(hear(client, "}\n"), "HTTP/1.1 431 "));
        CHECK(server.memory_kib() - before < 4 * 1024);
    }
}

TEST_CASE("epoll_server: a slow reader has ten seconds")
{
    Server server;
    server.throw_log_away();
    Fd const client = server.connect();
    ::fcntl(client.get(), F_SETFL, O_NONBLOCK);
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += score_request;
    for (int unsent = 0; unsent < 300;) // until nothing more fits on the way
        unsent = ::send(client.get(), many.data(), many.size(), MSG_NOSIGNAL) > 0
                   ? 0
                   : (::usleep(1000), unsent + 1);
    auto const begun = std::chrono::steady_clock::now();
    char bytes[64];
    bool closed = false;
    while (!closed && std::chrono::steady_clock::now() - begun < 20s) {
        ::usleep(200'000);
        (void)::recv(client.get(), bytes, sizeof bytes, 0);
        closed = ::send(client.get(), "G", 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN;
    }
    CHECK(closed);
}

TEST_CASE("epoll_server: an unread log blocks nothing")
{
    Server server;
    Fd const client = server.connect();
    for (int i = 0; i < 3000; ++i) { // far more lines than a pipe holds
        say(client, score_request);
        REQUIRE(starts(hear(client, "}\n"), "HTTP/1.1 200 "));
    }
    CHECK(server.stop(SIGTERM) == 0);
}

TEST_CASE("epoll_server: slow clients are closed after ten seconds")
{
    Server server;
    Fd const silent = server.connect(), half = server.connect(), trickling = server.connect();
    say(half, "GET /score HTT");
    auto const begun = std::chrono::steady_clock::now();
    bool closed = false;
    for (char const* at =
             "GET /score HTTP/1.1\r\nHost: test\r\nX: "
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
         *at && !closed; ++at) {
        closed = ::send(trickling.get(), at, 1, MSG_NOSIGNAL) < 0 || readable(trickling.get(), 200);
    }
    auto const taken = std::chrono::steady_clock::now() - begun;
    CHECK(closed);
    CHECK(taken > 8s);
    CHECK(taken < 15s);
    CHECK(hear(silent) == "<end>");
    CHECK(hear(half) == "<end>");
    Fd const good = server.connect();
    say(good, score_request);
    CHECK(starts(hear(good, "}\n"), "HTTP/1.1 200 "));
}

TEST_CASE("epoll_server: resets at every moment")
{
    Server server;
    server.throw_log_away();
    for (int i = 0; i < 300; ++i) {
        Fd client = server.connect();
        if (i % 3 > 0)
            say(client, i % 3 == 1 ? score_request : score_request + score_request + "GET /sc");
        if (i % 2)
            hear(client, "}", 20);
        set_option(client, SOL_SOCKET, SO_LINGER, linger{1, 0});
    }
    Fd const good = server.connect();
    say(good, score_request);
    CHECK(starts(hear(good, "}\n"), "HTTP/1.1 200 "));
    CHECK(server.stop(SIGINT) == 0);
}

TEST_CASE("epoll_server: 2,000 connections, two answers each")
{
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    std::size_t const many = 2000;
    if (files.rlim_max < many + 100)
        return skipped("this system allows no 2000 open files");
    Server server;
    server.throw_log_away();
    std::vector<Fd> clients;
    while (clients.size() < many)
        clients.push_back(server.connect());
    for (int round = 0; round < 2; ++round) {
        for (Fd const& client : clients)
            say(client, score_request);
        std::size_t right = 0;
        for (Fd const& client : clients) {
            // The opening of a client that connects early may accuse, and never clears.
            std::string const heard = hear(client, "}\n");
            right += heard.find(unprobed) != heard.npos
                  || heard.find("{\"band\":\"suspicious\"") != heard.npos;
        }
        CHECK(right == many);
    }
    CHECK(server.memory_kib() < 64 * 1024);
}

TEST_CASE("epoll_server: out of descriptors, clients wait their turn")
{
    Server server{{"--port", "0"}, 64}; // room for 48 connections
    std::vector<Fd> clients;
    for (int i = 0; i < 60; ++i) {
        clients.push_back(server.connect());
        say(clients.back(), score_request);
    }
    for (int i = 0; i < 48; ++i)
        CHECK(starts(hear(clients[static_cast<std::size_t>(i)], "}\n"), "HTTP/1.1 200 "));
    CHECK(hear(clients[59], "}\n", 200) == "<silence>");
    clients.erase(clients.begin(), clients.begin() + 12);
    for (Fd const& client : clients)
        if (&client >= &clients[36])
            CHECK(starts(hear(client, "}\n"), "HTTP/1.1 200 "));
}

TEST_CASE("epoll_server: all places taken, the one that rests longest gives way")
{
    Server server{{"--port", "0"}, 64}; // room for 48 connections
    std::vector<Fd> clients;
    for (int i = 0; i < 48; ++i) {
        clients.push_back(server.connect());
        say(clients.back(), i == 1 ? "GET /score HTTP/1.1\r\nX: " : score_request);
        if (i != 1)
            CHECK(starts(hear(clients.back(), "}\n"), "HTTP/1.1 200 "));
    }
    for (int i = 0; i < 12; ++i) { // a byte now and then is no reason to stay, a request is
        ::usleep(100'000);
        say(clients[1], "x");
    }
    say(clients[0], score_request);
    CHECK(starts(hear(clients[0], "}\n"), "HTTP/1.1 200 "));
    Fd const other = server.connect(), another = server.connect();
    for (Fd const* const late : {&other, &another}) {
        say(*late, score_request);
        CHECK(starts(hear(*late, "}\n"), "HTTP/1.1 200 "));
    }
    CHECK(hear(clients[1]) == "<end>");
    CHECK(hear(clients[2]) == "<end>");
    say(clients[0], score_request);
    CHECK(starts(hear(clients[0], "}\n"), "HTTP/1.1 200 "));
}

TEST_CASE("epoll_server: wrong arguments end it with a message")
{
    for (std::vector<std::string> const& wrong :
         std::vector<std::vector<std::string>>{{"--port"},
                                               {"--port", "x"},
                                               {"--port", "65536"},
                                               {"--port", "-1"},
                                               {"--port", ""},
                                               {"8080"}}) {
        Server server{wrong};
        CHECK(server.wait() == 2);
        CHECK(server.read_log("usage:").find("usage: epoll_server") != std::string::npos);
    }
    Server first;
    std::string const log = first.read_log("port ");
    Server second{
        {"--port", log.substr(log.find("port ") + 5, log.find(" of ") - log.find("port ") - 5)}};
    CHECK(second.wait() == 1);
    CHECK(second.read_log("in use").find("--port gives another") != std::string::npos);
}
