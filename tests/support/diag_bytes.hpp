// SPDX-License-Identifier: BSL-1.0
//
// What the tests of sock_diag share: a kernel's answer, written byte by byte at offsets that are
// stated here a second time.
#ifndef AROMA_TESTS_SUPPORT_DIAG_BYTES_HPP
#define AROMA_TESTS_SUPPORT_DIAG_BYTES_HPP

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace facts {

struct DiagBytes {
    std::array<unsigned char, 4096> bytes{};
    std::size_t size = 0;
    std::size_t message = 0; // where the last one begins

    template <class Integer>
    constexpr void put(std::size_t offset, Integer value)
    {
        auto const raw = std::bit_cast<std::array<unsigned char, sizeof value>>(value);
        for (std::size_t i = 0; i < sizeof value; ++i)
            bytes[offset + i] = raw[i];
    }
    template <class Integer>
    constexpr DiagBytes& add(Integer value)
    {
        put(size, value);
        size += sizeof value;
        return length(static_cast<std::uint32_t>(size - message));
    }
    constexpr DiagBytes& length(std::uint32_t claimed)
    {
        put(message, claimed);
        return *this;
    }
    constexpr DiagBytes& begin(std::uint16_t type, std::uint32_t sequence = 1,
                               std::uint16_t flags = 2)
    {
        size = message = (size + 3) / 4 * 4;
        size += 16;
        put(message + 4, type);
        put(message + 6, flags);
        put(message + 8, sequence);
        return length(16);
    }
    constexpr DiagBytes& done(std::int32_t error = 0, std::uint32_t sequence = 1)
    {
        return begin(3, sequence).add(error);
    }
    constexpr DiagBytes& error(std::int32_t error, std::uint32_t sequence = 1)
    {
        return begin(2, sequence, 0).add(error);
    }

    // inet_diag_msg: an IPv4 socket as the kernel files it under IPv4, 192.0.2.1:443 to
    // 198.51.100.LAST:50000.
    constexpr DiagBytes& socket(unsigned char state = 1, unsigned char last = 7,
                                std::uint16_t type = 20, std::uint32_t sequence = 1,
                                std::uint16_t flags = 2)
    {
        begin(type, sequence, flags);
        std::size_t const at = size;
        size += 72;
        bytes[at] = 2;
        bytes[at + 1] = state;
        place(at + 4, {0x01, 0xbb, 0xc3, 0x50});
        place(at + 8, {192, 0, 2, 1});
        place(at + 24, {198, 51, 100, last});
        put(at + 40, std::uint32_t{3});
        put(at + 64, std::uint32_t{1000});
        put(at + 68, std::uint32_t{123456});
        return length(static_cast<std::uint32_t>(size - message));
    }
    // The same under IPv6: [2001:db8::1]:443 to [FIRST...::LAST]:50000.
    constexpr DiagBytes& socket6(std::initializer_list<unsigned char> local,
                                 std::initializer_list<unsigned char> remote)
    {
        socket();
        std::size_t const at = message + 16;
        bytes[at] = 10;
        place(at + 8, local);
        place(at + 24, remote);
        return *this;
    }
    constexpr DiagBytes& attribute(std::uint16_t kind, std::size_t payload)
    {
        size = (size + 3) / 4 * 4;
        put(size, static_cast<std::uint16_t>(4 + payload));
        put(size + 2, kind);
        size += 4 + payload;
        return length(static_cast<std::uint32_t>(size - message));
    }
    constexpr DiagBytes& info(unsigned char state = 1, std::uint32_t minimum = 5000,
                              std::uint32_t smoothed = 50'000, std::size_t payload = 232)
    {
        attribute(2, payload);
        std::size_t const at = size - payload;
        bytes[at] = state;
        if (payload >= 152) {
            put(at + 68, smoothed);
            put(at + 72, std::uint32_t{700});
            put(at + 120, std::uint64_t{1234});
            put(at + 148, minimum);
        }
        return *this;
    }

private:
    constexpr void place(std::size_t at, std::initializer_list<unsigned char> values)
    {
        for (unsigned char const value : values)
            bytes[at++] = value;
    }
};

} // namespace facts

#endif // AROMA_TESTS_SUPPORT_DIAG_BYTES_HPP
