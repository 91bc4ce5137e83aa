#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# A ping server with a real client: its assessment rests on its pings, and they clear the client;
# and it names what is wrong with its command line.
#
#     pings.test.sh CLIENT SERVER      CLIENT: curl (of http2_ping), websockets or chromium (of
#                                      websocket_ping), wrong (of either)
set -u
. "$(dirname "$0")/../support/test.sh"
here=$(dirname "$0")
client=$1 server=$2
. "$here/../support/pings.sh"

needs openssl jq
case $client in
curl) curl --version 2>/dev/null | grep -q HTTP2 || skip "a curl with HTTP/2 is needed" ;;
websockets | chromium) python_with_websockets ||
    skip "Python's websockets are needed (package python3-websockets)" ;;
esac
[ "$client" != chromium ] || find_chromium || skip "Chromium is needed (package chromium)"

work=$(mktemp -d) || exit 1
trap 'kill $running 2>/dev/null; rm -rf "$work"' EXIT
running=
certificate "$work/cert.pem" "$work/key.pem" || exit 1
: >"$work/log"
"$server" --cert "$work/cert.pem" --key "$work/key.pem" --port 0 2>"$work/log" &
running=$!
port=$(listening_port "$work/log") || exit 1

case $client in
curl)
    # Two requests on one connection, one with a body: the pings are made once, before the first
    # answer.
    head -c 300000 /dev/zero >"$work/body"
    answers=$(curl --http2 -sk --max-time 20 -X GET --data-binary @"$work/body" "https://127.0.0.1:$port/[1-2]") || failed=1
    [ "$(uniq -c <<<"$answers" | awk '{ print $1 }')" = 2 ] || fail "not twice the same answer"
    ping_expect "$(tail -n 1 <<<"$answers")" || failed=1
    for method in "200 -I" "405 -X POST" "405 -X DELETE" "501 -X BREW"; do
        # shellcheck disable=SC2086
        got=$(curl --http2 -sk --max-time 20 ${method#* } -o "$work/body" \
            -w '%{http_code} %{size_download}' "https://127.0.0.1:$port/")
        [ "$got" = "${method%% *} 0" ] || fail "curl ${method#* } is answered $got"
    done
    curl --http1.1 -sk --max-time 20 "https://127.0.0.1:$port/" && fail "HTTP/1.1 is answered"
    ping_clears curl --http2 -sk --max-time 20 "https://127.0.0.1:$port/" || failed=1
    ;;
websockets)
    ping_clears "$python" "$here/../support/websocket_client.py" "$work/cert.pem" "$port" ||
        failed=1
    ;;
chromium) ping_expect "$("$python" "$here/chromium.py" "$browser" "https://127.0.0.1:$port/")" ||
    failed=1 ;;
wrong)
    name=$(basename "$server")
    expect() { ends "$1" "$2" "$server" "${@:3}"; } # STATUS TEXT ARGUMENT...
    expect 1 "$name: --cert and --key are needed"
    expect 1 "$name: --cert and --key are needed" --cert "$work/cert.pem"
    expect 1 "$name: cannot use $work/none and $work/key.pem" --cert "$work/none" \
        --key "$work/key.pem"
    expect 1 "$name: cannot use $work/cert.pem and $work/log" --cert "$work/cert.pem" \
        --key "$work/log"
    expect 1 "$name: cannot listen on port $port" --cert "$work/cert.pem" --key "$work/key.pem" \
        --port "$port"
    expect 2 "$name: not understood: --port 65536" --port 65536
    expect 2 "$name: not understood: --port 80x" --port 80x
    expect 2 "$name: not understood: --port" --port
    expect 2 "$name: not understood: --cert" --cert
    expect 2 "usage: $name --cert FILE --key FILE" --what
    expect 0 "usage: $name --cert FILE --key FILE" --help
    ;;
*) echo "no client is called $client"; exit 1 ;;
esac
kill -0 $running || fail "the server has ended: $(cat "$work/log")"
exit $failed
