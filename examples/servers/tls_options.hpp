// SPDX-License-Identifier: BSL-1.0
//
// The command line of the TLS examples, --cert FILE --key FILE [--port N] [--address ADDRESS]
// [--json], and the context that it asks for. By hand, as port_option.hpp has it.
#ifndef AROMA_EXAMPLES_TLS_OPTIONS_HPP
#define AROMA_EXAMPLES_TLS_OPTIONS_HPP

#include "../common/descriptors.hpp"
#include "../common/port_option.hpp"
#include "../common/printable.hpp"
#include "../common/tls_bounds.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace examples {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

[[noreturn]] inline void give_up(std::string_view program, std::string_view why)
{
    std::fputs(fmt::format("{}: {}\n", program, printable(why)).c_str(), stderr);
    auto const print = [](char const* line, std::size_t size, void*) { // it ends with \n
        return std::fputs((printable({line, size - 1}) + '\n').c_str(), stderr);
    };
    ERR_print_errors_cb(print, nullptr);
    std::exit(1);
}

struct TlsOptions {
    std::string certificate, key;
    Where where{.port = 8443};
    bool json = false;

    // The options of the command line. If it is invalid, or is --help, the program prints the usage
    // and ends here.
    TlsOptions(std::string_view program, int argc, char const* const* argv, bool knows_json = false)
    {
        hold_standard_descriptors();
        for (int i = 1; i < argc; i += 2) {
            std::string_view const option{argv[i]}, value{i + 1 < argc ? argv[i + 1] : ""};
            if (option == "--json" && knows_json) {
                json = true;
                --i; // it has no value
            } else if (option == "--cert" && !value.empty()) {
                certificate = value;
            } else if (option == "--key" && !value.empty()) {
                key = value;
            } else if ((option != "--port" || !where.read_port(value))
                       && (option != "--address" || !where.read_address(value))) {
                bool const help = option == "--help";
                std::fputs(help ? ""
                                : fmt::format("{}: not understood: {} {}\n", program,
                                              printable(option), printable(value))
                                      .c_str(),
                           stderr);
                std::fputs((fmt::format("usage: {} --cert FILE --key FILE {}{}\n", program,
                                        where_options, knows_json ? " [--json]" : "")
                            + fmt::format(fmt::runtime(where_help), 8443))
                               .c_str(),
                           help ? stdout : stderr);
                std::exit(help ? 0 : 2);
            }
        }
        if (certificate.empty() || key.empty())
            give_up(program, "--cert and --key are needed; to make them: "
                             "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost "
                             "-keyout key.pem -out cert.pem");
    }

    Context context(std::string_view program) const
    {
        Context made{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
        if (made)
            bound_tls(made.get());
        if (!made || SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION) != 1
            || SSL_CTX_use_certificate_chain_file(made.get(), certificate.c_str()) != 1
            || SSL_CTX_use_PrivateKey_file(made.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
            give_up(program, "cannot use " + certificate + " and " + key);
        return made;
    }
};

} // namespace examples

#endif // AROMA_EXAMPLES_TLS_OPTIONS_HPP
