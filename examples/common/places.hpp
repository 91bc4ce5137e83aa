// SPDX-License-Identifier: BSL-1.0
//
// The places for a server's connections. If all are taken, the connection whose last request is the
// longest ago gives way, so idle clients and slow ones shut nobody out.
//
//     Places places{256};
//     if (places.room()) ...    one is free, or somebody has rested for a second: accept
//     places.take(fd);          behind accept(): whoever gives way is shut down, which ends its
//     reads places.used(fd);          a request has arrived whole: bytes that are less than that do
//     not count places.leave(fd);         before close() places.give_way();        no descriptor is
//     left: somebody who rests goes
//
// For any number of threads. A place whose connection ended without leave() is forgotten in time.
#ifndef AROMA_EXAMPLES_PLACES_HPP
#define AROMA_EXAMPLES_PLACES_HPP

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <unordered_map>

#include <sys/socket.h>

namespace examples {

class Places {
public:
    // in which a client that has just been accepted sends its request
    static constexpr std::chrono::seconds rest{1};

    explicit Places(std::size_t most) : most_{most} {}

    bool room()
    {
        std::lock_guard const lock{mutex_};
        return by_fd_.size() < most_ || rests();
    }

    void take(int fd)
    {
        std::lock_guard const lock{mutex_};
        forget(fd);
        while (by_fd_.size() >= most_ && !end_first()) {}
        by_fd_[fd] = longest_first_.insert(longest_first_.end(), {fd, Clock::now()});
    }

    void used(int fd)
    {
        std::lock_guard const lock{mutex_};
        auto const found = by_fd_.find(fd);
        if (found == by_fd_.end())
            return; // it has given way
        found->second->since = Clock::now();
        longest_first_.splice(longest_first_.end(), longest_first_, found->second);
    }

    void leave(int fd)
    {
        std::lock_guard const lock{mutex_};
        forget(fd);
    }

    bool give_way()
    {
        std::lock_guard const lock{mutex_};
        while (rests())
            if (end_first())
                return true;
        return false;
    }

private:
    using Clock = std::chrono::steady_clock;
    struct Place {
        int fd;
        Clock::time_point since;
    };

    bool rests() const
    {
        return !longest_first_.empty() && Clock::now() - longest_first_.front().since >= rest;
    }

    // Whether that has ended somebody; there is none if its descriptor is closed.
    bool end_first()
    {
        int const fd = longest_first_.front().fd;
        forget(fd);
        return ::shutdown(fd, SHUT_RDWR) == 0;
    }

    void forget(int fd)
    {
        auto const found = by_fd_.find(fd);
        if (found == by_fd_.end())
            return;
        longest_first_.erase(found->second);
        by_fd_.erase(found);
    }

    std::size_t const most_;
    std::mutex mutex_;
    std::list<Place> longest_first_;
    std::unordered_map<int, std::list<Place>::iterator> by_fd_;
};

} // namespace examples

#endif // AROMA_EXAMPLES_PLACES_HPP
