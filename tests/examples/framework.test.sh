#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# One of the framework examples with real clients, good and bad.
#
#     framework.test.sh PROGRAM
set -u
command -v curl >/dev/null || { echo "aroma: skipped: curl is needed"; exit 77; }
program=$1
name=$(basename "$program")
work=$(mktemp -d)
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
. "$(dirname "$0")/pings.sh"

failed=0
fail() { echo "FAILED: $*"; failed=1; }
is() { [[ $1 == $2 ]] || fail "$3: $1"; } # text, pattern, what it is

: >"$work/log"
"$program" --port 0 2>"$work/log" &
server=$!
port=$(ping_port "$work/log") || { grep -q "refuses io_uring" "$work/log" && { echo "aroma: skipped: $(cat "$work/log")"; exit 77; }; exit 1; }
url=http://127.0.0.1:$port

if [ "$name" = grpc ]; then
    ask() { timeout 20 "$program" ask "127.0.0.1:$port"; }
    # A client that is not gRPC's own and sends one message, of no bytes: an answer, and no accusation.
    printf '\0\0\0\0\0' | curl -s --http2-prior-knowledge --max-time 20 -H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- \
        -o "$work/grpc" "$url/aroma.Example/Ask" || fail "curl is not answered"
    is "$(grep -ao '{"band".*}' "$work/grpc")" '{"band":"@(unknown|normal|unstable)",*}' "what curl is told"
    timeout 10 "$program" ask 127.0.0.1:1 >"$work/none" 2>&1 && fail "it asks where nobody answers"
    [ -s "$work/none" ] || fail "it does not say that nobody answers"
else
    ask() { curl -sL --max-time 20 "$url/"; }
    is "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' --max-time 20 "$url/")" "302 $url/score" "/"
    is "$(curl -s --max-time 20 "$url/score")" '{"band":"@(unknown|normal|unstable)",*}' "/score of who was not redirected"
    is "$(curl -s -o /dev/null -w '%{http_code}' --max-time 20 "$url/nothing")" 404 "/nothing"
    # Four requests of one connection, each redirected and each scored.
    is "$(curl -sL --max-time 20 "$url/?[1-4]" -w '%{num_connects}\n' | tr -d '\n')" '{*"status":"ok"*}1{*"status":"ok"*}0{*"status":"ok"*}0{*"status":"ok"*}0' "four visits"
fi
answer=$(ask)
echo "$answer"
is "$answer" '{"band":"@(normal|unstable)","score":[01]*,"basis":"reference_over_excess","status":"ok",*}' "the assessment"

# What is no HTTP, what ends too early, what is reset, what waits: none of them is in the way of the others.
for i in $(seq 60); do
    case $((i % 4)) in
    0) (printf 'garbage\r\n\r\n' >"/dev/tcp/127.0.0.1/$port") ;; # a shell of its own: whoever is hung up on while writing ends by SIGPIPE
    1) (printf 'GET / HT' >"/dev/tcp/127.0.0.1/$port") ;;
    2) (printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /score HTTP/1.1\r\nHost: x\r\n\r\n' >"/dev/tcp/127.0.0.1/$port") ;; # closed with its answers unread: a reset
    3) eval "exec $((100 + i))<>/dev/tcp/127.0.0.1/$port" ;;
    esac 2>/dev/null
done
head -c 300000 /dev/zero | timeout 10 bash -c "cat >/dev/tcp/127.0.0.1/$port" 2>/dev/null
is "$(ask)" '{*"status":"ok",*}' "afterwards"
kill -0 $server 2>/dev/null || fail "it has ended: $(cat "$work/log")"

# What it is told wrongly it names, and it ends when it is told to.
expect() { # STATUS TEXT ARGUMENT...
    local status=$1 text=$2 said
    shift 2
    said=$(timeout 10 "$program" "$@" 2>&1)
    [ $? -eq "$status" ] && [[ $said = *"$text"* ]] || fail "expected status $status and '$text' of: $name $*; it says: $said"
}
expect 2 "$name: not understood: --port x" --port x
expect 2 "$name: not understood: --port 65536" --port 65536
expect 2 "usage: $name" --what
expect 0 "usage: $name" --help
expect 1 "$name: cannot listen on port $port" --port "$port"
kill -TERM $server
for _ in $(seq 100); do kill -0 $server 2>/dev/null || break; sleep 0.1; done
kill -0 $server 2>/dev/null && fail "it does not end"
exit $failed
