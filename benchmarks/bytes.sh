#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Machine code and constants, in bytes, of a function that returns the band of a descriptor, at -O2:
# by score(fd), and with a history too; by hand, with all that score(fd) says (score_by_hand.cpp);
# and bare, one getsockopt and a division.
#
#     benchmarks/bytes.sh COMPILER
set -u
unset CDPATH
[ $# -eq 1 ] || { sed -n '4,/^set/s/^# \{0,1\}//p' "$0"; exit 2; }
here=$(cd "$(dirname "$0")" && pwd) || exit 1
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
cat >"$work/score.cpp" <<'CODE'
#include <aroma/aroma.hpp>
int band(int fd) { return static_cast<int>(aroma::score(fd).band); }
CODE
cat >"$work/score_history.cpp" <<'CODE'
#include <aroma/aroma.hpp>
int band(int fd, aroma::ConnectionHistory& history)
{
    return static_cast<int>(aroma::score(fd, history).band);
}
CODE
cat >"$work/bare.cpp" <<'CODE'
#include <netinet/in.h>
#include <sys/socket.h>
int band(int fd)
{
    unsigned bytes[38];
    socklen_t length = sizeof bytes;
    if (getsockopt(fd, IPPROTO_TCP, 11, bytes, &length) != 0 || length < sizeof bytes
        || !bytes[17] || !bytes[37] || bytes[37] == ~0u)
        return 0;
    double const score = static_cast<double>(bytes[37]) / bytes[17];
    return score >= 0.7 ? 1 : score >= 0.3 ? 2 : score >= 0.1 ? 3 : 4;
}
CODE
cp "$here/score_by_hand.cpp" "$work/by_hand.cpp"
for of in score score_history by_hand bare; do
    "$1" -std=c++20 -O2 -fno-asynchronous-unwind-tables -I"$here/../include" -c "$work/$of.cpp" \
        -o "$work/$of.o" || exit 1
    echo "$of $(size -A "$work/$of.o" |
        awk '$1 ~ /^\.(text|rodata)/ { sum += $2 } END { print sum }')"
done
