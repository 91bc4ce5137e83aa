// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/accused_share.hpp: the share of a server's clients that is accused, and whether
// that is plausible.
//
// Synopsis
//   class AccusedShare {                  8 KiB, fixed
//       void        count(key, accused);  the result of a connection
//       void        next_window();        from a timer, once an hour for instance
//       AccusedKeys keys();               of this window or the one before, the larger
//   };
//   struct AccusedKeys {
//       std::uint32_t accused, all;
//       bool implausible();               20 % or more, of at least 100 keys: the server
//                                         itself may be behind a proxy
//       bool nearly_all();                90 % or more, of at least 200 keys
//   };
//
// A balancer, Docker's userland proxy, TCP_DEFER_ACCEPT or SYN cookies falsify the results of all
// clients: the accused share is then larger than in any real population.
//
// A key identifies a client: its account, or its network as seen by the host that terminates its
// TCP connection. Use an IPv4 /24 or an IPv6 /48, the most that one site gets (RFC 6177), so that a
// client with many addresses is one key. Behind a balancer that hides the clients' addresses, all
// of them share the balancer's key, which shows nothing.
//
// A key counts once in each window, by its first result. So neither a client with many connections
// nor a network with many clients weighs more than another, and a key's chance of being accused
// does not grow with its connections. A connection without a result (no score, void probes) does
// not count. To move the share by 20 %, an attacker needs a quarter as many keys as all others
// have.
//
// Counts are exact. A window ends with next_window(), or when it has 512 keys. A key is kept only
// as a number, until its window ends. For one thread at a time.
#ifndef AROMA_OPERATE_ACCUSED_SHARE_HPP
#define AROMA_OPERATE_ACCUSED_SHARE_HPP

#include <aroma/detail/hash.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint32_t, uint64_t

namespace aroma {

// Distinct keys of a window.
struct AccusedKeys {
    std::uint32_t accused = 0; // of all
    std::uint32_t all = 0;     // distinct keys that had a result

    // With 100 keys: if truly 10 % are accused, one window in 370 reaches 20 % at any of its keys,
    // and if 5 % are, one in eight million (tests/unit/accused_share.cpp).
    static constexpr std::uint32_t least = 100;

    // Whether the server itself is the suspect.
    [[nodiscard]] constexpr bool implausible() const noexcept
    {
        return all >= least && std::uint64_t{accused} * 5 >= all;
    }
    // Whether challenges hit nearly all clients.
    [[nodiscard]] constexpr bool nearly_all() const noexcept
    {
        return all >= 2 * least && std::uint64_t{accused} * 10 >= std::uint64_t{all} * 9;
    }

    friend constexpr bool operator==(AccusedKeys const&, AccusedKeys const&) noexcept = default;
};

// Counts which keys, a network's or a client's, were accused in a window of time, in 8 KiB whatever
// clients do.
class AccusedShare {
public:
    static constexpr std::uint32_t most_keys = 512; // of a window

    // key: any number. Keys chosen to collide make a call take 1 us at most.
    constexpr void count(std::uint64_t key, bool accused) noexcept
    {
        std::uint64_t mark = detail::split_mix(key); // different for each key
        mark = mark != 0 ? mark : 1;
        std::size_t at = mark % places;
        for (; marks_[at] != 0; at = (at + 1) % places)
            if (marks_[at] == mark)
                return;
        marks_[at] = mark;
        ++now_.all;
        now_.accused += accused ? 1u : 0u;
        if (now_.all == most_keys)
            next_window();
    }

    // Starts a window, in which every key counts again. Old results are gone after two windows.
    constexpr void next_window() noexcept
    {
        last_ = now_;
        now_ = {};
        for (std::uint64_t& mark : marks_)
            mark = 0;
    }

    [[nodiscard]] constexpr AccusedKeys keys() const noexcept
    {
        return now_.all >= last_.all ? now_ : last_;
    }

private:
    static constexpr std::size_t places = 2 * most_keys; // no more than half of them taken

    std::uint64_t marks_[places]{};
    AccusedKeys now_{}, last_{};
};

} // namespace aroma

#endif // AROMA_OPERATE_ACCUSED_SHARE_HPP
