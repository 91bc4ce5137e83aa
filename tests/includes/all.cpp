// SPDX-License-Identifier: BSL-1.0
//
// Links the units whose static facts have held, and calls what two of them define twice if anything is not inline.

#include <aroma/aroma.hpp>

aroma::Assessment score_in_another_unit(int fd);

int main()
{
    return aroma::score(-1) == score_in_another_unit(-1) ? 0 : 1;
}
