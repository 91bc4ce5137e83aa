#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# aroma-replay on lines whose counts were worked out by hand: R = 50/9 ms, so that an excess of
# 2.381 ms scores 0.7, one of 12.963 ms 0.3, one of 50 ms 0.1. And on recorded connections, where
# they are there.
#
#     replay.test.sh AROMA-REPLAY              what was written here
#     replay.test.sh AROMA-REPLAY FOLDER       what was recorded
set -u
. "$(dirname "$0")/../support/test.sh"
needs jq
replay=$(realpath "$1")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# STATUS ARGUMENT...: replays with --json what is on standard input; it ends so, and every line of
# its answer is an object.
run() {
    local status=$1
    shift
    said="--json $*"
    "$replay" --json "$@" >"$work/out" 2>"$work/err"
    local ended=$?
    [ $ended -eq "$status" ] ||
        fail "$said ended with $ended instead of $status: $(cat "$work/err")"
    jq -e -s 'all(keys - ["provider", "providers"] == ["label", "n", "normal", "proxy", "rule",
                      "suspicious", "unknown", "unstable"]
                  and .n == .normal + .unstable + .suspicious + .proxy + .unknown)' \
        "$work/out" >/dev/null ||
        fail "$said: not such objects: $(head -n 3 "$work/out")"
    [ "$(wc -l <"$work/out")" -eq "$(jq -s length "$work/out")" ] ||
        fail "$said: not one object a line"
}
# LABEL RULE "NORMAL UNSTABLE SUSPICIOUS PROXY UNKNOWN" [PROVIDER]: of the last run
counts() {
    local is
    is=$(jq -r --arg of "$1" --arg rule "$2" --arg provider "${4-}" \
        'select(.label == $of and .rule == $rule and (.provider // "") == $provider) | "\(.normal) \(.unstable) \(.suspicious) \(.proxy) \(.unknown)"' "$work/out")
    [ "$is" = "$3" ] || fail "$said: $1, $2, ${4-}: '$is' instead of '$3'"
}
labels() {
    [ "$(jq -r .label "$work/out" | uniq | paste -sd' ')" = "$*" ] ||
        fail "$said: the labels are $(jq -r .label "$work/out" | uniq | paste -sd' '), not $*"
}
# The lines on standard error, each beginning so; no more of them.
complains() {
    local line at=0
    for line in "$@"; do
        at=$((at + 1))
        [[ $(sed -n ${at}p "$work/err") = "$line"* ]] ||
            fail "$said: '$(sed -n ${at}p "$work/err")' instead of '$line'"
    done
    [ "$(wc -l <"$work/err")" -eq $at ] || fail "$said: $(wc -l <"$work/err") lines instead of" \
        "$at on standard error: $(tail -n 1 "$work/err")"
}

if [ $# -gt 1 ]; then
    [ -r "$2/connections.csv" ] || skip "no recorded connections in $2"
    share() { # LABEL RULE FILTER: of the last run
        local is
        is=$(jq -c --arg of "$1" --arg rule "$2" \
            'select(.label == $of and .rule == $rule)' "$work/out")
        [ -n "$is" ] && jq -e "$3" <<<"$is" >/dev/null || fail "$said: $1, $2: not $3: $is"
    }
    run 0 "$2/connections.csv"
    complains "$2/connections.csv:8040: gap_ms is negative, and taken for not measured: -258.977" \
        "$2/connections.csv:16547: gap_ms is negative, and taken for not measured: -243.695"
    share proxy opening '.unknown == 2'
    [ "$(jq -s 'map(select(.rule == "opening").n) | add' "$work/out")" -eq $(($(wc -l <"$2/connections.csv") - 1)) ] || fail "some of connections.csv is not counted"
    share proxy opening '.proxy >= .93 * .n and .proxy + .suspicious >= .97 * .n'
    # an opening alone: a band better, or nothing
    share proxy connection_history '.suspicious >= .93 * .n and .suspicious + .unknown == .n'
    share direct opening '.n == 96 and .proxy == 0'
    share direct connection_history '.unknown == .n'
    share direct-lossy connection_history '.n == 49 and .proxy == 0'
    share proxy first_four_packets '.proxy >= .97 * .n'
    share direct reply '.unknown == .n'
    run 0 "$2/two_exchanges.csv"
    complains
    share proxy reply '.n == 2537 and .proxy >= .95 * .n'
    share proxy connection_history '.proxy >= .955 * .n and .proxy + .suspicious >= .96 * .n'
    share proxy badpass '.proxy >= .95 * .n'
    run 0 "$2/tcp_info.csv"
    complains
    labels etl-tcpinfo-arn02 tcp-info-archiveRecor tcp-info-finwait2-sam
    share etl-tcpinfo-arn02 min_over_smoothed '.n == 362 and .unknown == 14 and .normal == 348'
    share etl-tcpinfo-arn02 min_over_smoothed_worst '.proxy == 0'
    share tcp-info-archiveRecor min_over_smoothed '.n == 1 and .proxy == 0 and .unknown == 0'
    share tcp-info-finwait2-sam min_over_smoothed '.n == 1 and .proxy == 0 and .unknown == 0'
    exit $failed
fi

# Openings alone, each edge from both sides; a byte-order mark, CRLF, blank lines, quotes, blanks
# around, no last end of line.
printf '\xef\xbb\xbf"gap_ms" ,country, label,tcp_rtt_ms\r\n\r\n' >"$work/openings"
printf '%s,a,edges,100\r\n' 0 2.380 2.382 12.962 12.964 50 50.001 >>"$work/openings"
printf '  \r\n 1.5 ,"x, y","one, two" ,\t100\r\n,z,edges,\r\n6.000,z,six,2.018\n6.001,z,six,2.018\n45.000,z,quotient,5\n45.001,z,quotient,5\n45.000,z,quotient,0\n50.000,z,fifty,5.003' \
    >>"$work/openings"
run 0 "$work/openings"
complains
labels edges "one, two" six quotient fifty
counts edges opening "2 2 2 1 1"
# An opening alone clears nobody, and a band better than its own it accuses only above 50 ms.
counts edges connection_history "0 0 1 0 7"
counts edges first_four_packets "3 0 0 4 1"
counts edges opening_ratio "5 2 0 0 1" # of a far client, few gaps make a small quotient: 100/150
counts edges reply "0 0 0 0 8"
counts edges min_over_smoothed "0 0 0 0 8"
counts "one, two" opening "1 0 0 0 0"
counts six first_four_packets "1 0 0 1 0"
counts quotient opening_ratio "0 0 1 1 1" # without TCP's RTT there is no quotient
counts quotient opening "0 0 3 0 0"
counts fifty opening "0 0 1 0 0"
[ "$(wc -l <"$work/out")" -eq $((5 * $("$replay" --rules | wc -l))) ] ||
    fail "not one object for every label and rule"
run 0 <"$work/openings"
counts edges opening "2 2 2 1 1"
run 0 "$work/openings" - "$work/openings" <"$work/openings"
counts edges opening "6 6 6 3 3"

# Replies, and both exchanges: two that agree are worth the worst band.
cat >"$work/replies" <<'CSV'
reply_excess_ms,label,gap_ms,tcp_rtt_ms
60,both,60,
60,one,1,
60,one,,
1,short,60,10
50,badpass,,0
50.001,badpass,,4.019
110,tls,,10
50,tls,,10
49,tls,,10
200,tls,,40
-3,tls,,10
-20,tls,,10
7,tls,,
CSV
run 0 "$work/replies"
complains
counts both connection_history "0 0 0 1 0"
counts both opening "0 0 0 1 0"
counts both reply "0 0 0 1 0"
counts both reply_ratio "0 0 0 0 1"
counts one connection_history "0 0 2 0 0"
counts one opening "1 0 0 0 1"
counts short connection_history "1 0 0 0 0" # the replies decide
counts badpass badpass "1 0 0 1 0"
counts badpass reply "0 0 1 1 0"
# 12; 6 on a short path; 5.9; 6 on a long one; 0.7; below zero; without TCP's
counts tls tls_over_tcp "2 1 1 1 2"
counts tls reply "2 1 2 2 0"
counts tls reply_ratio "1 0 3 1 2" # 10/120, 10/60, 10/59, 40/240, 10/7
counts tls connection_history_kernel "0 0 0 0 7"

# Without tcp_rtt_ms, as two_exchanges.csv; with providers.
printf 'label,reply_excess_ms,provider\nx,13,q"r\nx,2,"b\\c"\nx,3,\nx,60,"b\\c"\n' \
    >"$work/providers"
sed -i 's/q"r/"q""r"/' "$work/providers"
run 0 --by provider "$work/providers"
counts x reply "0 0 1 0 0" qr
counts x reply "1 0 0 1 0" 'b\c'
counts x reply "0 1 0 0 0" ""
run 0 "$work/providers"
counts x reply "1 1 1 1 0"
run 0 --by providers "$work/providers"
complains "aroma-replay: $work/providers: it has no column providers"

# Snapshots: connections apart, the handshake's is none (whatever was acknowledged since), the last
# by seq, sentinels, a connection that is closed.
cat >"$work/snapshots" <<'CSV'
conn,source,state,seq,min_rtt_us,rtt_us,rttvar_us,bytes_acked,delivered
0,a,1,0,100,100,50,0,1
1,a,1,0,700,700,350,0,
1,a,1,1,700,700,350,5000,
2,a,1,5,80,100,10,5000,
0,a,1,1,90,1000,400,5000,9
0,b,1,0,5,100,7,5000,
2,a,1,4,5,100,10,4000,
0,a,1,2,100,200,90,5000,9
3,a,1,0,4294967295,100,50,5000,9
3,a,1,1,100,0,50,5000,9
4,a,4,0,5,100,50,5000,9
5,a,8,0,10,100,50,18446744073709551615,9
CSV
run 0 "$work/snapshots"
complains
labels a b
counts a min_over_smoothed "1 1 1 0 3"
counts a min_over_smoothed_worst "0 0 1 2 3"
counts a aroma_vcl "3 0 0 0 3" # 0.1 is not below 0.1
counts a opening "0 0 0 0 6"
counts a connection_history_tls "0 0 0 0 6"
counts a connection_history "0 0 0 0 6" # TCP alone decides no band of a history
counts b min_over_smoothed "0 0 0 1 0"
counts b aroma_vcl "0 0 0 1 0"
{ head -n 1 "$work/snapshots"; tail -n +5 "$work/snapshots"; } >"$work/rest"
run 0 <(head -n 4 "$work/snapshots") "$work/rest" # a connection may go on in the next file
counts a min_over_smoothed "1 1 1 0 3"
sed '1s/$/,label/; 2,$s/$/,everyone/' "$work/snapshots" >"$work/labelled"
run 0 "$work/labelled"
labels everyone
counts everyone min_over_smoothed_worst "0 0 1 3 3"

# A time below zero is named, and the rest of its line counts.
printf 'label,gap_ms,tcp_rtt_ms,reply_excess_ms\nx,-258.977,259,60\nx,45,-5,\n' >"$work/negative"
run 0 "$work/negative"
complains "$work/negative:2: gap_ms is negative, and taken for not measured: -258.977" \
    "$work/negative:3: tcp_rtt_ms is negative"
counts x opening "0 0 1 0 1"
counts x opening_ratio "0 0 0 0 2"
counts x reply "0 0 0 1 1"
# TCP's RTT alone says nothing, and is no reason to refuse
printf 'tcp_rtt_ms,label\n5,x\n' >"$work/negative"
run 0 "$work/negative"
complains
counts x opening "0 0 0 0 1"

# Malformed lines are named and left out.
{
    printf 'label,gap_ms,tcp_rtt_ms\n'
    printf 'x,%s,10\n' nan inf 0x10 1x 1,5 -1e9 1e9 1e999 +1 '1 2' '"1' '1"'
    printf ',1,10\n"",1,10\nx,1\n\xff,1,10\na\x1bb,1,10\nx,1,-2e6\nx,1,y\n'
    head -c 100000 /dev/zero | tr '\0' x
    printf '\nx,%s,10\n' 1 1e1 -0 ''
} >"$work/wrong"
run 1 "$work/wrong"
complains "$work/wrong:2: gap_ms is not a number: nan" \
    "$work/wrong:3: gap_ms is not a number: inf" "$work/wrong:4: gap_ms is not a number: 0x10" \
    "$work/wrong:5: gap_ms is not a number: 1x" "$work/wrong:6: 4 fields where the header has 3" \
    "$work/wrong:7: gap_ms is negative: -1e9" \
    "$work/wrong:8: gap_ms is longer than any round trip: 1e9" "$work/wrong:9: gap_ms is out of range: 1e999" "$work/wrong:10: gap_ms is not a number: +1" \
    "$work/wrong:11: gap_ms is not a number: 1 2" "$work/wrong:12: a quote is not closed" \
    "$work/wrong:13: a quote is not closed" \
    "$work/wrong:14: label is empty" "$work/wrong:15: label is empty" \
    "$work/wrong:16: 2 fields where the header has 3" "$work/wrong:17: label is not UTF-8" \
    "$work/wrong:18: label is not UTF-8" "$work/wrong:19: tcp_rtt_ms is negative: -2e6" \
    "$work/wrong:20: tcp_rtt_ms is not a number: y" \
    "$work/wrong:21: longer than 65535 bytes"
labels x
counts x opening "2 1 0 0 1"

printf 'source,conn,seq,state,rtt_us,min_rtt_us,rttvar_us,bytes_acked\n' >"$work/head"
{
    cat "$work/head"
    printf '%s\n' a,-1,0,1,100,50,9,9 a,1,x,1,100,50,9,9 a,1,0,256,100,50,9,9 \
        a,1,0,1,4294967296,50,9,9 a,1,0,1,1.5,50,9,9 a,1,0,1,100,,9,9 \
        a,1,0,1,100,50,9,18446744073709551616 ,1,0,1,100,50,9,9 \
        a,18446744073709551615,0,1,100,50,9,9
} >"$work/wrong"
run 1 "$work/wrong"
complains "$work/wrong:2: conn is not a whole number: -1" \
    "$work/wrong:3: seq is not a whole number: x" "$work/wrong:4: state is out of range: 256" \
    "$work/wrong:5: rtt_us is out of range: 4294967296" "$work/wrong:6: rtt_us is not a whole number: 1.5" "$work/wrong:7: min_rtt_us is not a whole number: it is empty" \
    "$work/wrong:8: bytes_acked is out of range: 18446744073709551616" "$work/wrong:9: source is empty"
counts a min_over_smoothed "0 1 0 0 0"
{ echo label,gap_ms; yes x,y | head -n 30; echo x,5; } >"$work/wrong"
run 1 - <"$work/wrong"
[ "$(wc -l <"$work/err")" -eq 21 ] ||
    fail "$(wc -l <"$work/err") lines of thirty that are malformed"
grep -q '^standard input:21: gap_ms' "$work/err" || fail "standard input is not named"
[ "$(tail -n 1 "$work/err")" = "aroma-replay: 30 malformed lines are left out, 10 of them not shown" ] || fail "the rest is not counted: $(tail -n 1 "$work/err")"
counts x opening "0 1 0 0 0"

# What is no file, or has no header of use, is named; the others are counted.
: >"$work/empty"
echo label,gap_ms >"$work/header"
run 2 "$work/header"
complains "aroma-replay: no connections"
[ ! -s "$work/out" ] || fail "a header alone gives $(cat "$work/out")"
printf 'label,gap_ms' >"$work/header"
run 2 "$work/header"
printf 'label,gap_ms\rx,1\r' >"$work/header"
run 2 "$work/header"
complains "aroma-replay: $work/header:1: its lines end with CR alone"
no_use() { # HEADER WHY
    printf '\n%s\n1,2,3\n' "$1" >"$work/none"
    run 2 "$work/none"
    complains "aroma-replay: $work/none:2: $2"
}
no_use gap_ms,b,c "column label is missing"
no_use label,provider,c "not a header that is known: a connection a line needs label and gap_ms or reply_excess_ms, a snapshot a line source, conn, seq"
no_use x,1,2 "not a header that is known"
no_use label,gap_ms,gap_ms "column gap_ms is there twice"
no_use source,rtt_us,min_rtt_us \
    "missing among the columns: conn, seq, state, rttvar_us, bytes_acked"
no_use '"label,gap_ms' "a quote is not closed"
run 2 "$work/empty" /dev/null "$work" "$work/missing" "$work/openings"
complains "aroma-replay: $work/empty: there is no header" \
    "aroma-replay: /dev/null: there is no header" "aroma-replay: $work: Is a directory" \
    "aroma-replay: $work/missing: No such file"
counts edges opening "2 2 2 1 1"
"$replay" --json "$work/openings" >/dev/full 2>"$work/err" && fail "a full disk is not noticed"
grep -q 'the output is not complete: No space' "$work/err" ||
    fail "a full disk is not named: $(cat "$work/err")"

# The table: shares of all connections, without the rules that know none of them; the sources on
# demand.
cat >"$work/expected" <<'TEXT'
both, n = 1                        normal %  unstable %  suspicious %   proxy %   unknown
  opening                               0.0         0.0           0.0     100.0         0
  reply                                 0.0         0.0           0.0     100.0         0
  connection_history                    0.0         0.0           0.0     100.0         0
  connection_history_tls                0.0         0.0           0.0     100.0         0
  connection_history_exchanges_1        0.0         0.0           0.0     100.0         0
  connection_history_exchanges_3        0.0         0.0         100.0       0.0         0
  connection_history_unexcused          0.0         0.0           0.0     100.0         0
  first_four_packets                    0.0         0.0           0.0     100.0         0
  badpass                               0.0         0.0           0.0     100.0         0

one, n = 2                         normal %  unstable %  suspicious %   proxy %   unknown
  opening                              50.0         0.0           0.0       0.0         1
TEXT
"$replay" "$work/replies" | head -n 13 | diff "$work/expected" - || fail "another table"
{
    echo label,gap_ms; yes x,0 | head -n 4000; echo x,60
} | "$replay" | grep -qE '^  opening +>99.9 +0.0 +0.0 +<0.1 +0$' ||
    fail "one of four thousand is shown as none"
LC_ALL=de_DE.UTF-8 "$replay" --rules "$work/replies" >"$work/out" || fail "--rules"
for rule \
    in $(jq -r .rule <("$replay" --json "$work/header" <(printf 'label,gap_ms\nx,1')) | sort -u); do
    grep -qE "^$rule  +[A-Z].*|^$rule  +(the library|that|pingly|rttgap)" "$work/out" ||
        fail "--rules has no $rule"
done

for wrong in --what --by "--by label" "--by n" "--json --rules"; do
    # shellcheck disable=SC2086
    "$replay" $wrong <"$work/openings" >"$work/out" 2>"$work/err"
    [ $? -eq 2 ] || fail "it accepts: $wrong"
    grep -q "not understood: $wrong" "$work/err" && grep -q '^usage: aroma-replay' "$work/err" &&
        [ ! -s "$work/out" ] || fail "nothing useful about: $wrong"
done
"$replay" --json --by $'a\tb' "$work/openings" >"$work/out" 2>&1
[ $? -eq 2 ] || fail "it would write a control character as JSON"
"$replay" --json --by 'a"b' "$work/openings" 2>"$work/err" |
    jq -e -s 'all(has("a\"b"))' >/dev/null || fail "a quote is no JSON"
"$replay" --help | grep -q 'standard input' || fail "--help does not say what - is"
cp "$work/openings" "$work/--json" &&
    (cd "$work" && "$replay" -- --json) | grep -q 'edges, n = 8' ||
    fail "no file may be called --json"
exit $failed
