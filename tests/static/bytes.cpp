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

static_assert(byte_like<char>);
static_assert(byte_like<unsigned char>);
static_assert(byte_like<signed char>);
static_assert(byte_like<std::byte>);
static_assert(!byte_like<bool>);
static_assert(!byte_like<char8_t>);
static_assert(!byte_like<int>);

static_assert(byte_range<std::string>);
static_assert(byte_range<std::string_view>);
static_assert(byte_range<std::vector<std::byte>>);
static_assert(byte_range<std::array<unsigned char, 4>>);
static_assert(byte_range<std::span<char const>>);
static_assert(!byte_range<std::vector<int>>);
static_assert(!byte_range<std::u8string>);
static_assert(!byte_range<char const*>);
static_assert(!byte_range<unsigned char[4]>);

} // namespace
