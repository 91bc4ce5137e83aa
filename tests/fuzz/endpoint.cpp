// SPDX-License-Identifier: BSL-1.0
//
// Any text as an address, and any bytes as a sockaddr: what is understood is written as text that
// means the same.

#include "fuzz.hpp"

#include <aroma/linux/endpoint.hpp>

#include <string>
#include <vector>

using aroma::Endpoint;
using fuzz::holds;

namespace {

void check_endpoint(Endpoint const& end)
{
    if (!end.valid()) {
        holds(end == Endpoint{}, "what is not understood is nothing");
        return;
    }
    char text[72];
    errno = ERANGE;
    std::string const written = end.text(text);
    holds(written.size() < sizeof text && Endpoint{written} == end,
          "what is written is read as the same");
    holds(errno == ERANGE, "errno is the server's");
    holds(!end.ipv4() || end.scope_id == 0, "an IPv4 address has no device");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    fuzz::Input in{data, size};
    int const how = in.take<std::uint8_t>() % 3;
    auto const port = how == 1 ? in.take<std::uint16_t>() : std::uint16_t{0};
    std::string_view const text = in.rest();
    std::vector<char> const exact(text.begin(), text.end());
    std::string_view const same{exact.data(), exact.size()};
    errno = ERANGE;
    if (how == 0) {
        check_endpoint(Endpoint{same});
        holds(Endpoint{std::string{same}.c_str()} == Endpoint{same.substr(0, same.find('\0'))},
              "a text that ends with a zero is the same text");
    } else if (how == 1) {
        Endpoint const end{same, port};
        if (port != 0)
            check_endpoint(end);
        holds(!end.valid() || end.port == port, "the port is the one that was given");
    } else {
        Endpoint end{reinterpret_cast<sockaddr const*>(exact.data()), exact.size()};
        if (!end.valid()) // port 0, which is none
            return 0;
        end.scope_id &= end.ipv4() ? 0u : 0x7fffffffu; // an interface's index is an int
        check_endpoint(end);
    }
    holds(errno == ERANGE, "errno is the server's");
    return 0;
}
