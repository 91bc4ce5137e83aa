// SPDX-License-Identifier: BSL-1.0
//
// Facts about score(socket): what has a descriptor is scored by it, as deep as its layers lie, and
// nothing else is.

#include <aroma/aroma.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace {

using namespace aroma;

// Shaped as in Asio and Beast.
struct TcpSocket {
    using native_handle_type = int;
    int fd;
    constexpr native_handle_type native_handle() { return fd; } // not const there either
};
struct TcpStream {
    TcpSocket lowest;
    constexpr TcpSocket& socket() { return lowest; }
};
template <class Next>
struct TlsStream {
    Next next;
    constexpr void* native_handle() { return nullptr; } // an SSL*
    constexpr Next& next_layer() { return next; }
};
template <class Next>
struct WebSocketStream {
    Next next;
    constexpr Next& next_layer() { return next; }
};
struct Descriptor { // of one's own
    operator int() const noexcept { return -1; }
};
struct Thread { // std::thread::native_handle() is an integer, and no descriptor
    unsigned long native_handle() { return 7; }
};
struct Turtles {
    Thread below;
    Thread& next_layer() { return below; }
};

constexpr int found_in_the_layers = [] {
    WebSocketStream<TlsStream<TcpStream>> stream{{{{42}}}};
    return detail::descriptor_of(stream);
}();
static_assert(found_in_the_layers == 42);

// clang-format off
template <class Source, class... How>
concept scored = requires(Source&& source, How&&... how) {
    {
        score(std::forward<Source>(source), std::forward<How>(how)...)
    } noexcept -> std::same_as<Assessment>;
};
template <class Source>
concept is_read = requires(Source&& source) {
    { read(std::forward<Source>(source)) } noexcept -> std::same_as<TcpInfo>;
};
template <class Source>
concept probed = requires(Source&& source, ConnectionHistory& history) {
    { probe_sent(source, history, 1) } noexcept -> std::same_as<Status>;
    { probe_answered(source, history, 1) } noexcept -> std::same_as<Assessment>;
};
template <class Source>
constexpr bool scored_in_every_way = is_read<Source> && scored<Source>
    && scored<Source, Options<>> && scored<Source, Options<ReferenceOverExcess> const&>
    && scored<Source, ConnectionHistory&> && scored<Source, ConnectionHistory&, Options<>>
    && scored<Source, ConnectionHistory&, Options<TransportOverApplication>> && probed<Source>;
// clang-format on
static_assert(scored_in_every_way<int>);
static_assert(scored_in_every_way<int const&>);
static_assert(scored_in_every_way<short>);
static_assert(scored_in_every_way<Descriptor>);
static_assert(scored_in_every_way<TcpSocket&>);
static_assert(scored_in_every_way<TcpStream&>);
static_assert(scored_in_every_way<TlsStream<TcpSocket>&>);
static_assert(scored_in_every_way<TlsStream<TcpStream>&>);
static_assert(scored_in_every_way<WebSocketStream<TlsStream<TcpStream>>&>);

template <class Source>
constexpr bool never_scored =
    !is_read<Source> && !scored<Source> && !scored<Source, ConnectionHistory&>;
static_assert(never_scored<std::string>);
static_assert(never_scored<char const*>);
static_assert(never_scored<std::nullptr_t>);
static_assert(never_scored<void*>);
static_assert(never_scored<Thread&>);
static_assert(never_scored<Turtles&>);
static_assert(never_scored<TlsStream<Thread>&>);
static_assert(never_scored<TcpSocket const&>);
static_assert(!scored<int, int>);
static_assert(!scored<TcpSocket&, int>);
static_assert(!scored<int, ConnectionHistory const&>);
static_assert(!scored<int, Exchange>);
static_assert(!scored<int, Microseconds>);
static_assert(!scored<bool> && !scored<bool, ConnectionHistory&>);
static_assert(!scored<double> && !scored<double, ConnectionHistory&>);
static_assert(!scored<float&>);

} // namespace
