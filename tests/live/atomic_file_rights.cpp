// SPDX-License-Identifier: BSL-1.0
//
// Who may read a file that is replaced: the same as before, at every moment; and what is said where
// that cannot be, or where something is mounted on it. As other users, and with mounts of its own,
// which needs root.

#include "../support/catch.hpp"
#include "../support/seccomp.hpp"
#include "saving.hpp"

#include <aroma/linux/atomic_file.hpp>
#include <aroma/operate/threshold_file.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace aroma;
using namespace saving;

namespace {

constexpr uid_t alice = 61'001, bob = 61'002;
constexpr gid_t of_alice = 61'001, of_bob = 61'002, of_both = 61'003;

bool is_root()
{
    if (::geteuid() == 0)
        return true;
    skipped("not root");
    return false;
}

// "61001:61003 640"
std::string rights(std::string const& file)
{
    struct stat s {};
    if (::lstat(file.c_str(), &s) != 0)
        return std::strerror(errno);
    char text[64];
    std::snprintf(text, sizeof text, "%u:%u %o", s.st_uid, s.st_gid,
                  static_cast<unsigned>(s.st_mode & 07777));
    return text;
}

void make(std::string const& file, uid_t uid, gid_t gid, mode_t mode)
{
    std::ofstream{file} << "the old one";
    REQUIRE(::chown(file.c_str(), uid, gid) == 0);
    REQUIRE(::chmod(file.c_str(), mode) == 0);
}

std::string as_text(FileResult const& result)
{
    return result.error == FileError::none
             ? "saved"
             : std::string{message(result.error)} + "; " + std::strerror(result.error_number);
}

FileResult save_text(std::string const& file)
{
    return aroma::detail::save_atomically(file.c_str(),
                                          [](auto& write) { return write("the new one", 11); });
}

// What saving comes to for that user, who is in those groups.
std::string saved_by(uid_t uid, gid_t gid, std::string const& file, bool in_both = false)
{
    return support::in_child([&] {
        gid_t const groups[] = {of_both};
        if (::setgroups(in_both ? 1 : 0, groups) != 0 || ::setresgid(gid, gid, gid) != 0
            || ::setresuid(uid, uid, uid) != 0)
            return std::string{"cannot be that user"};
        ::umask(0);
        return as_text(save_text(file));
    });
}

std::string const not_kept =
    std::string{message(FileError::not_kept)} + "; " + std::strerror(EPERM);

} // namespace

TEST_CASE("save_file: root keeps owner, group and mode")
{
    if (!is_root())
        return;
    Folder const folder;
    for (mode_t const mode : {0600u, 0640u, 0644u, 0440u, 0604u, 0660u, 02750u}) {
        make(folder.file, alice, of_both, mode);
        std::string const before = rights(folder.file);
        REQUIRE(save_text(folder.file) == FileResult{});
        CHECK(rights(folder.file) == before);
        CHECK(std::filesystem::file_size(folder.file) == 11);
    }
    CHECK(folder.files() == 1);
    // the thresholds of a server that runs in that group: it still reads them
    make(folder.file, 0, of_both, 0640);
    REQUIRE(::chmod(folder.path.c_str(), 0755) == 0);
    REQUIRE(save_file(ThresholdTable<2>{}, folder.file.c_str()) == FileResult{});
    CHECK(support::in_child([&] {
              gid_t const groups[] = {of_both};
              if (::setgroups(1, groups) != 0 || ::setresgid(of_bob, of_bob, of_bob) != 0
                  || ::setresuid(bob, bob, bob) != 0)
                  return std::string{"cannot be that user"};
              ThresholdFile<2> const file{folder.file.c_str()};
              return std::string{message(file.last())};
          })
          == message(Reloaded{.status = ReloadStatus::loaded}));
}

TEST_CASE("save_file: a member of the group keeps the group")
{
    if (!is_root())
        return;
    Folder const folder;
    REQUIRE(::chown(folder.path.c_str(), 0, of_both) == 0);
    REQUIRE(::chmod(folder.path.c_str(), 0770) == 0);
    for (auto const& [mode, after] : {std::pair{0640u, "61002:61003 640"},
                                      {0664u, "61002:61003 664"},
                                      {04750u, "61002:61003 750"}}) {
        make(folder.file, alice, of_both, mode);
        CHECK(saved_by(bob, of_bob, folder.file, true) == "saved");
        CHECK(rights(folder.file) == after);
    }
    // its owner's alone, or another group's: nobody who reads it would read the new one
    make(folder.file, alice, of_both, 0600);
    CHECK(saved_by(bob, of_bob, folder.file, true) == not_kept);
    make(folder.file, alice, of_alice, 0640);
    CHECK(saved_by(bob, of_bob, folder.file, true) == not_kept);
    make(folder.file, bob, of_alice, 0604); // a group that may not
    CHECK(saved_by(bob, of_bob, folder.file, true) == not_kept);
    CHECK(rights(folder.file) == "61002:61001 604");
    CHECK(std::ifstream{folder.file}.rdbuf()->in_avail() == 11);
    CHECK(folder.files() == 1);
    // one that all may read
    make(folder.file, alice, of_alice, 0644);
    CHECK(saved_by(bob, of_bob, folder.file, true) == "saved");
    CHECK(rights(folder.file) == "61002:61002 644");
}

TEST_CASE("save_file: never wider than the old file, at any moment")
{
    if (!is_root())
        return;
    Folder const folder;
    auto const widest = [&](mode_t mode, gid_t gid) {
        make(folder.file, alice, gid, mode);
        bool wider = false;
        auto const look = [&] {
            struct stat s {};
            if (::lstat((folder.file + ".new").c_str(), &s) != 0 || (s.st_mode & 0777 & ~mode) != 0
                || ((s.st_mode & 070) != 0 && s.st_gid != gid))
                wider = true;
        };
        FileResult const result =
            aroma::detail::save_atomically(folder.file.c_str(), [&](auto& write) {
                look(); // before the first byte
                return write("x", 1);
            });
        return result == FileResult{} && !wider;
    };
    ::umask(0);
    // a file that another umask, or a crash, has left with all rights
    std::ofstream{folder.file + ".new"} << "left";
    REQUIRE(::chmod((folder.file + ".new").c_str(), 0666) == 0);
    CHECK(widest(0600, of_both));
    CHECK(widest(0640, of_both));
    CHECK(widest(0400, of_alice));
    ::umask(022);
}

TEST_CASE("save_file: what was left behind keeps its other names")
{
    Folder const folder;
    std::ofstream{folder.path + "/victim"} << "another's";
    REQUIRE(::link((folder.path + "/victim").c_str(), (folder.file + ".new").c_str()) == 0);
    REQUIRE(save_text(folder.file) == FileResult{});
    std::string text;
    std::getline(std::ifstream{folder.path + "/victim"}, text);
    CHECK(text == "another's");
    std::getline(std::ifstream{folder.file}, text);
    CHECK(text == "the new one");
    CHECK(folder.files() == 2);

    // and the file itself its own: a name beside it stays the old one
    REQUIRE(::link(folder.file.c_str(), (folder.path + "/second").c_str()) == 0);
    std::ofstream{folder.file, std::ios::trunc} << "the old one";
    REQUIRE(save_text(folder.file) == FileResult{});
    std::getline(std::ifstream{folder.path + "/second"}, text);
    CHECK(text == "the old one");
}

// struct posix_acl_xattr_header and entries: u32 version 2; u16 tag, u16 permissions, u32 id.
TEST_CASE("save_file: the access list is kept, and the directory's is not taken")
{
    Folder const folder;
    auto const list_for = [](std::uint32_t user, unsigned char group) {
        std::string bytes{"\2\0\0\0", 4};
        auto const entry = [&bytes](std::uint16_t tag, std::uint16_t may, std::uint32_t id) {
            bytes.append(reinterpret_cast<char const*>(&tag), 2);
            bytes.append(reinterpret_cast<char const*>(&may), 2);
            bytes.append(reinterpret_cast<char const*>(&id), 4);
        };
        entry(0x01, 6, ~0u);     // the owner
        entry(0x02, 4, user);    // one user more
        entry(0x04, group, ~0u); // the group
        entry(0x10, 4, ~0u);     // the mask
        entry(0x20, 0, ~0u);     // others
        return bytes;
    };
    auto const list_of = [](std::string const& file) {
        char bytes[512];
        ssize_t const size =
            ::getxattr(file.c_str(), "system.posix_acl_access", bytes, sizeof bytes);
        return size < 0 ? std::string{} : std::string(bytes, static_cast<std::size_t>(size));
    };
    std::ofstream{folder.file} << "the old one";
    // With a list, the group's bits of the mode are the mask: without it, the group could read.
    std::string const list = list_for(alice, 0);
    if (::setxattr(folder.file.c_str(), "system.posix_acl_access", list.data(), list.size(), 0)
        != 0)
        return skipped(std::string{"no access lists in /tmp: "} + std::strerror(errno));
    std::string const before = rights(folder.file);
    REQUIRE(save_text(folder.file) == FileResult{});
    CHECK(list_of(folder.file) == list);
    CHECK(rights(folder.file) == before);

    std::string const inherited = list_for(bob, 4);
    REQUIRE(::setxattr(folder.path.c_str(), "system.posix_acl_default", inherited.data(),
                       inherited.size(), 0)
            == 0);
    REQUIRE(save_text(folder.file) == FileResult{});
    CHECK(list_of(folder.file) == list);
    REQUIRE(::removexattr(folder.file.c_str(), "system.posix_acl_access") == 0);
    REQUIRE(::chmod(folder.file.c_str(), 0640) == 0);
    REQUIRE(save_text(folder.file) == FileResult{});
    CHECK(list_of(folder.file).empty());
    // a new file has the directory's
    std::filesystem::remove(folder.file);
    REQUIRE(save_text(folder.file) == FileResult{});
    CHECK(list_of(folder.file) == inherited);
}

TEST_CASE("save_file: what counts is the right to write in the directory")
{
    if (!is_root())
        return;
    Folder const folder;
    REQUIRE(::chown(folder.path.c_str(), bob, of_bob) == 0);
    auto const told = [&](int error) {
        return std::string{message(FileError::not_replaced)} + "; " + std::strerror(error);
    };
    // read-only
    make(folder.file, bob, of_bob, 0444);
    CHECK(saved_by(bob, of_bob, folder.file) == "saved");
    CHECK(rights(folder.file) == "61002:61002 444");
    // a directory as /tmp
    REQUIRE(::chown(folder.path.c_str(), 0, 0) == 0);
    REQUIRE(::chmod(folder.path.c_str(), 01777) == 0);
    make(folder.file, alice, of_alice, 0644);
    CHECK(saved_by(bob, of_bob, folder.file) == told(EPERM));
    CHECK(rights(folder.file) == "61001:61001 644");
    // one that is not this user's
    REQUIRE(::chmod(folder.path.c_str(), 0755) == 0);
    make(folder.file, bob, of_bob, 0644);
    CHECK(saved_by(bob, of_bob, folder.file)
          == std::string{message(FileError::not_created)} + "; " + std::strerror(EACCES));
    CHECK(folder.files() == 1);
}

// Docker's -v FILE:FILE, in a mount namespace of its own.
TEST_CASE("save_file: a mounted file is not replaced, and the sentence names the directory")
{
    if (!is_root())
        return;
    Folder const folder;
    std::ofstream{folder.file} << "inside";
    std::ofstream{folder.path + "/outside"} << "aroma-thresholds 1\n* 0.6 0.3 0.1\nend\n";
    std::string const said = support::in_child([&]() -> std::string {
        if (::unshare(CLONE_NEWNS) != 0
            || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || ::mount((folder.path + "/outside").c_str(), folder.file.c_str(), nullptr, MS_BIND,
                       nullptr)
                   != 0)
            return "aroma: skipped: no mounts";
        FileResult const result = save_text(folder.file);
        if (result != FileResult{FileError::not_replaced, EBUSY})
            return "replaced: " + as_text(result);
        if (std::string{message(result)}.find("mount its directory instead") == std::string::npos)
            return message(result);
        // What takes its place outside is not seen inside: the file that was mounted stays.
        ThresholdFile<2> file{folder.file.c_str()};
        if (file.last().status != ReloadStatus::loaded)
            return message(file.last());
        std::ofstream{folder.path + "/next"} << "aroma-thresholds 1\n* 0.5 0.3 0.1\nend\n";
        std::filesystem::rename(folder.path + "/next", folder.path + "/outside");
        if (file.reload().status != ReloadStatus::unchanged
            || file.classifier("").thresholds().unstable_below != 0.6)
            return "it has seen the new one";
        return "";
    });
    if (said.starts_with("aroma: skipped"))
        return skipped("no mounts");
    CHECK(said == "");
    CHECK(folder.files() == 2); // and no .new
}

TEST_CASE("save_file: a read-only, a small and another file system")
{
    if (!is_root())
        return;
    Folder const folder;
    std::string const said = support::in_child([&]() -> std::string {
        std::string const mounted = folder.path + "/mounted";
        auto const mount = [&](unsigned long flags, char const* options) {
            return ::mount("tmpfs", mounted.c_str(), "tmpfs", flags, options) == 0;
        };
        auto const is = [&](FileResult const& result, FileError error, int number,
                            char const* advice) {
            return result == FileResult{error, number}
                && std::string{message(result)}.find(advice) != std::string::npos;
        };
        if (::unshare(CLONE_NEWNS) != 0
            || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || ::mkdir(mounted.c_str(), 0755) != 0 || !mount(0, "size=4096"))
            return "aroma: skipped: no mounts";
        auto const large = numbered(1);
        FileResult const full = save_file(*large, (mounted + "/file").c_str());
        if (!is(full, FileError::not_written, ENOSPC, "make room"))
            return "full: " + as_text(full);
        if (::mount(nullptr, mounted.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0)
            return "not remounted";
        FileResult const fixed = save_text(mounted + "/file");
        if (!is(fixed, FileError::not_created, EROFS, "mount it for writing"))
            return "read-only: " + as_text(fixed);
        return "";
    });
    if (said.starts_with("aroma: skipped"))
        return skipped("no mounts");
    CHECK(said == "");

    // The names and the path.
    auto const says = [](FileResult const& result, char const* advice) {
        INFO(message(result));
        CHECK(std::string{message(result)}.find(advice) != std::string::npos);
    };
    says(save_text(folder.path + "/none/file"), "its directory does not exist");
    says(save_text(folder.path + "/" + std::string(253, 'x')), "255");
    says(save_text(std::string(5000, 'x')), "4,095");
    std::ofstream{folder.file} << "a file";
    says(save_text(folder.file + "/file"), "no directory");
    REQUIRE(::mkdir((folder.path + "/b.new").c_str(), 0755) == 0);
    says(save_text(folder.path + "/b"), "a directory has the file's name");
    REQUIRE(::symlink("c.new", (folder.path + "/c.new").c_str()) == 0);
    says(save_text(folder.path + "/c"), "remove the link");
    says(save_text(folder.path + "/c.new/d"), "links form a loop");
    REQUIRE(::mknod((folder.path + "/e.new").c_str(), S_IFREG | 0600, 0) == 0);
    CHECK(save_text(folder.path + "/e") == FileResult{});
    aroma::detail::FileBytes bytes;
    says(bytes.read((folder.path + "/none").c_str()), "no such file");
}
