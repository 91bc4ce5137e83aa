// SPDX-License-Identifier: BSL-1.0
//
// What a server does when accept() fails.
#ifndef AROMA_EXAMPLES_ACCEPT_ERROR_HPP
#define AROMA_EXAMPLES_ACCEPT_ERROR_HPP

#include <cerrno>

namespace examples {

// The listening socket is none any more, so to go on is to fail for ever. Else it goes on, behind a
// pause: no descriptor is left, poll() reports the client that waits again and again, and the
// other errors are a single client's.
inline bool accept_is_over(int error)
{
    return error == EBADF || error == EINVAL || error == ENOTSOCK || error == EOPNOTSUPP
        || error == EFAULT;
}

} // namespace examples

#endif // AROMA_EXAMPLES_ACCEPT_ERROR_HPP
