#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# aroma-top with clients whose RTTs are known, as text, as JSON and live in a terminal.
#
#     aroma_top.test.sh AROMA_TOP
set -u
. "$(dirname "$0")/../support/test.sh"
needs jq python3
top=$(realpath "$1")
here=$(dirname "$0")
work=$(mktemp -d) || exit 1
tmux=(tmux -L "aroma-top-$$" -f /dev/null)
clients=() quick='' late='' new=''
trap '"${tmux[@]}" kill-server 2>/dev/null; kill "${clients[@]}" 2>/dev/null; rm -rf "$work"' EXIT
same() { [ "$1" = "$2" ] || fail "$3: not $2 but $1"; } # what there is, what is expected, of what

# Clients that stay, with so many more.
start_clients() {
    mkfifo "$work/hold$1"
    python3 "$here/aroma_top_clients.py" "$@" <"$work/hold$1" >"$work/clients$1" &
    clients+=($!)
    # shellcheck disable=SC2034
    exec {hold}>"$work/hold$1"
}
# Their server's port into `port`, and each kind's own port into a variable of its name.
use_clients() {
    within 10 grep -q ready "$work/clients$1" || { echo "FAILED: no clients"; exit 1; }
    port=$(head -n 1 "$work/clients$1")
    eval "$(sed -nE 's/^(quick|late|new) ([0-9]+) .*/\1=\2/p' "$work/clients$1")"
}
peers() {
    "$top" --once --port "$port" "$@" | sed -n '5,$s/^127\.0\.0\.1:\([0-9]*\) .*/\1/p' | tr '\n' ' '
}
start_clients 0
start_clients 40
many=5100 # both ends of each are connections of this host
use_clients 0

# Text: those three and no other, by band and in order; what has no score comes last either way.
same "$("$top" --once --port "$port" | sed -n '5,$p' | wc -l)" 3 "lines"
same "$("$top" --once --port "$port" | sed -n 2p)" \
    "1 proxy  0 suspicious  0 unstable  1 normal  1 unknown  " "the count"
while read -r kind its band; do
    same "$(peers --band "$band")" "$its " "band $band, $kind"
    "$top" --once --port "$port" |
        grep -qE "^127\.0\.0\.1:$its +in +$port +[0-9.]+ +[0-9.]+ .* $band " ||
        fail "no line of $kind, which is $band"
done < <(grep -E '^(quick|late|new) ' "$work/clients0")
same "$(peers --band suspicious)" "" "band suspicious"
same "$(peers)" "$late $quick $new " "by score"
same "$(peers --reverse)" "$quick $late $new " "by score, reversed"
same "$(peers --sort rtt | cut -d' ' -f1)" "$late" "the longest RTT"
same "$(peers --sort peer)" "$(printf '%s\n' "$late" "$quick" "$new" | sort -n | tr '\n' ' ')" \
    "by peer"
same "$(peers --sort peer --reverse)" \
    "$(printf '%s\n' "$late" "$quick" "$new" | sort -nr | tr '\n' ' ')" "by peer, reversed"
"$top" --once --port "$port" | grep -qi detected && fail "it gives a verdict"
"$top" --once --port "$port" | grep -q "weak evidence" ||
    fail "it does not say how weak this evidence is"

# JSON.
"$top" --once --json --port "$port" >"$work/json" || fail "--json ends with $?"
holds() { jq -es "$1" "$work/json" >/dev/null || fail "$1 does not hold of $(cat "$work/json")"; }
holds 'length == 3 and all(.local_port == '"$port"' and .accepted and .state == "established" and .idle_us >= 0 and .time > 1e9)'
holds \
    'all(.minimum_us > 0 and .smoothed_us > 0 and .application_us == null and has("variation_us"))'
holds '[.[].opening_us] | .[0] == null and .[1] == null and .[2] > 57000'
holds '[.[].peer] == ["127.0.0.1:'"$late"'", "127.0.0.1:'"$quick"'", "127.0.0.1:'"$new"'"]'
holds '[.[].band] == ["proxy", "normal", "unknown"] and [.[].basis] == ["min_over_smoothed", "min_over_smoothed", "none"]'
holds '.[0].smoothed_us > 10000 and .[0].score < 0.1 and .[1].score == 1 and .[2].score == null and .[2].status == "handshake_only"'
"$top" --json --port "$port" --interval 0.2 >"$work/json" &
json=$!
for _ in $(seq 100); do [ "$(wc -l <"$work/json")" -ge 6 ] && break; sleep 0.05; done
kill -TERM $json && wait $json || fail "--json ends with $? on SIGTERM"
holds 'length >= 6 and ([.[].time] | unique | length) == length / 3'

# Connections of this host with itself are shown when they, or their port, are asked for.
same "$("$top" --once --json | jq -c --arg port ":$port" 'select(.local | endswith($port))')" "" \
    "local connections unasked"
"$top" --once | grep -qE 'hidden: [0-9]+ outgoing, [0-9]+ local' ||
    fail "it does not say that it hides something"
same "$("$top" --once --json --all | jq -c --arg port ":$port" 'select((.local, .peer) | endswith($port)) | .accepted' | sort | uniq -c | tr -s ' \n' ' ')" \
    " 3 false 3 true " "both ends with --all"

# Whose connections they are: an implausible share, or one network's.
start_clients 1 120
use_clients 1
"$top" --once --port "$port" | sed -n 3p |
    grep -qx '3[01] of 121 networks accused: is a balancer in front of this host?' ||
    fail "it does not warn of an implausible share"
use_clients 40
"$top" --once --port "$port" | grep -q "weak evidence" || fail "it warns of 43 connections"
use_clients 0

# Pipes, disks, no terminal.
same "$("$top" --once --port "$port" 2>"$work/err" | head -n 1 | cut -c 1-9)$(cat "$work/err")" \
    "aroma-top" "the first line"
timeout 5 bash -c '"$1" --json --port "$2" --interval 3600 | head -n 1 >/dev/null' - "$top" \
    "$port" || fail "it does not notice that its reader has gone"
"$top" --once --port "$port" >/dev/full 2>"$work/err" && fail "a full disk is no error"
grep -q 'the output is not complete: No space left' "$work/err" ||
    fail "nothing useful about a full disk: $(cat "$work/err")"
same "$(env -u TERM "$top" --once --port "$port" </dev/null | wc -l)" 7 "lines without TERM"
"$top" </dev/null >"$work/err" 2>&1
same "$?" 2 "the status without a terminal"
grep -q -e --once "$work/err" ||
    fail "nothing useful where there is no terminal: $(cat "$work/err")"
for wrong in "--port" "--port 0" "--port 65536" "--port 80," "--port x" "--band" "--band good" \
    "--sort x" "--interval 0" "--interval nan" \
    "--interval 1s" "--once=1" "verbose"; do
    # shellcheck disable=SC2086
    "$top" $wrong >"$work/out" 2>"$work/err"
    same "$?" 2 "the status of: $wrong"
    grep -qF "not understood: ${wrong%% *}" "$work/err" && [ ! -s "$work/out" ] ||
        fail "nothing useful about: $wrong: $(cat "$work/err")"
done
same "$("$top" --version)" "aroma-top $(sed -n 's/.*version\[3\] = {\(.*\), \(.*\), \(.*\)};/\1.\2.\3/p' "$here/../../include/aroma/version.hpp")" "the version"
"$top" --help | grep -q "weak evidence" || fail "--help does not say how weak this evidence is"

# A sandbox without netlink.
python3 - "$top" --once >"$work/out" 2>"$work/err" <<'PYTHON'
import ctypes, os, platform, struct, sys
machine = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}.get(platform.machine())
if not machine:
    sys.exit(77)
architecture, socket = machine
code = [(0x20, 0, 0, 4), (0x15, 0, 5, architecture), (0x20, 0, 0, 0),
        (0x15, 0, 3, socket), (0x20, 0, 0, 16), (0x15, 0, 1, 16), # AF_NETLINK
        (0x06, 0, 0, 0x00050000 | 97), (0x06, 0, 0, 0x7FFF0000)] # EAFNOSUPPORT, allowed
program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(program)))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, filter, 0, 0) != 0:
    sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])
PYTHON
status=$?
if [ $status -eq 77 ]; then
    echo "without netlink: not tried: no seccomp here"
else
    same "$status" 1 "the status without netlink"
    grep -q tcp_diag "$work/err" && [ ! -s "$work/out" ] ||
        fail "nothing useful about no sock_diag: $(cat "$work/err")"
fi

# The live view.
room=$(ulimit -Hn)
[ "$room" != unlimited ] && [ "$room" -lt 12000 ] || start_clients $many
if command -v tmux >/dev/null; then
    use_clients 40
    keys() { "${tmux[@]}" send-keys -t 0 "$@"; }
    screen() { "${tmux[@]}" capture-pane -p -t 0; }
    shows() { # an expression, of any line; waits for it
        for _ in $(seq 100); do screen | grep -qE -e "$1" && return; sleep 0.05; done
        fail "after $what: nothing shows '$1' in:"$'\n'"$(screen)"
    }
    begin() { # a shell with this in its environment, and aroma-top in it
        if "${tmux[@]}" has-session 2>/dev/null; then
            "${tmux[@]}" respawn-pane -k -t 0 "exec env $1 bash --norc"
        else
            "${tmux[@]}" new-session -d -x 80 -y 24 "exec env $1 bash --norc"
        fi || fail "tmux does not start"
        keys "PS1='ready> '; cd '$work'; clear; stty -g >before; '$top' --port $port --interval 0.2; echo \"status \$?\"; stty -g >after" Enter
        what="the start" && shows '^PEER +DIR +PORT +MIN ms +RTT ms +SCORE +BAND +IDLE'
    }
    ended() {
        what=$1 && shows '^status 0$'
        shows '^ready>'
        cmp -s "$work/before" "$work/after" || fail "$1 leaves the terminal in another mode"
        same "$("${tmux[@]}" display -p -t 0 '#{alternate_on}')" 0 "the alternate screen after $1"
    }
    begin NO_COLOR=
    shows "^aroma-top .* 43 connections  by score  port $port"
    shows "^127\.0\.0\.1:$late +in +$port .* proxy +[0-9.]+s"
    shows "weak evidence"
    same "$(screen | grep -c '^127')" 19 "rows of 80x24"
    same "$(screen | grep -m 1 -o '^127[^ ]*')" "127.0.0.1:$late" "the first row"
    "${tmux[@]}" capture-pane -e -p -t 0 | grep -q $'\e\[31mproxy' || fail "proxy is not red"
    keys NPage && what="Page Down" && shows "19-37"
    keys End && what=End && shows "25-43"
    keys Home && what=Home && shows "1-19"
    keys r && what=r && shows "by score, reversed"
    keys s && what=s && shows "by rtt, reversed"
    keys b && what=b && shows "43 connections, 1 listed .* band proxy"
    same "$(screen | grep -o '^127[^ ]*')" "127.0.0.1:$late" "the rows of band proxy"
    keys bbbbb && what=bbbbb && shows "43 connections  by"
    keys / "1:$quick" Enter && what=/ && shows " 1 connections .* peer 1:$quick"
    keys / Enter && keys p 65536 Enter && what="p 65536" && shows "not understood.*65536"
    keys p 1 Enter && what="p 1" && shows " 0 connections .* port 1$"
    keys p "$port" Enter && what=p && shows " 43 connections"
    keys h && what=h && shows "no verdict"
    keys h Space && what=space && shows "HELD"
    keys Space && "${tmux[@]}" resize-window -t 0 -x 120 -y 40 && what="120x40" &&
        shows "BASIS OR STATUS +STATE"
    shows "1-35"
    "${tmux[@]}" resize-window -t 0 -x 40 -y 10 && what="40x10" && shows '^PEER +SCORE BAND *$'
    same "$(screen | grep -c '^127')" 5 "rows of 40x10"
    "${tmux[@]}" resize-window -t 0 -x 3 -y 2 && sleep 0.3 &&
        "${tmux[@]}" resize-window -t 0 -x 80 -y 24 && what="3x2" && shows "1-19"
    keys q && ended q
    begin NO_COLOR=1
    shows " proxy "
    "${tmux[@]}" capture-pane -e -p -t 0 | grep -qE $'\e\[(3[0-7]|9[0-7])m' &&
        fail "colours in spite of NO_COLOR"
    keys C-c && ended Ctrl-C
    begin NO_COLOR=
    pkill -TERM -P "$("${tmux[@]}" display -p -t 0 '#{pane_pid}')"
    ended SIGTERM
    begin NO_COLOR=
    keys 'C-\' && ended SIGQUIT
    keys "clear; stty rows 65535 cols 65535; '$top' --port $port; echo \"status \$?\"" Enter &&
        sleep 0.5 && keys q
    what="a huge window" && shows '^status 0$'
    "${tmux[@]}" resize-window -t 0 -x 81 -y 24 && "${tmux[@]}" resize-window -t 0 -x 80 -y 24
    keys "clear; TERM=dumb '$top'; echo \"status \$?\"" Enter && what="TERM=dumb" &&
        shows "curses does not know this terminal"
    shows '^status 2$'
else
    echo "the live view: not tried: no tmux"
fi

# More than there is room for.
if [ -e "$work/clients$many" ]; then
    use_clients $many
    "$top" --once --port "$port" 2>/dev/null | sed -n 3p | grep -q '^All from one network' ||
        fail "it takes one network for clients"
    "$top" --once --json --all --sort idle >"$work/json" 2>"$work/err"
    same "$(wc -l <"$work/json")" 10000 "rows of more than 10,000 connections"
    grep -qE '^aroma-top: 10000 of [0-9]{5} connections listed' "$work/err" ||
        fail "it does not say that there are more: $(cat "$work/err")"
    holds '[.[].idle_us] | . == sort'
    "$top" --once --json --all 2>"$work/err" | head -n 1 | jq -e '.score < 0.1' >/dev/null ||
        fail "the worst is not the first"
else
    echo "10,000 connections: not tried: too few descriptors are allowed"
fi
exit $failed
