// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/only.hpp: one error message on systems other than Linux.
#ifndef AROMA_LINUX_ONLY_HPP
#define AROMA_LINUX_ONLY_HPP

#include <aroma/detail/language.hpp>

#if !defined(__linux__)
#error "this header of aroma asks Linux' kernel: elsewhere <aroma/aroma.hpp> has what is portable"
#include <the_error_above_says_what_to_do>
#endif

#if !defined(_GNU_SOURCE)
#error "aroma needs _GNU_SOURCE, which g++ and clang++ define: compile without -U_GNU_SOURCE"
#include <the_error_above_says_what_to_do>
#endif

#endif // AROMA_LINUX_ONLY_HPP
