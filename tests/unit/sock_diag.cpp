// SPDX-License-Identifier: BSL-1.0
//
// sock_diag without a kernel: bytes that no kernel would send, and a netlink socket that answers
// what it was told to.

#include "../support/catch.hpp"
#include "../support/diag_bytes.hpp"

#include <aroma/linux/sock_diag.hpp>

#include <cstring>
#include <random>
#include <string>
#include <vector>

using aroma::DiagConnection;
using aroma::Endpoint;
using aroma::EndpointPair;
using aroma::SockDiagError;
using aroma::Status;
using aroma::TcpState;
using aroma::detail::DiagDatagram;
using facts::DiagBytes;

namespace {

// An integer's bytes in the machine's own order, which netlink's headers have.
template <class Integer>
std::string native(Integer value)
{
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

// Answers each question with the datagrams it was given, in order; a question too many finds
// nothing.
struct FakeSocket {
    std::vector<DiagBytes> bytes{};
    std::vector<std::string> asked{};
    std::uint32_t sequence = 0;
    int send_error = 0;
    int closed = 0;
    std::size_t next = 0;

    FakeSocket& says(DiagBytes const& datagram, std::uint32_t port = 0, bool truncated = false)
    {
        bytes.push_back(datagram);
        datagrams.push_back({.size = datagram.size, .port = port, .truncated = truncated});
        return *this;
    }
    FakeSocket& fails(int error)
    {
        bytes.push_back({});
        datagrams.push_back({.error_number = error});
        return *this;
    }
    int send(void const* data, std::size_t size)
    {
        asked.emplace_back(static_cast<char const*>(data), size);
        return send_error;
    }
    DiagDatagram receive(void* buffer, std::size_t size)
    {
        if (next == datagrams.size())
            return {.error_number = ETIMEDOUT};
        std::memcpy(buffer, bytes[next].bytes.data(),
                    bytes[next].size < size ? bytes[next].size : size);
        return datagrams[next++];
    }
    void close() { ++closed; }

    std::vector<DiagDatagram> datagrams{};
};

std::string walk(FakeSocket& socket, std::size_t expected, aroma::DiagFilter const& filter = {},
                 int* error = nullptr)
{
    std::size_t count = 0;
    aroma::DiagResult const result = aroma::for_each_connection(
        filter, [&](DiagConnection const&) { ++count; }, socket);
    CHECK(count == expected);
    CHECK(result.connections == expected);
    if (error)
        *error = result.error_number;
    return name(result.error);
}

EndpointPair const known{Endpoint{"192.0.2.1", 443}, Endpoint{"198.51.100.7", 50'000}};

std::string ask(FakeSocket& socket, EndpointPair const& ends = known, int* error = nullptr)
{
    errno = ERANGE;
    aroma::TcpInfo const info = aroma::read(ends, socket);
    CHECK(errno == ERANGE);
    if (error)
        *error = info.error_number;
    CHECK((info.status == Status::lookup_failed) == (info.lookup_error != SockDiagError::none));
    return info.status == Status::lookup_failed ? name(info.lookup_error) : name(info.status);
}

} // namespace

TEST_CASE("decode_diag: bytes that no kernel would send")
{
    std::mt19937_64 random{20261123};
    std::vector<unsigned char> bytes;
    auto const check = [&] {
        std::size_t told = 0;
        // its own allocation, so that a sanitizer sees one byte too many
        std::vector<unsigned char> const exact = bytes;
        auto const reply =
            aroma::detail::decode_diag(exact.data(), exact.size(), 1, [&](DiagConnection const& c) {
                ++told;
                aroma::Assessment const a = aroma::assess(c.info);
                if ((a.status == Status::ok) != a.score.known()
                    || (a.score.known() && !(a.score.value() > 0 && a.score.value() <= 1)))
                    FAIL("status " << name(a.status) << ", score " << a.score.value());
                return true;
            });
        if (told != reply.connections || (reply.error == SockDiagError::malformed && !reply.done))
            FAIL("told " << told << " of " << reply.connections);
    };
    for (int round = 0; round < 20'000; ++round) {
        bytes.resize(random() % 600);
        for (unsigned char& byte : bytes)
            byte = static_cast<unsigned char>(random());
        check();
    }
    // A true answer with a few bytes changed, which gets further.
    DiagBytes const answer = DiagBytes{}
                                 .socket(1, 1)
                                 .attribute(8, 1)
                                 .info()
                                 .socket(1, 2, 18)
                                 .info()
                                 .attribute(21, 8)
                                 .socket(6, 3)
                                 .done();
    for (int round = 0; round < 100'000; ++round) {
        bytes.assign(answer.bytes.begin(),
                     answer.bytes.begin() + static_cast<std::ptrdiff_t>(answer.size));
        for (std::uint64_t changes = random() % 4; changes > 0; --changes) {
            std::size_t const at =
                random() % 3 ? random() % bytes.size() : answer.message - 16 * (random() % 20);
            bytes[at] = static_cast<unsigned char>(random() % 2 ? random() : random() % 8);
        }
        bytes.resize(random() % 2 ? bytes.size() : random() % bytes.size());
        check();
    }
    SUCCEED();
}

TEST_CASE("read(EndpointPair): the question and the answer")
{
    FakeSocket socket;
    socket.says(DiagBytes{}.socket(1, 7, 20, 1, 0).info());
    CHECK(ask(socket) == "ok");
    CHECK(socket.closed == 0);
    REQUIRE(socket.asked.size() == 1);
    std::string const& request = socket.asked[0];
    REQUIRE(request.size() == 72);
    CHECK(request.substr(0, 8)
          == native(std::uint32_t{72}) + native(std::uint16_t{20}) + native(std::uint16_t{1}));
    // IPv4, TCP, with tcp_info
    CHECK(request.substr(16, 3) == std::string("\x02\x06\x02", 3));
    CHECK(request.substr(24, 8) == std::string("\x01\xbb\xc3\x50\xc0\0\x02\x01", 8));
    CHECK(request.substr(44, 4) == std::string("\xc6\x33\x64\x07", 4));
    CHECK(request.substr(64, 8) == std::string(8, '\xff'));

    // What still comes of an earlier question is not the answer.
    FakeSocket late;
    late.says(DiagBytes{}.socket(1, 7, 20, 9, 0).info())
        .says(DiagBytes{})
        .says(DiagBytes{}.socket(1, 7, 20, 1, 0).info());
    CHECK(ask(late) == "ok");
    CHECK(late.next == 3);

    // An IPv6 socket of a dual-stack server is the same connection, and so is the question.
    FakeSocket dual;
    dual.says(DiagBytes{}
                  .socket6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1},
                           {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 7})
                  .info());
    CHECK(ask(dual, {Endpoint{"::ffff:192.0.2.1", 443}, Endpoint{"::ffff:198.51.100.7", 50'000}})
          == "ok");
    CHECK(dual.asked == socket.asked);

    FakeSocket six;
    CHECK(ask(six, {Endpoint{"fe80::1%5", 443}, Endpoint{"fe80::2%5", 50'000}}) == "truncated");
    CHECK(six.asked[0].substr(16, 1) == "\x0a");
    CHECK(six.asked[0].substr(60, 4) == native(std::uint32_t{5}));
}

TEST_CASE("read(EndpointPair): another socket's answer is none")
{
    auto const status = [](DiagBytes const& answer) {
        FakeSocket socket;
        socket.says(answer);
        int error = 0;
        std::string const is = ask(socket, known, &error);
        CHECK(error == (is == "not_found" ? ENOENT : 0));
        return is;
    };
    CHECK(status(DiagBytes{}.socket(10).info(10)) == "not_found"); // the listener
    CHECK(status(DiagBytes{}.socket(1, 8).info()) == "not_found"); // another client
    DiagBytes other = DiagBytes{}.socket().info();
    other.bytes[16 + 4 + 3] ^= 1; // another port
    CHECK(status(other) == "not_found");
    other = DiagBytes{}.socket().info();
    other.bytes[16 + 4 + 4] ^= 1; // another address of ours
    CHECK(status(other) == "not_found");
    CHECK(status(DiagBytes{}.socket(6)) == "closed"); // TIME_WAIT is still that connection
    CHECK(status(DiagBytes{}.socket(3)) == "handshaking");
}

TEST_CASE("read(EndpointPair): not found, or no sock_diag")
{
    FakeSocket unknown;
    unknown.says(DiagBytes{}.error(-ENOENT)).says(DiagBytes{}.done(0, 2));
    int error = 0;
    CHECK(ask(unknown, known, &error) == "not_found");
    CHECK(error == ENOENT);
    REQUIRE(unknown.asked.size() == 2);
    CHECK(unknown.asked[1].substr(16 + 4, 4) == std::string(4, '\0')); // of all ports,
    // and no state: a question whether it answers at all
    CHECK(unknown.asked[1].substr(16 + 52, 4) == std::string(4, '\0'));
    CHECK(unknown.closed == 0);
    FakeSocket without;
    without.says(DiagBytes{}.error(-ENOENT)).says(DiagBytes{}.done(-ENOENT, 2));
    CHECK(ask(without, known, &error) == "no_sock_diag");
    CHECK(error == ENOENT);

    for (auto const& [errno_of_kernel, expected] :
         {std::pair{EACCES, "refused"}, std::pair{EPERM, "refused"}, std::pair{EINVAL, "refused"},
          std::pair{EOPNOTSUPP, "no_sock_diag"}, std::pair{ENOBUFS, "truncated"}}) {
        FakeSocket socket;
        socket.says(DiagBytes{}.error(-errno_of_kernel));
        CHECK(ask(socket, known, &error) == expected);
        CHECK(error == errno_of_kernel);
    }
    for (auto const& [errno_of_socket, expected] :
         {std::pair{EPROTONOSUPPORT, "no_sock_diag"}, std::pair{EAFNOSUPPORT, "no_sock_diag"},
          std::pair{EPERM, "refused"}, std::pair{EMFILE, "refused"}}) {
        FakeSocket socket;
        socket.send_error = errno_of_socket;
        CHECK(ask(socket, known, &error) == expected);
        CHECK(error == errno_of_socket);
    }
}

TEST_CASE("read(EndpointPair): wrong endpoints are not asked for")
{
    Endpoint const here{"192.0.2.1", 443}, there{"198.51.100.7", 50'000}, sixth{"2001:db8::1", 443};
    for (EndpointPair const& wrong :
         {EndpointPair{}, EndpointPair{here, {}}, EndpointPair{here, Endpoint{"0.0.0.0", 1}},
          EndpointPair{here, Endpoint{"198.51.100.7", 0}},
          EndpointPair{Endpoint{"192.0.2.1", 0}, there}, EndpointPair{sixth, there},
          EndpointPair{here, sixth}, EndpointPair{here, Endpoint{"nonsense", 5}}}) {
        FakeSocket socket;
        int error = 0;
        CHECK(ask(socket, wrong, &error) == "not_found");
        CHECK(error == EINVAL);
        CHECK(socket.asked.empty());
    }
}

TEST_CASE("read(EndpointPair): whichever local address it has")
{
    EndpointPair const peer{{}, known.remote};
    FakeSocket socket;
    socket.says(DiagBytes{}.socket(1, 8).info().socket(1, 7).info().socket(10).info(10))
        .says(DiagBytes{}.done());
    CHECK(ask(socket, peer) == "ok");
    REQUIRE(socket.asked.size() == 1);
    // a dump of all families
    CHECK(socket.asked[0].substr(4, 4) == native(std::uint16_t{18}) + native(std::uint16_t{0x301}));
    CHECK(socket.asked[0].substr(16 + 4, 4) == std::string("\0\0\xc3\x50", 4));
    FakeSocket two;
    two.says(DiagBytes{}.socket().info().socket().info()).says(DiagBytes{}.done());
    int error = 0;
    CHECK(ask(two, peer, &error) == "not_found");
    CHECK(error == ENOTUNIQ);
    FakeSocket none;
    none.says(DiagBytes{}.socket(1, 8).info()).says(DiagBytes{}.done());
    CHECK(ask(none, peer, &error) == "not_found");
    CHECK(error == ENOENT);
    FakeSocket port;
    port.says(DiagBytes{}.socket().info().done());
    CHECK(ask(port, {Endpoint{"0.0.0.0", 444}, known.remote}) == "not_found");
    FakeSocket without;
    without.says(DiagBytes{}.done(-ENOENT));
    CHECK(ask(without, peer) == "no_sock_diag");
    FakeSocket interrupted; // perhaps it was not told
    interrupted.says(DiagBytes{}.socket().info()).says(DiagBytes{}.begin(3, 1, 2 | 0x10));
    CHECK(ask(interrupted, peer) == "interrupted");
    FakeSocket device;
    device.says(DiagBytes{}.socket().info().done());
    Endpoint bound = known.remote;
    bound.scope_id = 4;
    CHECK(ask(device, {{}, bound}) == "not_found"); // it is bound to the third
}

TEST_CASE("for_each_connection: datagrams until the last")
{
    FakeSocket socket;
    socket.says(DiagBytes{}.socket(1, 1).info().socket(1, 2).info())
        .says(DiagBytes{}.socket(8, 3).info(8))
        .says(DiagBytes{}.done());
    CHECK(walk(socket, 3) == "none");
    CHECK(socket.closed == 0);
    REQUIRE(socket.asked.size() == 1);
    CHECK(socket.asked[0].size() == 76);
    // ESTABLISHED and CLOSE_WAIT
    CHECK(socket.asked[0].substr(68, 4) == native(std::uint32_t{0x102}));

    FakeSocket none;
    none.says(DiagBytes{}.done());
    CHECK(walk(none, 0) == "none");
}

TEST_CASE("for_each_connection: answers that end too soon")
{
    int error = 0;
    FakeSocket silent; // and then nothing
    silent.says(DiagBytes{}.socket().info());
    CHECK(walk(silent, 1, {}, &error) == "truncated");
    CHECK(error == ETIMEDOUT);
    CHECK(silent.closed == 1);

    FakeSocket cut; // longer than the buffer
    cut.says(DiagBytes{}.socket().info().socket().info(), 0, true).says(DiagBytes{}.done());
    CHECK(walk(cut, 2) == "truncated");
    CHECK(cut.closed == 1);

    FakeSocket overrun;
    overrun.says(DiagBytes{}.socket().info().begin(4)).says(DiagBytes{}.done());
    CHECK(walk(overrun, 1) == "truncated");

    FakeSocket lost;
    lost.says(DiagBytes{}.socket().info()).fails(ENOBUFS);
    CHECK(walk(lost, 1, {}, &error) == "truncated");
    CHECK(error == ENOBUFS);

    FakeSocket broken;
    broken.says(DiagBytes{}.socket().info())
        .says(DiagBytes{}.socket().info().socket().length(20))
        .says(DiagBytes{}.done());
    CHECK(walk(broken, 2) == "malformed");
    CHECK(broken.closed == 1);

    FakeSocket failed;
    failed.says(DiagBytes{}.socket().info().done(-EACCES));
    CHECK(walk(failed, 1, {}, &error) == "refused");
    CHECK(error == EACCES);
}

TEST_CASE("for_each_connection: an interrupted dump says so")
{
    FakeSocket socket;
    socket.says(DiagBytes{}.socket().info())
        .says(DiagBytes{}.socket(1, 2, 20, 1, 2 | 0x10).info())
        .says(DiagBytes{}.socket().info().done());
    CHECK(walk(socket, 3) == "interrupted");
    CHECK(socket.closed == 0);
    FakeSocket late;
    late.says(DiagBytes{}.socket().info()).says(DiagBytes{}.begin(3, 1, 2 | 0x10));
    CHECK(walk(late, 1) == "interrupted");
}

TEST_CASE("sock_diag: others' and older answers are ignored")
{
    FakeSocket socket;
    socket.says(DiagBytes{}.socket().info().done(), 4711)
        .says(DiagBytes{}.socket(1, 1, 20, 9).info().done(0, 9))
        .says(DiagBytes{}.socket().info().done());
    CHECK(walk(socket, 1) == "none");
    FakeSocket flood;
    for (int i = 0; i < 1000; ++i)
        flood.says(DiagBytes{}.socket().info(), 4711);
    CHECK(walk(flood, 0) == "malformed");
    CHECK(flood.next < 100);
    FakeSocket stale;
    for (int i = 0; i < 1000; ++i)
        stale.says(DiagBytes{}.socket(1, 1, 20, 9).info());
    CHECK(walk(stale, 0) == "malformed");
    CHECK(stale.next < 100);
    FakeSocket empty;
    for (int i = 0; i < 1000; ++i)
        empty.says(DiagBytes{});
    CHECK(walk(empty, 0) == "malformed");
    // So many are put up with, of either kind and together, and no more.
    for (std::uint32_t const port : {0u, 4711u})
        for (int const strays : {0, 1, 63, 64, 65}) {
            FakeSocket patient;
            for (int i = 0; i < strays; ++i)
                patient.says(DiagBytes{}.socket(1, 1, 20, 9).info(), i % 2 == 0 ? port : 0);
            patient.says(DiagBytes{}.socket().info().done());
            CHECK(walk(patient, strays > 64 ? 0 : 1) == (strays > 64 ? "malformed" : "none"));
        }
}

TEST_CASE("for_each_connection: a caller that stops, and after")
{
    FakeSocket socket;
    socket.says(DiagBytes{}.socket().info().socket().info()).says(DiagBytes{}.done());
    int told = 0;
    auto const result = aroma::for_each_connection(
        {}, [&](DiagConnection const&) { return ++told < 1; }, socket);
    CHECK(told == 1);
    CHECK(result.error == SockDiagError::none);
    CHECK(result.connections == 1);
    CHECK(socket.closed == 1); // the rest would be taken for the next question's answer
    socket.next = socket.datagrams.size();
    socket.says(DiagBytes{}.socket(1, 7, 20, 2).info());
    CHECK(ask(socket) == "ok");
    CHECK(socket.sequence == 2);
}

TEST_CASE("for_each_connection: a socket that changed in between")
{
    DiagBytes const mixed = DiagBytes{}
                                .socket(1, 1)
                                .info()
                                .socket(4, 2)
                                .info(4)
                                .socket(10)
                                .info(10)
                                .socket(3, 4)
                                .socket6({0x20, 1, 0x0d, 0xb8}, {0x20, 1, 0x0d, 0xb8})
                                .info()
                                .done();
    auto const count = [&](aroma::DiagFilter const& filter, std::size_t expected) {
        FakeSocket socket;
        socket.says(mixed);
        CHECK(walk(socket, expected, filter) == "none");
    };
    count({}, 2);
    count({.states = aroma::TcpStateSet::all()}, 5);
    count({.states = TcpState::listen}, 1);
    count({.states = TcpState::new_syn_recv}, 1);
    count({.ipv6 = false}, 1);
    count({.ipv4 = false}, 1);
    count({.ipv4 = false, .ipv6 = false}, 0);
    count({.local_port = 443}, 2);
    count({.local_port = 444}, 0);
    count({.remote_port = 50'001}, 0);
}
