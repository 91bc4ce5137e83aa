// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/language.hpp: one error message if the compiler or its flags lack C++20.
//
// A header that includes nothing else of aroma includes this one first. After an #error alone the
// compiler would report a thousand more; including a missing file stops it.
#ifndef AROMA_DETAIL_LANGUAGE_HPP
#define AROMA_DETAIL_LANGUAGE_HPP

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 202002L
#error "aroma needs C++20: compile with -std=c++20, of g++ 11 or clang++ 14 or a later one"
#include <the_error_above_says_what_to_do>
#endif

#if !defined(__ATOMIC_ACQUIRE) || !defined(__FLT_EVAL_METHOD__)
#error "aroma needs GCC or Clang: on Windows, compile with MinGW's g++"
#include <the_error_above_says_what_to_do>
#endif

#if !__has_include(<concepts>)
#error "aroma needs a C++20 standard library: this one has no <concepts>; libstdc++ 11 has it"
#include <the_error_above_says_what_to_do>
#endif

static_assert(16777217.0 > 16777216.0, // one and the same as floats
              "aroma needs constants of double: compile without -fsingle-precision-constant");

#endif // AROMA_DETAIL_LANGUAGE_HPP
