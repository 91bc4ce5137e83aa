// SPDX-License-Identifier: BSL-1.0
//
// aroma/version.hpp: the version, in one place; CMake reads it from here.
//
// Synopsis
//   inline constexpr int version[3];      major, minor, patch
#ifndef AROMA_VERSION_HPP
#define AROMA_VERSION_HPP

#include <aroma/detail/language.hpp>

namespace aroma {

inline constexpr int version[3] = {0, 1, 0};

} // namespace aroma

#endif // AROMA_VERSION_HPP
