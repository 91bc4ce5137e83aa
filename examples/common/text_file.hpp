// SPDX-License-Identifier: BSL-1.0
//
// Text from a file or standard input: UTF-8, without its byte order mark. It is read line by line,
// so that it may have any length. Every line, and text that is read whole, has a limit, so that
// /dev/zero or an endless pipe takes no more memory than a file.
//
// Synopsis
//   class TextFile {
//       explicit TextFile(file);                 - is standard input
//       TextFile(FILE*, name);                   takes it
//       std::string const& name();
//       std::string_view   head();               up to 64 KiB of what is to be read
//       bool               next(string_view&);   the next line, without its end; false at the end
//       std::size_t        line();               its number
//       std::string        all(most, what);      what is left, of at most so many MiB
//   };
//
// All throw Wrong if reading fails; TextFile() also for UTF-16, and all() for longer text. next()
// throws Malformed for a line of more than 65535 bytes, and then continues with the next line.
#ifndef AROMA_EXAMPLES_TEXT_FILE_HPP
#define AROMA_EXAMPLES_TEXT_FILE_HPP

#include "wrong.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace examples {

class TextFile {
public:
    static constexpr std::size_t longest_line = 65535; // bytes
    // without an end of line in this many bytes, it is not text
    static constexpr std::size_t longest_skipped = std::size_t{16} << 20;

    explicit TextFile(std::string const& file)
        : TextFile{file == "-" ? stdin : std::fopen(file.c_str(), "rb"),
                   file == "-" ? "standard input" : file}
    {
    }

    TextFile(std::FILE* file, std::string name) : file_{file}, name_{std::move(name)}
    {
        if (!file_)
            throw Wrong(fmt::format("{}: {}", name_, std::strerror(errno)));
        fill();
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        std::string_view const start = head();
        if (start.starts_with(byte_order_mark))
            at_ += byte_order_mark.size();
        bool const marked = start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff");
        // the first letter of any header, without its mark
        if (marked || (start.size() > 1 && (start[0] == '\0') != (start[1] == '\0')))
            throw Wrong(fmt::format(
                "{}: it is UTF-16: save it as UTF-8, e.g. iconv -f UTF-16{} -t UTF-8", name_,
                marked             ? ""
                : start[0] == '\0' ? "BE"
                                   : "LE"));
    }

    std::string const& name() const { return name_; }
    std::size_t line() const { return line_; }
    std::string_view head() const { return {buffer_.data() + at_, end_ - at_}; }

    bool next(std::string_view& line)
    {
        text_.clear();
        std::size_t size = 0;
        bool begun = false, ended = false;
        while (!ended && (at_ < end_ || fill())) {
            std::string_view const part = head().substr(0, head().find('\n'));
            line_ += begun ? 0 : 1;
            begun = true;
            ended = part.size() < head().size();
            size += part.size();
            if (size <= longest_line)
                text_ += part;
            at_ += part.size() + (ended ? 1 : 0);
            if (size > longest_skipped) {
                file_.reset();
                at_ = end_;
                throw Malformed(fmt::format("no end of line within {} MiB: it is no text, and "
                                            "nothing behind it is read",
                                            longest_skipped >> 20));
            }
        }
        if (size > longest_line)
            throw Malformed(fmt::format("longer than {} bytes", longest_line));
        line = text_;
        return begun;
    }

    std::string all(std::size_t most, std::string_view what)
    {
        std::string text;
        do {
            if (text.size() + head().size() > most << 20)
                throw Wrong(
                    fmt::format("{}: more than {} MiB, which no {} has: is it the file that "
                                "is meant?",
                                name_, most, what));
            text += head();
            at_ = end_;
        } while (fill());
        return text;
    }

private:
    struct Close {
        void operator()(std::FILE* file) const
        {
            if (file != stdin) // which may be named twice
                std::fclose(file);
        }
    };

    // More of the file, if all of the buffer has been read; false at its end.
    bool fill()
    {
        at_ = 0;
        end_ = file_ ? std::fread(buffer_.data(), 1, buffer_.size(), file_.get()) : 0;
        if (end_ == 0 && file_ && std::ferror(file_.get())) {
            std::string const why = std::strerror(errno);
            file_.reset(); // what is read next is its end
            throw Wrong(fmt::format("{}: {}", name_, why));
        }
        return end_ > 0;
    }

    std::unique_ptr<std::FILE, Close> file_;
    std::string name_, text_;
    std::array<char, 65536> buffer_;
    std::size_t at_ = 0, end_ = 0; // of the buffer, what is to be read
    std::size_t line_ = 0;
};

} // namespace examples

#endif // AROMA_EXAMPLES_TEXT_FILE_HPP
