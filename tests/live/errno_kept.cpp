// SPDX-License-Identifier: BSL-1.0
//
// errno is as it was, whatever was called.

#include "../support/catch.hpp"

#include <aroma/linux/errno_kept.hpp>

#include <cerrno>

#include <unistd.h>

TEST_CASE("ErrnoKept: errno is as it was before")
{
    errno = ERANGE;
    {
        aroma::detail::ErrnoKept const kept;
        CHECK(::close(-1) == -1);
        CHECK(errno == EBADF);
    }
    CHECK(errno == ERANGE);
}
