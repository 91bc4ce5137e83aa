// SPDX-License-Identifier: BSL-1.0
//
// As many descriptors as this process may open.
#ifndef AROMA_EXAMPLES_DESCRIPTORS_HPP
#define AROMA_EXAMPLES_DESCRIPTORS_HPP

#include <sys/resource.h>

namespace examples {

// How many there are now.
inline rlim_t raise_descriptor_limit()
{
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_cur;
}

} // namespace examples

#endif // AROMA_EXAMPLES_DESCRIPTORS_HPP
