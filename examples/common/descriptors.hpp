// SPDX-License-Identifier: BSL-1.0
//
// The descriptors of this process: as many as it may open, and the first three held.
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

// Called before anything is opened: a program that is started with standard output closed would
// else print into its own first file or socket. /dev/null takes the place of what is closed, for
// the wrong direction, so that reading and writing there fail as they should.
inline void hold_standard_descriptors()
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
        if (::fcntl(fd, F_GETFD) < 0 // open() takes the lowest number that is free: this one
            && ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            std::exit(1); // no /dev/null
}

} // namespace examples

#endif // AROMA_EXAMPLES_DESCRIPTORS_HPP
