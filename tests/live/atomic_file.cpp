// SPDX-License-Identifier: BSL-1.0
//
// A file that is replaced is the old one or the new one, and whole: a process that is killed while
// saving, wherever, and whatever the disk has no room for.

#include "../support/catch.hpp"
#include "saving.hpp"

#include <aroma/linux/atomic_file.hpp>

#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

using namespace aroma;
using namespace saving;

namespace {

// What a child ended with that does that.
template <class Work>
int status_of_child(Work work)
{
    pid_t const child = fork();
    if (child == 0) {
        work();
        _exit(0);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    return status;
}

} // namespace

TEST_CASE("save_file: killed before any call leaves old or new")
{
    Folder const folder;
    REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
    auto const next = numbered(2);
    int killed = 0, renamed = 0;
    while (true) {
        int const status = status_of_child([&] {
            calls.watched = true;
            calls.until_killed = killed + 1;
            (void)save_file(*next, folder.file.c_str());
        });
        long const number = number_in(folder.file);
        if (number != 1 && number != 2)
            FAIL("killed before call " << killed + 1 << ": the file is neither");
        renamed += number == 2;
        if (!WIFSIGNALED(status))
            break;
        REQUIRE(WTERMSIG(status) == SIGKILL);
        ++killed;
        REQUIRE(folder.files() == (number == 1 ? 2 : 1));
    }
    CHECK(killed > 20);  // a write of 4 KiB is one call
    CHECK(renamed == 2); // before the fsync of the directory, and not at all
    CHECK(folder.files() == 1);
}

TEST_CASE("save_file: killed at any moment leaves a whole file")
{
    Folder const folder;
    REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
    std::mt19937 random{3};
    long last = 1;
    for (int round = 0; round < 30; ++round) {
        pid_t const child = fork();
        if (child == 0) {
            for (auto number = static_cast<std::uint32_t>(last + 1);; ++number)
                (void)save_file(*numbered(number), folder.file.c_str());
        }
        usleep(static_cast<useconds_t>(random() % 20'000));
        kill(child, SIGKILL);
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        long const number = number_in(folder.file);
        if (number < last)
            FAIL("the file is number " << number << " after " << last);
        last = number;
        REQUIRE(folder.files() <= 2);
    }
    CHECK(save_file(*numbered(7), folder.file.c_str()) == FileResult{});
    CHECK(number_in(folder.file) == 7);
    CHECK(folder.files() == 1);
}

TEST_CASE("save_file: a failing call leaves the old file")
{
    Folder const folder;
    REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
    auto const next = numbered(2);
    for (auto const& [call, error] : {std::pair{"fchmod", FileError::not_kept},
                                      {"write", FileError::not_written},
                                      {"fsync", FileError::not_written},
                                      {"rename", FileError::not_replaced}}) {
        INFO(call);
        calls.failing = call;
        CHECK(save_watched(*next, folder.file) == FileResult{error, EIO});
        CHECK(number_in(folder.file) == 1);
        CHECK(folder.files() == 1);
    }
    calls.failing = "fsync(directory)";
    CHECK(save_watched(*next, folder.file) == FileResult{FileError::not_synced, EIO});
    calls.failing = "";
    CHECK(number_in(folder.file) == 2);
    CHECK(folder.files() == 1);
}

TEST_CASE("save_file: a full disk leaves the old file")
{
    Folder const folder;
    REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
    auto const next = numbered(2);
    int const status = status_of_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit const limit{10'000, 10'000};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(2);
        _exit(save_file(*next, folder.file.c_str()) == FileResult{FileError::not_written, EFBIG}
                  ? 0
                  : 1);
    });
    CHECK(status == 0);
    CHECK(number_in(folder.file) == 1);
    CHECK(folder.files() == 1);
}

TEST_CASE("save_file: of two at once one is busy")
{
    Folder const folder;
    detail::NewFile first;
    REQUIRE(first.create(folder.file.c_str()) == FileResult{});
    REQUIRE(first.write("begun", 5));
    CHECK(save_watched(*numbered(1), folder.file) == FileResult{FileError::busy, EWOULDBLOCK});
    REQUIRE(first.write(" and ended", 10));
    REQUIRE(first.replace() == FileResult{});
    std::string text;
    std::getline(std::ifstream{folder.file}, text);
    CHECK(text == "begun and ended");
    // though the first still has its lock, on a file of another name
    CHECK(save_watched(*numbered(1), folder.file) == FileResult{});
    CHECK(number_in(folder.file) == 1);
}

TEST_CASE("save_file: a file renamed before its lock is not written")
{
    Folder const folder;
    std::string const beside = folder.file + ".new";
    calls.renamed = beside.c_str();
    CHECK(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
    CHECK(number_in(folder.file) == 1);
    CHECK(std::filesystem::file_size(beside + ".taken") == 0);
    CHECK(folder.files() == 2);
}

TEST_CASE("save_file: what a crash left behind read-only is removed")
{
    for (uid_t const user : {uid_t{0}, uid_t{61'001}}) {
        if (::geteuid() != 0 && user != 0)
            continue; // the first round is as this user then
        Folder const folder;
        REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
        std::ofstream{folder.file + ".new"} << "half of";
        REQUIRE(::chmod((folder.file + ".new").c_str(), 0444) == 0);
        REQUIRE(::chmod(folder.file.c_str(), 0444) == 0);
        if (user != 0) { // root's file .new, in the directory of another
            REQUIRE(::chown(folder.path.c_str(), user, 0) == 0);
            REQUIRE(::chown(folder.file.c_str(), user, user) == 0);
        }
        int const status = status_of_child([&] {
            if (user != 0
                && (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0))
                _exit(2);
            _exit(save_file(*numbered(2), folder.file.c_str()) == FileResult{} ? 0 : 1);
        });
        CHECK(status == 0);
        CHECK(number_in(folder.file) == 2);
        CHECK(folder.files() == 1);
    }
}

// As any user but root, whom no mode stops.
TEST_CASE("save_file: of two at once of a read-only file one is busy")
{
    Folder const folder;
    REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
    REQUIRE(::chmod(folder.file.c_str(), 0444) == 0);
    REQUIRE(::chmod(folder.path.c_str(), 0777) == 0);
    uid_t const user = ::geteuid() == 0 ? 61'001 : ::geteuid();
    REQUIRE(::chown(folder.file.c_str(), user, static_cast<gid_t>(-1)) == 0);
    int const status = status_of_child([&] {
        if (::geteuid() == 0 && ::setresuid(user, user, user) != 0)
            _exit(2);
        detail::NewFile first;
        if (first.create(folder.file.c_str()) != FileResult{})
            _exit(3);
        _exit(save_file(*numbered(2), folder.file.c_str())
                      == FileResult{FileError::busy, EWOULDBLOCK}
                  ? 0
                  : 1);
    });
    CHECK(status == 0);
    CHECK(number_in(folder.file) == 1);
}

TEST_CASE("save_file: the sentence names what is in the way")
{
    Folder const folder;
    auto const says = [](FileResult const& result, char const* advice) {
        INFO(message(result));
        CHECK(std::string{message(result)}.find(advice) != std::string::npos);
    };
    REQUIRE(::mkfifo((folder.file + ".new").c_str(), 0600) == 0);
    says(save_file(*numbered(1), folder.file.c_str()), "is not a regular file: remove it");
    says({FileError::not_created, EBUSY}, ".new appended: unmount it");
    says({FileError::not_replaced, EBUSY}, "mount its directory instead");
    says({FileError::not_synced, EACCES}, "make the directory readable");
    says({FileError::not_synced, EIO}, "save again");
    says({FileError::not_kept, ERANGE}, "longer than 4 KiB");
    says({FileError::not_kept, EPERM}, "as its owner or as root");
    says({FileError::not_read, ELOOP}, "links of the path form a loop");
    says({FileError::not_written, EFBIG}, "SIGXFSZ");
}

// Root's file .new, which no other user may open, in a directory of another user.
TEST_CASE("save_file: what cannot be opened is removed a minute after")
{
    if (::geteuid() != 0)
        return skipped("not root");
    constexpr uid_t user = 61'001;
    struct Case {
        mode_t directory;
        int age; // s; a clock may have been put back
        FileResult result;
    };
    for (Case const& c : {Case{0755, 100, {}},
                          {0755, -100'000, {}},
                          {0755, 0, {FileError::busy, EWOULDBLOCK}},
                          {0755, 30, {FileError::busy, EWOULDBLOCK}},
                          {01777, 100, {FileError::not_created, EPERM}}}) {
        INFO(c.directory << ", " << c.age << " s");
        Folder const folder;
        std::string const left = folder.file + ".new";
        REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
        REQUIRE(::chown(folder.file.c_str(), user, user) == 0);
        std::ofstream{left} << "half of";
        REQUIRE(::chmod(left.c_str(), 0600) == 0);
        timespec const then[2]{{.tv_sec = ::time(nullptr) - c.age, .tv_nsec = 0},
                               {.tv_sec = ::time(nullptr) - c.age, .tv_nsec = 0}};
        REQUIRE(::utimensat(AT_FDCWD, left.c_str(), then, 0) == 0);
        REQUIRE(::chmod(folder.path.c_str(), c.directory) == 0);
        // a sticky directory's owner may remove what is in it
        REQUIRE(::chown(folder.path.c_str(), c.directory == 01777 ? 0 : user, 0) == 0);
        int const status = status_of_child([&] {
            if (::setresgid(user, user, user) != 0 || ::setresuid(user, user, user) != 0)
                _exit(2);
            _exit(save_file(*numbered(2), folder.file.c_str()) == c.result ? 0 : 1);
        });
        CHECK(status == 0);
        bool const saved = c.result == FileResult{};
        CHECK(number_in(folder.file) == (saved ? 2 : 1));
        CHECK(folder.files() == (saved ? 1 : 2));
    }
    CHECK(std::string{message(FileResult{FileError::not_created, EPERM})}.find("with .new appended")
          != std::string::npos);
}

TEST_CASE("save_file: one whose name was taken replaces and removes nothing")
{
    for (bool const written : {true, false}) {
        Folder const folder;
        std::string const beside = folder.file + ".new";
        REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
        detail::NewFile first;
        REQUIRE(first.create(folder.file.c_str()) == FileResult{});
        REQUIRE(first.write("begun", 5));
        REQUIRE(::unlink(beside.c_str()) == 0);
        std::ofstream{beside} << "another's";
        if (written)
            CHECK(first.replace() == FileResult{FileError::busy, EWOULDBLOCK});
        else
            CHECK(first.drop(FileError::not_written).error == FileError::not_written);
        CHECK(number_in(folder.file) == 1);
        CHECK(std::filesystem::file_size(beside) == 9);
    }
}
