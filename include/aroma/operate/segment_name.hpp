// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/segment_name.hpp: the name of a segment, and the path that it is within.
//
// Synopsis
//   class SegmentName;                    "cdg/mobile", a std::string ...: at most 63 bytes without
//                                         control characters
//       parent();                         "cdg/mobile" is within "cdg", which is within "", the
//                                         root
//   NameError validate(SegmentName);  char const* message(NameError);
#ifndef AROMA_OPERATE_SEGMENT_NAME_HPP
#define AROMA_OPERATE_SEGMENT_NAME_HPP

#include <concepts>    // convertible_to
#include <cstddef>     // size_t
#include <cstdint>     // uint8_t
#include <type_traits> // is_constant_evaluated

namespace aroma {

// A view of a name, as std::string_view is of a string.
class SegmentName {
public:
    static constexpr std::size_t longest = 63; // bytes

    constexpr SegmentName() noexcept = default;
    // of so many bytes, which must outlive it
    constexpr SegmentName(char const* data, std::size_t size) noexcept : data_{data}, size_{size} {}
    // Up to the first zero byte; a null pointer is the root.
    constexpr SegmentName(char const* text) noexcept
        : data_{text}, size_{text ? __builtin_strlen(text) : 0}
    {
    }
    // Of a std::string and whatever else has data() and size().
    // clang-format off
    template <class Text>
        requires requires(Text const& text) {
            { text.data() } -> std::convertible_to<char const*>;
            { text.size() } -> std::convertible_to<std::size_t>;
        }
    constexpr SegmentName(Text const& text) noexcept : data_{text.data()}, size_{text.size()}
    {
    }
    // clang-format on

    // not always terminated
    [[nodiscard]] constexpr char const* data() const noexcept { return data_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; } // in bytes

    // What stands before the last '/'; the root if there is none.
    [[nodiscard]] constexpr SegmentName parent() const noexcept
    {
        std::size_t end = size_;
        while (end > 0 && data_[end - 1] != '/')
            --end;
        return {data_, end > 0 ? end - 1 : 0};
    }

    // Is it that path, or below it?
    [[nodiscard]] constexpr bool is_within(SegmentName path) const noexcept
    {
        return path.size_ == 0
            || (size_ >= path.size_ && (size_ == path.size_ || data_[path.size_] == '/')
                && order(data_, path.data_, path.size_) == 0);
    }

    friend constexpr bool operator==(SegmentName a, SegmentName b) noexcept
    {
        return a.size_ == b.size_ && order(a.data_, b.data_, a.size_) == 0;
    }
    friend constexpr bool operator<(SegmentName a, SegmentName b) noexcept
    {
        int const by_bytes = order(a.data_, b.data_, a.size_ < b.size_ ? a.size_ : b.size_);
        return by_bytes != 0 ? by_bytes < 0 : a.size_ < b.size_;
    }

private:
    [[nodiscard]] static constexpr int order(char const* a, char const* b,
                                             std::size_t size) noexcept
    {
        if (!std::is_constant_evaluated()) // where g++ compares literals alone
            return size == 0 ? 0 : __builtin_memcmp(a, b, size);
        for (std::size_t i = 0; i < size; ++i)
            if (a[i] != b[i])
                return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]) ? -1 : 1;
        return 0;
    }

    char const* data_ = "";
    std::size_t size_ = 0;
};

// what for_each() calls the segment of all names that could not be added
inline constexpr SegmentName name_of_others{"(others)"};

enum class NameError : std::uint8_t { none, too_long, control_character, reserved };

[[nodiscard]] constexpr NameError validate(SegmentName name) noexcept
{
    if (name.size() > SegmentName::longest)
        return NameError::too_long;
    for (std::size_t i = 0; i < name.size(); ++i)
        if (auto const byte = static_cast<unsigned char>(name.data()[i]);
            byte < 0x20 || byte == 0x7f)
            return NameError::control_character;
    return name == name_of_others ? NameError::reserved : NameError::none;
}

[[nodiscard]] constexpr char const* message(NameError error) noexcept
{
    switch (error) {
    case NameError::none: return "the name is valid";
    case NameError::too_long:
        return "the segment's name is longer than 63 bytes: shorten it, or take a hash of it";
    case NameError::control_character:
        return "the segment's name has a line break or another control character: take the text "
               "without it";
    case NameError::reserved:
        return "(others) is the segment for what has none of its own: give yours another name";
    }
    return "not a name error";
}

} // namespace aroma

#endif // AROMA_OPERATE_SEGMENT_NAME_HPP
