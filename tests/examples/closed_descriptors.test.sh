#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Programs that are started with standard input, output or error closed: none of their sockets and
# files takes the number, and what cannot write its output says so and fails.
#
#     closed_descriptors.test.sh PROGRAM...      servers, and tools (aroma-NAME)
set -u
. "$(dirname "$0")/../support/test.sh"
[ $# -gt 0 ] || skip "no program is built"
work=$(mktemp -d) || exit 1
pid=''
trap 'kill $pid 2>/dev/null; rm -rf "$work"' EXIT
log=$work/log
say() { # TOOL STATUS TEXT ARGUMENT...: with standard output closed, and with a full disk
    local tool=$1 status=$2 text=$3
    shift 3
    timeout 10 "$tool" "$@" >&- 2>"$log"
    [ $? -eq "$status" ] && grep -qE "$text: Bad file descriptor" "$log" ||
        fail "$tool $* without standard output: $(cat "$log")"
    timeout 10 "$tool" "$@" >/dev/full 2>"$log"
    [ $? -eq "$status" ] && grep -qE "$text: No space" "$log" ||
        fail "$tool $* on a full disk: $(cat "$log")"
    timeout 10 "$tool" "$@" >/dev/full 2>&-
    [ $? -eq "$status" ] || fail "$tool $* without standard error: another status"
    # A reader that has had enough is no error.
    { timeout 10 "$tool" "$@" 2>"$log"; echo $? >"$work/status"; } | head -c 1 >/dev/null
    [[ " 0 141 " = *" $(cat "$work/status") "* ]] && ! grep -q 'not complete' "$log" ||
        fail "$tool $* | head: $(cat "$work/status" "$log")"
}
printf 'score\n0.5\n' >"$work/scores"
printf 'label,gap_ms,reply_excess_ms\nx,1,1\n' >"$work/gaps"
echo '{"half":"choose","truth":"direct","path":"direct","near_ms":20,"leg_ms":0,' \
    '"seen":{"tick_us":4000,"moments":[]}}' >"$work/lab"
certified=''
held() { # each of the three is /dev/null
    local fd
    for fd in 0 1; do
        [ "$(readlink /proc/$pid/fd/$fd)" = /dev/null ] ||
            fail "$name: descriptor $fd is $(readlink /proc/$pid/fd/$fd)"
    done
}
for program in "$@"; do
    name=$(basename "$program")
    unset "reads"
    case $name in
    aroma-top) tool=(--once) ;;
    aroma-vcl) tool=(--print-template) ;;
    aroma-calibrate) tool=("$work/scores") reads=- ;;
    aroma-replay) tool=("$work/gaps") reads=- ;;
    aroma-judge) tool=("$work/lab") ;;
    aroma-likelihoods) tool=("$work/lab" "$work/gaps") ;;
    minimal)
        for port in $(shuf -i 20000-30000 -n 5); do
            "$program" "$port" <&- >&- 2>"$log" &
            pid=$!
            within 1 bash -c ": </dev/tcp/127.0.0.1/$port" 2>/dev/null && break
            wait $pid
        done
        held
        kill $pid
        continue
        ;;
    *)
        options=(--port 0)
        case $name in
        tls_server | http2_ping | websocket_ping)
            [ "$certified" ] || certificate "$work/cert" "$work/key" || exit 1
            certified=yes options+=(--cert "$work/cert" --key "$work/key")
            ;;
        esac
        : >"$log" # standard error is where it says its port
        "$program" "${options[@]}" <&- >&- 2>"$log" &
        pid=$!
        if listening_port "$log" >/dev/null; then
            held
        elif ! grep -q 'refuses io_uring' "$log"; then
            fail "$name does not start without descriptors"
        fi
        kill $pid 2>/dev/null
        wait $pid 2>/dev/null
        continue
        ;;
    esac
    say "$program" 1 "$name: (the output is not complete|cannot write to file)" "${tool[@]}"
    say "$program" 1 "$name: the output is not complete" --help
    say "$program" 1 "$name: the output is not complete" --version
    if [ "${reads:-}" ]; then
        timeout 10 "$program" - <&- >"$work/out" 2>"$log"
        [ $? -eq 2 ] && grep -q "$name: standard input: Bad file descriptor" "$log" ||
            fail "$name without standard input: $(cat "$log")"
    fi
    timeout 10 "$program" --nonsense >"$work/out" 2>&-
    [ $? -eq 2 ] && [ ! -s "$work/out" ] ||
        fail "$name without standard error says what is wrong elsewhere: $(cat "$work/out")"
done
exit $failed
