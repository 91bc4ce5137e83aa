// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/bytes.hpp: what is taken for bytes, and what is not.

#include <aroma/detail/bytes.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace aroma::detail;

static_assert(
    byte_like<char> && byte_like<unsigned char> && byte_like<signed char> && byte_like<std::byte>);
static_assert(!byte_like<bool> && !byte_like<char8_t> && !byte_like<int>,
              "one byte wide, and yet a truth, a character of UTF-8");
static_assert(
    byte_range<
        std::
            string> && byte_range<std::string_view> && byte_range<std::vector<std::byte>> && byte_range<std::array<unsigned char, 4>> && byte_range<std::span<char const>>);
static_assert(
    !byte_range<std::vector<
        int>> && !byte_range<std::u8string> && !byte_range<char const*> && !byte_range<unsigned char[4]>);

} // namespace
