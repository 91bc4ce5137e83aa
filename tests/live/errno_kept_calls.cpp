// SPDX-License-Identifier: BSL-1.0
//
// errno is the server's, whatever is called and whatever fails: each system call of the headers is
// refused by the kernel, in a process of its own, while every function that may make it is called.
// errno_kept.sh compares the two lists below with the headers.

#include "../support/catch.hpp"
#include "../support/seccomp.hpp"
#include "../support/sockets.hpp"

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/baseline_file.hpp>
#include <aroma/operate/threshold_file.hpp>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sys/syscall.h>
#include <unistd.h>

using namespace aroma;
using namespace live;

namespace {

thread_local bool clocks_fail = false;

int clock_call(long call, clockid_t clock, timespec* time)
{
    if (!clocks_fail)
        return static_cast<int>(::syscall(call, clock, time));
    errno = EIO;
    return -1;
}

} // namespace

// The kernel gives the time without a system call, which no filter sees.
extern "C" {
[[gnu::weak]] int clock_getres(clockid_t clock, timespec* time) noexcept
{
    return clock_call(SYS_clock_getres, clock, time);
}
[[gnu::weak]] int clock_gettime(clockid_t clock, timespec* time) noexcept
{
    return clock_call(SYS_clock_gettime, clock, time);
}
}

namespace {

// A function of the C library, and the system calls that it may make.
struct Call {
    char const* name;
    std::vector<long> numbers;
};
std::vector<Call> const calls{
    {"clock_getres", {}},
    {"clock_gettime", {}},
    {"getsockopt", {SYS_getsockopt}},
    {"getrandom", {SYS_getrandom}},
    {"socket", {SYS_socket}},
    {"connect", {SYS_connect}},
    {"send", {SYS_sendto}},
    {"recvfrom", {SYS_recvfrom}},
    {"poll", {SYS_ppoll}},
    {"ioctl", {SYS_ioctl}},
    {"close", {SYS_close}},
    {"open", {SYS_openat}},
    {"read", {SYS_read}},
    {"write", {SYS_write}},
    {"fstat", {SYS_fstat, SYS_newfstatat}},
    {"lstat", {SYS_newfstatat}},
    {"stat", {SYS_newfstatat}},
    {"mmap", {SYS_mmap}},
    {"munmap", {SYS_munmap}},
    {"flock", {SYS_flock}},
    {"fchmod", {SYS_fchmod}},
    {"fchown", {SYS_fchown}},
    {"fsync", {SYS_fsync}},
    {"rename", {SYS_renameat2}},
    {"unlink", {SYS_unlinkat}},
    {"lgetxattr", {SYS_lgetxattr}},
    {"fsetxattr", {SYS_fsetxattr}},
    {"fremovexattr", {SYS_fremovexattr}},
    {"inet_ntop", {}},
    {"inet_pton", {}},
#ifdef SYS_poll // the older calls, which new processors do not have
    {"poll", {SYS_poll}},
    {"stat", {SYS_stat}},
    {"lstat", {SYS_lstat}},
    {"rename", {SYS_rename}},
    {"unlink", {SYS_unlink}},
#endif
};

struct Socket {
    int fd;
    int native_handle() { return fd; }
};

std::string new_folder()
{
    char name[] = "/tmp/aroma-errno-XXXXXX";
    REQUIRE(::mkdtemp(name));
    return name;
}

// What the functions are called with, made before anything fails.
struct Given {
    Connection c = connected();
    std::string folder = new_folder();
    std::string baseline_path = folder + "/baseline", thresholds_path = folder + "/thresholds";
    std::unique_ptr<Baseline<4>> baseline = std::make_unique<Baseline<4>>();
    std::unique_ptr<ThresholdTable<4>> table = std::make_unique<ThresholdTable<4>>();
    std::unique_ptr<ThresholdFile<4>> file;
    EndpointPair ends;

    Given()
    {
        c.exchange();
        sockaddr_in peer{};
        socklen_t length = sizeof peer;
        REQUIRE(::getpeername(c.server.get(), reinterpret_cast<sockaddr*>(&peer), &length) == 0);
        ends = {Endpoint{local_address(c.server)}, Endpoint{peer}};
        baseline->find_or_add("a").record(score(c.server.get()));
        REQUIRE(save_file(*baseline, baseline_path.c_str()) == FileResult{});
        REQUIRE(save_file(*table, thresholds_path.c_str()) == FileResult{});
        file = std::make_unique<ThresholdFile<4>>(thresholds_path.c_str());
    }
    ~Given() { std::filesystem::remove_all(folder); }
    Given(Given const&) = delete;
};

// The first function after which errno is another, or "".
std::string changed_by(Given& given)
{
    int const fd = given.c.server.get();
    std::string changed;
    auto const keeps = [&changed](char const* name, auto call) {
        if (!changed.empty())
            return;
        errno = ERANGE;
        call();
        if (errno != ERANGE)
            changed = name;
    };
    ConnectionHistory history;
    Socket socket{fd};
    for (int const number : {fd, -1, STDIN_FILENO}) {
        keeps("read", [&] { (void)read(number); });
        keeps("score", [&] { (void)score(number); });
        keeps("score(history)", [&] { (void)score(number, history); });
        keeps("probe_sent", [&] { (void)probe_sent(number, history, 7, {.any_pieces = true}); });
        keeps("probe_answered", [&] { (void)probe_answered(number, history, 7); });
    }
    keeps("read(socket)", [&] { (void)read(socket); });
    keeps("score(socket)", [&] { (void)score(socket); });
    keeps("random_token", [] { (void)random_token(); });
    keeps("resolution_of_stamps", [] { (void)aroma::detail::resolution_of_stamps(); });
    keeps("clock_tick", [] { (void)clock_tick(); });
    TcpInfo info;
    keeps("decode", [&] { info = decode("", 0); });
    keeps("opening_by_time_stamp", [&] { (void)opening_by_time_stamp(info); });
    keeps("timed", [&] { info = timed(info, Exchange::reply, clock_tick()); });
    keeps("assess", [&] { (void)assess(info); });
    keeps("send_position", [&] { (void)send_position(info); });
    keeps("segment_shortfall", [&] { (void)segment_shortfall(info); });

    keeps("Endpoint", [] { (void)Endpoint{"[fe80::1%lo]:443"}; });
    keeps("Endpoint", [] { (void)Endpoint{"192.0.2.300:443"}; });
    keeps("valid", [&] { (void)(given.ends.remote.valid() && given.ends.remote.any()); });
    keeps("text", [&] {
        char text[72];
        given.ends.remote.text(text);
    });
    keeps("read(ends)", [&] { (void)read(given.ends); });
    keeps("read(ends)", [&] { (void)read({{"::", given.ends.local.port}, given.ends.remote}); });
    keeps("score(ends)", [&] { (void)score(given.ends); });
    keeps("for_each_connection",
          [] { (void)for_each_connection({.local_port = 9}, [](DiagConnection const&) {}); });
    keeps("DiagSocket", [&] {
        DiagSocket kept_open;
        (void)read(given.ends, kept_open);
        (void)for_each_connection(
            {}, [](DiagConnection const&) { return false; }, kept_open);
    });

    for (char const* const path :
         {given.baseline_path.c_str(), given.thresholds_path.c_str(), "/none/file", "/dev/null"}) {
        keeps("merge_file", [&] { (void)merge_file(path, *given.baseline); });
        keeps("ThresholdFile", [&] { (void)ThresholdFile<4>{path}.classifier("a"); });
    }
    keeps("save_file(baseline)",
          [&] { (void)save_file(*given.baseline, given.baseline_path.c_str()); });
    keeps("save_atomically", [&] {
        (void)aroma::detail::save_atomically(given.baseline_path.c_str(),
                                             [](auto& write) { return write("x", 1); });
    });
    keeps("save_file(table)",
          [&] { (void)save_file(*given.table, given.thresholds_path.c_str()); });
    keeps("save_file(nowhere)", [&] { (void)save_file(*given.table, "/none/file"); });
    keeps("reload", [&] { (void)given.file->reload(); });
    keeps("classifier", [&] { (void)given.file->classifier("a"); });
    keeps("last", [&] { (void)message(given.file->last()); });
    keeps("message", [&] { (void)message(FileResult{FileError::not_read, EIO}); });
    return changed;
}

} // namespace

TEST_CASE("errno: kept by every function, whichever system call fails")
{
    Given given;
    CHECK(changed_by(given) == "");
    for (int const error : {EIO, EPERM})
        for (Call const& call : calls)
            for (long const number : call.numbers) {
                INFO(call.name << " fails with " << error);
                std::string const changed = support::in_child([&]() -> std::string {
                    return support::refuse(number, error) ? changed_by(given) : "no seccomp";
                });
                if (changed == "no seccomp")
                    return skipped(changed);
                CHECK(changed == "");
            }
}

TEST_CASE("errno: kept by every function, whichever clock fails")
{
    Given given;
    clocks_fail = true;
    std::string const changed = changed_by(given);
    clocks_fail = false;
    CHECK(changed == "");
}
