// SPDX-License-Identifier: BSL-1.0
//
// Writes a tool's files atomically, and never over its input.
//
// Synopsis
//   void is_apart(output, others);     throws Wrong if it is the same file as one of them
//   void save_text(file, text);        throws Wrong for a name that cannot be written, and
//                                      runtime_error if the system does not do it
//   void is_saved(file, FileResult);   the same for a result of the library's save_file()
#ifndef AROMA_EXAMPLES_OUTPUT_FILE_HPP
#define AROMA_EXAMPLES_OUTPUT_FILE_HPP

#include "with_reason.hpp"
#include "wrong.hpp"

#include <aroma/linux/atomic_file.hpp>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

namespace examples {

// Whether both names lead to one file, which need not exist yet.
inline bool is_same_file(std::string const& one, std::string const& other)
{
    namespace fs = std::filesystem;
    std::error_code none;
    return fs::equivalent(one, other, none)
        || fs::weakly_canonical(fs::absolute(one, none), none)
               == fs::weakly_canonical(fs::absolute(other, none), none);
}

// Saving replaces the file, and removes an old file with .new appended to the name.
inline void is_apart(std::string const& output, std::vector<std::string> const& others)
{
    for (std::string const& other : others) {
        std::string const read = other == "-" ? "/dev/stdin" : other;
        if (is_same_file(output, read) || is_same_file(output + ".new", read))
            throw Wrong(
                fmt::format("{}: writing {} would destroy it: name another file", other, output));
    }
}

inline void is_saved(std::string const& file, aroma::FileResult saved)
{
    if (saved.error == aroma::FileError::none)
        return;
    std::string const why =
        fmt::format("{}: {}", file, with_reason(message(saved), saved.error_number));
    bool const misnamed = saved.error == aroma::FileError::not_a_file
                       || saved.error_number == ENOENT || saved.error_number == ENOTDIR
                       || saved.error_number == ENAMETOOLONG;
    if (misnamed)
        throw Wrong(why);
    throw std::runtime_error(why);
}

inline void save_text(std::string const& file, std::string_view text)
{
    is_saved(file, aroma::detail::save_atomically(file.c_str(), [&](auto write) noexcept {
                 return write(text.data(), text.size());
             }));
}

} // namespace examples

#endif // AROMA_EXAMPLES_OUTPUT_FILE_HPP
