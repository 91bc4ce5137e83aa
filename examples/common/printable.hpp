// SPDX-License-Identifier: BSL-1.0
//
// Text from outside (file names, arguments, clients, files) made safe for a terminal or a log.
// Characters that would move the cursor, hide text or reverse it are shown as \x1b and so on.
//
// Synopsis
//   bool        is_plain(std::string_view);    can be shown as it is
//   std::string printable(std::string_view);   the same with all else as \xNN, byte by byte
//
// Plain is UTF-8 without control characters, C0 and C1, without ends of line, and without the
// controls of bidirectional text (Unicode's property Bidi_Control).
#ifndef AROMA_EXAMPLES_PRINTABLE_HPP
#define AROMA_EXAMPLES_PRINTABLE_HPP

#include <cstddef>
#include <string>
#include <string_view>

namespace examples {

// The length of the plain character at the beginning of the text; 0 if there is none.
inline std::size_t plain_character(std::string_view text)
{
    auto const byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    unsigned const first = byte(0);
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    std::size_t const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    unsigned point = first & (0x7fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (byte(i) & 0x3f);
    }
    auto const within = [point](unsigned least, unsigned most) {
        return point >= least && point <= most;
    };
    constexpr unsigned least_of_size[]{0, 0, 0x80, 0x800, 0x10000};
    bool const is_utf8 = within(least_of_size[size], 0x10ffff) && !within(0xd800, 0xdfff);
    bool const controls = within(0x80, 0x9f) || point == 0x61c || within(0x200e, 0x200f)
                       || within(0x2028, 0x202e) || within(0x2066, 0x2069);
    return is_utf8 && !controls ? size : 0;
}

inline bool is_plain(std::string_view text)
{
    for (std::size_t size = 0; !text.empty(); text.remove_prefix(size))
        if ((size = plain_character(text)) == 0)
            return false;
    return true;
}

inline std::string printable(std::string_view text)
{
    std::string all;
    while (!text.empty()) {
        std::size_t const size = plain_character(text);
        if (size > 0) {
            all += text.substr(0, size);
        } else {
            constexpr char digits[] = "0123456789abcdef";
            auto const byte = static_cast<unsigned char>(text[0]);
            all += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
        }
        text.remove_prefix(size > 0 ? size : 1);
    }
    return all;
}

} // namespace examples

#endif // AROMA_EXAMPLES_PRINTABLE_HPP
