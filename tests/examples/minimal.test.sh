#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The smallest example with curl, as its first lines say: the first request finds the handshake
# alone, the others a score.
#
#     minimal.test.sh MINIMAL
set -u
. "$(dirname "$0")/../support/test.sh"
needs curl
log=$(mktemp) || exit 1
trap 'kill $server 2>/dev/null; rm -f "$log"' EXIT
for port in $(shuf -i 20000-30000 -n 5); do
    "$1" "$port" >"$log" 2>&1 &
    server=$!
    for _ in $(seq 50); do
        curl -s "http://127.0.0.1:$port/[1-3]" && break 2
        kill -0 $server 2>/dev/null || break
        sleep 0.05
    done
done
sleep 0.2
cat "$log"
here=$(dirname "$0")
"$here/../support/form.sh" "$here/../.." examples/quickstart/minimal.cpp "$log" || exit 1
"$1" "$port" 2>&1 | grep -q 'is the port taken' ||
    { echo "FAILED: a taken port is not named"; exit 1; }
program=$1 usage='usage: minimal [PORT]    1 to 65535; 8080 if none is given'
refused() {
    local said
    said=$(timeout 5 "$program" "$@" 2>&1 >/dev/null)
    [ "$? $said" = "2 $usage" ] || { echo "FAILED: \"$*\" is taken, or says: $said"; exit 1; }
}
for wrong in x -1 +80 80x ' 80' '' 0 0x50 65536 70000 4294967376 -h; do
    refused "$wrong"
done
refused 8080 8081
said=$(timeout 5 "$1" --help 2>/dev/null)
[ "$? $said" = "0 $usage" ] || { echo "FAILED: --help: $said"; exit 1; }
