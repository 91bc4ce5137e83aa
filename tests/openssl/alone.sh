#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# aroma/integrations/openssl.hpp compiles alone, twice in one unit, in both dialects, with and
# without exceptions and RTTI, and without what OpenSSL 3 deprecates and OpenSSL 4 may have removed;
# and costs little more than OpenSSL: <atomic> alone would double it.
#
#     alone.sh COMPILER INCLUDE_DIR OPENSSL_INCLUDE_DIR
set -u
compiler=$1 include=$2 openssl=$3
failed=0

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
printf '#include <aroma/integrations/openssl.hpp>\n#include <aroma/integrations/openssl.hpp>\nint main() {}\n' >"$work/alone.cpp"
for standard in c++20 gnu++20; do
    for without in "" "-fno-exceptions -fno-rtti"; do
        # shellcheck disable=SC2086
        "$compiler" -std=$standard $without -Wall -Wextra -Wpedantic -Wconversion \
            -Wsign-conversion -Wshadow -Werror -DOPENSSL_NO_DEPRECATED \
            -fsyntax-only -I"$include" -I"$openssl" "$work/alone.cpp" ||
            { echo "aroma/integrations/openssl.hpp: does not compile alone with -std=$standard" \
                "$without"; failed=1; }
    done
done
lines() { "$compiler" -std=c++20 -E -P -I"$include" -I"$openssl" "$1" | wc -l; }
our_header=aroma/integrations/openssl.hpp
printf '#include <aroma/aroma.hpp>\n#include <openssl/ssl.h>\nint main() {}\n' >"$work/openssl.cpp"
ours=$(lines "$work/alone.cpp") without=$(lines "$work/openssl.cpp")
[ "$without" -gt 1000 ] && [ "$ours" -le $((without + 1000)) ] ||
    {
        echo "$our_header: $ours preprocessed lines; the umbrella and <openssl/ssl.h>: $without"
        failed=1
    }
exit $failed
