#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# check.sh finds in one run everything that is wrong with control/aroma/control.hpp.
#
#     control.sh COMPILER
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
said=$("$here/check.sh" "$1" "$here/control" aroma/control.hpp 1000) &&
    { echo "the control passes"; exit 1; }
failed=0
for expected in "over its budget of 1000" "includes [^ ]*/chrono$" "includes [^ ]*/netinet/tcp.h$" \
    "includes [^ ]*/sys/socket.h$" "defines CONTROL$" \
    "defines UNDEFINED$" "depends on a macro, line [0-9]*:#ifdef NDEBUG$"; do
    grep -q -- "$expected" <<<"$said" || { echo "not found: $expected"; failed=1; }
done
[ $failed = 0 ] || echo "$said"
exit $failed
