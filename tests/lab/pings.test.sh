#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# HTTP/2 and WebSocket pings on paths whose truth is known: a direct client 40 ms away is cleared,
# and one 40 ms behind a proxy that is 1 ms from the server is accused and not cleared.
#
#     pings.test.sh HTTP2_PING WEBSOCKET_PING AROMA_LINK
set -u
here=$(dirname "$0")
. "$here/../support/lab.sh"
. "$here/../support/proxies.sh"
. "$here/../support/pings.sh"
lab_enter "$0" "$@" || exit 77
http2=$1 websocket=$2 client=$here/../support/websocket_client.py
AROMA_LINK=$3
needs curl jq microsocks openssl
curl --version | grep -q HTTP2 || skip "a curl with HTTP/2 is needed"
python_with_websockets || skip "Python's websockets are needed (package python3-websockets)"

for host in server direct near behind; do lab_host $host || exit 1; done
lab_link direct 10.77.1.2 server 10.77.1.1 --delay 20 || exit 1
lab_link near 10.77.2.2 server 10.77.2.1 --delay 0.5 || exit 1
lab_link behind 10.77.3.2 near 10.77.3.1 --delay 20 || exit 1

certificate /run/cert.pem /run/key.pem || exit 1
lab_on server "$http2" --cert /run/cert.pem --key /run/key.pem --address :: --port 8443 \
    2>/run/http2.log &
lab_on server "$websocket" --cert /run/cert.pem --key /run/key.pem --address :: --port 8444 \
    2>/run/websocket.log &
listening_port /run/http2.log >/dev/null && listening_port /run/websocket.log >/dev/null || exit 1
proxy_start microsocks near 10.77.3.1 behind 10.77.2.1 8443 || exit 1
proxy=${via[1]}

is() { # BANDS CLEARED: what was last expected
    one_of "$band" "$1" "the band"
    [ "$cleared" = "$2" ] || fail "cleared is $cleared"
}
echo "HTTP/2, direct"
ping_clears lab_on direct curl --http2 -sk --max-time 20 https://10.77.1.1:8443/ || failed=1
is "normal unstable" true
echo "HTTP/2, proxied"
ping_expect "$(lab_on behind curl --http2 -sk --max-time 20 "${via[@]}" https://10.77.2.1:8443/)" ||
    failed=1
is "suspicious proxy" false
echo "WebSocket, direct"
ping_clears lab_on direct "$python" "$client" /run/cert.pem 8444 10.77.1.1 || failed=1
is "normal unstable" true
echo "WebSocket, proxied"
ping_expect "$(lab_on behind "$python" "$client" /run/cert.pem 8444 10.77.2.1 \
    "${proxy%:*}" "${proxy#*:}")" || failed=1
is "suspicious proxy" false
exit $failed
