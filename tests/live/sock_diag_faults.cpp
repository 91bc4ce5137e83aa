// SPDX-License-Identifier: BSL-1.0
//
// sock_diag where the netlink socket fails, is interrupted, answers with too little or with
// nonsense, or becomes another in mid-call.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"
#include "faults.hpp"

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>

#include <string>
#include <utility>

#include <dirent.h>

using aroma::Status;
using namespace live;

namespace {

int open_descriptors()
{
    int count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    while (::readdir(folder))
        ++count;
    ::closedir(folder);
    return count;
}

aroma::EndpointPair ends(Fd const& fd)
{
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    REQUIRE(::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&peer), &length) == 0);
    return {local_address(fd), peer};
}

std::string ask(aroma::EndpointPair const& ends, int* error = nullptr)
{
    faults.watched = true;
    errno = ERANGE;
    aroma::TcpInfo const info = aroma::read(ends);
    faults.watched = false;
    CHECK(errno == ERANGE);
    if (info.status == Status::ok)
        CHECK(info.error_number == 0);
    check_consistent(aroma::assess(info));
    if (error)
        *error = info.error_number;
    return info.status == Status::lookup_failed ? name(info.lookup_error) : name(info.status);
}

} // namespace

TEST_CASE("sock_diag: interrupted questions are repeated, for a second")
{
    Connection c = connected();
    c.exchange();
    aroma::EndpointPair const known = ends(c.server);
    if (std::string const is = ask(known); is == "no_sock_diag")
        return skipped("no sock_diag");
    int const before = open_descriptors();
    int error = 0;

    faults.of_send = {EINTR, EINTR, EINTR, 0};
    CHECK(ask(known) == "ok");
    faults.of_receive = {EINTR, EAGAIN, EINTR, EAGAIN, 0};
    faults.polls = 0;
    CHECK(ask(known) == "ok");
    CHECK(faults.polls == 4);
    faults.of_receive.assign(100, EAGAIN);
    faults.polls = 0;
    CHECK(ask(known, &error) == "truncated");
    CHECK(error == ETIMEDOUT);
    CHECK(faults.polls == 20); // of 50 ms
    faults.of_receive.clear();

    for (auto const& [given, expected] :
         {std::pair{ENOBUFS, "truncated"}, std::pair{ENOMEM, "refused"},
          std::pair{EAGAIN, "refused"}, std::pair{ECONNREFUSED, "refused"}}) {
        faults.of_send = {given};
        CHECK(ask(known, &error) == expected);
        CHECK(error == given);
        if (given == EAGAIN)
            continue;
        faults.of_receive = {given};
        CHECK(ask(known, &error) == expected);
        CHECK(error == given);
    }
    faults.of_send.clear();
    faults.of_receive.clear();
    CHECK(ask(known) == "ok");
    CHECK(open_descriptors() == before);
}

TEST_CASE("sock_diag: cut or changed answers are no connection")
{
    Connection c = connected();
    c.exchange();
    aroma::EndpointPair const known = ends(c.server);
    if (std::string const is = ask(known); is == "no_sock_diag")
        return skipped("no sock_diag");
    int const before = open_descriptors();
    ssize_t whole = 0;
    faults.received = [&](unsigned char*, ssize_t size) { return whole = size; };
    REQUIRE(ask(known) == "ok");
    for (ssize_t length = 0; length < whole; ++length) { // the first of the answer alone
        bool first = true;
        faults.received = [&](unsigned char* bytes, ssize_t size) {
            if (first && size > length) {
                std::memset(bytes + length, 0xff, static_cast<std::size_t>(size - length));
                size = length;
            }
            first = false;
            faults.of_receive = {ENOBUFS};
            return size;
        };
        CHECK(ask(known) != "ok");
        faults.of_receive.clear();
    }
    for (ssize_t at = 0; at < whole; ++at) { // each byte another
        faults.received = [&](unsigned char* bytes, ssize_t size) {
            if (at < size)
                bytes[at] ^= 0xff;
            faults.of_receive = {ENOBUFS};
            return size;
        };
        (void)ask(known);
        faults.of_receive.clear();
    }
    // MSG_TRUNC: longer than any buffer
    faults.received = [&](unsigned char*, ssize_t) { return ssize_t{100'000}; };
    CHECK(ask(known) != "ok");
    faults.received = nullptr;
    CHECK(ask(known) == "ok");
    CHECK(open_descriptors() == before);
}

TEST_CASE("sock_diag: its socket closed or replaced in mid-call")
{
    Connection c = connected();
    c.exchange();
    aroma::EndpointPair const known = ends(c.server);
    if (std::string const is = ask(known); is == "no_sock_diag")
        return skipped("no sock_diag");
    int const before = open_descriptors();
    int error = 0;
    faults.before_receive = [](int fd) { ::close(fd); };
    CHECK(ask(known, &error) == "refused");
    CHECK(error == EBADF);
    Fd const file = checked(::open("/dev/zero", O_RDWR | O_CLOEXEC), "open");
    faults.before_receive = [&](int fd) { ::dup2(file.get(), fd); };
    CHECK(ask(known, &error) == "refused");
    CHECK(error == ENOTSOCK);
    faults.before_receive = [&](int fd) { ::dup2(c.client.get(), fd); }; // nothing comes from there
    CHECK(ask(known, &error) == "truncated");
    CHECK(error == ETIMEDOUT);
    faults.before_receive = nullptr;
    CHECK(ask(known) == "ok");
    CHECK(open_descriptors() == before + 1);
}
