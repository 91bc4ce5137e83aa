// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/names.hpp: one error message if a macro has the name of a type.
//
// X11 defines Status as int, possibly between two headers of aroma, so this has no include guard.
#ifndef AROMA_DETAIL_NAMES_HPP
#define AROMA_DETAIL_NAMES_HPP

#include <aroma/detail/language.hpp>

#endif // AROMA_DETAIL_NAMES_HPP

#if defined(Status)
#error "Status is a macro, as in <X11/Xlib.h>: include aroma before it, or #undef Status behind it"
#include <the_error_above_says_what_to_do>
#endif
