// SPDX-License-Identifier: BSL-1.0
//
// Files of thresholds on a real file system: read again where they have changed, refused by name
// and line where they are wrong, and the thresholds stay as they were.

#include "../support/catch.hpp"

#include <aroma/operate/threshold_file.hpp>

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using aroma::ReloadStatus;
using aroma::TableError;
using aroma::Thresholds;

namespace {

struct Folder {
    std::string path = "/tmp/aroma-thresholds.XXXXXX";
    Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    ~Folder()
    {
        for (char const* const name : {"/thresholds", "/next", "/pipe"})
            ::unlink((path + name).c_str());
        ::rmdir(path.c_str());
    }
};

void write(std::string const& path, std::string const& text)
{
    std::ofstream out{path, std::ios::trunc};
    out << text << std::flush;
    REQUIRE(out);
}

std::string rows(std::string const& text)
{
    return "aroma-thresholds 1\n" + text + "end\n";
}

using File = aroma::ThresholdFile<8>;

aroma::Reloaded missing(bool news, int error_number = ENOENT)
{
    return {.status = ReloadStatus::missing, .error_number = error_number, .news = news};
}

int open_files()
{
    int count = 0;
    DIR* const all = ::opendir("/proc/self/fd");
    while (::readdir(all))
        ++count;
    ::closedir(all);
    return count;
}

// No file can be opened as long as it lives.
struct NoDescriptors {
    rlimit usual{};
    NoDescriptors()
    {
        ::getrlimit(RLIMIT_NOFILE, &usual);
        rlimit const none{0, usual.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &usual); }
};

} // namespace

TEST_CASE("ThresholdFile: reloaded if changed, kept if wrong")
{
    Folder const folder;
    std::string const path = folder.path + "/thresholds";
    int const before = open_files();
    auto const made = std::make_unique<File>(path.c_str());
    File& file = *made;
    auto const thresholds = [&](char const* name) { return file.classifier(name).thresholds(); };
    CHECK(file.last() == missing(true));
    CHECK(thresholds("cdg") == Thresholds{});
    CHECK(file.reload() == missing(false));

    write(path, rows("* 0.6 0.3 0.1\ncdg 0.5 0.25 0.05\n"));
    aroma::Reloaded const loaded{.status = ReloadStatus::loaded, .news = true};
    CHECK(file.reload() == loaded);
    CHECK(thresholds("cdg/mobile") == Thresholds{0.5, 0.25, 0.05});
    CHECK(thresholds("arn") == Thresholds{0.6, 0.3, 0.1});
    CHECK(file.classifier("cdg")(aroma::Score{0.07}) == aroma::Band::suspicious);
    CHECK(file.reload() == aroma::Reloaded{.status = ReloadStatus::unchanged});
    CHECK(file.last().status == ReloadStatus::loaded);

    write(path, rows("* 0.6 0.3 0.1\ncdg 0.5 0.25 0,05\n"));
    aroma::Reloaded const wrong = file.reload();
    CHECK(wrong.status == ReloadStatus::refused);
    CHECK(wrong.parsed == aroma::TableResult{TableError::not_a_number, 3});
    CHECK(std::string{message(wrong)}.find("is not a number") != std::string::npos);
    CHECK(wrong.news);
    aroma::Reloaded again = wrong;
    again.news = false; // it is said once, and is so still
    CHECK(file.reload() == again);
    CHECK(file.reload() == again);
    CHECK(file.last() == wrong);
    write(path, rows("* 0.7 0.3 0.1\ncdg 0.5 0.25 0,05\n"));
    CHECK(file.reload() == wrong); // and of another version once more
    CHECK(thresholds("cdg") == Thresholds{0.5, 0.25, 0.05});

    write(path, "aroma-thresholds 1\n* 0.9 0.8 0.7\n"); // half written
    CHECK(file.reload().parsed == aroma::TableResult{TableError::no_end, 2});
    CHECK(thresholds("arn") == Thresholds{0.6, 0.3, 0.1});
    write(path, "aroma-thresholds 1\n* 0.9 0.8 0.7\nend\n");
    CHECK(file.reload().status == ReloadStatus::loaded);
    CHECK(thresholds("cdg") == Thresholds{0.9, 0.8, 0.7});

    ::unlink(path.c_str());
    CHECK(file.reload() == missing(true));
    CHECK(thresholds("cdg") == Thresholds{0.9, 0.8, 0.7});
    CHECK(file.reload() == missing(false));
    CHECK(file.reload() == missing(false));
    write(path, "aroma-thresholds 1\n* 0.9 0.8 0.7\nend\n"); // the same again
    CHECK(file.reload().status == ReloadStatus::loaded);
    write(folder.path + "/next", rows(""));
    REQUIRE(::rename((folder.path + "/next").c_str(), path.c_str()) == 0);
    CHECK(file.reload().status == ReloadStatus::loaded);
    CHECK(thresholds("cdg") == Thresholds{});

    write(path, rows(std::string(8 * 300 + 4096, '#') + '\n'));
    CHECK(file.reload().status == ReloadStatus::too_large);
    write(
        path,
        rows("a 1 1 1\nb 1 1 1\nc 1 1 1\nd 1 1 1\ne 1 1 1\nf 1 1 1\ng 1 1 1\nh 1 1 1\ni 1 1 1\n"));
    CHECK(file.reload().parsed == aroma::TableResult{TableError::too_many, 10});
    CHECK(thresholds("cdg") == Thresholds{});
    CHECK(open_files() == before);
}

TEST_CASE("ThresholdFile: no version is missed, however soon")
{
    Folder const folder;
    std::string const path = folder.path + "/thresholds";
    write(path, rows("* 0.500 0 0\n"));
    auto const file = std::make_unique<File>(path.c_str());
    // in place and of one size, several within one tick of the file system's clock
    for (int i = 0; i < 500; ++i) {
        double const edge = (501 + i % 2) / 1e3;
        write(path, rows("* 0." + std::to_string(501 + i % 2) + " 0 0\n"));
        REQUIRE(file->reload().status == ReloadStatus::loaded);
        REQUIRE(file->classifier("").thresholds().unstable_below == edge);
    }
}

TEST_CASE("ThresholdFile: an unchanged file is not opened")
{
    auto const old = std::make_unique<File>(AROMA_THRESHOLDS); // of this repository
    REQUIRE(old->last().status == ReloadStatus::loaded);
    CHECK(old->classifier("cdg/mobile").thresholds() == Thresholds{0.5, 0.25, 0.05});
    Folder const folder;
    std::string const path = folder.path + "/thresholds";
    write(path, rows("* 0.6 0.3 0.1\n"));
    auto const young = std::make_unique<File>(path.c_str());
    aroma::Reloaded of_old, of_young;
    {
        NoDescriptors const none;
        errno = 77;
        of_old = old->reload();
        of_young = young->reload();
        CHECK(errno == 77);
    }
    CHECK(of_old.status == ReloadStatus::unchanged);
    CHECK(of_young.status == ReloadStatus::unreadable); // so the first was not tried
    CHECK(of_young.error_number == EMFILE);
    CHECK(young->classifier("").thresholds().unstable_below == 0.6);
    CHECK(young->reload().status == ReloadStatus::loaded);

    ::unlink(path.c_str()); // one that was away, and comes back as it was
    REQUIRE(::symlink(AROMA_THRESHOLDS, path.c_str()) == 0);
    CHECK(young->reload().status == ReloadStatus::loaded);
    ::unlink(path.c_str());
    CHECK(young->reload().error_number == ENOENT);
    REQUIRE(::symlink(AROMA_THRESHOLDS, path.c_str()) == 0);
    CHECK(young->reload().status == ReloadStatus::loaded);
}

TEST_CASE("ThresholdFile: a saved table is loaded again")
{
    Folder const folder;
    std::string const path = folder.path + "/thresholds";
    aroma::ThresholdTable<8> table;
    REQUIRE(table.set("cdg/my-lan", {0.5, 0.25, 0.05}) == TableError::none);
    CHECK(save_file(table, path.c_str()) == aroma::FileResult{});
    auto const file = std::make_unique<File>(path.c_str());
    CHECK(file->classifier("cdg/my-lan").thresholds() == Thresholds{0.5, 0.25, 0.05});
    REQUIRE(table.set("", {0.6, 0.2, 0.1}) == TableError::none);
    CHECK(save_file(table, path.c_str()) == aroma::FileResult{});
    CHECK(file->reload().status == ReloadStatus::loaded);
    CHECK(file->classifier("arn").thresholds() == Thresholds{0.6, 0.2, 0.1});
    CHECK(save_file(table, folder.path.c_str()).error == aroma::FileError::not_a_file);
    CHECK(save_file(table, (path + "/x").c_str()).error == aroma::FileError::not_created);
    CHECK(file->reload().status == ReloadStatus::unchanged);
}

TEST_CASE("ThresholdFile: what is no file is named")
{
    Folder const folder;
    CHECK(std::make_unique<File>(folder.path.c_str())->last().status == ReloadStatus::not_a_file);
    CHECK(std::make_unique<File>("")->last().error_number == ENOENT);
    CHECK(std::make_unique<File>("/dev/null")->last().status == ReloadStatus::not_a_file);
    std::string const pipe = folder.path + "/pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    // and nobody waits for its other end
    CHECK(std::make_unique<File>(pipe.c_str())->last().status == ReloadStatus::not_a_file);
    std::string const longest(4096, 'x');
    auto const file = std::make_unique<File>(longest.c_str());
    CHECK(file->last().status == ReloadStatus::path_too_long);
    CHECK(file->reload() == aroma::Reloaded{.status = ReloadStatus::path_too_long, .news = false});
    CHECK(file->classifier("cdg").thresholds() == Thresholds{});
    for (int i = 0; i <= static_cast<int>(ReloadStatus::path_too_long) + 1; ++i)
        CHECK(std::strlen(message(aroma::Reloaded{.status = static_cast<ReloadStatus>(i)})) > 20);
}

TEST_CASE("ThresholdFile: what has taken the file's place is named, until it is a file again")
{
    Folder const folder;
    std::string const path = folder.path + "/thresholds";
    write(path, rows("* 0.6 0.3 0.1\n"));
    auto const file = std::make_unique<File>(path.c_str());
    auto const in_force = [&] { return file->classifier("").thresholds().unstable_below == 0.6; };
    auto const says = [&](ReloadStatus status, int error_number = 0) {
        for (bool const news : {true, false, false})
            CHECK(file->reload()
                  == aroma::Reloaded{.status = status, .error_number = error_number, .news = news});
        CHECK(in_force());
    };
    REQUIRE(file->last().status == ReloadStatus::loaded);

    ::unlink(path.c_str());
    says(ReloadStatus::missing, ENOENT);
    REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    says(ReloadStatus::not_a_file);
    REQUIRE(::rmdir(path.c_str()) == 0);
    says(ReloadStatus::missing, ENOENT);
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    says(ReloadStatus::not_a_file);
    ::unlink(path.c_str());
    REQUIRE(::symlink("/dev/null", path.c_str()) == 0);
    CHECK(file->reload().status == ReloadStatus::not_a_file);
    CHECK_FALSE(file->reload().news); // as a pipe is none either
    ::unlink(path.c_str());
    REQUIRE(::symlink(path.c_str(), path.c_str()) == 0);
    says(ReloadStatus::unreadable, ELOOP);
    ::unlink(path.c_str());

    write(path, rows("* 0.6 0.3 0.1\n"));
    CHECK(file->reload().status == ReloadStatus::loaded);
    if (::geteuid() == 0) {
        ::chmod(path.c_str(), 0);
        REQUIRE(::seteuid(65'534) == 0);
        aroma::Reloaded const denied = file->reload();
        REQUIRE(::seteuid(0) == 0);
        CHECK(denied
              == aroma::Reloaded{
                  .status = ReloadStatus::unreadable, .error_number = EACCES, .news = true});
        CHECK(in_force());
        ::chmod(path.c_str(), 0600);
        CHECK(file->reload().status == ReloadStatus::loaded);
    }

    // its folder, and a file in the place of the folder
    std::string const moved = folder.path + ".moved";
    REQUIRE(::rename(folder.path.c_str(), moved.c_str()) == 0);
    says(ReloadStatus::missing, ENOENT);
    write(folder.path, "");
    says(ReloadStatus::missing, ENOTDIR);
    ::unlink(folder.path.c_str());
    REQUIRE(::rename(moved.c_str(), folder.path.c_str()) == 0);
    CHECK(file->reload().status == ReloadStatus::loaded);
}

TEST_CASE("ThresholdFile: a device is not opened")
{
    // of tty, which no process without a terminal can open
    auto const file = std::make_unique<File>("/dev/tty");
    CHECK(file->last().status == ReloadStatus::not_a_file);
}

TEST_CASE("ThresholdFile: a null pointer is a file that is missing")
{
    auto const file = std::make_unique<File>(nullptr);
    CHECK(file->last() == missing(true));
    CHECK(file->classifier("cdg").thresholds() == Thresholds{});
    CHECK(file->classifier(nullptr).thresholds() == Thresholds{});
    aroma::ThresholdTable<2> const table;
    CHECK(save_file(table, nullptr) == aroma::FileResult{aroma::FileError::not_created, ENOENT});
}
