// SPDX-License-Identifier: BSL-1.0
//
// score(fd) looks at no more of the usual answer than it needs. Here it gets answers of a kernel
// that is none, of every length, and must say to the bit what all of their numbers say.

#include "../support/catch.hpp"
#include "../support/same_history.hpp"

#include <aroma/linux/score.hpp>
#include <aroma/linux/socket.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <vector>

using namespace aroma;

namespace {

using Bytes = std::vector<unsigned char>;

// A getsockopt that answers so many of the bytes.
auto answering(Bytes const& bytes, std::size_t size)
{
    return [&bytes, size](int, int, int, void* value, socklen_t* length) {
        std::memcpy(value, bytes.data(), std::min(size, std::size_t{*length}));
        *length = static_cast<socklen_t>(size);
        return 0;
    };
}

struct Half {
    Score operator()(RttSample<Microseconds> const&) const noexcept { return Score{0.5}; }
};
struct Least { // accuses everybody
    Score operator()(RttSample<Microseconds> const&) const noexcept { return Score{0.01}; }
};

// A first request says without a history what it says with a new one, if that accuses.
template <class Method>
Assessment by_new_history(TcpInfo const& info, Options<Method> const& options)
{
    ConnectionHistory alone;
    Assessment const a = assess(info, alone, options);
    return a.status == Status::ok ? a : Assessment{.status = info.status, .sample = info.rtt};
}

template <class Chosen>
void check(Bytes const& bytes, std::size_t size, Chosen chosen, ConnectionHistory const& before)
{
    auto const answer = answering(bytes, size);
    TcpInfo const info = detail::read_by(-1, answer);
    if (size == 0 || bytes[0] != 0)
        if (info != decode(bytes.data(), std::min(size, std::size_t{224})))
            FAIL("read: size " << size);
    Assessment const quick = detail::score_by(answer, -1, chosen);
    if (quick != assess(info, chosen.get()))
        FAIL("size " << size << ", status " << name(quick.status) << ", score "
                     << quick.score.value());
    if (info.status == Status::handshake_only && !measured(chosen.get().application_rtt)
        && quick != by_new_history(info, chosen.get()))
        FAIL("size " << size << ": not as a history says");
    ConnectionHistory by_quick = before, by_whole = before;
    if (detail::score_by(answer, -1, chosen, by_quick) != assess(info, by_whole, chosen.get())
        || !is_same(by_quick, by_whole, send_position(info)))
        FAIL("with a history: size " << size << ", status " << name(info.status));
}

template <class Method>
void check(Bytes const& bytes, std::size_t size, Options<Method> const& options,
           ConnectionHistory const& before)
{
    check(bytes, size, detail::TheseOptions<Method>{options}, before);
}

void check_every_way(Bytes const& bytes, std::size_t size, ConnectionHistory const& before)
{
    check(bytes, size, detail::NoOptions{}, before);
    Microseconds const tick{4000};
    check(bytes, size, Options<>{.tick = tick}, before);
    check(bytes, size,
          Options<>{.classifier = ThresholdClassifier::with(
                        {.unstable_below = 1, .suspicious_below = 0.9, .proxy_below = 0.8}),
                    .stopwatch = Microseconds{61'000},
                    .tick = tick},
          before);
    check(bytes, size, // no score is suspicious, so no opening is lifted to that
          Options<>{.classifier = ThresholdClassifier::with(
                        {.unstable_below = 1, .suspicious_below = 0.8, .proxy_below = 0.8}),
                    .tick = tick},
          before);
    check(bytes, size, Options<>{.application_rtt = Microseconds{70'000}, .tick = tick}, before);
    check(bytes, size, Options<Half>{.tick = tick}, before);
    check(bytes, size, Options<Least>{.tick = tick}, before);
    check(bytes, size, Options<ReferenceOverExcess>{.tick = tick}, before);
}

void put(Bytes& bytes, std::size_t at, std::uint32_t value)
{
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

// Of a first request that has come in one write, 55 ms after the handshake's end.
Bytes first_request()
{
    Bytes bytes(256);
    bytes[0] = 1;
    put(bytes, 44, 56);      // last_data_sent
    put(bytes, 52, 1);       // last_data_recv
    put(bytes, 68, 20'000);  // rtt
    put(bytes, 72, 10'000);  // rttvar
    put(bytes, 148, 20'000); // min_rtt
    put(bytes, 128, 300);    // bytes_received
    put(bytes, 152, 1);      // data_segs_in
    return bytes;
}
Bytes second_request()
{
    Bytes bytes = first_request();
    put(bytes, 68, 40'000);
    put(bytes, 120, 2000); // bytes_acked
    put(bytes, 156, 2);    // data_segs_out
    put(bytes, 200, 2000); // bytes_sent
    return bytes;
}

// One that has seen an opening and a probe.
ConnectionHistory experienced()
{
    ConnectionHistory history;
    RttSample const sample{Microseconds{20'000}, Microseconds{30'000}, Microseconds{5000},
                           Microseconds{80'000}};
    history.observe(Exchange::opening, sample);
    history.observe(Exchange::reply, sample);
    return history;
}

} // namespace

TEST_CASE("score: random answers of every length say what all their numbers say")
{
    std::mt19937_64 random{20261128};
    Bytes bytes(256);
    for (int round = 0; round < 40; ++round) {
        for (unsigned char& byte : bytes)
            byte = static_cast<unsigned char>(random());
        bytes[0] = static_cast<unsigned char>(round % 2 == 0 ? 1 : random() % 14);
        for (std::size_t size = 0; size <= bytes.size(); ++size)
            check_every_way(bytes, size, round % 4 < 2 ? ConnectionHistory{} : experienced());
    }
    SUCCEED();
}

TEST_CASE("score: a first and a second request of every length, with a field at its extremes")
{
    REQUIRE(assess(decode(first_request()), Options<>{.tick = Microseconds{4000}}).band
            == Band::suspicious);
    REQUIRE(assess(decode(second_request())).band == Band::unstable);
    for (Bytes const& usual : {first_request(), second_request()}) {
        for (std::size_t size = 0; size <= usual.size(); ++size)
            check_every_way(usual, size, ConnectionHistory{});
        for (std::size_t at = 0; at < 224; at += 4)
            for (std::uint32_t const value :
                 {0u, 1u, 2u, 3u, 8u, 31u, 32u, 999u, 3056u, 3057u, 10'000u, 20'000u, 2147483647u,
                  2147483648u, 4294967294u, 4294967295u}) {
                Bytes bytes = usual;
                put(bytes, at, value);
                for (std::size_t const size : {152u, 160u, 192u, 216u, 224u, 256u})
                    for (ConnectionHistory const& before : {ConnectionHistory{}, experienced()})
                        check_every_way(bytes, size, before);
            }
    }
    SUCCEED();
}

TEST_CASE("score: every state, at the edge of one sample and of two")
{
    for (unsigned state = 0; state < 256; ++state)
        for (std::uint32_t const smoothed : {0u, 1u, 31u, 32u, 33u, 20'000u, 4294967295u})
            for (std::uint32_t const minimum : {0u, 31u, 32u, 20'000u, 4294967295u})
                for (std::uint32_t const acked : {0u, 1u, 2u}) {
                    Bytes bytes = first_request();
                    bytes[0] = static_cast<unsigned char>(state);
                    put(bytes, 68, smoothed);
                    put(bytes, 72, smoothed / 2);
                    put(bytes, 148, minimum);
                    put(bytes, 120, acked);
                    check(bytes, 224, detail::NoOptions{}, ConnectionHistory{});
                }
    SUCCEED();
}

TEST_CASE("score: a getsockopt that writes nothing scores nothing")
{
    ConnectionHistory history;
    for (socklen_t const told : {224u, 256u, 0u}) {
        auto const silent = [told](int, int, int, void* value, socklen_t* length) {
            std::memset(static_cast<char*>(value) + 1, 0xff, *length - 1); // as a stack may be
            *length = told;
            return 0;
        };
        Assessment const nothing{.status = told == 0 ? Status::kernel_too_old : Status::no_sample};
        CHECK(detail::score_by(silent, -1, detail::NoOptions{}) == nothing);
        CHECK(detail::score_by(silent, -1, detail::NoOptions{}, history) == nothing);
        CHECK(detail::read_by(-1, silent).rtt == nothing.sample);
    }
}

TEST_CASE("score: why a getsockopt fails, and errno")
{
    for (int const error : {EBADF, ENOTSOCK, EOPNOTSUPP, ENOSYS, EPERM, EINTR}) {
        auto const failing = [error](int, int, int, void*, socklen_t*) {
            errno = error;
            return -1;
        };
        errno = ERANGE;
        ConnectionHistory history;
        Assessment const a = detail::score_by(failing, -1, detail::NoOptions{});
        CHECK(a == detail::score_by(failing, -1, detail::NoOptions{}, history));
        CHECK(a == assess(detail::read_by(-1, failing)));
        CHECK(errno == ERANGE);
        CHECK(a.status != Status::ok);
    }
}
