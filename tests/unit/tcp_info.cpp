// SPDX-License-Identifier: BSL-1.0
//
// decode() on bytes that no kernel would send: whatever they are, a score is in (0, 1] or there is
// none.

#include "../support/catch.hpp"

#include <aroma/linux/score.hpp>
#include <aroma/linux/tcp_info.hpp>

#include <cstring>
#include <random>
#include <vector>

using aroma::Status;

namespace {

void check(aroma::TcpInfo const& info, std::size_t size)
{
    aroma::Assessment const a = aroma::assess(info);
    bool const scored = a.status == Status::ok;
    if (scored != a.score.known() || scored != (a.band != aroma::Band::unknown)
        || scored != (a.basis != aroma::Basis::none)
        || (scored && !(a.score.value() > 0 && a.score.value() <= 1)) || (scored && size < 152)
        || (size < 152 && a.status != Status::kernel_too_old)) {
        FAIL("size " << size << ", status " << name(a.status) << ", score " << a.score.value());
    }
}

} // namespace

TEST_CASE("decode: random bytes of every length")
{
    std::mt19937_64 random{20261123};
    std::vector<unsigned char> bytes(512);
    for (int round = 0; round < 200; ++round) {
        for (unsigned char& byte : bytes)
            byte = static_cast<unsigned char>(random());
        for (std::size_t size = 0; size <= bytes.size(); ++size)
            check(aroma::decode(static_cast<void const*>(bytes.data()), size), size);
    }
    SUCCEED();
}

TEST_CASE("decode: fields at their extremes, every state")
{
    constexpr std::uint32_t extremes[] = {0,    1,          2,          3,          999,
                                          1000, 2147483647, 2147483648, 4294967294, 4294967295};
    unsigned char bytes[256];
    for (int state = 0; state < 256; ++state)
        for (std::uint32_t const minimum : extremes)
            for (std::uint32_t const smoothed : extremes)
                for (std::uint32_t const variation : extremes)
                    for (std::uint64_t const acked :
                         {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
                        std::memset(bytes, 0xff, sizeof bytes);
                        bytes[0] = static_cast<unsigned char>(state);
                        std::memcpy(bytes + 148, &minimum, 4);
                        std::memcpy(bytes + 68, &smoothed, 4);
                        std::memcpy(bytes + 72, &variation, 4);
                        std::memcpy(bytes + 120, &acked, 8);
                        check(aroma::decode(static_cast<void const*>(bytes), sizeof bytes),
                              sizeof bytes);
                    }
    SUCCEED();
}

TEST_CASE("decode: bytes at odd addresses")
{
    std::vector<char> bytes(300, 0);
    for (std::size_t shift = 0; shift < 8; ++shift) {
        std::fill(bytes.begin(), bytes.end(), '\0');
        char* const at = bytes.data() + shift;
        std::uint32_t const minimum = 5000, smoothed = 50'000;
        std::uint64_t const acked = 99;
        at[0] = 1;
        std::memcpy(at + 148, &minimum, 4);
        std::memcpy(at + 68, &smoothed, 4);
        std::memcpy(at + 120, &acked, 8);
        CHECK(aroma::assess(aroma::decode(at, 200)).score.value() == 0.1);
    }
}

TEST_CASE("decode: a null pointer has no bytes")
{
    void const* const none = nullptr;
    CHECK(aroma::decode(none, 200) == aroma::decode(none, 0));
}
