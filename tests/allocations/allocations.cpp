// SPDX-License-Identifier: BSL-1.0
//
// score(fd) allocates nothing, whatever the descriptor is, and nor do the questions of sock_diag,
// however many connections there are, nor a ThresholdFile: every allocation of this program is
// counted. It stands alone, since a test framework and its replacement of operator new would count
// each other.

#include "../support/sockets.hpp"

#include <aroma/aroma.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/threshold_file.hpp>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

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

void* operator new(std::size_t size)
{
    return count(size);
}
void* operator new[](std::size_t size)
{
    return count(size);
}
void operator delete(void* at) noexcept
{
    std::free(at);
}
void operator delete(void* at, std::size_t) noexcept
{
    std::free(at);
}
void operator delete[](void* at) noexcept
{
    std::free(at);
}
void operator delete[](void* at, std::size_t) noexcept
{
    std::free(at);
}

int main()
{
    using namespace live;
    Connection c = connected();
    c.exchange();
    Fd const listener = tcp_socket();
    start_listening(listener);
    if (aroma::score(c.server.get()).status != aroma::Status::ok
        || aroma::score(listener.get()).status != aroma::Status::listening) {
        std::puts("FAILED: the descriptors are not what they should be");
        return 1;
    }

    std::vector<Connection> many;
    for (int i = 0; i < 300; ++i)
        many.push_back(connect_through(listener, tcp_socket()));
    sockaddr_in const here = local_address(c.server), there = local_address(c.client);

    long const before = allocations;
    double sum = 0;
    for (int i = 0; i < 1000; ++i)
        for (int const fd : {c.server.get(), listener.get(), -1, 0})
            sum += aroma::score(fd).score.value_or(0);
    std::size_t told = 0;
    aroma::SockDiagError diagnosed = aroma::SockDiagError::none;
    for (int i = 0; i < 10; ++i) {
        aroma::DiagResult const all =
            aroma::for_each_connection([&](aroma::DiagConnection const& connection) {
                sum += assess(connection.info).score.value_or(0);
                ++told;
            });
        sum += aroma::score(aroma::EndpointPair{here, there}).score.value_or(0)
             + aroma::score(aroma::EndpointPair{{}, there}).score.value_or(0);
        diagnosed = all.error;
    }
    aroma::ThresholdFile<8> thresholds{AROMA_THRESHOLDS};
    bool const reloaded = thresholds.last().status == aroma::ReloadStatus::loaded
                       && thresholds.reload().status == aroma::ReloadStatus::unchanged;
    sum += thresholds.classifier("cdg/mobile").thresholds().unstable_below;
    long const scored = allocations - before;
    if (!reloaded) {
        std::puts("FAILED: the thresholds are not loaded");
        return 1;
    }
    if (diagnosed == aroma::SockDiagError::none && told < 6000) {
        std::puts("FAILED: not every connection was told");
        return 1;
    }

    std::string* volatile counted = new std::string(100, 'x');
    delete counted;
    bool const counts = allocations - before - scored >= 2;
    std::printf("4030 questions, %zu connections told (%s), %ld allocations; the counter %s; sum "
                "of scores %f\n",
                told, name(diagnosed), scored, counts ? "counts" : "does not count", sum);
    return scored == 0 && counts && sum > 0 ? 0 : 1;
}
#endif
