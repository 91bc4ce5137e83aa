#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# One of the framework examples with real clients, good and bad.
#
#     framework_clients.test.sh PROGRAM
set -u
. "$(dirname "$0")/../support/test.sh"
needs curl
program=$1
name=$(basename "$program")
work=$(mktemp -d) || exit 1
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT

is() { [[ $1 == $2 ]] || fail "$3: $1"; } # text, pattern, what it is
# A command's answer. A busy machine may send a segment again, which voids a probe: only if all of a
# visit are void, it comes again.
counted() {
    local answer try
    for try in 1 2 3; do
        answer=$("$@")
        [[ $answer == *'"status":"probes_void"'* ]] || break
    done
    echo "$answer"
}

: >"$work/log"
"$program" --port 0 2>"$work/log" &
server=$!
port=$(listening_port "$work/log") || {
    grep -q "refuses io_uring" "$work/log" || exit 1
    skip "$(cat "$work/log")"
}
url=http://127.0.0.1:$port

if [ "$name" = grpc ]; then
    ask() { timeout 20 "$program" ask "127.0.0.1:$port"; }
    # A client that is not gRPC's own and sends one message, of no bytes: an answer, and as it has
    # echoed nothing, neither an accusation nor a clearance.
    printf '\0\0\0\0\0' | curl -s --http2-prior-knowledge --max-time 20 \
        -H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- \
        -o "$work/grpc" "$url/aroma.Example/Ask" || fail "curl is not answered"
    is "$(grep -ao '{"band".*}' "$work/grpc")" '{"band":"unknown",*"status":"probe*' "curl's answer"
    timeout 10 "$program" ask 127.0.0.1:1 >"$work/none" 2>&1 && fail "it asks where nobody answers"
    [ -s "$work/none" ] || fail "it does not say that nobody answers"
else
    ask() { curl -sL --max-time 20 "$url/"; }
    code() { curl -s -o /dev/null -w '%{http_code} %{redirect_url}' --max-time 20 "$url$1"; }
    random=
    for _ in $(seq 16); do random+=[0-9a-f]; done
    first=$(code /)
    is "$first" "302 $url/probe/2/$random" "/"
    [ "$first" != "$(code /)" ] || fail "/ redirects twice to the same path"
    is "$(code /probe/1/x)" "302 $url/probe/0/$random" "/probe/1"
    is "$(curl -si --max-time 20 "$url/")" \
        $'HTTP/1.1 302 *\r\n*\r\n\r' "the redirect, without a body"
    for field in 'cache-control: no-store' 'content-length: 0'; do
        curl -si --max-time 20 "$url/" | tr -d '\r' | grep -qix "$field" ||
            fail "the redirect has no $field"
    done
    unprobed='{"band":"unknown","score":null,"basis":"none","status":"unprobed",*}'
    is "$(curl -s --max-time 20 "$url/score")" "$unprobed" "/score of who was not redirected"
    # A connection that keeps to /score stays unprobed; one that does not follow stays unknown.
    is "$(curl -s --max-time 20 "$url/score?[1-3]" | tr -d '\n')" \
        "$unprobed$unprobed$unprobed" "/score three times"
    is "$(curl -s --max-time 20 "$url/" "$url/score" "$url/probe/2/x" "$url/score" | tr -d '\n')" \
        '{"band":"unknown",*"status":"probe*}{"band":"unknown",*"status":"probe*}' \
        "/score of who does not follow"
    is "$(code /nothing)" "404 " "/nothing"
    # Four visits over one connection, each redirected three times and each scored.
    four() { curl -sL --max-time 20 "$url/?[1-4]" -w '%{num_connects}\n' | tr -d '\n'; }
    scored='{*"basis":"reference_over_excess","status":"ok"*}'
    is "$(counted four)" "${scored}1${scored}0${scored}0${scored}0" "four visits"
fi
answer=$(counted ask)
echo "$answer"
scored='"score":[01]*,"basis":"reference_over_excess","status":"ok",*}'
is "$answer" '{"band":"@(normal|unstable)",'"$scored" "the assessment"

# What is no HTTP, what ends too early, what is reset, what waits: none of them is in the way of the
# others. Each in a shell of its own: one that is hung up on while it writes ends by SIGPIPE.
two=$'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /score HTTP/1.1\r\nHost: x\r\n\r\n'
for i in $(seq 60); do
    case $((i % 4)) in
    0) (printf 'garbage\r\n\r\n' >"/dev/tcp/127.0.0.1/$port") ;;
    1) (printf 'GET / HT' >"/dev/tcp/127.0.0.1/$port") ;;
    2) (printf %s "$two" >"/dev/tcp/127.0.0.1/$port") ;; # closed, its answers unread: a reset
    3) eval "exec $((100 + i))<>/dev/tcp/127.0.0.1/$port" ;;
    esac 2>/dev/null
done
head -c 300000 /dev/zero | timeout 10 bash -c "cat >/dev/tcp/127.0.0.1/$port" 2>/dev/null
is "$(counted ask)" '{*"status":"ok",*}' "afterwards"
kill -0 $server 2>/dev/null || fail "it has ended: $(cat "$work/log")"

# The same over TLS, with who breaks off the handshake.
if [ "$name" = qt ]; then
    certificate "$work/cert" "$work/key" || exit 1
    ends 1 "qt: cannot use this certificate and key" \
        "$program" --cert "$work/none" --key "$work/key" --port 0
    : >"$work/tls"
    "$program" --cert "$work/cert" --key "$work/key" --port 0 2>"$work/tls" &
    tls=$!
    tls_port=$(listening_port "$work/tls") || exit 1
    ask_tls() { curl -skL --max-time 20 "$@" "https://127.0.0.1:$tls_port/?[1-2]" | tr -d '\n'; }
    for version in 1.2 1.3; do
        is "$(counted ask_tls --tls-max $version)" "{*$scored" "TLS $version"
        (printf 'GET / HTTP/1.1\r\n\r\n' >"/dev/tcp/127.0.0.1/$tls_port") 2>/dev/null
        timeout 1 openssl s_client -connect "127.0.0.1:$tls_port" -tls1_1 </dev/null &>/dev/null
    done
    kill -TERM $tls
    wait $tls
fi

# It names what it does not understand, and ends at SIGTERM.
expect() { ends "$1" "$2" "$program" "${@:3}"; } # STATUS TEXT ARGUMENT...
expect 2 "$name: not understood: --port x" --port x
expect 2 "$name: not understood: --port 65536" --port 65536
expect 2 "usage: $name" --what
expect 2 "$name: not understood: --port" --port ''
expect 0 "usage: $name" --help
expect 1 "$name: cannot listen on port $port" --port "$port"
kill -TERM $server
within 10 not kill -0 $server 2>/dev/null || fail "it does not end"
exit $failed
