// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/bytes.hpp: byte types, and a range of bytes.
#ifndef AROMA_DETAIL_BYTES_HPP
#define AROMA_DETAIL_BYTES_HPP

#include <aroma/detail/language.hpp>

#include <concepts>    // convertible_to, same_as
#include <cstddef>     // byte, size_t
#include <type_traits> // remove_cvref_t

namespace aroma::detail {

// clang-format off
template <class Byte>
concept byte_like = std::same_as<Byte, unsigned char> || std::same_as<Byte, signed char>
                 || std::same_as<Byte, char> || std::same_as<Byte, std::byte>;

template <class Range>
concept byte_range = requires(Range const& range) {
    requires byte_like<std::remove_cvref_t<decltype(*range.data())>>;
    { range.size() } -> std::convertible_to<std::size_t>;
};
// clang-format on

} // namespace aroma::detail

#endif // AROMA_DETAIL_BYTES_HPP
