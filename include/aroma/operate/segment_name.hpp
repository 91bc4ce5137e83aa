// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/segment_name.hpp: the name of a segment, and its parent segments.
//
// Synopsis
//   class SegmentName;                    a view of "cdg/mobile", a std::string ...; not
//                                         valid if made of a null pointer
//       parent();                         "cdg/mobile" is within "cdg", which is within "", the
//                                         root
//       in_text();                        the same, and "*" for the root
//   class StoredSegmentName;              a copy of one, 64 bytes
//   NameError validate(SegmentName);  char const* message(NameError);
//
// A name is parts of letters, digits, '.', '_' and '-', separated by single '/', at most 63 bytes
// long. It must not be an address, since logs and metrics show it: four numbers of 0 to 255 in a
// row are refused, and IPv6 with '-' or '_' for ':'; an address in another form is not recognized.
// The empty name is the root, which contains all other segments; in text it is "*".
#ifndef AROMA_OPERATE_SEGMENT_NAME_HPP
#define AROMA_OPERATE_SEGMENT_NAME_HPP

#include <aroma/detail/text.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint8_t

namespace aroma {

// The name of a segment and the path that it is within, as "cdg/mobile": a view of text; of a null
// pointer one that is not valid.
class SegmentName : public detail::Text {
public:
    static constexpr std::size_t longest = 63; // bytes

    using Text::Text;
    // Up to the first zero byte. A null pointer is not valid, and not the root: from a missing
    // setting it would otherwise apply to all.
    constexpr SegmentName(char const* terminated) noexcept
        : Text{terminated ? Text{terminated} : Text{"", 1}}
    {
    }

    // The part before the last '/'; the root if there is none.
    [[nodiscard]] constexpr SegmentName parent() const noexcept
    {
        std::size_t end = size();
        while (end > 0 && data()[end - 1] != '/')
            --end;
        return {data(), end > 0 ? end - 1 : 0};
    }

    // Whether it is this path or below it.
    [[nodiscard]] constexpr bool is_within(SegmentName path) const noexcept
    {
        return path.size() == 0
            || (common_size(*this, path) == path.size()
                && (size() == path.size() || data()[path.size()] == '/'));
    }

    // As in files, metrics and logs.
    [[nodiscard]] constexpr SegmentName in_text() const noexcept
    {
        return size() == 0 ? SegmentName{"*"} : *this;
    }
    // The inverse.
    [[nodiscard]] static constexpr SegmentName from_text(detail::Text text) noexcept
    {
        return text == "*" ? SegmentName{} : SegmentName{text.data(), text.size()};
    }
};

// how a full baseline names the segment of all names that it could not add; not a valid name
inline constexpr SegmentName name_of_others{"(others)"};

// What may be wrong with a segment's name.
enum class NameError : std::uint8_t {
    none,
    null_pointer,
    too_long,
    wrong_character,
    empty_part,
    address,
};

namespace detail {

// An IPv4 address: four numbers of 0 to 255 in a row, with only signs between, such as 203.0.113.7,
// 203-0-113-7 and 203/0/113/7, but not 2026-11-28-12.
[[nodiscard]] constexpr bool has_ipv4(Text name) noexcept
{
    int numbers = 0;
    while (name.size() > 0) {
        Text const digits = take_while(name, is_digit);
        if (Text left = digits; digits.size() > 0) {
            std::uint32_t number = 0;
            numbers = take_number(left, number, 255) ? numbers + 1 : 0;
        }
        if (numbers == 4)
            return true;
        if (take_while(name, is_letter).size() > 0)
            numbers = 0;
        take_while(name, [](char c) { return !is_letter(c) && !is_digit(c); });
    }
    return false;
}

[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The first group of an address of 2000::/3, fc00::/7, fe80::/10 or ff00::/8.
[[nodiscard]] constexpr bool begins_ipv6(Text group) noexcept
{
    if (group.size() != 4)
        return false;
    char const first = group.data()[0], second = group.data()[1];
    return first == '2' || first == '3'
        || ((first == 'f' || first == 'F') && is_letter(second)
            && ((second | 0x20) >= 'c' && (second | 0x20) <= 'f'));
}

// An IPv6 address with '-' or '_' for ':': eight groups of up to four hexadecimal digits; or fewer
// groups with two signs in a row, if addresses begin with the first one, as in 2001-db8--1.
[[nodiscard]] constexpr bool has_ipv6(Text name) noexcept
{
    int groups = 0;
    bool begun = false, shortened = false;
    while (name.size() > 0) {
        Text const group = take_while(name, [](char c) { return is_letter(c) || is_digit(c); });
        Text left = group;
        take_while(left, is_hex_digit);
        if (group.size() > 4 || left.size() > 0) {
            groups = 0;
            begun = shortened = false;
        } else if (group.size() > 0) {
            if (++groups == 8 || shortened)
                return true;
            begun = begun || begins_ipv6(group);
        }
        Text const between = take_while(name, [](char c) { return c == '-' || c == '_'; });
        shortened = begun && between.size() == 2;
        if (between.size() == 0 || between.size() > 2) {
            take(name, name.size() > 0 && between.size() == 0 ? 1 : 0); // '.' or '/'
            groups = 0;
            begun = false;
        }
    }
    return false;
}

} // namespace detail

[[nodiscard]] constexpr NameError validate(SegmentName name) noexcept
{
    if (name.size() == 1 && *name.data() == '\0')
        return NameError::null_pointer;
    if (name.size() > SegmentName::longest)
        return NameError::too_long;
    char before = '/';
    for (std::size_t i = 0; i < name.size(); ++i) {
        char const c = name.data()[i];
        if (c == '/' && before == '/')
            return NameError::empty_part;
        if (!detail::is_letter(c) && !detail::is_digit(c) && c != '.' && c != '_' && c != '-'
            && c != '/')
            return NameError::wrong_character;
        before = c;
    }
    if (name.size() > 0 && before == '/')
        return NameError::empty_part;
    return detail::has_ipv4(name) || detail::has_ipv6(name) ? NameError::address : NameError::none;
}

[[nodiscard]] constexpr char const* message(NameError error) noexcept
{
    switch (error) {
    case NameError::none: return "the name is valid";
    case NameError::null_pointer:
        return "the segment's name is a null pointer or a zero byte: give one, \"\" for the root";
    case NameError::too_long:
        return "the segment's name is longer than 63 bytes: shorten it, or take a hash of it";
    case NameError::wrong_character:
        return "the segment's name has a character that is no letter, digit, '.', '_', '-' or '/': "
               "replace it";
    case NameError::empty_part:
        return "the segment's name begins or ends with '/', or has two in a row: write one between "
               "two parts";
    case NameError::address:
        return "the segment's name has an address in it: name a network or a place, since logs and "
               "metrics show it";
    default: break;
    }
    return "not a name error";
}

// A copy of a SegmentName, 64 bytes.
class StoredSegmentName {
public:
    constexpr StoredSegmentName() noexcept = default; // the root
    // Copies at most 63 bytes.
    constexpr explicit StoredSegmentName(SegmentName name) noexcept
    {
        for (; size_ < SegmentName::longest && size_ < name.size(); ++size_)
            text_[size_] = name.data()[size_];
    }

    // a view of it
    constexpr operator SegmentName() const noexcept { return {text_, size_}; }

    friend constexpr bool operator==(StoredSegmentName const&,
                                     StoredSegmentName const&) noexcept = default;

private:
    char text_[SegmentName::longest]{};
    std::uint8_t size_ = 0;
};

} // namespace aroma

#endif // AROMA_OPERATE_SEGMENT_NAME_HPP
