// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/text_out.hpp: text to any writer, piece by piece.
//
// Synopsis
//   concept text_writer<Write>;           bool write(char const* data, std::size_t size): whether
//                                         all of it was written; ::write may write a part, or
//                                         return -1: docs/operations.md has the loop
//   class detail::Digits;                 a whole number in decimal digits
//   class detail::TextSink;               bytes, text and numbers, collected and written
#ifndef AROMA_DETAIL_TEXT_OUT_HPP
#define AROMA_DETAIL_TEXT_OUT_HPP

#include <aroma/detail/text.hpp>

#include <concepts> // same_as
#include <cstddef>  // size_t
#include <cstdint>  // uint64_t

namespace aroma {

// What takes text piece by piece: bool write(data, size). bool and nothing else: the -1 of ::write,
// and the size of a part, would be taken for true.
// clang-format off
template <class Write>
concept text_writer = requires(Write& write, char const* data, std::size_t size) {
    { write(data, size) } -> std::same_as<bool>;
};
// clang-format on

namespace detail {

class Digits {
public:
    // At least this many digits, with leading zeros.
    constexpr explicit Digits(std::uint64_t number, std::size_t least = 1) noexcept
    {
        for (; number != 0 || size() < least; number /= 10)
            text_[--first_] = static_cast<char>('0' + number % 10);
    }

    [[nodiscard]] constexpr char const* data() const noexcept { return text_ + first_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return sizeof text_ - first_; }

private:
    char text_[20]{};
    std::size_t first_ = sizeof text_;
};

// All 64 bits, in hexadecimal digits.
class HexDigits {
public:
    constexpr explicit HexDigits(std::uint64_t bits) noexcept
    {
        for (std::size_t i = 0; i < sizeof text_; ++i)
            text_[i] = "0123456789abcdef"[bits >> (60 - 4 * i) & 15];
    }

    [[nodiscard]] constexpr char const* data() const noexcept { return text_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return sizeof text_; }

private:
    char text_[16]{};
};

template <text_writer Write>
class TextSink {
public:
    constexpr explicit TextSink(Write& write) noexcept : write_{write} {}

    constexpr TextSink& operator<<(char byte)
    {
        if (size_ == sizeof buffer_)
            flush();
        buffer_[size_++] = byte;
        return *this;
    }
    constexpr TextSink& operator<<(Text text)
    {
        for (std::size_t i = 0; i < text.size(); ++i)
            *this << text.data()[i];
        return *this;
    }
    constexpr TextSink& operator<<(char const* text) { return *this << Text{text}; }
    constexpr TextSink& operator<<(std::uint64_t number) { return *this << Text{Digits{number}}; }

    // A number of parts, 10^places of which are one; at least this many decimals are shown.
    constexpr TextSink& decimal(std::uint64_t parts, std::size_t places, std::size_t least = 0)
    {
        std::uint64_t scale = 1;
        for (std::size_t i = 0; i < places; ++i)
            scale *= 10;
        Digits const digits{parts % scale, places};
        while (places > least && digits.data()[places - 1] == '0')
            --places;
        *this << parts / scale;
        return places == 0 ? *this : *this << '.' << Text{digits.data(), places};
    }

    // Writes what was collected. Once a write has returned false, nothing more is written.
    constexpr void flush()
    {
        good_ = good_ && write_(static_cast<char const*>(buffer_), size_);
        size_ = 0;
    }

    [[nodiscard]] constexpr bool good() const noexcept { return good_; } // all was written

private:
    Write& write_;
    std::size_t size_ = 0;
    bool good_ = true;
    char buffer_[1024]{};
};

template <text_writer Write>
TextSink(Write&) -> TextSink<Write>;

} // namespace detail

} // namespace aroma

#endif // AROMA_DETAIL_TEXT_OUT_HPP
