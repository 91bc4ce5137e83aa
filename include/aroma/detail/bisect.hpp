// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/bisect.hpp: the first position at which a condition no longer holds.
#ifndef AROMA_DETAIL_BISECT_HPP
#define AROMA_DETAIL_BISECT_HPP

#include <aroma/detail/language.hpp>

namespace aroma::detail {

// The first position from begin to end for which holds() is false, or end if there is none. holds()
// must be true before that position and false after it.
template <class Integer, class Holds>
[[nodiscard]] constexpr Integer first_without(Integer begin, Integer end, Holds holds)
{
    while (begin < end) {
        Integer const middle = begin + (end - begin) / 2;
        if (holds(middle))
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_BISECT_HPP
