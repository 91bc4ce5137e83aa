// SPDX-License-Identifier: BSL-1.0
//
// A baseline is saved and loaded again, and what is no file or no baseline is refused by name.

#include "../support/catch.hpp"
#include "saving.hpp"

#include <aroma/operate/baseline_file.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <sys/stat.h>
#include <sys/sysmacros.h>

using namespace aroma;
using namespace saving;

TEST_CASE("save_file: what is saved is loaded again")
{
    Folder const folder;
    umask(022);
    REQUIRE(save_watched(*numbered(1), folder.file) == FileResult{});
    CHECK(number_in(folder.file) == 1);
    CHECK(std::filesystem::status(folder.file).permissions() == std::filesystem::perms{0644});
    CHECK(calls.seen.substr(0, 12) == "write write ");
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
    REQUIRE(merge_file(folder.file.c_str(), *twice) == MergedFile{});
    REQUIRE(merge_file(folder.file.c_str(), *twice) == MergedFile{});
    CHECK(errno == 77);
    CHECK(*twice == *numbered(4));

    // Without a folder in its path: in the one where the process is.
    std::filesystem::path const before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path);
    CHECK(save_watched(*numbered(3), "baseline") == FileResult{});
    std::filesystem::current_path(before);
    CHECK(number_in(folder.file) == 3);
}

TEST_CASE("load_file: gives its memory back")
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
        REQUIRE(merge_file(folder.file.c_str(), *baseline) == MergedFile{});
    CHECK(pages() - before < 500); // of the 4,000 that all of them took
}

TEST_CASE("load_file: what is no baseline's file is refused by name")
{
    Folder const folder;
    auto into = numbered(1);
    auto const load = [&](std::string const& path) {
        MergedFile const result = merge_file(path.c_str(), *into);
        CHECK(*into == *numbered(1));
        return result;
    };
    auto const save = [&](std::string const& path) { return save_watched(*into, path); };

    CHECK(load(folder.file) == MergedFile{FileError::not_read, ENOENT});
    CHECK(merge_file(nullptr, *into) == MergedFile{FileError::not_read, ENOENT});
    CHECK(save_file(*into, nullptr) == FileResult{FileError::not_created, ENOENT});
    CHECK(load("/dev/tty") == MergedFile{FileError::not_a_file}); // and it is not opened
    CHECK(load("") == MergedFile{FileError::not_read, ENOENT});
    CHECK(load(folder.path) == MergedFile{FileError::not_a_file});
    CHECK(load("/dev/null") == MergedFile{FileError::not_a_file});
    REQUIRE(mkfifo((folder.path + "/pipe").c_str(), 0600) == 0);
    CHECK(load(folder.path + "/pipe") == MergedFile{FileError::not_a_file});
    std::ofstream{folder.path + "/large"};
    std::filesystem::resize_file(folder.path + "/large", (1u << 30) + 1);
    CHECK(load(folder.path + "/large") == MergedFile{FileError::too_large});
    std::ofstream{folder.path + "/empty"};
    CHECK(load(folder.path + "/empty")
          == MergedFile{FileError::wrong_text, 0, {BaselineError::not_a_baseline, 1}});
    std::ofstream{folder.path + "/newer"} << "aroma-baseline 3\n";
    CHECK(load(folder.path + "/newer")
          == MergedFile{FileError::wrong_text, 0, {BaselineError::other_version, 1}});

    REQUIRE(save_file(*numbered(5), folder.file.c_str()) == FileResult{});
    std::filesystem::resize_file(folder.file, std::filesystem::file_size(folder.file) - 1);
    CHECK(load(folder.file)
          == MergedFile{FileError::wrong_text, 0, {BaselineError::missing_end, 2 + 5 * segments}});

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
