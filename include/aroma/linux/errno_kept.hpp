// SPDX-License-Identifier: BSL-1.0
//
// aroma/linux/errno_kept.hpp: keeps the caller's errno, whatever is called meanwhile.
#ifndef AROMA_LINUX_ERRNO_KEPT_HPP
#define AROMA_LINUX_ERRNO_KEPT_HPP

#include <aroma/detail/language.hpp>

#include <errno.h> // errno

namespace aroma::detail {

class ErrnoKept {
public:
    ErrnoKept() noexcept = default;
    ErrnoKept(ErrnoKept const&) = delete;
    ErrnoKept& operator=(ErrnoKept const&) = delete;
    ~ErrnoKept() { errno = before_; }

private:
    int before_ = errno;
};

} // namespace aroma::detail

#endif // AROMA_LINUX_ERRNO_KEPT_HPP
