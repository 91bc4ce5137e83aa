// SPDX-License-Identifier: BSL-1.0
//
// What score(fd) must not do: touch errno, disturb the stream, or make numbers of what no kernel
// said.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"

#include <aroma/aroma.hpp>

#include <atomic>
#include <cstdlib>

using namespace live;

TEST_CASE("score: a thousand calls leave the stream alone")
{
    Connection c = connected();
    for (int i = 0; i < 100; ++i) {
        send_and_receive(c.client, c.server, "request " + std::to_string(i));
        for (int j = 0; j < 10; ++j)
            (void)aroma::score(c.server.get());
        send_and_receive(c.server, c.client, "answer " + std::to_string(i));
    }
    int pending = 0;
    socklen_t length = sizeof pending;
    REQUIRE(::getsockopt(c.server.get(), SOL_SOCKET, SO_ERROR, &pending, &length) == 0);
    CHECK(pending == 0);
}

TEST_CASE("score: errno is kept, and in error_number")
{
    for (int const error : {EBADF, ENOTSOCK, EPERM, EINTR, ENOMEM}) {
        errno = ERANGE;
        aroma::TcpInfo const info =
            aroma::detail::read_by(3, [error](int, int, int, void*, socklen_t*) {
                errno = error;
                return -1;
            });
        CHECK(errno == ERANGE);
        CHECK(info.error_number == error);
        CHECK(info.status == aroma::detail::status_of_errno(error));
        CHECK(info.status != aroma::Status::ok);
    }
}

TEST_CASE("score: one getsockopt(TCP_INFO) a call")
{
    int calls = 0;
    aroma::TcpInfo const info = aroma::detail::read_by(
        42, [&](int fd, int level, int option, void* bytes, socklen_t* length) {
            ++calls;
            CHECK(fd == 42);
            CHECK(level == IPPROTO_TCP);
            CHECK(option == TCP_INFO);
            CHECK(*length >= 152);
            CHECK(reinterpret_cast<std::uintptr_t>(bytes) % 8 == 0);
            *length = 0;
            return 0;
        });
    CHECK(calls == 1);
    CHECK(info.status == aroma::Status::kernel_too_old);
}

TEST_CASE("score: a getsockopt that writes nothing measures nothing")
{
    std::thread{[] { // the stack below is not this thread's to have filled by chance
        aroma::TcpInfo const info =
            aroma::detail::read_by(42, [](int, int, int, void*, socklen_t*) { return 0; });
        CHECK(info.status == aroma::Status::no_sample);
        CHECK(info.rtt == aroma::RttSample<aroma::Microseconds>{});
    }}
        .join();
}

TEST_CASE("score: descriptors closed and reused by another thread")
{
    std::atomic<bool> done{false};
    std::atomic<int> number{-1};
    std::thread scorer{[&] {
        while (!done) {
            aroma::Assessment const a = aroma::score(number);
            if (a.score.known() && !(a.score.value() > 0 && a.score.value() <= 1))
                std::abort();
        }
    }};
    for (int i = 0; i < 200; ++i) {
        Connection c = connected();
        number = c.server.get();
        c.exchange(2);
    }
    done = true;
    scorer.join();
    SUCCEED();
}
