// SPDX-License-Identifier: BSL-1.0
//
// Facts about detail/text_out.hpp: digits, decimals, and a writer that fails.

#include <aroma/detail/text_out.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace {

using namespace aroma;
using namespace aroma::detail;

struct Page {
    std::array<char, 4096> bytes{};
    std::size_t size = 0, writes = 0, room = 4096;

    constexpr bool operator()(char const* data, std::size_t more)
    {
        ++writes;
        if (more > room - size)
            return false;
        for (std::size_t i = 0; i < more; ++i)
            bytes[size++] = data[i];
        return true;
    }
};
template <class Say>
constexpr bool writes(Say say, Text expected)
{
    Page page;
    TextSink out{page};
    say(out);
    out.flush();
    return out.good() && Text{page.bytes.data(), page.size} == expected;
}
static_assert(text_writer<Page>);
static_assert(Text{Digits{0}} == "0" && Text{Digits{7, 3}} == "007"
              && Text{Digits{18446744073709551615u}} == "18446744073709551615");
static_assert(Text{HexDigits{0x0123'4567'89AB'CDEF}} == "0123456789abcdef");
static_assert(writes([](auto& out) { out << 'a' << "bc" << Text{"d"} << std::uint64_t{42}; },
                     "abcd42"));
static_assert(writes([](auto& out) { out.decimal(700'000, 6); }, "0.7")
              && writes([](auto& out) { out.decimal(700'000, 6, 3); }, "0.700")
              && writes([](auto& out) { out.decimal(1'000'000, 6); }, "1")
              && writes([](auto& out) { out.decimal(1, 6); }, "0.000001"));
static_assert([] { // longer than it collects, and nothing after a failure
    Page page;
    page.room = 1500;
    TextSink out{page};
    for (int i = 0; i < 3000; ++i)
        out << 'x';
    out.flush();
    return !out.good() && page.size == 1024 && page.writes == 2;
}());

} // namespace
