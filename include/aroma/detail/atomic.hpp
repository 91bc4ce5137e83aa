// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/atomic.hpp: an integer that one thread writes while others read it.
//
// Synopsis
//   T    load_relaxed(from);  void store_relaxed(to, value);     a counter
//   T    load_acquire(from);  void store_release(to, value);     a thread that loads the value
//                                                                sees all that was written before
//
// Not std::atomic, so that counters stay trivially copyable and constexpr, and since <atomic> takes
// 24,000 lines.
#ifndef AROMA_DETAIL_ATOMIC_HPP
#define AROMA_DETAIL_ATOMIC_HPP

#include <aroma/detail/language.hpp>

#include <type_traits> // is_constant_evaluated

namespace aroma::detail {

template <class Integer>
[[nodiscard]] constexpr Integer load_relaxed(Integer const& from) noexcept
{
    static_assert(__atomic_always_lock_free(sizeof(Integer), nullptr),
                  "this processor cannot read so many bits at once");
    return std::is_constant_evaluated() ? from : __atomic_load_n(&from, __ATOMIC_RELAXED);
}

template <class Integer>
constexpr void store_relaxed(Integer& to, Integer value) noexcept
{
    if (std::is_constant_evaluated())
        to = value;
    else
        __atomic_store_n(&to, value, __ATOMIC_RELAXED);
}

template <class Integer>
[[nodiscard]] constexpr Integer load_acquire(Integer const& from) noexcept
{
    static_assert(__atomic_always_lock_free(sizeof(Integer), nullptr),
                  "this processor cannot read so many bits at once");
    return std::is_constant_evaluated() ? from : __atomic_load_n(&from, __ATOMIC_ACQUIRE);
}

template <class Integer>
constexpr void store_release(Integer& to, Integer value) noexcept
{
    if (std::is_constant_evaluated())
        to = value;
    else
        __atomic_store_n(&to, value, __ATOMIC_RELEASE);
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_ATOMIC_HPP
