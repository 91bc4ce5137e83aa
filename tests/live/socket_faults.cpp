// SPDX-License-Identifier: BSL-1.0
//
// score(fd) where getsockopt() fails or answers with too little or with nonsense, and where
// descriptors are closed and reused in mid-call.

#include "../support/catch.hpp"
#include "../support/sockets.hpp"
#include "faults.hpp"

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/baseline.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include <sys/syscall.h>

using aroma::Status;
using namespace live;

namespace {

// Every way to ask, with errno kept.
void check_every_way(int fd)
{
    errno = ERANGE;
    aroma::ConnectionHistory seen;
    check_consistent(aroma::score(fd));
    for (aroma::Exchange const exchange : {aroma::Exchange::opening, aroma::Exchange::reply})
        check_consistent(
            aroma::assess(aroma::timed(aroma::read(fd), exchange, aroma::clock_tick())));
    check_consistent(aroma::score(fd, seen));
    (void)aroma::probe_sent(fd, seen, 7);
    check_consistent(aroma::probe_answered(fd, seen, 7));
    (void)aroma::probe_sent(fd, seen, 8, {.any_pieces = true});
    check_consistent(aroma::probe_answered(fd, seen, 8));
    for (double const us : {4'294'967'295.0, 4'294'967'294.0, 1e300, -1.0, 1234.0}) {
        aroma::Duration<double, std::micro> const time{us};
        check_consistent(aroma::score(fd, aroma::Options<>{.application_rtt = time}));
        check_consistent(aroma::score(fd, aroma::Options<>{.stopwatch = time}));
    }
    if (errno != ERANGE)
        FAIL("errno has become " << errno);
}

void put(unsigned char* bytes, std::size_t at, std::uint32_t value)
{
    std::memcpy(bytes + at, &value, sizeof value);
}

} // namespace

TEST_CASE("read: answers of every length, anything behind them")
{
    for (socklen_t told = 0; told <= 512; ++told) {
        aroma::TcpInfo seen[2];
        for (unsigned char const garbage : std::initializer_list<unsigned char>{0x00, 0xff}) {
            faults.tcp_info = [&](int, void* value, socklen_t* length) {
                unsigned char answer[512];
                std::memset(answer, garbage, sizeof answer);
                unsigned char* const bytes = answer;
                bytes[0] = 1;
                put(bytes, 68, 50'000);
                put(bytes, 72, 700);
                put(bytes, 148, 5000);
                std::memset(bytes + 120, 1, 8);
                // where this is longer than what it says, it is not to be believed
                std::memset(value, garbage, *length);
                std::memcpy(value, bytes, std::min(told, *length));
                *length = told; // also more than there was room for
                return 0;
            };
            aroma::TcpInfo const info = aroma::read(7);
            CHECK((info.status == Status::ok) == (told >= 152));
            CHECK((info.status == Status::kernel_too_old) == (told < 152));
            CHECK(info.data_segs_in == (told >= 156 && garbage == 0xff ? ~0u : 0u));
            CHECK(info.data_segs_out == (told >= 160 && garbage == 0xff ? ~0u : 0u));
            seen[garbage == 0xff] = info;
            check_every_way(7);
        }
        CHECK(seen[0].rtt == seen[1].rtt);
        CHECK(seen[0].status == seen[1].status);
    }
    faults.tcp_info = nullptr;
}

TEST_CASE("read: every errno is kept, and in error_number")
{
    Connection const c = connected();
    Fd const datagrams = checked(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    for (int error = 1; error <= 133; ++error) {
        int calls = 0;
        faults.tcp_info = [&](int, void* value, socklen_t* length) {
            ++calls;
            std::memset(value, 0xff, *length); // and something was written all the same
            errno = error;
            return -1;
        };
        Status const by_errno = aroma::detail::status_of_errno(error);
        bool const by_kind = by_errno == Status::not_tcp || by_errno == Status::no_tcp_info;
        for (Fd const* const fd : {&c.server, &datagrams}) {
            bool const is_tcp = fd == &c.server;
            errno = ERANGE;
            calls = 0;
            aroma::TcpInfo const info = aroma::read(fd->get());
            CHECK(errno == ERANGE);
            CHECK(calls == 1); // no repetition: it neither blocks nor is interrupted
            CHECK(info.error_number == error);
            CHECK(info.status
                  == (!by_kind ? by_errno
                      : is_tcp ? Status::no_tcp_info
                               : Status::not_tcp));
            CHECK(info.rtt == aroma::RttSample<aroma::Microseconds>{});
            check_every_way(fd->get());
        }
        check_every_way(7);
    }
    faults.tcp_info = nullptr;
}

TEST_CASE("read: fields at their extremes, at every moment")
{
    constexpr std::uint32_t extremes[] = {0, 1, 3000, 3001, 2147483648, 4294967294, 4294967295};
    unsigned char answer[232]{};
    faults.tcp_info = [&](int, void* value, socklen_t* length) {
        std::memcpy(value, answer, *length);
        return 0;
    };
    for (unsigned char const state : std::initializer_list<unsigned char>{1, 8, 10, 7, 0, 255})
        for (std::uint32_t const minimum : extremes)
            for (std::uint32_t const smoothed : extremes)
                for (std::uint32_t const sent : extremes)
                    for (std::uint32_t const received : extremes)
                        for (std::uint32_t const other : {0u, 1u, 4294967295u}) {
                            std::memset(answer, static_cast<int>(other & 0xff), sizeof answer);
                            answer[0] = state;
                            answer[5] = 0;
                            put(answer, 24, 0);
                            put(answer, 44, sent);
                            put(answer, 52, received);
                            put(answer, 56, received);
                            put(answer, 68, smoothed);
                            put(answer, 144, 0);
                            put(answer, 148, minimum);
                            put(answer, 152, 1);
                            put(answer, 156, other);
                            check_every_way(7);
                        }
    faults.tcp_info = nullptr;
    SUCCEED();
}

TEST_CASE("score: a descriptor replaced in mid-call")
{
    Connection one = connected(), other = connected();
    one.exchange();
    Fd const number{::dup(one.server.get())};
    faults.tcp_info = [&](int fd, void* value, socklen_t* length) {
        ::dup2(other.server.get(), fd);
        return static_cast<int>(syscall(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, value, length));
    };
    // the other's numbers, whole
    CHECK(aroma::score(number.get()).status == Status::handshake_only);
    faults.tcp_info = [](int fd, void* value, socklen_t* length) {
        ::close(fd);
        return static_cast<int>(syscall(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, value, length));
    };
    int const closed = ::dup(one.server.get());
    CHECK(aroma::score(closed).status == Status::bad_descriptor);
    faults.tcp_info = nullptr;
}

TEST_CASE("score: a descriptor replaced by another thread")
{
    Connection c = connected();
    c.exchange();
    Fd const listener = tcp_socket(),
             datagrams = checked(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"),
             file = checked(::open("/dev/null", O_RDWR | O_CLOEXEC), "open");
    start_listening(listener);
    int const number = ::dup(c.server.get());
    std::atomic<bool> done{false};
    std::atomic<long> asked{0}, scored{0};
    std::atomic<bool> wrong{false};
    auto const score = [&] {
        while (!done) {
            aroma::ConnectionHistory history;
            errno = ERANGE;
            aroma::Assessment const a = aroma::score(number), b = aroma::score(number, history);
            for (aroma::Assessment const& one : {a, b}) {
                bool const ok = one.status == Status::ok;
                if (ok != one.score.known()
                    || (ok && !(one.score.value() > 0 && one.score.value() <= 1))
                    || errno != ERANGE)
                    wrong = true;
            }
            ++asked;
            scored += a.status == Status::ok;
        }
    };
    std::thread first{score}, second{score};
    // On a busy machine both threads may have met one kind of descriptor alone by then.
    auto const met_both = [&] { return scored > 0 && scored < asked; };
    for (int i = 0; i < 20'000 || ((asked < 1000 || !met_both()) && i < 20'000'000); ++i) {
        ::dup2(file.get(), number);
        ::dup2(listener.get(), number);
        ::dup2(datagrams.get(), number);
        ::close(number);
        ::dup2(c.server.get(), number);
    }
    done = true;
    first.join();
    second.join();
    ::close(number);
    CHECK_FALSE(wrong);
    CHECK(scored > 0);
    CHECK(scored < asked);
}

// AROMA_CONNECTIONS=20000 for a longer one.
TEST_CASE("score: thousands of connections that open, reset and close")
{
    int const wanted =
        std::getenv("AROMA_CONNECTIONS") ? std::atoi(std::getenv("AROMA_CONNECTIONS")) : 2000;
    constexpr std::size_t threads = 3;
    using Baseline = aroma::Baseline<4>;
    auto const baselines = std::make_unique<Baseline[]>(threads);
    std::atomic<int> opened{0};
    std::atomic<std::size_t> finished{0};
    std::atomic<std::uint32_t> assessed{0}, ok{0};
    std::vector<std::string> wrong(threads + 1);

    auto const serve = [&](std::size_t thread) {
        try {
            Fd const listener = tcp_socket();
            start_listening(listener);
            aroma::Segment& segment = baselines[thread].find_or_add("loopback");
            auto const note = [&](aroma::Assessment const& a) {
                bool const is_ok = a.status == Status::ok;
                if (is_ok != a.score.known()
                    || (is_ok && !(a.score.value() > 0 && a.score.value() <= 1)))
                    throw std::runtime_error{"an assessment that is none"};
                segment.record(a);
                ++assessed;
                ok += is_ok;
            };
            for (int i = 0; (i = opened++) < wanted;) {
                Fd client = tcp_socket(); // from many addresses, so that no port is waited for
                sockaddr_in from = loopback();
                from.sin_addr.s_addr =
                    htonl(0x7f000001u + (static_cast<std::uint32_t>(i % 250) << 8));
                set_option(client, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, 1);
                if (::bind(client.get(), reinterpret_cast<sockaddr const*>(&from), sizeof from)
                    != 0)
                    throw std::system_error{errno, std::generic_category(), "bind"};
                Connection c = connect_through(listener, std::move(client));
                aroma::ConnectionHistory history;
                note(aroma::score(c.server.get()));
                if (i % 5 > 0)
                    c.exchange(i % 5);
                note(aroma::score(c.server.get()));
                note(aroma::score(c.server.get(), history));
                if (i % 3 == 0)
                    c.reset_by_client();
                else if (i % 3 == 1)
                    ::shutdown(c.server.get(), SHUT_RDWR);
                note(aroma::score(c.server.get()));
                int const number = c.server.get();
                c.server.close();
                // another thread may have it by now
                aroma::Assessment const late = aroma::score(number);
                if ((late.status == Status::ok) != late.score.known())
                    throw std::runtime_error{"an assessment that is none"};
            }
        } catch (std::exception const& why) {
            wrong[thread] = why.what();
        }
        ++finished;
    };
    std::vector<std::thread> all;
    for (std::size_t thread = 0; thread < threads; ++thread)
        all.emplace_back(serve, thread);
    all.emplace_back([&] {
        aroma::DiagSocket diag;
        std::uint64_t before = 0;
        do {
            aroma::DiagResult const told = aroma::for_each_connection(
                aroma::DiagFilter{},
                [&](aroma::DiagConnection const& c) {
                    aroma::Assessment const a = aroma::assess(c.info);
                    if ((a.status == Status::ok) != a.score.known() || !c.ends.local.valid())
                        wrong[threads] = "a connection that is none";
                },
                diag);
            if (told.error != aroma::SockDiagError::none
                && told.error != aroma::SockDiagError::interrupted
                && told.error != aroma::SockDiagError::no_sock_diag)
                wrong[threads] = name(told.error);
            auto const merged = std::make_unique<Baseline>();
            for (std::size_t thread = 0; thread < threads; ++thread)
                merged->merge(baselines[thread]);
            aroma::Segment const sum = merged->within("");
            if (sum.total() < before)
                wrong[threads] = "fewer than before";
            before = sum.total();
        } while (finished < threads);
    });
    for (std::thread& thread : all)
        thread.join();
    for (std::string const& what : wrong)
        CHECK(what == "");
    auto const merged = std::make_unique<Baseline>();
    for (std::size_t thread = 0; thread < threads; ++thread)
        merged->merge(baselines[thread]);
    aroma::Segment const sum = merged->within("");
    CHECK(assessed == 4u * static_cast<std::uint32_t>(wanted));
    CHECK(sum.scores.total() == ok);
    CHECK(sum.total() == assessed);
    CHECK(ok > 0);
}
