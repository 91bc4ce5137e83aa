// SPDX-License-Identifier: BSL-1.0
//
// What a server does when accept() fails.
#ifndef AROMA_EXAMPLES_ACCEPT_ERROR_HPP
#define AROMA_EXAMPLES_ACCEPT_ERROR_HPP

#include <cerrno>

namespace examples {

// Ends if the listening socket is no longer valid, since accept() would fail forever. Otherwise
// continues after a pause: if no descriptor is left, poll() would report the waiting client again
// and again, and other errors concern a single client.
inline bool accept_is_over(int error)
{
    return error == EBADF || error == EINVAL || error == ENOTSOCK || error == EOPNOTSUPP
        || error == EFAULT;
}

} // namespace examples

#endif // AROMA_EXAMPLES_ACCEPT_ERROR_HPP
