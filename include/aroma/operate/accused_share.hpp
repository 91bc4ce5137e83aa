// SPDX-License-Identifier: BSL-1.0
//
// aroma/operate/accused_share.hpp: the share of a server's clients that is accused, and whether
// that is plausible.
//
// Synopsis
//   class AccusedShare {                  8 KiB, whatever clients do
//       void        count(key, accused);  a connection that has a result
//       void        next_window();        from a timer, once an hour for instance
//       AccusedKeys keys();               of the larger of this window and the one before it
//   };
//   struct AccusedKeys {
//       std::uint32_t accused, all;
//       bool implausible();               20 % or more, of 100 keys or more: is the server itself
//                                         behind a proxy?
//       bool nearly_all();                90 % or more, of 200 keys or more
//   };
//
// If a balancer, Docker's userland proxy, TCP_DEFER_ACCEPT or SYN cookies falsify what a server
// measures, they falsify it for everybody: a share that no population of clients has.
//
// A key is what the server knows a client by: its account, or its network as the host that speaks
// to the client reports it. Take an IPv4 /24 and an IPv6 /48, which is the most that one site is
// given (RFC 6177): one with many addresses is one key then. Behind a balancer that hides its
// clients their addresses are the balancer's, one key for all, which shows nothing.
//
// A key counts once a window, by its first result: so neither a client with many connections nor a
// network with many clients weighs more than another, and a key's chance to be accused does not
// grow with its connections. A connection without a result (no score, void probes) does not count.
// To move the share by 20 % takes a quarter as many keys as all others bring.
//
// Counts are exact, not estimated: a window ends with next_window(), or when it has 512 keys. No
// key is kept but as a number, and that until its window ends. For one thread at a time.
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

    // Is the server itself the suspect?
    [[nodiscard]] constexpr bool implausible() const noexcept
    {
        return all >= least && std::uint64_t{accused} * 5 >= all;
    }
    // So many of so many that challenges hit nearly everybody.
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

    // key: any number. Who chooses keys that fall on one place makes a call take 1 us, and no more.
    constexpr void count(std::uint64_t key, bool accused) noexcept
    {
        std::uint64_t mark = detail::split_mix(key); // of each key another
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

    // Every key counts again. What is no longer true is gone after two windows.
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
