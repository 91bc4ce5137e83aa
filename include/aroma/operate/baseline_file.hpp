// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/baseline_file.hpp: a baseline in a file that is replaced atomically.
//
// Synopsis
//   FileResult save_file(baseline, path);         replaces the file, if there is one, by the text
//                                                 of save()
//   MergedFile merge_file(path, baseline);        merges a file as merge_text() does: all of it, or
//                                                 nothing if there is an error
//   struct MergedFile { FileError error; int error_number; BaselineResult text; };
//   char const* message(FileResult);  char const* message(MergedFile);
//                                                 what to do about it
//
//     auto const saved = aroma::save_file(*all, "/var/lib/server/baseline");
//     if (saved.error != aroma::FileError::none)
//         log(message(saved), std::strerror(saved.error_number));   // the file is unchanged
//
// save_file() is atomic, even in a crash, and keeps owner, group and mode: linux/atomic_file.hpp
// says how. Only trusted users should be able to write in that directory.
//
// merge_file() reads the whole file into its own memory before it parses it. So truncating the file
// meanwhile cannot end the process, as it could with a mapping. At most 1 GiB, some 150,000
// segments.
//
// Both block on disk I/O: do not call them on request threads. Nothing here throws or changes
// errno. merge_file() allocates memory for the file and frees it; both need 32 KiB of stack.
#ifndef AROMA_OPERATE_BASELINE_FILE_HPP
#define AROMA_OPERATE_BASELINE_FILE_HPP

#include <aroma/linux/atomic_file.hpp>
#include <aroma/linux/errno_kept.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/baseline_text.hpp>

#include <cstddef> // size_t

namespace aroma {

// What merge_file() returns.
struct MergedFile {
    FileError error = FileError::none; // none, or what failed
    int error_number = 0;              // the errno of the call that failed; 0 if none did
    // if the error is FileError::wrong_text: what is wrong with it
    BaselineResult text{};

    friend constexpr bool operator==(MergedFile const&, MergedFile const&) noexcept = default;
};

// About the file; message(text.error) is about its text.
[[nodiscard]] constexpr char const* message(MergedFile const& merged) noexcept
{
    return message(FileResult{merged.error, merged.error_number});
}

// Writes the text of save() to the file, atomically, in the place of what was there.
template <std::size_t MostSegments>
[[nodiscard]] FileResult save_file(Baseline<MostSegments> const& baseline,
                                   char const* path) noexcept
{
    return detail::save_atomically(path, [&](auto& write) { return save(baseline, write); });
}

template <std::size_t MostSegments>
[[nodiscard]] MergedFile merge_file(char const* path, Baseline<MostSegments>& into) noexcept
{
    detail::ErrnoKept const kept;
    detail::FileBytes bytes;
    if (FileResult const read = bytes.read(path); read.error != FileError::none)
        return {read.error, read.error_number};
    BaselineResult const text = merge_text(bytes.data(), bytes.size(), into);
    return {text.error == BaselineError::none ? FileError::none : FileError::wrong_text, 0, text};
}

} // namespace aroma

#endif // AROMA_OPERATE_BASELINE_FILE_HPP
