# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the tests of the ping servers.
#
#     ping_certificate DIRECTORY      cert.pem and key.pem in it, for localhost and a day
#     ping_port LOG                   the port that a server with this log listens on
#     ping_expect JSON                its connection is scored across the layers, by at least three
#                                     replies to five probes; sets band and cleared
#     ping_clears COMMAND...          the same of what a direct client prints, and one of its first
#                                     three connections is cleared
#     python_with_websockets          sets python

ping_certificate() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "$1/key.pem" -out "$1/cert.pem" \
        2>"$1/openssl.log" || { cat "$1/openssl.log"; return 1; }
}

ping_port() {
    local port waited=0
    until port=$(sed -n 's/.*: listening on port \([0-9]*\).*/\1/p' "$1") && [ -n "$port" ]; do
        [ $((waited++)) -lt 200 ] || { echo "the server does not listen: $(cat "$1")" >&2; return 1; }
        sleep 0.05
    done
    echo "$port"
}

ping_expect() {
    echo "$1"
    band=$(sed -n 's/.*"band":"\([a-z]*\)".*"basis":"reference_over_excess","status":"ok".*/\1/p' <<<"$1")
    [ -n "$band" ] || { echo "FAILED: not scored across the layers"; return 1; }
    local replies probes form='^\{"tick_us":[0-9]*,"replies":([0-9]*),"probes":([0-9]*),'
    form+='"cleared":(true|false),.*'
    read -r replies probes cleared < <(sed -nE "s/$form/\1 \2 \3/p" <<<"$1")
    [ "${replies:-0}" -ge 3 ] || { echo "FAILED: ${replies:-no} replies"; return 1; }
    [ "$probes" -eq 5 ] || { echo "FAILED: $probes probes, not TLS and four pings"; return 1; }
}

ping_clears() {
    local attempt
    for attempt in 1 2 3; do
        ping_expect "$("$@")" || return 1
        [ "$cleared" = true ] && return
    done
    echo "FAILED: not cleared in $attempt attempts"
    return 1
}

python_with_websockets() {
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import asyncio, websockets; asyncio.run' 2>/dev/null && return
    done
    return 1
}
