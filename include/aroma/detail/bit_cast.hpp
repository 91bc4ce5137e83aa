// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/bit_cast.hpp: std::bit_cast without its header.
//
// Synopsis
//   To detail::bit_cast<To>(from);        the same bytes as another type of that size
#ifndef AROMA_DETAIL_BIT_CAST_HPP
#define AROMA_DETAIL_BIT_CAST_HPP

#include <aroma/detail/language.hpp>

namespace aroma::detail {

// The builtin behind std::bit_cast in g++, clang++ and MSVC: <bit> is a tenth of the umbrella's
// preprocessed lines.
template <class To, class From>
[[nodiscard]] constexpr To bit_cast(From const& from) noexcept
{
    return __builtin_bit_cast(To, from);
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_BIT_CAST_HPP
