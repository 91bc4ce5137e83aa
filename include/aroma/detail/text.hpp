// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/text.hpp: a view of text, and parsing from its front.
#ifndef AROMA_DETAIL_TEXT_HPP
#define AROMA_DETAIL_TEXT_HPP

#include <aroma/detail/language.hpp>

#include <concepts> // convertible_to
#include <cstddef>  // size_t
#include <cstdint>  // uint32_t, uint64_t

namespace aroma::detail {

// std::string, std::string_view, and other types with data() and size().
// clang-format off
template <class T>
concept text_like = requires(T const& text) {
    { text.data() } -> std::convertible_to<char const*>;
    { text.size() } -> std::convertible_to<std::size_t>;
};
// clang-format on

// Like std::string_view, whose header takes 13,000 lines; the text must outlive it.
class Text {
public:
    constexpr Text() noexcept = default;
    constexpr Text(char const* data, std::size_t size) noexcept : data_{data}, size_{size} {}
    // Up to the first zero byte; a null pointer is the empty text.
    constexpr Text(char const* terminated) noexcept : data_{terminated}
    {
        while (terminated && terminated[size_] != '\0')
            ++size_;
    }
    template <text_like T>
    constexpr Text(T const& text) noexcept : data_{text.data()}, size_{text.size()}
    {
    }

    [[nodiscard]] constexpr char const* data() const noexcept { return data_; } // not terminated
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; } // in bytes

    friend constexpr bool operator==(Text a, Text b) noexcept
    {
        return a.size_ == b.size_ && common_size(a, b) == a.size_;
    }
    // By bytes, as unsigned values.
    friend constexpr bool operator<(Text a, Text b) noexcept
    {
        auto const byte = [](char c) { return static_cast<unsigned char>(c); };
        std::size_t const at = common_size(a, b);
        return at < b.size_ && (at == a.size_ || byte(a.data_[at]) < byte(b.data_[at]));
    }

    // The number of bytes at the front that are the same in both.
    [[nodiscard]] friend constexpr std::size_t common_size(Text a, Text b) noexcept
    {
        std::size_t at = 0;
        while (at < a.size_ && at < b.size_ && a.data_[at] == b.data_[at])
            ++at;
        return at;
    }

private:
    char const* data_ = "";
    std::size_t size_ = 0;
};

// Removes and returns this many bytes from the front.
constexpr Text take(Text& from, std::size_t size) noexcept
{
    Text const taken{from.data(), size};
    from = {from.data() + size, from.size() - size};
    return taken;
}
// Removes this text if it is at the front.
[[nodiscard]] constexpr bool take(Text& from, Text text) noexcept
{
    if (common_size(from, text) != text.size())
        return false;
    take(from, text.size());
    return true;
}
// Removes and returns the bytes at the front for which the condition holds.
template <class Holds>
constexpr Text take_while(Text& from, Holds holds) noexcept
{
    std::size_t end = 0;
    while (end < from.size() && holds(from.data()[end]))
        ++end;
    return take(from, end);
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_letter(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The mark that some editors put before UTF-8.
inline constexpr char byte_order_mark[] = "\xef\xbb\xbf";

// Whether text that should begin with ASCII begins as UTF-16 does, with its mark or half a
// character.
[[nodiscard]] constexpr bool is_utf16(Text text) noexcept
{
    if (text.size() < 2)
        return false;
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text.data()[i]); };
    return (byte(0) == 0xff && byte(1) == 0xfe) || (byte(0) == 0xfe && byte(1) == 0xff)
        || ((byte(0) == 0) != (byte(1) == 0));
}

// Removes the number at the front; false if there is none, or it is above `most`.
[[nodiscard]] constexpr bool take_number(Text& from, std::uint32_t& number,
                                         std::uint32_t most) noexcept
{
    Text const digits = take_while(from, is_digit);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        value = 10 * value + static_cast<std::uint64_t>(digits.data()[i] - '0');
        if (value > most)
            return false;
    }
    number = static_cast<std::uint32_t>(value);
    return digits.size() > 0;
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_TEXT_HPP
