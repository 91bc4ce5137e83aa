#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# aroma-judge on lines whose figures can be counted by hand: halves, failures, malformed lines,
# exchanges that do not count, paths that cannot be seen.
#
#     judge.test.sh AROMA_JUDGE
set -u
. "$(dirname "$0")/../support/test.sh"
judge=$1
needs jq
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1

# HALF TRUTH PATH NEAR LEG BAND MOMENT...: a moment is NAME:APPLICATION-us[:STATUS], its minimum is
# NEAR.
line() {
    jq -nc --arg half "$1" --arg truth "$2" --arg path "$3" --argjson near "$4" --argjson leg "$5" \
        --arg band "$6" '{cell: "\($path)-\($near)-\($leg)",
        half: $half, truth: $truth, path: $path, client: "curl", congestion: "cubic",
        near_ms: $near, leg_ms: $leg, jitter_ms: 0, loss_percent: 0.5,
        profile: "", load: "", seed: 1, new: [],
        seen: {tick_us: 4000, band: $band, moments: [$ARGS.positional[] | split(":") |
            {moment: .[0], application_us: (.[1] | tonumber? // null), status: (.[2] // "ok"),
             stamps_ms: (.[3] | tonumber? // null), minimum_us: ($near * 1000),
             smoothed_us: ($near * 1000), variation_us: 100, score: null}]}}' --args "${@:7}"
}

expect() {
    local what=$1 filter=$2 wanted=$3 got
    got=$(jq -sc "$filter" "$work/figures")
    [ "$got" = "$wanted" ] || fail "$what is $got, not $wanted"
}
says() {
    grep -qF -- "$2" "$1" || fail "not said in $(basename "$1"): $2"
}

{
    # The thresholds' half: 100 direct connections with an excess of 0 to 9.9 ms. One may lie above
    # that for 1 %: it is 9.8 ms.
    for i in $(seq 0 99); do
        line choose direct direct 20 0 normal redirect:$((20000 + 100 * i))
    done >"$work/choose"
    sed 's/"band":"normal"/"band":"unstable"/' <(tail -n 76 "$work/choose") # from 2.4 ms on
    head -n 24 "$work/choose"

    line report direct direct 20 0 normal opening:20000 tls:21000 redirect:21000
    # 9.85 ms: above the threshold
    line report direct nat 20 0 suspicious tls:29850 redirect:40000
    # 60 ms: a long path, accused
    line report direct nat 20 0 proxy tls:90000 redirect:80000
    # the same once: not more than suspicious
    line report direct direct 20 0 suspicious tls:90000 redirect:80000:no_reply
    line report direct openvpn 20 0 unknown tls:0:no_reply redirect::handshake_only # nothing counts
    # ok, and yet no RTT
    line report direct openvpn 20 0 unknown tls:
    for leg in 10 20 60; do
        line report proxy socat 2 $leg x tls:$((2000 + 1000 * leg)) redirect:$((2000 + 1000 * leg))
    done
    line report proxy dante 2 20 unstable tls:11000 redirect:11500 request:        # 9 ms of 20
    line report proxy dante 2 20 unknown tls:9000:no_reply                         # silent: missed
    # never in the headline
    line report proxy evasive-late-acks 2 60 normal tls:3000 redirect:3000
    line report proxy evasive-late-acks 2 60 normal tls:3000 redirect:3000 |
        jq -c 'del(.seen) | .failed = "timeout"'
    line report direct direct 20 0 normal | jq -c 'del(.seen) | .failed = "timeout"'
} >"$work/all"
# Four bands are not the library's: 9.85 ms are `unstable`, and socat's three are none that there
# is.
"$judge" --json --data "$work/data" "$work/all" >"$work/figures" 2>"$work/errors" ||
    fail "exit status $?"
says "$work/errors" "4 of 112 connections have another band here than the server gave"

expect "what was judged" '[.[] | select(.table == "input") | .connections, .failed, .changed]' \
    '[112,2,4]'
expect "the halves of each path" \
    '[.[] | select(.table == "judged") | [.path, .choose, .report, .failed]]' \
    '[["direct",100,2,1],["nat",0,2,0],["openvpn",0,2,0],["dante",0,2,0],["evasive-late-acks",0,1,1],["socat",0,3,0]]'
expect "failures" '[.[] | select(.table == "failed") | .reason, .connections]' '["timeout",2]'
rule='.[] | select(.table == "rule" and .rule == "connection_history")'
expect "connection, direct" "[$rule | .direct | (.proxy, .suspicious, .unknown) | .hits, .of]" \
    '[1,6,2,6,2,6]'
expect "connection, proxied from 15 ms" \
    "[$rule | .proxied | (.proxy, .suspicious, .unknown) | .hits, .of]" '[1,4,2,4,1,4]'
expect "an interval" "[$rule | .direct.proxy | .low, .high | . * 10000 | round]" '[301,5635]'
# Pairs of 6 direct (1, 9.85, 60, 70, silent, silent) and 4 proxied (20, 60, 9, silent): 4 + 4.5 + 3
# + 1 in order.
expect "the area under the curve" "[$rule | .auc * 1000 | round]" '[563]'
expect "at 1 %" "[$rule | .at[0] | (.threshold * 1000 | round), .false_positives.hits, .leg_ms]" \
    '[638,3,60]'
expect "at 0.1 %, where 100 direct are too few" "[$rule | .at[1] | .threshold, .leg_ms]" \
    '[null,null]'
expect "badpass" '[.[] | select(.table == "rule" and .rule == "badpass") | (.direct, .proxied) | (.suspicious, .unknown) | .hits]' '[2,2,1,1]'
expect "legs" '[.[] | select(.table == "leg" and .rule == "connection_history") |
    .leg_ms, .suspicious.hits, .suspicious.of]' '[10,0,1,20,1,3,60,1,1]'
expect "paths" '[.[] | select(.table == "group" and .by == "path") |
    .truth, .name, (.connection_history.suspicious | .hits, .of)]' \
    '["direct","direct",1,2,"direct","nat",1,2,"direct","openvpn",0,2,"proxy","dante",0,2,"proxy","socat",2,2,"evasive","evasive-late-acks",0,1]'
expect "who is accused" '[.[] | select(.table == "accused") |
    .kind, .connection_history.suspicious.hits, .excess_ms, .exchange, .whose]' \
    '["20 ms, loss 0.5 %",2,70,"TLS",{"direct curl":1,"nat curl":1}]'
expect "who is missed" '[.[] | select(.table == "missed") |
    .kind, .connection_history.suspicious.hits, .excess_ms, .minimum_ms, .exchange, .whose]' \
    '["2 + 20 ms, loss 0.5 %",1,9,2,"TLS",{"dante curl":2}]'
expect "why" '[.[] | select(.table == "why_missed") | .silent, .excused, .within_a_tick, .quicker]' '[1,0,1,0]'
expect "the goals" '[.[] | select(.table == "goal") | .figure.hits, .figure.of, .reached]' \
    '[2,4,false,2,3,false,0,1,false,1,6,false,2,6,false,0,0,false]'
plotted() {
    [ "$(grep -v '^#' "$work/data/$1" | grep "${3:-}")" = "$2" ] ||
        { echo "FAILED: $1 has"; cat "$work/data/$1"; failed=1; }
}
plotted excess_direct.dat "70.000 1.000000" ^7
plotted excess_leg_15.dat $'9.000 0.500000\n20.000 1.000000'
plotted excess_leg_60.dat "60.000 1.000000"
plotted score_connection_history.dat "10 0.357143 0.357143 0.357143 1
20 0.233820 0.299535 0.365251 2
60 0.084746 0.084746 0.084746 1"
plotted roc_own.dat "connection_history 0.166667 0.250000 0.333333 0.500000" "^connection_history "

if command -v gnuplot >/dev/null; then
    "$(dirname "$0")/../../benchmarks/plots.sh" "$work/data" "$work/plots" 2>"$work/errors" ||
        fail "no plots: $(cat "$work/errors")"
    for plot in roc score_by_leg distributions; do
        grep -qx '</svg>' "$work/plots/$plot.svg" || fail "$plot.svg is not whole"
        grep -q '<title>Gnuplot' "$work/plots/$plot.svg" && fail "$plot.svg has no title"
    done
fi

"$judge" --half choose --json "$work/all" >"$work/figures" 2>"$work/errors"
expect "the other half" "[$rule | (.direct, .proxied) | .suspicious | .hits, .of]" '[0,100,0,0]'
expect "no proxied ones, no goal reached by them" '[.[] | select(.table == "goal") | .reached, .figure.of]' '[false,0,false,0,true,100,true,100,false,0]'
"$judge" --half both --json "$work/all" >"$work/figures" 2>"$work/errors"
expect "both halves" "[$rule | (.direct, .proxied) | .suspicious | .hits, .of]" '[2,106,2,4]'

# The kernel's clock alone, a tick taken off: 16 ms, 14 ms, none, and an opening of 2 ms and 51.
{
    line report direct direct 2 0 proxy tls:72000:ok:20 redirect:72000:ok:20
    line report direct direct 2 0 "" tls:72000 redirect:72000:ok:18
    line report direct direct 2 0 "" redirect:72000:ok:0
    line report direct direct 2 0 "" opening:53000:ok:55
} >"$work/stamps"
"$judge" --json "$work/stamps" >"$work/figures"
expect "the kernel's stamps" '[.[] |
    select(.rule == "connection_history", .rule == "connection_history_kernel") |
    select(.table == "rule") | .direct | .proxy.hits, .suspicious.hits, .unknown.hits]' \
    '[2,4,0,0,2,0]'
expect "no band to compare with" '[.[] | select(.table == "input") | .changed]' '[0]'

# One exchange of 20 ms is long enough and excused, 18 ms less is not.
{
    line report proxy socat 2 20 "" tls:22000; line report proxy socat 2 20 "" tls:4000
} >"$work/missed"
"$judge" --json "$work/missed" >"$work/figures"
expect "what was excused" '[.[] | select(.table == "why_missed") | .silent, .excused, .within_a_tick, .quicker]' '[0,1,0,1]'

# A void probe is no reply, and TCP's numbers are known all the same: of the last one, 20 / 100 ms.
# Without a reply a history accuses by a long opening, and clears by none: 51 ms, and 13.
{
    line report direct direct 20 0 "" \
        tls:21000:probe_retransmitted redirect:21000:probe_interrupted |
        jq -c '.seen.moments[1].smoothed_us = 100000'
    line report direct direct 20 0 "" opening:71000 tls:21000:probe_retransmitted
    line report direct direct 20 0 "" opening:33000 redirect:21000:probe_token
    line report direct direct 20 0 "" opening:20000 request:
} >"$work/void"
"$judge" --json "$work/void" >"$work/figures"
expect "void probes" '[.[] | select(.table == "rule") |
    select(.rule == "connection_history", .rule == "min_over_smoothed", .rule == "echo") |
    .direct | .proxy.hits, .suspicious.hits, .unknown.hits]' '[0,1,1,0,0,4,0,1,3]'

# The handshake's RTT is the opening's, whatever became of its first data: 65 - 10 ms are more than
# 50.
line report direct direct 20 0 "" opening::no_reply tls:65000 |
    jq -c '.seen.moments[0].minimum_us = 10000' >"$work/handshake"
"$judge" --json "$work/handshake" >"$work/figures"
expect "the handshake's RTT" \
    '[.[] | select(.table == "rule" and .rule == "badpass") | .direct.proxy.hits]' '[1]'

# The rules of pingly, rttgap and Envoy, each edge from both sides. PATH NEAR MOMENT...: an echo in
# us, near it TCP's RTT in ms.
edges() { # RULE PROXY SUSPICIOUS UNKNOWN, of all direct ones: the last one of $work/edges
    "$judge" --json "$work/edges" >"$work/figures"
    expect "$1" "[.[] | select(.table == \"rule\" and .rule == \"$1\") | .direct | .proxy.hits, .suspicious.hits, .unknown.hits]" "[$2,$3,$4]"
}
at() { line report direct direct "$1" 0 "" opening:$(($1 * 1000)) "${@:2}"; }
at 40 redirect:60000 >"$work/edges" # likely: 20 ms and 50 %
edges pingly 1 1 0
at 40 redirect:59999 >"$work/edges"
edges pingly 0 1 0
at 42 redirect:62000 >"$work/edges" # 47.6 %
edges pingly 0 1 0
at 30 redirect:48000 >"$work/edges" # 60 % of 18 ms
edges pingly 0 1 0
at 40 redirect:50000 >"$work/edges" # possible: 10 ms and 25 %
edges pingly 0 1 0
at 40 redirect:49999 >"$work/edges"
edges pingly 0 0 0
at 42 redirect:52000 >"$work/edges"
edges pingly 0 0 0
at 40 redirect:90000 ping:60000 redirect:70000 >"$work/edges" # the lowest
edges pingly 1 1 0
# no echo, no handshake
{ at 40 tls:90000; line report direct direct 40 0 "" redirect:90000; } >"$work/edges"
edges pingly 0 0 2

{
    at 40 redirect:65001
    at 40 redirect:65000
    at 40 redirect:52001
    at 40 redirect:52000
    at 40 tls:90000
} >"$work/edges"
edges rttgap 1 1 1
# minimum against minimum
at 40 redirect:65001 redirect:64000 request: |
    jq -c '.seen.moments[3].minimum_us = 38999' >"$work/edges"
edges rttgap 1 1 0

# 40 ms, 50 and 41 smoothed: of the first request's line, of the handshake's without one.
at 40 tls:91000 request: request: |
    jq -c '.seen.moments[2].smoothed_us = 41000 | .seen.moments[3].smoothed_us = 40000' \
    >"$work/edges"
edges envoy_log 0 0 0
{
    at 40 tls:91001 request: | jq -c '.seen.moments[2].smoothed_us = 41000'
    at 40 tls:90001
    at 40 tls:90000
    at 40 redirect:99000
} >"$work/edges"
edges envoy_log 2 2 1

# Malformed lines are named, and the rest goes on.
good=$(line report direct direct 20 0 normal tls:20000 redirect:20000)
{
    echo "$good"
    echo '{"cell":'
    echo '[]'
    jq -c '.half = "third"' <<<"$good"
    jq -c 'del(.truth)' <<<"$good"
    jq -c 'del(.near_ms)' <<<"$good"
    jq -c '.leg_ms = "far"' <<<"$good"
    jq -c 'del(.seen)' <<<"$good"
    jq -c '.seen.moments[1].moment = "nap"' <<<"$good"
    jq -c '.seen.moments[0].minimum_us = -1' <<<"$good"
    jq -c '.seen.moments = [7]' <<<"$good"
    echo
    echo "$good"
} >"$work/bad"
"$judge" --json "$work/bad" >"$work/figures" 2>"$work/errors"
[ $? = 1 ] || fail "malformed lines are no failure"
expect "the good ones" '[.[] | select(.table == "input") | .connections, .failed]' '[2,0]'
diff - <(sed "s,$work/,,; s,$work,.," "$work/errors") <<'ERRORS' || fail "the errors above"
bad:2: not JSON
bad:3: not an object
bad:4: half is "third"
bad:5: no truth
bad:6: no near_ms
bad:7: leg_ms is "far"
bad:8: neither seen nor failed
bad:9: moment is "nap"
bad:10: minimum_us is negative
bad:11: a moment is 7
ERRORS

# Without a file or connections nothing is written, and what was drawn of others stays.
cp -r "$work/data" "$work/kept"
cp "$work/all" "$work/data/roc_x.dat"
cp "$work/all" "$work/kept/roc_x.dat"
grep failed "$work/all" >"$work/failures"
refuses() { # WHY ARGUMENT...
    "$judge" --data "$work/data" "${@:2}" >"$work/figures" 2>"$work/errors"
    [ $? = 2 ] && [ ! -s "$work/figures" ] && diff -r "$work/kept" "$work/data" ||
        fail "not refused: ${*:2}"
    says "$work/errors" "$1"
}
refuses "none: No such file or directory" "$work/all" "$work/none"
refuses "Is a directory" "$work"
refuses "the name of the file is empty" "$work/all" --data ''
refuses "no connections to judge" /dev/null
refuses "no connections to judge" "$work/failures"
head -n 100 "$work/all" >"$work/chosen"
refuses "no connections of the half report" "$work/chosen"
ln "$work/all" "$work/data/roc_own.dat.2" && mv "$work/data/roc_own.dat.2" "$work/data/roc_own.dat"
"$judge" --data "$work/data" "$work/all" >/dev/null 2>"$work/errors"
[ $? = 2 ] && cmp -s "$work/all" "$work/data/roc_own.dat" || fail "it writes over what it reads"
"$judge" --data /dev/null "$work/all" >"$work/figures" 2>"$work/errors"
[ $? = 2 ] && [ ! -s "$work/figures" ] || fail "a device is a folder"
says "$work/errors" "aroma-judge: /dev/null: no folder: name one"

"$judge" "$work/all" >"$work/tables" 2>/dev/null
row='| `connection_history` | 16.7 [3.0, 56.4] | 33.3 [9.7, 70.0] | 25.0 [4.6, 69.9] '
row+='| 50.0 [15.0, 85.0] | 33.3, 25.0 | 0.5625 | 60 ms (50.0) | too few |'
says "$work/tables" "$row"
says "$work/tables" '| proxied, client leg from 15 ms: suspicious or worse | >= 99.0 | 50.0 [15.0, 85.0] | 4 | **missed** |'
says "$work/tables" \
    '| direct, the whole grid: proxy | <= 0.10 | 16.7 [3.0, 56.4] | 6 | **missed** |'
says "$work/tables" '**4 with another band here than the server gave:**'
says "$work/tables" '| evasive-late-acks | 1 | 0 [0, 79.3] |'
"$judge" --half choose "$work/all" >"$work/tables" 2>/dev/null # no proxied ones
grep -i 'nan\|null' "$work/tables" && fail "the tables show what there is not"
for wrong in "" "--half third $work/all" "--nonsense $work/all" --half; do
    "$judge" $wrong >/dev/null 2>"$work/errors"
    [ $? = 2 ] || fail "not refused: $wrong"
done
"$judge" --help >"$work/help" && says "$work/help" "usage: aroma-judge" || failed=1
exit $failed
