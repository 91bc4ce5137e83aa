// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/atomic.hpp: what is stored is loaded, in a constant expression too.

#include <aroma/detail/atomic.hpp>

#include <cstdint>

namespace {

using namespace aroma::detail;

template <class Integer>
constexpr bool is_loaded(Integer value)
{
    Integer relaxed = 0, released = 0;
    store_relaxed(relaxed, value);
    store_release(released, value);
    return load_relaxed(relaxed) == value && load_acquire(released) == value;
}
static_assert(is_loaded<std::uint32_t>(4294967295) && is_loaded<std::uint64_t>(~0ull));

} // namespace
