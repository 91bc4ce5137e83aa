// SPDX-License-Identifier: BSL-1.0
//
// Baselines that are saved: the calls that save_file() makes go through the functions below, which
// count them, and kill or fail where a test says so.
#ifndef AROMA_TESTS_LIVE_SAVING_HPP
#define AROMA_TESTS_LIVE_SAVING_HPP

#include "../support/catch.hpp"

#include <aroma/operate/baseline_file.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace saving {

struct Calls {
    bool watched = false;
    int until_killed = 0;     // the call that is not survived, of those watched; 0 for none
    char const* failing = ""; // the call that fails, with EIO
    char const* renamed = ""; // the file that another renames, and makes anew, before it is locked
    std::string seen;
};
inline Calls calls;

// Does the call fail?
inline bool about_to(char const* call)
{
    if (!calls.watched)
        return false;
    calls.seen += (calls.seen.empty() ? "" : " ") + std::string{call};
    if (calls.until_killed > 0 && --calls.until_killed == 0)
        std::raise(SIGKILL);
    errno = EIO;
    return calls.failing == std::string{call};
}

} // namespace saving

// Each program of tests has them once, whichever of its files include this.
extern "C" {
[[gnu::weak]] ssize_t write(int fd, void const* data, std::size_t size)
{
    return saving::about_to("write") ? -1 : syscall(SYS_write, fd, data, size);
}
[[gnu::weak]] int fchmod(int fd, mode_t mode) noexcept
{
    return saving::about_to("fchmod") ? -1 : static_cast<int>(syscall(SYS_fchmod, fd, mode));
}
[[gnu::weak]] int fsync(int fd)
{
    struct stat status {};
    fstat(fd, &status);
    return saving::about_to(S_ISDIR(status.st_mode) ? "fsync(directory)" : "fsync")
             ? -1
             : static_cast<int>(syscall(SYS_fsync, fd));
}
[[gnu::weak]] int flock(int fd, int operation) noexcept
{
    if (std::string const file = std::exchange(saving::calls.renamed, ""); !file.empty()) {
        std::filesystem::rename(file, file + ".taken");
        std::ofstream{file} << "the next one's";
    }
    return static_cast<int>(syscall(SYS_flock, fd, operation));
}
[[gnu::weak]] int rename(char const* from, char const* to) noexcept
{
    return saving::about_to("rename")
             ? -1
             : static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
}

namespace saving {

using namespace aroma;

inline constexpr std::size_t segments = 12;
using Some = Baseline<segments>;

// Each segment of it has as many unknown as the number says: so a part of one and a part of another
// would be seen.
inline std::unique_ptr<Some> numbered(std::uint32_t number)
{
    auto baseline = std::make_unique<Some>();
    for (std::size_t i = 0; i < segments; ++i) {
        Segment& segment = baseline->find_or_add("segment/" + std::to_string(i));
        segment.unknown.add(Status::no_sample, number);
        for (std::size_t bin = 0; bin < RttHistogram::bins; ++bin)
            segment.transport.add(bin, number);
    }
    return baseline;
}

// The number of the baseline in a file, or -1 where it is none of these.
inline long number_in(std::string const& path)
{
    auto const baseline = std::make_unique<Some>();
    if (merge_file(path.c_str(), *baseline).error != FileError::none)
        return -1;
    Segment const* const any = baseline->find("segment/0");
    std::uint32_t const number = any ? any->unknown.count(Status::no_sample) : 0;
    return any && *baseline == *numbered(number) ? long{number} : -1;
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

inline FileResult save_watched(Some const& baseline, std::string const& path)
{
    calls.watched = true;
    calls.seen.clear();
    errno = 77;
    FileResult const result = save_file(baseline, path.c_str());
    calls.watched = false;
    CHECK(errno == 77);
    return result;
}

} // namespace saving

#endif // AROMA_TESTS_LIVE_SAVING_HPP
