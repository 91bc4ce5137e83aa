// SPDX-License-Identifier: BSL-1.0
//
// The places for a server's connections. If all are taken, one connection is ended for a new one,
// so that idle, slow and busy clients cannot lock others out. First are those that have their last
// answer, then those without a request in their first second, then the one whose last request is
// the longest ago, and if none is idle, the oldest one.
//
//     Places places{256};
//     if (places.room()) ...    one is free, or one may be ended: accept
//     places.take(fd);          after accept(); shuts the replaced one down, which ends its reads
//     places.used(fd);          a complete request has arrived; single bytes do not count
//     places.leaving(fd);       its last answer is written: it may be ended first, and at once
//     places.leave(fd);         before close()
//     places.give_way();        no descriptor is left: ends one connection
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
    // for which a client that asks without a pause has its place, if others wait
    static constexpr std::chrono::seconds turn{10};

    explicit Places(std::size_t most) : most_{most} {}

    bool room()
    {
        std::lock_guard const lock{mutex_};
        return by_fd_.size() < most_ || next() != nullptr;
    }

    void take(int fd)
    {
        std::lock_guard const lock{mutex_};
        forget(fd);
        while (by_fd_.size() >= most_) {
            Place const* const place = next();
            end(place ? place->fd : oldest_first_.front().fd);
        }
        auto const now = Clock::now();
        by_fd_[fd] = {silent_.insert(silent_.end(), {fd, now}),
                      oldest_first_.insert(oldest_first_.end(), {fd, now}), &silent_};
    }

    void used(int fd)
    {
        std::lock_guard const lock{mutex_};
        auto const found = by_fd_.find(fd);
        if (found == by_fd_.end())
            return; // it has given way
        Entry& entry = found->second;
        entry.by_request->since = Clock::now();
        asked_.splice(asked_.end(), *entry.in, entry.by_request);
        entry.in = &asked_;
    }

    void leaving(int fd)
    {
        std::lock_guard const lock{mutex_};
        auto const found = by_fd_.find(fd);
        if (found == by_fd_.end())
            return;
        Entry& entry = found->second;
        leaving_.splice(leaving_.end(), *entry.in, entry.by_request);
        entry.in = &leaving_;
    }

    void leave(int fd)
    {
        std::lock_guard const lock{mutex_};
        forget(fd);
    }

    bool give_way()
    {
        std::lock_guard const lock{mutex_};
        while (Place const* const place = next())
            if (end(place->fd))
                return true;
        return false;
    }

private:
    using Clock = std::chrono::steady_clock;
    struct Place {
        int fd;
        Clock::time_point since;
    };
    using List = std::list<Place>;
    struct Entry {
        List::iterator by_request, by_age;
        List* in = nullptr; // silent_, asked_ or leaving_
    };

    // The connection to end, or none. A crowd of new connections without requests waits for its own
    // second: it ends none that has sent a request.
    Place const* next() const
    {
        if (!leaving_.empty())
            return &leaving_.front();
        auto const now = Clock::now();
        auto const front = [now](List const& list, std::chrono::seconds time) {
            return !list.empty() && now - list.front().since >= time ? &list.front() : nullptr;
        };
        if (Place const* const silent = front(silent_, rest))
            return silent;
        if (silent_.size() > by_fd_.size() / 2)
            return nullptr;
        Place const* const resting = front(asked_, rest);
        return resting ? resting : front(oldest_first_, turn);
    }

    // Whether a connection has ended by it: none has if the descriptor is closed.
    bool end(int fd)
    {
        forget(fd);
        return ::shutdown(fd, SHUT_RDWR) == 0;
    }

    void forget(int fd)
    {
        auto const found = by_fd_.find(fd);
        if (found == by_fd_.end())
            return;
        Entry const& entry = found->second;
        entry.in->erase(entry.by_request);
        oldest_first_.erase(entry.by_age);
        by_fd_.erase(found);
    }

    std::size_t const most_;
    std::mutex mutex_;
    // no request yet, by their last one, and by their last answer; the longest ago first
    List silent_, asked_, leaving_;
    List oldest_first_; // all, since take()
    std::unordered_map<int, Entry> by_fd_;
};

} // namespace examples

#endif // AROMA_EXAMPLES_PLACES_HPP
