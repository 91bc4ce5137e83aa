// SPDX-License-Identifier: BSL-1.0
//
// aroma/detail/hash.hpp: 64-bit hashes: FNV-1a of bytes, SplitMix64 of a number.
#ifndef AROMA_DETAIL_HASH_HPP
#define AROMA_DETAIL_HASH_HPP

#include <aroma/detail/language.hpp>

#include <cstddef> // size_t
#include <cstdint> // uint64_t

namespace aroma::detail {

// draft-eastlake-fnv, section 6. Changing a single byte always changes the hash, since each step is
// invertible. Not for security: a client that can choose the bytes can choose the hash.
class Fnv1a {
public:
    template <class Byte>
        requires(sizeof(Byte) == 1)
    constexpr void add(Byte const* data, std::size_t size) noexcept
    {
        for (std::size_t i = 0; i < size; ++i)
            hash_ = (hash_ ^ static_cast<unsigned char>(data[i])) * 0x0000'0100'0000'01B3u;
    }
    [[nodiscard]] constexpr std::uint64_t hash() const noexcept { return hash_; }

private:
    std::uint64_t hash_ = 0xCBF2'9CE4'8422'2325u;
};

template <class Byte>
[[nodiscard]] constexpr std::uint64_t fnv1a(Byte const* data, std::size_t size) noexcept
{
    Fnv1a hash;
    hash.add(data, size);
    return hash.hash();
}

// The first output of SplitMix64 from this state (Steele, Lea, Flood: Fast splittable pseudorandom
// number generators, OOPSLA 2014).
[[nodiscard]] constexpr std::uint64_t split_mix(std::uint64_t state) noexcept
{
    state += 0x9E37'79B9'7F4A'7C15u;
    state = (state ^ (state >> 30)) * 0xBF58'476D'1CE4'E5B9u;
    state = (state ^ (state >> 27)) * 0x94D0'49BB'1331'11EBu;
    return state ^ (state >> 31);
}

} // namespace aroma::detail

#endif // AROMA_DETAIL_HASH_HPP
