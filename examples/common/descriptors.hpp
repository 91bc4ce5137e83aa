// SPDX-License-Identifier: BSL-1.0
//
// The descriptors of this process: raises their limit, and keeps the first three open.
#ifndef AROMA_EXAMPLES_DESCRIPTORS_HPP
#define AROMA_EXAMPLES_DESCRIPTORS_HPP

#include <cstdlib>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

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

// Call it before anything is opened: a program started with standard output closed would otherwise
// print into its first file or socket. Opens /dev/null in place of closed descriptors, for the
// wrong direction, so that reading and writing there still fail.
inline void hold_standard_descriptors()
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (::fcntl(fd, F_GETFD) < 0 // open() takes the lowest number that is free: this one
            && ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            std::exit(1); // no /dev/null
}

} // namespace examples

#endif // AROMA_EXAMPLES_DESCRIPTORS_HPP
