// SPDX-License-Identifier: BSL-1.0
//
// System calls that really fail, as in a sandbox: a child process in which the kernel refuses one.
#ifndef AROMA_TESTS_SUPPORT_SECCOMP_HPP
#define AROMA_TESTS_SUPPORT_SECCOMP_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

// From here on that system call fails with an errno in this process, or, with two numbers, those
// calls whose second and third argument they are. False if there is no seccomp. Cannot be undone.
inline bool refuse(long call, int error, int second = -1, int third = -1)
{
    auto const load = [](std::size_t offset) {
        return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
    };
    std::vector<sock_filter> filter;
    auto const unless = [&](std::size_t offset, int is) {
        filter.push_back(load(offset));
        filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(is), 1, 0));
        filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    };
    unless(offsetof(seccomp_data, nr), static_cast<int>(call));
    // the low halves, where little-endian machines have them
    if (second >= 0)
        unless(offsetof(seccomp_data, args) + 1 * sizeof(std::uint64_t), second);
    if (third >= 0)
        unless(offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t), third);
    filter.push_back(BPF_STMT(BPF_RET | BPF_K,
                              SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & 0xffff)));
    sock_fprog const program{static_cast<unsigned short>(filter.size()), filter.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// The text that work() returns in a process of its own; "died" if it has not come to its end.
template <class Work>
std::string in_child(Work work)
{
    int ends[2];
    if (::pipe(ends) != 0)
        std::abort();
    pid_t const child = ::fork();
    if (child == 0) {
        std::string text = work() + '.';
        iovec const all{text.data(), text.size()}; // by a call that no test refuses
        ::_exit(::writev(ends[1], &all, 1) >= 0 ? 0 : 1);
    }
    ::close(ends[1]);
    std::string text;
    char part[4096];
    for (ssize_t size = 0; (size = ::read(ends[0], part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(size));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0 || text.empty())
        return text + "died";
    text.pop_back();
    return text;
}

} // namespace support

#endif // AROMA_TESTS_SUPPORT_SECCOMP_HPP
