// SPDX-License-Identifier: BSL-1.0
//
// score(fd) allocates nothing, whatever the descriptor is: every allocation of this program is counted. It stands alone, since
// a test framework and its replacement of operator new would count each other.

#include "../live/sockets.hpp"

#include <aroma/aroma.hpp>

#include <cstdio>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
int main()
{
    std::puts("aroma: skipped: a sanitizer has allocation functions of its own");
}
#else

namespace {

long allocations = 0;

void* count(std::size_t size)
{
    ++allocations;
    if (void* const at = std::malloc(size ? size : 1))
        return at;
    throw std::bad_alloc{};
}

} // namespace

void* operator new(std::size_t size) { return count(size); }
void* operator new[](std::size_t size) { return count(size); }
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t) noexcept { std::free(at); }

int main()
{
    using namespace live;
    Connection c = connected();
    c.exchange();
    Fd const listener = tcp_socket();
    start_listening(listener);
    if (aroma::score(c.server.get()).status != aroma::Status::ok || aroma::score(listener.get()).status != aroma::Status::listening) {
        std::puts("FAILED: the descriptors are not what they should be");
        return 1;
    }

    long const before = allocations;
    double sum = 0;
    for (int i = 0; i < 1000; ++i)
        for (int const fd : {c.server.get(), listener.get(), -1, 0})
            sum += aroma::score(fd).score.value_or(0);
    long const scored = allocations - before;

    std::string* volatile counted = new std::string(100, 'x');
    delete counted;
    bool const counts = allocations - before - scored >= 2;
    std::printf("4000 questions, %ld allocations; the counter %s; sum of scores %f\n", scored, counts ? "counts" : "does not count", sum);
    return scored == 0 && counts && sum > 0 ? 0 : 1;
}
#endif
