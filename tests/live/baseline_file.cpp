// SPDX-License-Identifier: BSL-1.0
//
// A baseline's file is the old one or the new one, and whole: whoever is killed while saving,
// wherever, and whatever the disk has no room for. The calls that save_file() makes go through the
// functions below, which count them, and kill or fail where a test says so.

#include "../catch.hpp"

#include <aroma/operate/baseline_file.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace aroma;

namespace {

struct Calls {
    bool watched = false;
    int until_killed = 0;     // the call that is not survived, of those watched; 0 for none
    char const* failing = ""; // the call that fails, with EIO
    char const* renamed = ""; // the file that another renames, and makes anew, before it is locked
    std::string seen;
};
Calls calls;

// Does the call fail?
bool about_to(char const* call)
{
    if (!calls.watched)
        return false;
    calls.seen += (calls.seen.empty() ? "" : " ") + std::string{call};
    if (calls.until_killed > 0 && --calls.until_killed == 0)
        std::raise(SIGKILL);
    errno = EIO;
    return calls.failing == std::string{call};
}

} // namespace

extern "C" {
ssize_t write(int fd, void const* data, std::size_t size)
{
    return about_to("write") ? -1 : syscall(SYS_write, fd, data, size);
}
int ftruncate(int fd, off_t size) noexcept
{
    return about_to("ftruncate") ? -1 : static_cast<int>(syscall(SYS_ftruncate, fd, size));
}
int fchmod(int fd, mode_t mode) noexcept
{
    return about_to("fchmod") ? -1 : static_cast<int>(syscall(SYS_fchmod, fd, mode));
}
int fsync(int fd)
{
    struct stat status {};
    fstat(fd, &status);
    return about_to(S_ISDIR(status.st_mode) ? "fsync(directory)" : "fsync")
             ? -1
             : static_cast<int>(syscall(SYS_fsync, fd));
}
int flock(int fd, int operation) noexcept
{
    if (std::string const file = std::exchange(calls.renamed, ""); !file.empty()) {
        std::filesystem::rename(file, file + ".taken");
        std::ofstream{file} << "the next one's";
    }
    return static_cast<int>(syscall(SYS_flock, fd, operation));
}
int rename(char const* from, char const* to) noexcept
{
    return about_to("rename")
             ? -1
             : static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
}

namespace {

constexpr std::size_t segments = 12;
using Some = Baseline<segments>;

// Each segment of it has as many unknown as the number says: so a part of one and a part of another
// would be seen.
std::unique_ptr<Some> numbered(std::uint32_t number)
{
    auto baseline = std::make_unique<Some>();
    for (std::size_t i = 0; i < segments; ++i) {
        Segment& segment = baseline->find_or_add("segment/" + std::to_string(i));
        segment.add_unknown(number);
        for (std::size_t bin = 0; bin < RttHistogram::bins; ++bin)
            segment.transport.add(bin, number);
    }
    return baseline;
}

// The number of the baseline in a file, or -1 where it is none of these.
long number_in(std::string const& path)
{
    auto const baseline = std::make_unique<Some>();
    if (load_file(path.c_str(), *baseline).error != FileError::none)
        return -1;
    Segment const* const any = baseline->find("segment/0");
    return any && *baseline == *numbered(any->unknown) ? long{any->unknown} : -1;
}

struct Folder {
    std::string path;
    std::string file;

    Folder()
    {
        char name[] = "/tmp/aroma-baseline-XXXXXX";
        REQUIRE(mkdtemp(name));
        path = name;
        file = path + "/baseline";
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(Folder const&) = delete;

    std::ptrdiff_t files() const
    {
        return std::distance(std::filesystem::directory_iterator{path},
                             std::filesystem::directory_iterator{});
    }
};

FileResult save_watched(Some const& baseline, std::string const& path)
{
    calls.watched = true;
    calls.seen.clear();
    errno = 77;
    FileResult const result = save_file(baseline, path.c_str());
    calls.watched = false;
    CHECK(errno == 77);
    return result;
}

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

TEST_CASE("a baseline is saved in a file and loaded again")
{
    Folder const folder;
    umask(022);
    REQUIRE(save_watched(*numbered(1), folder.file) == FileResult{});
    CHECK(number_in(folder.file) == 1);
    CHECK(std::filesystem::status(folder.file).permissions() == std::filesystem::perms{0644});
    CHECK(calls.seen.substr(0, 16) == "ftruncate write ");
    CHECK(calls.seen.substr(calls.seen.size() - 35) == "write fsync rename fsync(directory)");

    std::filesystem::permissions(folder.file, std::filesystem::perms{0640});
    std::ofstream{folder.file + ".new"} << "left behind, and longer than what is saved: "
                                        << std::string(1 << 20, 'x');
    REQUIRE(save_watched(*numbered(2), folder.file) == FileResult{});
    CHECK(number_in(folder.file) == 2);
    CHECK(std::filesystem::status(folder.file).permissions() == std::filesystem::perms{0640});
    CHECK(folder.files() == 1);

    auto twice = std::make_unique<Some>();
    errno = 77;
    REQUIRE(load_file(folder.file.c_str(), *twice) == LoadedFile{});
    REQUIRE(load_file(folder.file.c_str(), *twice) == LoadedFile{});
    CHECK(errno == 77);
    CHECK(*twice == *numbered(4));

    // Without a folder in its path: in the one where the process is.
    std::filesystem::path const before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path);
    CHECK(save_watched(*numbered(3), "baseline") == FileResult{});
    std::filesystem::current_path(before);
    CHECK(number_in(folder.file) == 3);
}

TEST_CASE("whoever is killed before any call of saving leaves the old file or the new one")
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

TEST_CASE("whoever is killed at any moment of saving leaves one file whole, and not an older one "
          "than before")
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

TEST_CASE("a call of saving that fails leaves the old file, and no new one")
{
    Folder const folder;
    REQUIRE(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
    auto const next = numbered(2);
    for (auto const& [call, error] : {std::pair{"ftruncate", FileError::not_written},
                                      {"fchmod", FileError::not_written},
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

TEST_CASE("a disk without room leaves the old file, and no new one")
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

TEST_CASE("of two who save at once one is told so, and the file that another has is not touched")
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

TEST_CASE("a file that another renames before it is locked is not written to")
{
    Folder const folder;
    std::string const beside = folder.file + ".new";
    calls.renamed = beside.c_str();
    CHECK(save_file(*numbered(1), folder.file.c_str()) == FileResult{});
    CHECK(number_in(folder.file) == 1);
    CHECK(std::filesystem::file_size(beside + ".taken") == 0);
    CHECK(folder.files() == 2);
}

TEST_CASE("loading gives back the memory that it took")
{
    Folder const folder;
    auto const baseline = numbered(1);
    REQUIRE(save_file(*baseline, folder.file.c_str()) == FileResult{});
    auto const pages = [] {
        long count = 0;
        std::ifstream{"/proc/self/statm"} >> count;
        return count;
    };
    long const before = pages();
    for (int i = 0; i < 200; ++i)
        REQUIRE(load_file(folder.file.c_str(), *baseline) == LoadedFile{});
    CHECK(pages() - before < 500); // of the 4,000 that all of them took
}

TEST_CASE("what is no file, or none of a baseline, is refused by name")
{
    Folder const folder;
    auto into = numbered(1);
    auto const load = [&](std::string const& path) {
        LoadedFile const result = load_file(path.c_str(), *into);
        CHECK(*into == *numbered(1));
        return result;
    };
    auto const save = [&](std::string const& path) { return save_watched(*into, path); };

    CHECK(load(folder.file) == LoadedFile{FileError::not_read, ENOENT});
    CHECK(load("") == LoadedFile{FileError::not_read, ENOENT});
    CHECK(load(folder.path) == LoadedFile{FileError::not_a_file});
    CHECK(load("/dev/null") == LoadedFile{FileError::not_a_file});
    REQUIRE(mkfifo((folder.path + "/pipe").c_str(), 0600) == 0);
    CHECK(load(folder.path + "/pipe") == LoadedFile{FileError::not_a_file});
    std::ofstream{folder.path + "/large"};
    std::filesystem::resize_file(folder.path + "/large", (1u << 30) + 1);
    CHECK(load(folder.path + "/large") == LoadedFile{FileError::too_large});
    std::ofstream{folder.path + "/empty"};
    CHECK(load(folder.path + "/empty")
          == LoadedFile{FileError::wrong_text, 0, {LoadError::not_a_baseline, 1}});
    std::ofstream{folder.path + "/newer"} << "aroma-baseline 2\n";
    CHECK(load(folder.path + "/newer")
          == LoadedFile{FileError::wrong_text, 0, {LoadError::newer_version, 1}});

    REQUIRE(save_file(*numbered(5), folder.file.c_str()) == FileResult{});
    std::filesystem::resize_file(folder.file, std::filesystem::file_size(folder.file) - 1);
    CHECK(load(folder.file)
          == LoadedFile{FileError::wrong_text, 0, {LoadError::missing_end, 2 + 5 * segments}});

    CHECK(save("") == FileResult{FileError::not_created, ENOENT});
    CHECK(save(folder.path + "/none/baseline") == FileResult{FileError::not_created, ENOENT});
    CHECK(save(folder.file + "/baseline") == FileResult{FileError::not_created, ENOTDIR});
    CHECK(save(std::string(5000, 'x')) == FileResult{FileError::not_created, ENAMETOOLONG});
    CHECK(save(folder.path) == FileResult{FileError::not_a_file});
    // A device of our own: if this ever failed, the one of the machine would be replaced.
    if (mknod((folder.path + "/device").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0)
        CHECK(save(folder.path + "/device") == FileResult{FileError::not_a_file});
    if (mknod((folder.path + "/fourth.new").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0)
        CHECK(save(folder.path + "/fourth") == FileResult{FileError::not_created, EEXIST});
    CHECK(save(folder.path + "/pipe") == FileResult{FileError::not_a_file});
    std::filesystem::create_symlink(folder.file, folder.path + "/link");
    CHECK(save(folder.path + "/link") == FileResult{FileError::not_a_file});
    std::filesystem::create_symlink(folder.path + "/victim", folder.path + "/other.new");
    CHECK(save(folder.path + "/other") == FileResult{FileError::not_created, ELOOP});
    CHECK_FALSE(std::filesystem::exists(folder.path + "/victim"));
    REQUIRE(mkfifo((folder.path + "/third.new").c_str(), 0600) == 0);
    CHECK(save(folder.path + "/third").error == FileError::not_created);
}
