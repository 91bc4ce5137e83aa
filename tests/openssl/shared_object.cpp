// SPDX-License-Identifier: BSL-1.0
//
// A shared object whose symbols are hidden, with the header in it: several of it are in one
// program.

#include <aroma/integrations/openssl.hpp>

#define EXPORTED extern "C" [[gnu::visibility("default")]]

EXPORTED bool NAME_observe(SSL_CTX* context)
{
    return aroma::openssl::observe(context);
}

// Probes that count, or -1 if it knows of no handshake.
EXPORTED int NAME_counted(SSL const* ssl)
{
    aroma::ConnectionHistory const* const history = aroma::openssl::history(ssl);
    return history ? history->counted() : -1;
}
