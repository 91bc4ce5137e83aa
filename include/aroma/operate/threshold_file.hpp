// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/threshold_file.hpp: a file of thresholds that is reloaded while a server runs.
//
// Synopsis
//   class ThresholdFile<MostRows = 256> {                   some 112 KiB for 256 rows: static, or
//                                                           on the heap
//       explicit ThresholdFile(path);                       loads it; last() says how that went. A
//                                                           null pointer is a missing file
//       Reloaded            reload();                       reads the file if it has changed; if
//                                                           not, costs one stat()
//       ThresholdClassifier classifier(name);               of that segment, by the last valid
//                                                           version of the file
//       Reloaded const&     last();                         the result of the last reading
//   };
//   struct Reloaded { ReloadStatus status; int error_number; TableResult parsed; bool news; };
//   char const* message(Reloaded);                         a sentence; parsed.line is the line
//                                                           that is wrong
//   FileResult save_file(table, path);                      atomic, as operate/baseline_file.hpp
//                                                           saves a baseline
//
// Any thread may call classifier() at any time: it takes no lock, and its thresholds are all of one
// version of the file. Before the first valid file they are the published ones. Any thread may call
// reload() too, from a timer or a loop that handles SIGHUP; if another is reloading, it returns
// busy. Only the thread that reloads may call last().
//
// A file that is missing, damaged, half written or being written changes nothing: the thresholds
// stay, and every reload() says why until the file is valid. `news` is true only for the first of
// equal results: log those. unchanged means that the file's thresholds are in force. Pipes, devices
// and other files that are not regular are not opened. A version of a file is identified by its
// inode, size and times. Times have the resolution of a tick, so a file that was written less than
// two seconds before it was read is read again, and no version made by write() or rename() is
// missed. A write through a mapping (mmap) into a page that was changed before changes no time, and
// is missed. save_file() never leaves the file half written. A single file that is mounted
// (Docker's -v FILE:FILE) stays the same even if it is replaced outside: mount its directory.
//
// Nothing here throws, allocates, or changes errno. Reading needs a table's size in stack, 22 KiB
// for 256 rows.
#ifndef AROMA_OPERATE_THRESHOLD_FILE_HPP
#define AROMA_OPERATE_THRESHOLD_FILE_HPP

#include <aroma/detail/atomic.hpp>
#include <aroma/detail/text.hpp>
#include <aroma/linux/atomic_file.hpp>
#include <aroma/linux/errno_kept.hpp>
#include <aroma/operate/segment_name.hpp>
#include <aroma/operate/threshold_table.hpp>
#include <aroma/operate/threshold_text.hpp>
#include <aroma/threshold_classifier.hpp>

#include <bit>     // bit_cast
#include <cstddef> // size_t
#include <cstdint> // int64_t, uint8_t, uint64_t

#include <errno.h>    // errno
#include <fcntl.h>    // O_RDONLY
#include <sys/stat.h> // stat, fstat
#include <time.h>     // clock_gettime
#include <unistd.h>   // read

namespace aroma {

// The result of reload(): message() has a sentence for each.
enum class ReloadStatus : std::uint8_t {
    loaded,        // the thresholds of the file are in force
    unchanged,     // the file is as it was when it was last read
    busy,          // another thread is reading it
    refused,       // its text is wrong: Reloaded::parsed says how
    missing,       // there is no such file
    unreadable,    // it cannot be opened or read: Reloaded::error_number says why
    not_a_file,    // the path leads to a folder, a pipe or a device
    too_large,     // longer than the text of a table can be
    being_written, // it changed while it was read
    path_too_long, // the path has more characters than fit here
};

// What reload() returns.
struct [[nodiscard]] Reloaded {
    ReloadStatus status = ReloadStatus::unreadable; // loaded if the table has changed
    int error_number = 0;                           // errno, if it is missing or unreadable
    TableResult parsed{};                           // if it is refused
    bool news = false; // false if the last result was the same, or for unchanged and busy

    friend constexpr bool operator==(Reloaded const&, Reloaded const&) noexcept = default;
};

[[nodiscard]] constexpr char const* message(Reloaded const& reloaded) noexcept
{
    switch (reloaded.status) {
    case ReloadStatus::loaded: return "the thresholds of the file are in force";
    case ReloadStatus::unchanged: return "the file is unchanged since it was last read";
    case ReloadStatus::busy: return "another thread is reading the file: its answer counts";
    case ReloadStatus::refused: return message(reloaded.parsed.error);
    case ReloadStatus::missing:
        return "there is no such file, and the thresholds are as before: put it there, or put the "
               "path right";
    case ReloadStatus::unreadable: {
        char const* const advice = detail::advice(FileError::not_read, reloaded.error_number);
        return advice ? advice
                      : "the file cannot be read, and the thresholds are as before: its error "
                        "number says why";
    }
    case ReloadStatus::not_a_file:
        return "not a regular file, and the thresholds are as before: give the path of a file of "
               "thresholds";
    case ReloadStatus::too_large:
        return "the file is longer than its most rows need, and the thresholds are as before: "
               "leave comments out, or ask for more rows";
    case ReloadStatus::being_written:
        return "the file changed while it was read, so the thresholds are unchanged: reload again";
    case ReloadStatus::path_too_long:
        return "the path is longer than 4,095 bytes: give a shorter one";
    default: break;
    }
    return "not a status of a reload";
}

namespace detail {

// Identifies a version of a file.
struct FileVersion {
    std::uint64_t device = 0, inode = 0;
    std::int64_t size = -1;
    std::int64_t modified[2]{}, changed[2]{}; // seconds and nanoseconds

    FileVersion() noexcept = default;
    explicit FileVersion(struct stat const& s) noexcept
        : device{s.st_dev}, inode{s.st_ino}, size{s.st_size},
          modified{s.st_mtim.tv_sec, s.st_mtim.tv_nsec}, changed{s.st_ctim.tv_sec,
                                                                 s.st_ctim.tv_nsec}
    {
    }

    // Whether the file might be written again without changing any of these; also true if this
    // clock is behind the file's.
    [[nodiscard]] bool is_recent() const noexcept
    {
        timespec now{};
        return ::clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec - changed[0] < 2;
    }

    friend bool operator==(FileVersion const&, FileVersion const&) noexcept = default;
};

// A table that one thread writes while others read. It has two copies: readers read that of the
// current generation, and the writer changes only the other one, then makes it current. A reader
// reads again if its generation is no longer current afterwards. Each word is read and written
// atomically, with the memory order that this needs.
template <std::size_t MostRows>
class SharedTable {
public:
    [[nodiscard]] Thresholds thresholds(SegmentName name) const noexcept
    {
        for (;;) {
            std::uint64_t const generation = load_acquire(generation_);
            Slot const& slot = slots_[generation % 2];
            std::uint64_t const size = load_acquire(slot.size);
            Thresholds const found =
                thresholds_among(name, size < MostRows ? static_cast<std::size_t>(size) : MostRows,
                                 [&slot](std::size_t i) { return slot.load(i); });
            if (load_relaxed(generation_) == generation)
                return found;
        }
    }

    // By one thread at a time.
    void publish(ThresholdTable<MostRows> const& table) noexcept
    {
        std::uint64_t const next = load_relaxed(generation_) + 1;
        Slot& slot = slots_[next % 2];
        for (std::size_t i = 0; i < table.size(); ++i)
            slot.store(i, table[i]);
        store_release(slot.size, std::uint64_t{table.size()});
        store_release(generation_, next);
    }

    // The same, by the thread that publishes.
    [[nodiscard]] bool holds(ThresholdTable<MostRows> const& table) const noexcept
    {
        Slot const& slot = slots_[load_relaxed(generation_) % 2];
        if (load_relaxed(slot.size) != table.size())
            return false;
        for (std::size_t i = 0; i < table.size(); ++i)
            if (!(slot.load(i) == table[i]))
                return false;
        return true;
    }

private:
    static constexpr std::size_t words_per_row = sizeof(ThresholdRow) / sizeof(std::uint64_t);
    static_assert(sizeof(ThresholdRow) % sizeof(std::uint64_t) == 0);

    struct Words {
        std::uint64_t at[words_per_row];
    };

    // No fence is needed: an acquiring load of a value stored with release after a generation was
    // published sees that generation.
    struct Slot {
        std::uint64_t size = 0;
        Words rows[MostRows]{};

        [[nodiscard]] ThresholdRow load(std::size_t i) const noexcept
        {
            Words words;
            for (std::size_t word = 0; word < words_per_row; ++word)
                words.at[word] = load_acquire(rows[i].at[word]);
            return std::bit_cast<ThresholdRow>(words);
        }

        void store(std::size_t i, ThresholdRow const& row) noexcept
        {
            auto const words = std::bit_cast<Words>(row);
            for (std::size_t word = 0; word < words_per_row; ++word)
                store_release(rows[i].at[word], words.at[word]);
        }
    };

    Slot slots_[2]{};
    std::uint64_t generation_ = 0;
};

} // namespace detail

// A file of thresholds that is read again while a server runs. Some 112 KiB for 256 rows: static,
// or on the heap.
template <std::size_t MostRows = 256>
class ThresholdFile {
public:
    // Loads the file; last() says how that went. A null pointer is a file that is missing.
    explicit ThresholdFile(char const* path) noexcept
    {
        std::size_t const length = detail::Text{path}.size(); // of a null pointer 0
        path_fits_ = length < sizeof path_;
        for (std::size_t i = 0; i < length && path_fits_; ++i)
            path_[i] = path[i];
        (void)reload();
    }

    ThresholdFile(ThresholdFile const&) = delete;
    ThresholdFile& operator=(ThresholdFile const&) = delete;

    Reloaded reload() noexcept
    {
        if (__atomic_exchange_n(&busy_, 1, __ATOMIC_ACQUIRE) != 0)
            return {.status = ReloadStatus::busy};
        detail::ErrnoKept const kept;
        Reloaded const answer = reload_alone();
        detail::store_release(busy_, 0);
        return answer;
    }

    [[nodiscard]] ThresholdClassifier classifier(SegmentName name) const noexcept
    {
        ThresholdClassifier classify;
        (void)classify.adjust(table_.thresholds(name)); // valid, since the file was
        return classify;
    }

    [[nodiscard]] Reloaded const& last() const noexcept { return last_; }

private:
    Reloaded reload_alone() noexcept
    {
        if (!path_fits_)
            return answer({.status = ReloadStatus::path_too_long}, false);
        struct stat found {};
        bool const there = ::stat(path_, &found) == 0;
        if (!there || !S_ISREG(found.st_mode)) { // opening a device may already have an effect
            version_ = {};
            return answer(there ? Reloaded{.status = ReloadStatus::not_a_file} : unreadable(),
                          false);
        }
        bool const changed = !(detail::FileVersion{found} == version_);
        if (!changed && !again_)
            return answer(last_.status == ReloadStatus::loaded
                              ? Reloaded{.status = ReloadStatus::unchanged}
                              : last_,
                          false);
        version_ = detail::FileVersion{found};
        return answer(read_file(), changed);
    }

    // The same result is not news, unless it is for another version of the file.
    Reloaded answer(Reloaded now, bool changed) noexcept
    {
        now.news = last_.news; // so that only the rest is compared
        bool const same = now == last_ && now.status != ReloadStatus::loaded && !changed;
        now.news = now.status != ReloadStatus::unchanged && !same;
        if (now.news)
            last_ = now;
        return now;
    }

    [[nodiscard]] static Reloaded unreadable() noexcept
    {
        bool const missing = errno == ENOENT || errno == ENOTDIR;
        return {.status = missing ? ReloadStatus::missing : ReloadStatus::unreadable,
                .error_number = errno};
    }

    Reloaded read_file() noexcept
    {
        again_ = true; // until all of it has been read
        detail::FileDescriptor file;
        struct stat before {
        }, after{};
        if (!file.open(path_, O_RDONLY) || ::fstat(file.get(), &before) != 0)
            return unreadable();
        if (!S_ISREG(before.st_mode))
            return {.status = ReloadStatus::not_a_file};
        std::size_t size = 0;
        if (!file.read(text_, sizeof text_, size) || ::fstat(file.get(), &after) != 0)
            return unreadable();
        if (!(detail::FileVersion{before} == detail::FileVersion{after}))
            return {.status = ReloadStatus::being_written};
        version_ = detail::FileVersion{after};
        again_ = version_.is_recent();
        if (size == sizeof text_)
            return {.status = ReloadStatus::too_large};
        ThresholdTable<MostRows> table;
        TableResult const parsed = load(text_, size, table);
        if (parsed.error != TableError::none)
            return {.status = ReloadStatus::refused, .parsed = parsed};
        if (last_.status == ReloadStatus::loaded && table_.holds(table))
            return {.status = ReloadStatus::unchanged};
        table_.publish(table);
        return {.status = ReloadStatus::loaded};
    }

    detail::SharedTable<MostRows> table_{};
    detail::FileVersion version_{}; // as it was last read
    bool again_ = true;             // it may have changed since without showing it
    Reloaded last_{};
    int busy_ = 0;
    bool path_fits_ = false;
    char path_[4096]{};
    char text_[4096 + MostRows * 240]{}; // rows as long as can be, and some comments
};

// Writes a table's text to the file, atomically, in the place of what was there.
template <std::size_t MostRows>
[[nodiscard]] FileResult save_file(ThresholdTable<MostRows> const& table, char const* path) noexcept
{
    return detail::save_atomically(path, [&](auto& write) { return save(table, write); });
}

} // namespace aroma

#endif // AROMA_OPERATE_THRESHOLD_FILE_HPP
