// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/atomic_file.hpp: a file that is always the old one or the new one, and whole.
//
// Synopsis
//   enum class FileError;  char const* message(FileError);
//       why a file was not saved or loaded, and what to do about it
//   struct FileResult { FileError error; int error_number; };
//   FileResult detail::save_atomically(path, save);
//       what save(write) writes, in the place of the file, if there is one
//   class detail::FileBytes;
//       the bytes of a file in memory of their own: read()
//
// Saving writes path + ".new", makes it last (fsync), renames it to path, and makes that last.
// A reader of path finds one of the two whole, at any moment and after any crash; after one, a
// file .new may be left, which the next save takes. The mode of the file stays, a new one has 0666
// less the umask. Of two who save there at once, one has FileError::busy (flock tells them apart).
// Nobody else should be able to write in that directory.
//
// Neither is for a thread that serves: both wait for the disk. Nothing here throws, and of memory
// there is what FileBytes takes for the file and gives back.
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
#include <sys/types.h> // mode_t, ssize_t
#include <unistd.h>    // read, write, fsync, ftruncate, unlink, close

namespace aroma {

// Why a file was not saved or loaded: message() has a sentence for each.
enum class FileError : std::uint8_t {
    none,
    not_a_file,
    busy,
    not_created,
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
    case FileError::busy:
        return "another thread or process is saving there: it has the file, save again later";
    case FileError::not_created:
        return "no file can be made beside it (error): its directory must exist, and be writable "
               "for this user";
    case FileError::not_written:
        return "the new file could not be written (error): the old one is as it was, make room and "
               "save again";
    case FileError::not_replaced:
        return "the new file could not take the place of the old one (error), which is as it was";
    case FileError::not_synced:
        return "the new file is in its place, but after a power cut it may be the old one (error): "
               "save again";
    case FileError::not_read:
        return "the file could not be read (error): it must exist, and be readable for this user";
    case FileError::too_large:
        return "the file has more than 1 GiB, which no baseline has: name the file that was saved";
    case FileError::wrong_text:
        return "the file's text is wrong, and nothing of it was loaded: message(text.error) says "
               "why, text.line where";
    }
    return "not a file error";
}

// What saving comes to.
struct FileResult {
    FileError error = FileError::none; // none, or what failed
    int error_number = 0;              // the errno of the call that failed; 0 if none did

    friend constexpr bool operator==(FileResult const&, FileResult const&) noexcept = default;
};

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

    // Waits for no pipe's other end.
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

    // To the file's end, or so many bytes; size is how many came. False with an errno.
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
        std::size_t const size = ::strlen(path);
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
        if (FileResult const result = lock(); result.error != FileError::none)
            return result;
        if (::ftruncate(file_.get(), 0) != 0
            || (replaces && ::fchmod(file_.get(), old.st_mode & 07777) != 0))
            return drop(FileError::not_written);
        return {};
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
        if (::rename(name_, path_) != 0)
            return drop(FileError::not_replaced);
        // The directory: all of the path up to its last '/'.
        std::size_t end = ::strlen(path_);
        while (end > 0 && path_[end - 1] != '/')
            --end;
        if (end == 0)
            name_[end++] = '.';
        name_[end] = '\0';
        FileDescriptor directory;
        bool const synced = directory.open(name_, O_RDONLY | O_DIRECTORY)
                         && uninterrupted([&] { return ::fsync(directory.get()); }) == 0;
        if (!synced && errno != EINVAL) // a file system that has no such thing
            return {FileError::not_synced, errno};
        return {};
    }

    // So that a full disk is not full of it.
    [[nodiscard]] FileResult drop(FileError error) noexcept
    {
        FileResult const result{error, errno};
        ::unlink(name_);
        return result;
    }

private:
    // Who holds the lock of the file that has this name may write it: what a crash left behind
    // too, since a lock ends with its process. Between open and flock another may have renamed it,
    // and then it is the file of that name no longer.
    [[nodiscard]] FileResult lock() noexcept
    {
        for (int tries = 0; tries < 10; ++tries) {
            if (!file_.open(name_, O_WRONLY | O_CREAT | O_NOFOLLOW, 0666))
                return {FileError::not_created, errno};
            if (uninterrupted([&] { return ::flock(file_.get(), LOCK_EX | LOCK_NB); }) != 0)
                return {errno == EWOULDBLOCK ? FileError::busy : FileError::not_created, errno};
            struct stat mine {
            }, there{};
            if (::fstat(file_.get(), &mine) != 0)
                return {FileError::not_created, errno};
            if (::lstat(name_, &there) != 0 || mine.st_ino != there.st_ino
                || mine.st_dev != there.st_dev)
                continue;
            if (!S_ISREG(mine.st_mode))
                return {FileError::not_created, EEXIST};
            return {};
        }
        return {FileError::busy, EWOULDBLOCK};
    }

    FileDescriptor file_{};
    char const* path_ = "";
    char name_[4096]{}; // PATH_MAX of Linux
};

// save(write) is to write the text, and to return whether write() took all of it.
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

// The bytes of a file in memory of their own.
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
