#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# errno_kept_calls.cpp is complete: of the headers that include an operating system's, each system
# call is made to fail there, and each function of a synopsis is called. OpenSSL's has its own test.
#
#     errno_kept.sh PROJECT
set -u
unset CDPATH
cd "$1" || exit 1
test=tests/live/errno_kept_calls.cpp failed=0 calls=0 functions=0
fail() { echo "FAILED: $*"; failed=1; }
mapfile -t headers < <(grep -lE \
    '^#include <(errno|time|fcntl|poll|unistd|dlfcn|sys/[a-z]+|arpa/inet)\.h>' -r include/aroma \
    --include='*.hpp' | sort)
while read -r call; do
    calls=$((calls + 1))
    grep -qF "{\"$call\", " $test || fail "$call() is not made to fail in $test"
# what changes no errno: memory alone
done < <(sed 's#//.*##' "${headers[@]}" |
    grep -oE '(^|[^A-Za-z_0-9>])::[a-z_]+\(|\bclock_get[a-z]+\(' | grep -oE '[a-z_]+\(' |
    tr -d '(' | grep -vxE 'strlen|memcpy' | sort -u)
for header in "${headers[@]}"; do
    [[ $header != */openssl.hpp ]] || continue
    while read -r name; do
        functions=$((functions + 1))
        grep -qE "\b$name[({]|\"$name\"" $test || fail "$name() of $header is not called in $test"
    done < <(sed -n '/^\/\/ Synopsis/,/^\(\/\/\|#ifndef.*\)$/p' "$header" | grep -oE '\b[a-z_]+\(' |
        tr -d '(' | grep -vxE 'each|stat|save|data|native_handle' | sort -u)
done
[ ${#headers[@]} -gt 5 ] && [ $calls -gt 20 ] && [ $functions -gt 15 ] ||
    fail "only ${#headers[@]} headers, $calls calls, $functions functions"
echo "$calls system calls, $functions functions of ${#headers[@]} headers"
exit $failed
