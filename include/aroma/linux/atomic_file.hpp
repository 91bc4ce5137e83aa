// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/atomic_file.hpp: a file that is replaced atomically.
//
// Synopsis
//   enum class FileError;  char const* message(FileError);
//       why a file was not saved or loaded, and what to do about it
//   struct FileResult { FileError error; int error_number; };  char const* message(FileResult);
//       the same with the errno, and a more precise message
//   FileResult detail::save_atomically(path, save);
//       replaces the file, if there is one, by what save(write) writes
//   class detail::FileBytes;
//       reads a file into memory of its own: read()
//
// Saving is atomic: it writes path + ".new", syncs it (fsync), renames it to path, and syncs the
// directory. A reader of path always finds the old file or the new one, even after a crash. A crash
// may leave the file .new, which the next save removes. If two save at once, one gets
// FileError::busy, by flock. A file .new that this user may not open cannot be locked; it counts as
// busy until it has not been written for a minute, and is then removed, if the directory allows it
// (a sticky one does not). Only trusted users should be able to write in that directory.
//
// The file's readers stay the same. Before a byte is written, the new file gets the old one's
// owner, group, mode, access list (POSIX ACL) and, if the system allows it, SELinux label. A user
// who may not give the file to its owner keeps the group and becomes the owner; if even that would
// change the file's readers, nothing is replaced: FileError::not_kept. Other extended attributes
// are not kept. A new file has 0666 less the umask, or its directory's default access list.
//
// Saving needs write permission in the directory only: a read-only file is replaced too. A symbolic
// link is not followed (FileError::not_a_file). Other names (hard links) of the file keep the old
// content. A file on which something is mounted cannot be replaced (EBUSY): mount the directory. A
// limit on the size of files (ulimit -f) ends the process by SIGXFSZ and leaves a file .new; if
// that signal is ignored, the result is FileError::not_written, EFBIG.
//
// Saving and loading block on disk I/O: do not call them on request threads. Nothing here throws,
// and only FileBytes allocates, for the file's bytes.
#ifndef AROMA_LINUX_ATOMIC_FILE_HPP
#define AROMA_LINUX_ATOMIC_FILE_HPP

#include <aroma/linux/errno_kept.hpp>
#include <aroma/linux/only.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t

#include <errno.h>     // errno, EINTR ...
#include <fcntl.h>     // open
#include <stdio.h>     // rename
#include <string.h>    // strlen, memcpy
#include <sys/file.h>  // flock
#include <sys/mman.h>  // mmap
#include <sys/stat.h>  // fstat, lstat, fchmod
#include <sys/types.h> // mode_t, ssize_t, uid_t
#include <sys/xattr.h> // lgetxattr, fsetxattr, fremovexattr
#include <time.h>      // clock_gettime
#include <unistd.h>    // read, write, fsync, fchown, unlink, close

namespace aroma {

// Why a file was not saved or loaded: message() has a sentence for each.
enum class FileError : std::uint8_t {
    none,
    not_a_file,
    busy,
    not_created,
    not_kept,
    not_written,
    not_replaced,
    not_synced,
    not_read,
    too_large,
    wrong_text,
};

[[nodiscard]] constexpr char const* message(FileError error) noexcept
{
    switch (error) {
    case FileError::none: return "done";
    case FileError::not_a_file:
        return "not a regular file but a directory, link, device or pipe: name the file itself";
    case FileError::busy: return "another thread or process is saving this file: save again later";
    case FileError::not_created:
        return "no file can be created beside it: its directory must exist, and be writable for "
               "this user";
    case FileError::not_kept:
        return "owner, group, mode or access list of the old file cannot be kept, so the file's "
               "readers would change: save as its owner or as root";
    case FileError::not_written:
        return "the new file could not be written, and the old one is unchanged: make room and "
               "save again";
    case FileError::not_replaced:
        return "the new file could not replace the old one, which is unchanged";
    case FileError::not_synced:
        return "the new file is in place, but a power cut may bring back the old one: save again";
    case FileError::not_read:
        return "the file could not be read: it must exist, and be readable for this user";
    case FileError::too_large:
        return "the file has more than 1 GiB, which no baseline has: name the file that was saved";
    case FileError::wrong_text:
        return "the file's text is wrong, and none of it was loaded: message(text.error) says "
               "why, and text.line where";
    default: break;
    }
    return "not a file error";
}

// The result of saving.
struct FileResult {
    FileError error = FileError::none; // none, or what failed
    int error_number = 0;              // the errno of the call that failed; 0 if none did

    friend constexpr bool operator==(FileResult const&, FileResult const&) noexcept = default;
};

namespace detail {

// What to do about an errno of a file; null if the message of the error is enough.
[[nodiscard]] constexpr char const* advice(FileError error, int error_number) noexcept
{
    bool const reading = error == FileError::not_read;
    // for these errors the errno means something else
    if (error == FileError::not_synced)
        return error_number == EACCES
                 ? "the new file is in place, but its directory cannot be opened, so a power cut "
                   "may bring back the old one: make the directory readable for this user"
                 : nullptr;
    if (error == FileError::not_kept)
        return error_number == ERANGE
                 ? "the access list of the old file is longer than 4 KiB and cannot be kept: "
                   "shorten it (setfacl), or move the file away"
                 : nullptr;
    if (error == FileError::busy)
        return nullptr;
    switch (error_number) {
    case EBUSY:
        if (error == FileError::not_created)
            return "something is mounted on the name with .new appended: unmount it";
        return "something is mounted on the file itself, as for a container (-v FILE:FILE, "
               "subPath), so that it cannot be replaced: mount its directory instead";
    case EXDEV:
        return "the file is not in the file system of its directory, so that it cannot be "
               "replaced: mount the directory as a whole";
    case EROFS:
        return "its file system is read-only: mount it for writing, or name a file elsewhere";
    case ENOSPC:
        return "its file system is full, and the old file is unchanged: make room and save again";
    case EDQUOT:
        return "this user's quota is used up, and the old file is unchanged: make room and save "
               "again";
    case EFBIG:
        return "this process may not write so large a file, and the old one is unchanged: raise "
               "its limit (ulimit -f), or ignore SIGXFSZ, which otherwise ends the process";
    case ENAMETOOLONG:
        return "the path is too long: with .new appended it may have 4,095 bytes, and its last "
               "part 255";
    case ENOENT:
        return reading ? "there is no such file: save one first, or correct the path"
                       : "its directory does not exist: make it, or correct the path";
    case ENOTDIR: return "a part of the path is a file and no directory: correct the path";
    case EISDIR: return "a directory has the file's name, or that with .new appended: move it";
    case ELOOP:
        return reading ? "symbolic links of the path form a loop: correct them"
                       : "the name with .new appended is a symbolic link, or links form a loop: "
                         "remove the link";
    case ENXIO: // a socket, or a pipe without a reader
    case EEXIST: return "the name with .new appended is not a regular file: remove it";
    case EACCES:
        return reading ? "this user may not read it: change its mode or group, or those of the "
                         "directories above it"
                       : "this user may not write in its directory: change the directory's mode or "
                         "group";
    case EPERM:
        if (error == FileError::not_created)
            return "the file with .new appended to the name belongs to another user in a sticky "
                   "directory such as /tmp, or it or the directory is immutable (chattr -i): "
                   "remove it as its owner or as root";
        return "it may not be changed: it is immutable (chattr -i), or belongs to another user in "
               "a sticky directory such as /tmp";
    case EMFILE:
    case ENFILE: return "too many files are open: close some, or raise the limit (ulimit -n)";
    case ENOMEM: return "out of memory: give the process more";
    default: return nullptr;
    }
}

} // namespace detail

[[nodiscard]] constexpr char const* message(FileResult const& result) noexcept
{
    char const* const advice = detail::advice(result.error, result.error_number);
    return advice ? advice : message(result.error);
}

namespace detail {

template <class Call>
[[nodiscard]] auto uninterrupted(Call call) noexcept
{
    auto result = call();
    while (result < 0 && errno == EINTR)
        result = call();
    return result;
}

class FileDescriptor {
public:
    FileDescriptor() noexcept = default;
    FileDescriptor(FileDescriptor const&) = delete;
    FileDescriptor& operator=(FileDescriptor const&) = delete;
    ~FileDescriptor() { close(); }

    // Does not wait for the other end of a pipe.
    [[nodiscard]] bool open(char const* path, int flags, mode_t mode = 0) noexcept
    {
        close();
        fd_ = uninterrupted(
            [&] { return ::open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode); });
        return fd_ >= 0;
    }

    void close() noexcept
    {
        if (fd_ >= 0)
            ::close(fd_);
        fd_ = -1;
    }

    [[nodiscard]] int get() const noexcept { return fd_; }

    // Reads to the file's end, or up to this many bytes; size is how many were read. False with an
    // errno.
    [[nodiscard]] bool read(char* to, std::size_t most, std::size_t& size) noexcept
    {
        for (size = 0; size < most;) {
            ssize_t const part = uninterrupted([&] { return ::read(fd_, to + size, most - size); });
            if (part <= 0)
                return part == 0;
            size += static_cast<std::size_t>(part);
        }
        return true;
    }

private:
    int fd_ = -1;
};

// The file beside the one to replace.
class NewFile {
public:
    [[nodiscard]] FileResult create(char const* path) noexcept
    {
        constexpr char suffix[] = ".new";
        std::size_t const size = path ? ::strlen(path) : 0;
        if (size == 0 || size + sizeof suffix > sizeof name_)
            return {FileError::not_created, size == 0 ? ENOENT : ENAMETOOLONG};
        ::memcpy(name_, path, size);
        ::memcpy(name_ + size, suffix, sizeof suffix);
        path_ = path;

        struct stat old {};
        bool const replaces = ::lstat(path, &old) == 0;
        if (!replaces && errno != ENOENT)
            return {FileError::not_created, errno};
        if (replaces && !S_ISREG(old.st_mode))
            return {FileError::not_a_file};
        // for this user only, until it has the old file's permissions
        if (FileResult const result = lock(replaces ? 0600 : 0666); result.error != FileError::none)
            return result;
        return !replaces || take_rights(old) ? FileResult{} : drop(FileError::not_kept);
    }

    [[nodiscard]] bool write(char const* data, std::size_t size) noexcept
    {
        while (size > 0) {
            ssize_t const written = uninterrupted([&] { return ::write(file_.get(), data, size); });
            if (written <= 0)
                return false;
            data += written;
            size -= static_cast<std::size_t>(written);
        }
        return true;
    }

    [[nodiscard]] FileResult replace() noexcept
    {
        if (uninterrupted([&] { return ::fsync(file_.get()); }) != 0)
            return drop(FileError::not_written);
        if (!has_name()) // another process has removed it as left over
            return {FileError::busy, EWOULDBLOCK};
        if (::rename(name_, path_) != 0)
            return drop(FileError::not_replaced);
        // The directory: the path up to its last '/'.
        std::size_t end = ::strlen(path_);
        while (end > 0 && path_[end - 1] != '/')
            --end;
        if (end == 0)
            name_[end++] = '.';
        name_[end] = '\0';
        FileDescriptor directory;
        bool const synced = directory.open(name_, O_RDONLY | O_DIRECTORY)
                         && uninterrupted([&] { return ::fsync(directory.get()); }) == 0;
        if (!synced && errno != EINVAL) // a file system without fsync
            return {FileError::not_synced, errno};
        return {};
    }

    // Otherwise it would take room on a full disk.
    [[nodiscard]] FileResult drop(FileError error) noexcept
    {
        FileResult const result{error, errno};
        if (has_name())
            ::unlink(name_);
        return result;
    }

private:
    // The process that holds the lock of this file may write it; the lock ends with the process. A
    // file that a crash has left is removed, since its owner, permissions and links may be wrong.
    // Between open and flock another process may have renamed it; then it no longer has this name.
    [[nodiscard]] FileResult lock(mode_t mode) noexcept
    {
        for (int tries = 0; tries < 10; ++tries) {
            bool const made = file_.open(name_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
            if (!made && errno == EEXIST && !open_left()) {
                if (errno == ENOENT)
                    continue;
                if (errno != EACCES)
                    return {FileError::not_created, errno};
                if (FileResult const result = remove_left(); result.error != FileError::none)
                    return result;
                continue;
            }
            if (file_.get() < 0)
                return {FileError::not_created, errno};
            if (uninterrupted([&] { return ::flock(file_.get(), LOCK_EX | LOCK_NB); }) != 0)
                return {errno == EWOULDBLOCK ? FileError::busy : FileError::not_created, errno};
            if (!has_name())
                continue;
            struct stat mine {};
            if (::fstat(file_.get(), &mine) != 0)
                return {FileError::not_created, errno};
            if (!S_ISREG(mine.st_mode))
                return {FileError::not_created, EEXIST};
            if (made)
                return {};
            if (::unlink(name_) != 0)
                return {FileError::not_created, errno};
        }
        return {FileError::busy, EWOULDBLOCK};
    }

    // Whether the open file still has this name.
    [[nodiscard]] bool has_name() const noexcept
    {
        struct stat mine {
        }, there{};
        return ::fstat(file_.get(), &mine) == 0 && ::lstat(name_, &there) == 0
            && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
    }

    // Removes a file that cannot be opened, if it has not been written for a minute. This needs
    // permission in the directory only; of a link, it removes the link.
    [[nodiscard]] FileResult remove_left() noexcept
    {
        constexpr time_t minute = 60;
        struct stat left {};
        if (::lstat(name_, &left) != 0)
            return errno == ENOENT ? FileResult{} : FileResult{FileError::not_created, errno};
        if (!S_ISREG(left.st_mode))
            return {FileError::not_created, EEXIST};
        timespec now{};
        if (::clock_gettime(CLOCK_REALTIME, &now) != 0)
            return {FileError::not_created, errno};
        if (left.st_mtim.tv_sec > now.tv_sec - minute && left.st_mtim.tv_sec < now.tv_sec + minute)
            return {FileError::busy, EWOULDBLOCK};
        return ::unlink(name_) == 0 || errno == ENOENT ? FileResult{}
                                                       : FileResult{FileError::not_created, errno};
    }

    // Opens it for locking and removing, not for writing, so that it may be read-only or another
    // user's. NFS locks only files that are open for writing.
    [[nodiscard]] bool open_left() noexcept
    {
        return file_.open(name_, O_WRONLY | O_NOFOLLOW)
            || (errno == EACCES && file_.open(name_, O_RDONLY | O_NOFOLLOW));
    }

    // False, with an errno, if others could read the new file, or readers of the old one could not.
    // The mode is set last, since it may be wider than 0600 and chown() clears bits of it.
    [[nodiscard]] bool take_rights(struct stat const& old) noexcept
    {
        mode_t mode = old.st_mode & 07777;
        return take_owner(old, mode) && take_access_list() && ::fchmod(file_.get(), mode) == 0;
    }

    // Only root may change a file's owner; other users may only change its group to one of theirs.
    // If the owner is lost, group or others must be able to read it; if the group is lost, group
    // and others must have the same permissions.
    [[nodiscard]] bool take_owner(struct stat const& old, mode_t& mode) noexcept
    {
        struct stat mine {};
        if (::fstat(file_.get(), &mine) != 0)
            return false;
        bool const owned = mine.st_uid == old.st_uid, in_group = mine.st_gid == old.st_gid;
        if ((owned && in_group) || ::fchown(file_.get(), old.st_uid, old.st_gid) == 0)
            return true;
        mode &= 0777;
        return (owned || (mode & 0044) != 0)
            && (in_group || ::fchown(file_.get(), static_cast<uid_t>(-1), old.st_gid) == 0
                || (mode >> 3 & 7) == (mode & 7));
    }

    // Also the SELinux label, if there is one and the policy allows it. An access list that the new
    // file has from its directory, but the old one has not, would admit others.
    [[nodiscard]] bool take_access_list() noexcept
    {
        constexpr char access_list[] = "system.posix_acl_access", label[] = "security.selinux";
        char value[4096]; // a block of ext4, which holds 500 entries
        if (ssize_t const size = ::lgetxattr(path_, label, value, sizeof value); size > 0)
            (void)::fsetxattr(file_.get(), label, value, static_cast<std::size_t>(size), 0);
        ssize_t const size = ::lgetxattr(path_, access_list, value, sizeof value);
        if (size >= 0)
            return ::fsetxattr(file_.get(), access_list, value, static_cast<std::size_t>(size), 0)
                == 0;
        auto const is_none = [] { return errno == ENODATA || errno == EOPNOTSUPP; };
        return is_none() && (::fremovexattr(file_.get(), access_list) == 0 || is_none());
    }

    FileDescriptor file_{};
    char const* path_ = "";
    char name_[4096]{}; // PATH_MAX of Linux
};

// save(write) must write the text, and return whether write() wrote all of it.
template <class Save>
[[nodiscard]] FileResult save_atomically(char const* path, Save save) noexcept
{
    ErrnoKept const kept;
    NewFile file;
    if (FileResult const created = file.create(path); created.error != FileError::none)
        return created;
    auto write = [&](char const* data, std::size_t size) noexcept {
        return file.write(data, size);
    };
    return save(write) ? file.replace() : file.drop(FileError::not_written);
}

// A file's bytes, in memory of their own.
class FileBytes {
public:
    FileBytes() noexcept = default;
    FileBytes(FileBytes const&) = delete;
    FileBytes& operator=(FileBytes const&) = delete;
    ~FileBytes()
    {
        if (mapped_ > 0)
            ::munmap(data_, mapped_);
    }

    [[nodiscard]] FileResult read(char const* path) noexcept
    {
        FileDescriptor file;
        struct stat status {};
        // opening a device may already have an effect
        if (!path || (::stat(path, &status) == 0 && !S_ISREG(status.st_mode)))
            return path ? FileResult{FileError::not_a_file}
                        : FileResult{FileError::not_read, ENOENT};
        if (!file.open(path, O_RDONLY) || ::fstat(file.get(), &status) != 0)
            return {FileError::not_read, errno};
        if (!S_ISREG(status.st_mode))
            return {FileError::not_a_file};
        if (status.st_size > 1 << 30)
            return {FileError::too_large};
        if (status.st_size == 0)
            return {};
        auto const size = static_cast<std::size_t>(status.st_size);
        void* const memory =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return {FileError::not_read, errno};
        data_ = static_cast<char*>(memory);
        mapped_ = size;
        return file.read(data_, size, size_) ? FileResult{}
                                             : FileResult{FileError::not_read, errno};
    }

    [[nodiscard]] char const* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;
};

} // namespace detail

} // namespace aroma

#endif // AROMA_LINUX_ATOMIC_FILE_HPP
