// SPDX-License-Identifier: BSL-1.0
//
// Any bytes as what a client sends to epoll_server, in any pieces: answers are whole, memory is
// bounded, the pieces make no difference, and what another server could read otherwise is refused
// and the last. Its parse() is what is tested, and with it whatever of Boost.Beast it uses; the
// same for the reader of the frameworks' examples.

#include "fuzz.hpp"

// Its functions are its own, so it is part of this one; a main() that has another name has to
// return something.
#define main epoll_server_main
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "../../examples/servers/epoll_server.cpp"
#pragma GCC diagnostic pop
#undef main

#include "../../examples/common/http_reader.hpp"

#include <vector>

using fuzz::holds;

constexpr std::string_view expected = "100-continue";

namespace {

// What it answers to bytes that arrive in pieces of these lengths, over and over; the last one has
// all that is left.
std::string answers(std::string_view bytes, std::string_view lengths, bool all_taken)
{
    Connection c{-1, 1};
    std::string out;
    // as the loop does: the client takes its answers, and parsing goes on
    auto const parse_all = [&] {
        std::size_t before = 0;
        do {
            before = c.in.size();
            parse(c);
            holds(c.out.size() < answers_limit + 2048,
                  "answers wait for the client that takes them, and are bounded");
            out += std::exchange(c.out, {});
        } while (c.in.size() < before && !c.in.empty() && !c.closing);
    };
    std::size_t piece = 0;
    while (!bytes.empty()) {
        std::size_t const length =
            lengths.empty()
                ? bytes.size()
                : std::size_t{1} + static_cast<unsigned char>(lengths[piece++ % lengths.size()]);
        std::string_view const part = bytes.substr(0, length);
        bytes.remove_prefix(part.size());
        if (!c.closing) // as receive() does
            c.in.append(part);
        parse_all();
        holds(c.in.size() <= header_limit + part.size(), "what waits to be parsed is bounded");
    }
    c.finished = all_taken;
    parse_all();
    holds(!all_taken || c.closing, "a client that has finished is answered and closed");
    return out;
}

std::string without_continue(std::string text)
{
    // needed or not, as the pieces are
    constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    for (std::size_t at = 0; (at = text.find(interim, at)) != std::string::npos;)
        text.erase(at, interim.size());
    return text;
}

// Each redirect has a path of its own.
std::string without_random(std::string text)
{
    constexpr std::string_view location = "\r\nLocation: /probe/";
    std::size_t const random = location.size() + 2; // behind a digit and a slash
    for (std::size_t at = 0; (at = text.find(location, at)) != std::string::npos; at += random) {
        holds(text.find("\r\n", at + random) == at + random + 16, "16 digits are random");
        text.replace(at + random, 16, 16, 'x');
    }
    return text;
}

void check_answers(std::string_view out)
{
    while (!out.empty()) {
        holds(out.starts_with("HTTP/1.1 "), "an answer begins with its status line");
        std::size_t const end = out.find("\r\n\r\n");
        holds(end != std::string_view::npos, "an answer has its headers");
        std::string_view const headers = out.substr(0, end + 4);
        // a body is one line
        std::size_t const line = out.find("\nHTTP/1.1 ", end + 3),
                          next = line == std::string_view::npos ? out.size() : line + 1;
        std::string_view const body = out.substr(end + 4, next - end - 4);
        std::size_t const length = headers.find("Content-Length: ");
        if (length != std::string_view::npos && !body.empty()) // HEAD has none
            holds(std::strtoul(headers.data() + length + 16, nullptr, 10) == body.size(),
                  "an answer is as long as it says");
        out = out.substr(next);
    }
}

// Beast looks at the first piece of a header at once, and at later ones when they are complete: so
// of a request that never is, what is wrong may be told or not.
void check_same(std::string_view one, std::string_view other)
{
    if (one.size() < other.size())
        std::swap(one, other);
    holds(one.starts_with(other), "the pieces make no difference");
    std::string_view const more = one.substr(other.size());
    holds(more.empty()
              || (more.starts_with("HTTP/1.1 4")
                  && more.find("Connection: close") != std::string_view::npos
                  && more.find("HTTP/1.1", 1) == std::string_view::npos),
          "the pieces make no difference but to a request that is wrong and not complete");
}

std::vector<std::string> paths(std::string_view bytes, std::size_t piece)
{
    examples::HttpReader reader;
    std::string in;
    std::vector<std::string> found;
    while (!bytes.empty()) {
        in += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        while (auto path = reader.next(in))
            found.push_back(std::move(*path));
        if (reader.last())
            break;
    }
    return found;
}

// Is the first header whole, and does it say twice, wrongly or not at all where its request ends?
// Folded lines are left to Beast.
bool has_two_readings(std::string_view bytes)
{
    bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
    std::size_t const end = bytes.find("\r\n\r\n");
    if (end == bytes.npos)
        return false;
    bytes = bytes.substr(0, end);
    bool const old = bytes.substr(0, bytes.find("\r\n")).ends_with("HTTP/1.0");
    int codings = 0, lengths = 0;
    bool good = true;
    for (std::size_t at = 0; (at = bytes.find("\r\n", at)) != bytes.npos;) {
        at += 2;
        std::string_view const line = bytes.substr(at, bytes.find("\r\n", at) - at);
        if (line.starts_with(' ') || line.starts_with('\t'))
            return false;
        std::size_t const colon = std::min(line.find(':'), line.size());
        std::string_view value = line.substr(std::min(colon + 1, line.size()));
        value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
        value = value.substr(0, value.find_last_not_of(" \t") + 1);
        if (examples::detail::same(line.substr(0, colon), "transfer-encoding")) {
            ++codings;
            good = good && examples::detail::same(value, "chunked");
        } else if (examples::detail::same(line.substr(0, colon), "content-length")) {
            ++lengths;
            good = good && !value.empty() && value.find_first_not_of("0123456789") == value.npos;
        }
    }
    return !good || codings + lengths > 1 || (codings > 0 && old);
}

void check_refused(std::string_view out)
{
    holds(out.starts_with("HTTP/1.1 4") || out.starts_with("HTTP/1.1 5"),
          "a request with two readings is refused");
    holds(out.find("\nHTTP/1.1 ") == out.npos && out.find("\r\nConnection: close\r\n") != out.npos,
          "nothing is answered behind a request with two readings");
}

// As of the answers: what is wrong and not complete may be refused or not.
void check_same(std::vector<std::string> one, std::vector<std::string> other)
{
    if (one.size() < other.size())
        std::swap(one, other);
    if (one.size() > other.size() && one.back().empty())
        one.pop_back();
    holds(one == other, "the pieces make no difference to the reader either");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    std::string_view const lengths = in.text(in.take<std::uint8_t>() % 8);
    bool const finished = in.flag();
    std::string_view const bytes = in.rest();
    std::string const whole = without_random(answers(bytes, {}, finished)),
                      in_pieces = without_random(answers(bytes, lengths, finished));
    check_answers(without_continue(whole));
    check_same(without_continue(whole), without_continue(in_pieces));
    std::vector<std::string> const read = paths(bytes, bytes.size() + 1);
    check_same(read, paths(bytes, 1 + lengths.size()));
    if (has_two_readings(bytes)) {
        check_refused(whole);
        holds(read == std::vector<std::string>{""}, "a request with two readings has no path");
    }
    if (whole.find("HTTP/1.1 100 ") != whole.npos)
        holds(bytes.find("HTTP/1.1\r\n") != bytes.npos
                  && std::search(bytes.begin(), bytes.end(), expected.begin(), expected.end(),
                                 [](char a, char b) { return (a | 32) == (b | 32); })
                         != bytes.end(),
              "100 Continue goes to HTTP/1.1 that expects it alone");
    return 0;
}
