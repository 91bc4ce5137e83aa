// SPDX-License-Identifier: BSL-1.0
//
// A TLS client made by hand, since OpenSSL's own sends nothing before it has read the server's
// flight. It attacks, asks for the redirects, and prints the server's verdict, a line of JSON.
//
//     tls_adversary CASE PAUSE PATH ADDRESS PORT [PROXY_ADDRESS PROXY_PORT]
//
//     PAUSE in milliseconds; PATH of the first redirect, or websocket
//
//     none                 no attack
//     early-key-exchange   TLS 1.2: ClientKeyExchange and ChangeCipherSpec before the ServerHello
//     early-hello          TLS 1.3: the second ClientHello before the HelloRetryRequest
//     renegotiate          TLS 1.2: a hello, which the server refuses by an alert, before each
//                          answer
//     early-finished       TLS 1.2, RSA key exchange: the Finished when the ServerHello has come,
//                          the rest of the flight, known from a connection before, unread
//     key-update           TLS 1.3: a KeyUpdate before each answer
//     key-update-asked     and the server has to send one too, which it does before its next record
//     resumed              TLS 1.3: by a ticket of a connection before
//     early-data           the same with early data, which the server refuses, and its end, PAUSE
//                          later: before the server's flight has come
//
// Exit status: 0 with a verdict, 3 if the attack did not take place.

#include "../../examples/common/command_line.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Bytes = std::string;
using Milliseconds = std::chrono::milliseconds;

struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void expect(bool true_, char const* what)
{
    if (!true_)
        throw Broken{what};
}

Bytes number(std::uint64_t value, int size)
{
    Bytes bytes;
    while (size-- > 0)
        bytes += static_cast<char>(value >> (8 * size) & 255);
    return bytes;
}

std::size_t number_at(std::string_view bytes, std::size_t at, std::size_t size)
{
    expect(at + size <= bytes.size(), "a message is too short");
    std::size_t value = 0;
    for (std::size_t i = at; i < at + size; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

Bytes with_length(Bytes const& bytes, int size)
{
    return number(bytes.size(), size) + bytes;
}

// The first bytes, which are no longer there then.
Bytes cut_off(Bytes& bytes, std::size_t size)
{
    Bytes const taken = bytes.substr(0, size);
    bytes.erase(0, size);
    return taken;
}

unsigned char const* raw(std::string_view bytes)
{
    return reinterpret_cast<unsigned char const*>(bytes.data());
}

unsigned char* raw(Bytes& bytes)
{
    return reinterpret_cast<unsigned char*>(bytes.data());
}

Bytes random_bytes(std::size_t size)
{
    Bytes bytes(size, '\0');
    expect(RAND_bytes(raw(bytes), static_cast<int>(size)) == 1, "no random numbers");
    return bytes;
}

Bytes sha256(std::string_view bytes)
{
    Bytes hash(32, '\0');
    EVP_Digest(bytes.data(), bytes.size(), raw(hash), nullptr, EVP_sha256(), nullptr);
    return hash;
}

Bytes hmac(std::string_view key, std::string_view bytes)
{
    Bytes mac(32, '\0');
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(bytes), bytes.size(), raw(mac),
         nullptr);
    return mac;
}

// RFC 5246, 5
Bytes prf(std::string_view secret, std::string_view label, std::string_view seed, std::size_t size)
{
    Bytes const labelled = Bytes{label} + Bytes{seed};
    Bytes out, a = labelled;
    while (out.size() < size) {
        a = hmac(secret, a);
        out += hmac(secret, a + labelled);
    }
    return out.substr(0, size);
}

// RFC 8446, 7.1; at most one block is ever asked for
Bytes expand(std::string_view secret, std::string_view label, std::string_view context,
             std::size_t size)
{
    Bytes const info = number(size, 2) + with_length("tls13 " + Bytes{label}, 1)
                     + with_length(Bytes{context}, 1) + '\1';
    return hmac(secret, info).substr(0, size);
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

class X25519 {
public:
    X25519()
    {
        EVP_PKEY* made = nullptr;
        EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_id(EVP_PKEY_X25519, nullptr);
        EVP_PKEY_keygen_init(context);
        EVP_PKEY_keygen(context, &made);
        EVP_PKEY_CTX_free(context);
        key_.reset(made);
    }
    Bytes share() const
    {
        Bytes bytes(32, '\0');
        std::size_t size = bytes.size();
        expect(EVP_PKEY_get_raw_public_key(key_.get(), raw(bytes), &size) == 1, "no X25519");
        return bytes;
    }
    Bytes secret(std::string_view peer) const
    {
        Key const theirs{
            EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, raw(peer), peer.size()),
            EVP_PKEY_free};
        EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(key_.get(), nullptr);
        Bytes bytes(32, '\0');
        std::size_t size = bytes.size();
        bool const good = theirs && EVP_PKEY_derive_init(context) == 1
                       && EVP_PKEY_derive_set_peer(context, theirs.get()) == 1
                       && EVP_PKEY_derive(context, raw(bytes), &size) == 1;
        EVP_PKEY_CTX_free(context);
        expect(good, "no shared secret");
        return bytes;
    }

private:
    Key key_{nullptr, EVP_PKEY_free};
};

// AES-128-GCM of one direction; TLS 1.2 sends 8 bytes of its nonce (RFC 5288), 1.3 none.
class Sealed {
public:
    Sealed(Bytes key, Bytes iv, bool tls13)
        : key_{std::move(key)}, iv_{std::move(iv)}, tls13_{tls13}
    {
    }

    Bytes seal(char type, Bytes text)
    {
        if (tls13_)
            text += type;
        Bytes const explicit_nonce = tls13_ ? Bytes{} : number(sequence_, 8);
        Bytes out = run(true, type, explicit_nonce, text);
        return explicit_nonce + out;
    }
    Bytes open(char type, Bytes const& sealed)
    {
        std::size_t const nonce = tls13_ ? 0 : 8;
        expect(sealed.size() >= nonce + 16, "a record is too short");
        return run(false, type, sealed.substr(0, nonce), sealed.substr(nonce));
    }
    bool tls13() const { return tls13_; }

private:
    Bytes run(bool encrypt, char type, Bytes const& explicit_nonce, Bytes const& in)
    {
        Bytes nonce = iv_ + explicit_nonce;
        if (tls13_)
            for (std::size_t i = 0; i < 8; ++i)
                nonce[4 + i] = static_cast<char>(static_cast<unsigned char>(nonce[4 + i])
                                                 ^ (sequence_ >> (8 * (7 - i)) & 255));
        std::size_t const plain = encrypt ? in.size() : in.size() - 16;
        Bytes const head = tls13_ ? "\x17\3\3" + number(plain + 16, 2)
                                  : number(sequence_, 8) + type + "\3\3" + number(plain, 2);
        ++sequence_;
        EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
        Bytes out(plain, '\0'), tag(16, '\0');
        int size = 0;
        EVP_CipherInit_ex(context, EVP_aes_128_gcm(), nullptr, raw(std::as_const(key_)),
                          raw(std::as_const(nonce)), encrypt);
        EVP_CipherUpdate(context, nullptr, &size, raw(head), static_cast<int>(head.size()));
        EVP_CipherUpdate(context, raw(out), &size, raw(in), static_cast<int>(plain));
        if (!encrypt) {
            tag = in.substr(plain);
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, raw(tag));
        }
        bool const good = EVP_CipherFinal_ex(context, raw(tag), &size) == 1;
        if (encrypt)
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, raw(tag));
        EVP_CIPHER_CTX_free(context);
        expect(good, "a record does not authenticate");
        return encrypt ? out + tag : out;
    }

    Bytes key_, iv_;
    bool tls13_;
    std::uint64_t sequence_ = 0;
};

class Wire {
public:
    // By way of a SOCKS5 proxy, if one is named.
    Wire(std::string const& address, std::uint16_t port, std::string const& proxy,
         std::uint16_t proxy_port)
    {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(proxy.empty() ? port : proxy_port);
        inet_pton(AF_INET, (proxy.empty() ? address : proxy).c_str(), &to.sin_addr);
        timeval const patience{10, 0};
        int const on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        expect(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "no connection");
        if (proxy.empty())
            return;
        in_addr host{};
        inet_pton(AF_INET, address.c_str(), &host);
        put(Bytes{"\5\1\0", 3});
        expect(exactly(2) == Bytes("\5\0", 2), "the proxy wants a password");
        put(Bytes{"\5\1\0\1", 4} + Bytes{reinterpret_cast<char const*>(&host), 4}
            + number(port, 2));
        expect(exactly(10)[1] == 0, "the proxy does not connect");
    }
    ~Wire() { ::close(fd_); }
    Wire(Wire const&) = delete;

    void put(Bytes const& bytes)
    {
        expect(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                   == static_cast<ssize_t>(bytes.size()),
               "the connection is closed");
    }
    Bytes exactly(std::size_t size)
    {
        while (in_.size() < size)
            more();
        return cut_off(in_, size);
    }

private:
    void more()
    {
        char bytes[16 * 1024];
        ssize_t const got = ::recv(fd_, bytes, sizeof bytes, 0);
        expect(got > 0, got == 0 ? "closed" : "no answer");
        in_.append(bytes, static_cast<std::size_t>(got));
    }

    int fd_ = -1;
    Bytes in_;
};

constexpr char change_cipher_spec = 20, alert = 21, handshake = 22, application = 23;
constexpr char client_hello = 1, server_hello = 2, certificate = 11, key_exchange = 12, done = 14,
               client_key_exchange = 16, finished = 20, end_of_early_data = 5, key_updated = 24,
               new_session_ticket = 4;

Bytes message(char type, Bytes const& body)
{
    return type + with_length(body, 3);
}

// What a connection leaves for the next one, RFC 8446, 4.6.1.
struct Ticket {
    Bytes identity, age, psk;
};

class Client {
public:
    explicit Client(Wire& wire) : wire_{wire} {}

    // Records

    Bytes record(char type, Bytes const& text)
    {
        bool const as_data = out_ && out_->tls13();
        Bytes const body = out_ ? out_->seal(type, text) : text;
        return Bytes{as_data ? application : type} + "\3\3" + with_length(body, 2);
    }
    void put(char type, Bytes const& text) { wire_.put(record(type, text)); }

    std::pair<char, Bytes> next_record()
    {
        Bytes const head = wire_.exactly(5);
        char type = head[0];
        Bytes text = wire_.exactly(number_at(head, 3, 2));
        if (in_ && type != change_cipher_spec) {
            text = in_->open(type, text);
            if (in_->tls13()) {
                text.erase(text.find_last_not_of('\0') + 1);
                expect(!text.empty(), "an empty record");
                type = text.back();
                text.pop_back();
            }
        }
        return {type, text};
    }

    // The next handshake message, which goes into the transcript.
    Bytes next_message()
    {
        for (;;) {
            if (messages_.size() >= 4) {
                std::size_t const size = 4 + number_at(messages_, 1, 3);
                if (messages_.size() >= size) {
                    Bytes const taken = cut_off(messages_, size);
                    transcript_ += taken;
                    return taken;
                }
            }
            auto [type, text] = next_record();
            expect(type != alert, "an alert");
            if (type == handshake)
                messages_ += text;
        }
    }

    // TLS 1.2

    Bytes hello12(Bytes const& suites)
    {
        Bytes const extensions = extension(10, with_length(number(29, 2), 2))  // X25519
                               + extension(11, with_length(Bytes(1, '\0'), 1)) // uncompressed
                               + extension(13, with_length(signatures(), 2))   // of SKE
                               + extension(0xff01, with_length(Bytes{}, 1));   // RFC 5746
        return message(client_hello, Bytes{"\3\3"} + random_ + '\0' + with_length(suites, 2)
                                         + Bytes{"\1\0", 2} + with_length(extensions, 2));
    }
    void send_hello12(Bytes const& suites)
    {
        Bytes const hello = hello12(suites);
        transcript_ += hello;
        put(handshake, hello);
    }

    void ecdhe12(Milliseconds pause, bool early)
    {
        send_hello12(number(0xC02F, 2)); // ECDHE-RSA-AES128-GCM-SHA256
        Bytes const mine = message(client_key_exchange, with_length(x25519_.share(), 1));
        if (early) {
            std::this_thread::sleep_for(pause);
            wire_.put(record(handshake, mine) + record(change_cipher_spec, "\1"));
        }
        Bytes share;
        for (;;) {
            Bytes const got = next_message();
            if (got[0] == server_hello)
                server_random_ = got.substr(6, 32);
            else if (got[0] == key_exchange)
                share = got.substr(8, 32);
            else if (got[0] == done)
                break;
        }
        transcript_ += mine;
        keys12(x25519_.secret(share));
        if (!early)
            wire_.put(record(handshake, mine) + record(change_cipher_spec, "\1"));
        finish12();
    }

    // The Finished by the ServerHello alone; the rest of the flight, its size and bytes, is known.
    Bytes rsa12(Bytes const& known_rest)
    {
        send_hello12(number(0x009C, 2)); // AES128-GCM-SHA256, RSA key exchange
        Bytes rest = known_rest;
        Bytes const hello = next_message();
        expect(hello[0] == server_hello, "no ServerHello");
        server_random_ = hello.substr(6, 32);
        if (rest.empty())
            for (bool last = false; !last;) {
                Bytes const got = next_message();
                rest += got;
                last = got[0] == done;
            }
        else
            transcript_ += rest;
        Bytes const premaster = "\3\3" + random_bytes(46);
        Bytes const mine = message(client_key_exchange, with_length(encrypted(premaster, rest), 2));
        transcript_ += mine;
        keys12(premaster);
        wire_.put(record(handshake, mine) + record(change_cipher_spec, "\1"));
        out_ = write_;
        finish12();
        return rest;
    }

    // A ClientHello within the connection, which the server refuses by a warning.
    void renegotiate() { put(handshake, hello12(number(0xC02F, 2))); }

    // TLS 1.3

    // With a ticket, `more` is the extensions of it that come before the last.
    Bytes hello13(bool with_share, Ticket const& ticket = {}, Bytes const& more = {})
    {
        Bytes const share = with_share ? number(29, 2) + with_length(x25519_.share(), 2) : Bytes{};
        Bytes extensions = extension(10, with_length(number(29, 2), 2))
                         + extension(13, with_length(signatures(), 2))
                         + extension(43, with_length(number(0x0304, 2), 1))
                         + extension(51, with_length(share, 2)) + more;
        constexpr std::size_t binders = 2 + 1 + 32;
        if (!ticket.psk.empty())
            extensions +=
                extension(45, "\1\1") // with a share
                + extension(41, with_length(with_length(ticket.identity, 2) + ticket.age, 2)
                                    + number(binders - 2, 2) + number(32, 1) + Bytes(32, '\0'));
        Bytes hello =
            message(client_hello, Bytes{"\3\3"} + random_ + '\0' + with_length(number(0x1301, 2), 2)
                                      + Bytes{"\1\0", 2} + with_length(extensions, 2));
        if (!ticket.psk.empty()) {
            Bytes const key =
                expand(hmac(Bytes(32, '\0'), ticket.psk), "res binder", sha256(""), 32);
            Bytes const without = hello.substr(0, hello.size() - binders);
            hello.replace(hello.size() - 32, 32,
                          hmac(expand(key, "finished", "", 32), sha256(without)));
        }
        return hello;
    }

    void tls13(Milliseconds pause, bool retry, Ticket const& ticket = {}, bool early_data = false)
    {
        Bytes const first = hello13(!retry, ticket, early_data ? extension(42, Bytes{}) : Bytes{});
        Bytes const second = retry ? hello13(true) : Bytes{};
        put(handshake, first);
        transcript_ = first;
        Bytes const zeros(32, '\0'), early = hmac(zeros, ticket.psk.empty() ? zeros : ticket.psk);
        if (early_data) {
            out_ = sealed13(expand(early, "c e traffic", sha256(first), 32));
            ask("/");
            std::this_thread::sleep_for(pause);
            put(handshake, message(end_of_early_data, {}));
            out_.reset();
        }
        if (retry) {
            std::this_thread::sleep_for(pause);
            put(handshake, second);
            // RFC 8446, 4.4.1
            transcript_ = message(static_cast<char>(254), sha256(first));
            Bytes const asked = next_message();
            expect(asked[0] == server_hello
                       && static_cast<unsigned char>(asked[6]) == 0xCF, // of its fixed random
                   "no HelloRetryRequest");
            transcript_ += second;
        }
        Bytes const hello = next_message();
        expect(hello[0] == server_hello, "no ServerHello");
        Bytes const share = share_of(hello), nothing = sha256("");
        Bytes const shared = hmac(expand(early, "derived", nothing, 32), x25519_.secret(share));
        Bytes const hash = sha256(transcript_), mine = expand(shared, "c hs traffic", hash, 32),
                    theirs = expand(shared, "s hs traffic", hash, 32);
        in_ = sealed13(theirs);
        for (Bytes got; (got = next_message())[0] != finished;)
            expect(ticket.psk.empty() || got[0] != certificate, "not resumed");
        Bytes const master = hmac(expand(shared, "derived", nothing, 32), zeros),
                    whole = sha256(transcript_);
        out_ = sealed13(mine);
        Bytes const last = message(finished, hmac(expand(mine, "finished", "", 32), whole));
        put(handshake, last);
        resumption_ = expand(master, "res master", sha256(transcript_ + last), 32);
        my_secret_ = expand(master, "c ap traffic", whole, 32);
        their_secret_ = expand(master, "s ap traffic", whole, 32);
        out_ = sealed13(my_secret_);
        in_ = sealed13(their_secret_);
    }

    void update_key(bool ask_for_another)
    {
        put(handshake, message(key_updated, Bytes(1, ask_for_another ? '\1' : '\0')));
        out_ = sealed13(my_secret_ = expand(my_secret_, "traffic upd", "", 32));
    }
    int updates() const { return updates_; } // the server's
    Ticket const& ticket() const { return ticket_; }

    // HTTP, by hand as the rest: when each byte leaves is the attack

    void ask(std::string_view path)
    {
        put(application, "GET " + Bytes{path} + " HTTP/1.1\r\nHost: adversary\r\n\r\n");
    }

    Bytes answer()
    {
        for (;;) {
            std::size_t const end = text_.find("\r\n\r\n");
            std::size_t const at = lower(text_).find("\r\ncontent-length: ");
            if (end != Bytes::npos) {
                expect(at < end, "an answer without a length");
                std::size_t const size = end + 4 + std::stoul(text_.substr(at + 18));
                if (text_.size() >= size) {
                    Bytes const taken = cut_off(text_, size);
                    return taken;
                }
            }
            more_text();
        }
    }
    int alerts() const { return alerts_; }

    // The server's message on a WebSocket, whose pings are answered behind before_answer().
    template <class Before>
    Bytes websocket(Before before_answer)
    {
        put(application, "GET / HTTP/1.1\r\nHost: adversary\r\nConnection: Upgrade\r\n"
                         "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: YWR2ZXJzYXJ5J3Mga2V5IQ==\r\n\r\n");
        while (text_.find("\r\n\r\n") == Bytes::npos)
            more_text();
        expect(text_.find(" 101 ") == 8, "no WebSocket");
        text_.erase(0, text_.find("\r\n\r\n") + 4);
        for (;;) {
            Bytes const head = some_text(2);
            std::size_t size = number_at(head, 1, 1);
            if (size == 126)
                size = number_at(some_text(2), 0, 2);
            Bytes const payload = some_text(size);
            if ((head[0] & 15) == 1)
                return payload;
            expect((head[0] & 15) == 9, "no ping");
            before_answer();
            // a pong, masked by zero
            put(application, Bytes{"\x8A"} + static_cast<char>(0x80 | payload.size())
                                 + Bytes(4, '\0') + payload);
        }
    }

    static Bytes location(Bytes const& answer)
    {
        std::size_t const at = lower(answer).find("\r\nlocation: ");
        if (answer.find(" 302 ") != 8 || at == Bytes::npos)
            return {};
        return answer.substr(at + 12, answer.find("\r\n", at + 12) - at - 12);
    }

private:
    void more_text()
    {
        auto const [type, text] = next_record();
        if (type == application)
            text_ += text;
        else if (type == alert)
            ++alerts_;
        else if (type == handshake && in_->tls13())
            behind_handshake(text);
    }
    void behind_handshake(Bytes const& messages)
    {
        for (std::size_t at = 0, size; at < messages.size(); at += size) {
            size = 4 + number_at(messages, at + 1, 3);
            Bytes const body = messages.substr(at + 4, size - 4);
            if (messages[at] == key_updated) {
                ++updates_;
                in_ = sealed13(their_secret_ = expand(their_secret_, "traffic upd", "", 32));
            } else if (messages[at] == new_session_ticket) {
                std::size_t const nonce = number_at(body, 8, 1);
                ticket_ = {body.substr(11 + nonce, number_at(body, 9 + nonce, 2)),
                           body.substr(4, 4), // as if it were of now
                           expand(resumption_, "resumption", body.substr(9, nonce), 32)};
            }
        }
    }
    Bytes some_text(std::size_t size)
    {
        while (text_.size() < size)
            more_text();
        return cut_off(text_, size);
    }
    static Bytes lower(Bytes text)
    {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        return text;
    }
    static Bytes extension(unsigned type, Bytes const& body)
    {
        return number(type, 2) + with_length(body, 2);
    }
    static Bytes signatures() { return number(0x0804, 2) + number(0x0401, 2) + number(0x0403, 2); }
    static std::shared_ptr<Sealed> sealed13(Bytes const& secret)
    {
        return std::make_shared<Sealed>(expand(secret, "key", "", 16), expand(secret, "iv", "", 12),
                                        true);
    }
    static Bytes share_of(Bytes const& hello)
    {
        std::size_t at = 4 + 2 + 32;
        at += 1 + number_at(hello, at, 1) + 2 + 1 + 2;
        while (at < hello.size()) {
            std::size_t const type = number_at(hello, at, 2), size = number_at(hello, at + 2, 2);
            if (type == 51)
                return hello.substr(at + 8, 32);
            at += 4 + size;
        }
        throw Broken{"a ServerHello without a share"};
    }

    void keys12(Bytes const& premaster)
    {
        master_ = prf(premaster, "master secret", random_ + server_random_, 48);
        Bytes const block = prf(master_, "key expansion", server_random_ + random_, 40);
        write_ = std::make_shared<Sealed>(block.substr(0, 16), block.substr(32, 4), false);
        read_ = std::make_shared<Sealed>(block.substr(16, 16), block.substr(36, 4), false);
    }
    void finish12()
    {
        out_ = write_;
        Bytes const mine =
            message(finished, prf(master_, "client finished", sha256(transcript_), 12));
        put(handshake, mine);
        transcript_ += mine;
        // what of the first flight was not read comes first
        for (;;) {
            auto const [type, text] = next_record();
            expect(type != alert, "an alert");
            if (type == change_cipher_spec)
                break;
        }
        in_ = read_;
        auto const [type, text] = next_record();
        expect(type == handshake && text[0] == finished, "no Finished");
    }
    static Bytes encrypted(Bytes const& premaster, Bytes const& flight)
    {
        expect(flight[0] == certificate, "no certificate");
        std::size_t const size = number_at(flight, 7, 3);
        unsigned char const* der = raw(flight) + 10;
        std::unique_ptr<X509, decltype(&X509_free)> const x509{
            d2i_X509(nullptr, &der, static_cast<long>(size)), X509_free};
        Key const key{x509 ? X509_get_pubkey(x509.get()) : nullptr, EVP_PKEY_free};
        expect(key != nullptr, "no key in the certificate");
        EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(key.get(), nullptr);
        Bytes out(1024, '\0');
        std::size_t out_size = out.size();
        bool const good =
            EVP_PKEY_encrypt_init(context) == 1
            && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
            && EVP_PKEY_encrypt(context, raw(out), &out_size, raw(premaster), premaster.size())
                   == 1;
        EVP_PKEY_CTX_free(context);
        expect(good, "the premaster secret cannot be encrypted");
        return out.substr(0, out_size);
    }

    Wire& wire_;
    X25519 x25519_;
    Bytes random_ = random_bytes(32), server_random_, transcript_, messages_, master_, text_;
    std::shared_ptr<Sealed> write_, read_, out_, in_;
    Bytes resumption_, my_secret_, their_secret_;
    Ticket ticket_;
    int alerts_ = 0, updates_ = 0;
};

Bytes attack(std::string_view name, Milliseconds pause, std::string_view first, Wire& wire,
             Bytes const& known, Ticket const& ticket)
{
    Client client{wire};
    bool const renegotiates = name == "renegotiate", asks = name == "key-update-asked",
               updates = asks || name == "key-update";
    if (name == "early-key-exchange" || renegotiates)
        client.ecdhe12(pause, !renegotiates);
    else if (name == "resumed" || name == "early-data")
        client.tls13(pause, false, ticket, name == "early-data");
    else if (name == "early-hello" || name == "none" || updates)
        client.tls13(pause, name == "early-hello");
    else
        (void)client.rsa12(known);

    int before = 0;
    auto const before_answer = [&] {
        ++before;
        if (!renegotiates && !updates)
            return;
        // so that what the server says to it leaves just before the answer arrives
        std::this_thread::sleep_for(pause);
        renegotiates ? client.renegotiate() : client.update_key(asks);
    };
    if (first == "websocket") {
        Bytes const seen = client.websocket(before_answer);
        expect(!asks || client.updates() >= before, "no KeyUpdate");
        expect(!renegotiates || client.alerts() >= before, "no alert");
        return seen;
    }
    client.ask(first);
    Bytes answer = client.answer();
    int hops = 0;
    for (Bytes path; !(path = Client::location(answer)).empty(); ++hops) {
        expect(hops < 12, "redirected without end");
        before_answer();
        client.ask(path);
        answer = client.answer();
    }
    if (renegotiates)
        expect(client.alerts() >= hops && hops > 0, "no alert");
    expect(!asks || (client.updates() >= hops && hops > 0), "no KeyUpdate");
    client.ask("/score");
    answer = client.answer();
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

} // namespace

int main(int argc, char** argv)
try {
    std::string name, first, address, proxy;
    int pause = 0;
    std::uint16_t port = 0, proxy_port = 0;
    examples::CommandLine line{"tls_adversary",
                               "A TLS client that attacks, and asks for redirects."};
    line.footer("Exit status: 0 with the server's verdict, 3 if the attack did not take place.");
    line.add_option("CASE", name)
        ->required()
        ->check(CLI::IsMember({"none", "early-key-exchange", "early-hello", "renegotiate",
                               "early-finished", "key-update", "key-update-asked", "resumed",
                               "early-data"}));
    line.add_option("PAUSE", pause, "in milliseconds")->required();
    line.add_option("PATH", first, "of the first redirect, or websocket")->required();
    line.add_option("ADDRESS", address, "the server's")->required();
    line.add_option("PORT", port)->required();
    auto* const by_way_of = line.add_option("PROXY_ADDRESS", proxy, "a SOCKS5 proxy's");
    by_way_of->needs(line.add_option("PROXY_PORT", proxy_port));
    line.parse_or_exit(argc, argv);

    auto const wire = [&] { return std::make_unique<Wire>(address, port, proxy, proxy_port); };
    Bytes known;
    if (name == "early-finished") {
        auto const before = wire();
        known = Client{*before}.rsa12({});
    }
    Ticket ticket;
    if (name == "resumed" || name == "early-data") {
        auto const before = wire();
        Client client{*before};
        client.tls13({}, false);
        client.ask("/score");
        (void)client.answer(); // the tickets have come before it
        expect(!client.ticket().psk.empty(), "no ticket");
        ticket = client.ticket();
    }
    auto const connection = wire();
    std::fputs(attack(name, Milliseconds{pause}, first, *connection, known, ticket).c_str(),
               stdout);
    expect(std::fflush(stdout) == 0, "standard output");
    return 0;
} catch (Broken const& why) {
    std::fputs((std::string{"BROKEN: "} + why.what() + '\n').c_str(), stderr);
    return 3;
}
