// SPDX-License-Identifier: BSL-1.0
//
// What a TLS server has seen of one connection, moment by moment, and what all of it says, as one
// JSON object.
#ifndef AROMA_EXAMPLES_SEEN_HPP
#define AROMA_EXAMPLES_SEEN_HPP

#include <aroma/aroma.hpp>
#include <aroma/integrations/openssl.hpp>

#include "../common/json.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <openssl/ssl.h>

namespace examples {

constexpr std::size_t most_moments = 64;

class Seen {
public:
    // The opening and the reply to the server's flight, as aroma::openssl::observe() has measured
    // them.
    void handshake(SSL* ssl)
    {
        if (aroma::openssl::Handshake const* const handshake = aroma::openssl::handshake(ssl)) {
            connection_ = handshake->connection;
            moments_.push_back({"opening", handshake->opening});
            moments_.push_back({"tls", handshake->reply});
        }
    }

    // A later moment; `info` is read(fd), or at(read(fd), Exchange::reply, ...) where the client
    // has answered something.
    void add(std::string_view what, aroma::TcpInfo const& info)
    {
        if (info.status == aroma::Status::ok && measured(info.rtt.application))
            connection_.observe(aroma::Exchange::reply, info.rtt);
        else if (info.status == aroma::Status::ok)
            connection_.observe(info.rtt);
        moments_.push_back({what, info});
        if (moments_.size() > most_moments)
            moments_.erase(moments_.begin() + 2); // the first ones stay, the handshake's as a rule
    }

    aroma::Assessment assess() const { return connection_.assess(); }

    // stamps_ms is the difference of the kernel's stamps as it is, before its tick is taken off and
    // a stopwatch refines it.
    std::string to_json() const
    {
        std::string all;
        for (At const& at : moments_) {
            bool const stamped =
                at.info.status == aroma::Status::ok && measured(at.info.rtt.application);
            all += fmt::format(
                R"({}{{"moment":"{}","stamps_ms":{},{})", all.empty() ? "" : ",", at.what,
                stamped ? fmt::to_string(at.info.last_data_sent - at.info.last_data_recv) : "null",
                examples::to_json(aroma::assess(at.info)).substr(1));
        }
        return fmt::format(R"({{"tick_us":{},"replies":{},"moments":[{}],{})",
                           aroma::clock_tick().count(),
                           connection_.exchanges(aroma::Exchange::reply), all,
                           examples::to_json(assess()).substr(1));
    }

private:
    struct At {
        std::string_view what;
        aroma::TcpInfo info;
    };
    std::vector<At> moments_;
    aroma::ConnectionHistory connection_;
};

} // namespace examples

#endif // AROMA_EXAMPLES_SEEN_HPP
