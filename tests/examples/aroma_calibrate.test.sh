#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# aroma-calibrate on connections whose thresholds were worked out by hand, in each form of input;
# and on what is wrong, which it names and after which it writes nothing.
#
#     aroma_calibrate.test.sh AROMA_CALIBRATE
set -u
. "$(dirname "$0")/../support/test.sh"
needs python3
calibrate=$(realpath "$1")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
# NAME ARGUMENT...: thresholds on standard output are those of the file NAME, and nothing is wrong.
gives() {
    local expected=$1
    shift
    "$calibrate" "$@" >out 2>err || fail "$*: ends with $?: $(cat err)"
    diff "$expected" out || fail "$*: other thresholds"
}
says() { grep -qE -- "$1" err || fail "nothing like '$1' in: $(cat err)"; }

# Of 100 connections 2 at 0.2: enough for one in ten and not for one in a hundred, so the rest falls
# back on cdg, which has 10,100.
scores() { # SEGMENT COUNT SCORE
    yes "$1,$3" | head -n "$2"
}
{ echo segment,score; scores cdg/lan 10000 0.95; } >lan.csv
{
    echo segment,score; scores cdg/mobile 98 0.95; scores cdg/mobile 2 0.2; echo cdg/mobile,
} >mobile.csv
printf 'aroma-thresholds 1\n* 0.700 0.300 0.100\ncdg/mobile 0.700 0.200 0.100\nend\n' >expected
gives expected lan.csv mobile.csv
says \
    '^cdg/mobile: 100 connections and 1 without a score; p0.1 0.201, p1 0.201, p5 0.951, p50 0.951$'
says '^  unstable +10.0 +0.700 +2 +0.700 +2 +6.2   its own$'
says '^  suspicious +1 +0.300 +2 +0.200 +0 +3   that of cdg, lowered by what was counted: 199 connections too few$'
says '^  proxy +0.04 +0.100 +0 +0.100 +0 +3   that of cdg: 7,388 connections too few$'
says '^\*: 10,100 connections and 1 without a score;'
says '^  0 \|          .                                    @  \| 1$'
gives expected - mobile.csv <lan.csv
sed -i 's/^segment,/place,/' mobile.csv
gives expected --by place <(sed 's/^segment/place/' lan.csv) mobile.csv
sed 's/.*,//' mobile.csv >plain.csv
gives expected lan.csv --segment cdg/mobile plain.csv
gives expected --segment x --segment cdg/mobile plain.csv --segment nobody -- lan.csv

# RTTs: 50/9 over 50/9 and the excess; 22.222 ms are 0.2, 0.292 ms are 0.95.
{
    echo application_us,minimum_us,segment
    yes 20292,20000,cdg/lan | head -n 10000
    yes 20292,20000,cdg/mobile | head -n 98
    yes 42230,20000,cdg/mobile | head -n 2
} >rtts.csv
"$calibrate" rtts.csv >out 2>err || fail "RTTs: $(cat err)"
# 22.23 ms are just below 0.2
[ "$(sed -n 3p out)" = "cdg/mobile 0.700 0.198 0.100" ] || fail "RTTs: $(cat out)"

# Baselines add up, with each other and with the rest.
baseline() { # what is between its first line and its last
    python3 - "$1" <<'PYTHON'
import sys
text = "aroma-baseline 2\n" + sys.argv[1].replace("\\n", "\n")
h = 0xcbf29ce484222325
for byte in text.encode():
    h = (h ^ byte) * 0x100000001b3 & 2**64 - 1
sys.stdout.write(text + "end %d %016x\n" % (text.count("\n") + 1, h))
PYTHON
}
baseline 'segment cdg/lan\nscores 950:5000\ntransport\napplication\nunknown\n' >half
baseline 'segment cdg/mobile\nscores 200:2 950:98\ntransport\napplication\nunknown no_sample:1\n' \
    >mobile
gives expected half half mobile
gives expected half half --segment cdg/mobile plain.csv
segments='segment cdg/mobile\nscores 200:2 950:98\ntransport\napplication\nunknown\n'
segments+='segment (others)\nscores 950:9000\ntransport\napplication\nunknown\n'
baseline "$segments" >others
# in which there is nothing else now, so that mobile is as its parent
sed 's/^cdg.mobile/cdg/' expected >of_cdg
gives of_cdg others
says '9000 connections have no segment of their own'
says 'that of \*: 7,388 connections too few'

# JSON lines: servers' answers, and the lab's, of which proxied ones are left out.
{
    yes '{"band":"normal","score":0.95,"segment":"cdg/lan"}' | head -n 10000
    echo
    yes '{"truth":"direct","segment":"cdg/mobile","seen":{"band":"normal","score":0.95}}' |
        head -n 98
    yes '{"truth":"direct","segment":"cdg/mobile","seen":{"score":0.2}}' | head -n 2
    yes '{"truth":"proxy","segment":"cdg/mobile","seen":{"score":0.01}}' | head -n 50
    echo '{"truth":"direct","segment":"cdg/mobile","failed":"no answer"}'
    echo '{"score":null,"segment":null}'
} >lines.json
gives expected lines.json
says 'aroma-calibrate: 50 connections behind a proxy are left out'
says '^cdg/mobile: 100 connections and 1 without a score'
says '^\*: 10,100 connections and 2 without a score'

# Prometheus' answers: what is in a bucket counts as the bucket's lowest score, and what it
# extrapolates is rounded. SEGMENT (EDGE COUNT)...: the samples of one histogram, and sums that
# Prometheus has made over labels that do not matter
answer() {
    local segment=$1
    shift
    while [ $# -gt 0 ]; do
        printf ',{"metric":{"le":"%s","pop":"cdg","segment":"%s"},"value":[1760000000.5,"%s"]}' \
            "$1" "$segment" "$2"
        shift 2
    done
}
vector() { printf '{"status":"success","data":{"resultType":"vector","result":[%s]}}\n' "${1#,}"; }
vector "$(answer cdg/lan 0.2 0 0.95 0.4 1 9999.6 +Inf 9999.6)$(answer cdg/mobile +Inf 100 1 100 0.95 2 0.2 0 0.25 2)" >prometheus.json
gives expected prometheus.json
says '^cdg/mobile: 100 connections; p0.1 0.201, p1 0.201, p5 0.951, p50 0.951$'
vector "$(answer cdg/mobile 0.2 0 0.25 2 0.95 2 1 100)" | python3 -m json.tool >mobile.json
gives expected lan.csv mobile.json # beside other inputs, however it is laid out
vector "$(answer '' 0.2 0 0.25 2 0.95 2 1 100)" >none.json
gives expected lan.csv --segment cdg/mobile none.json
# extrapolation falls by less than half a connection; and no count is too high
vector "$(answer x 0.2 0.4 0.95 0 1 1e300)" >huge.json
"$calibrate" --by pop huge.json >out 2>err && says '^cdg: 2,147,483,647 connections' ||
    fail "a high count: $(cat err)"

# 0 is the lowest score: the edge rounds down to three decimals (docs/edge.md).
{ echo score; yes 0.9 | head -n 9900; yes 0.000 | head -n 100; } >zeros.csv
sed '1d; s/.*/{"score":&}/' zeros.csv | sed 's/0\.000/0/' >zeros.json
{ echo score; yes 0.9 | head -n 9900; yes 0.0004 | head -n 100; } >lowest.csv
"$calibrate" lowest.csv >of_lowest 2>table || fail "the lowest scores: $(cat table)"
for zeros in zeros.csv zeros.json; do
    gives of_lowest $zeros
    diff table err || fail "$zeros: another table"
done

# The rates, the confidence and the rest.
{ echo score; yes 0.9 | head -n 9900; yes 0.2 | head -n 100; } >all.csv
"$calibrate" all.csv >out 2>err
[ "$(sed -n 2p out)" = "* 0.700 0.200 0.100" ] || fail "100 of 10,000 do not show 1 %: $(cat out)"
"$calibrate" --rates 0.0004,0.013,0.1 all.csv >out 2>err
[ "$(sed -n 2p out)" = "* 0.700 0.300 0.100" ] || fail "but 1.3 %: $(cat out)"
"$calibrate" --rates 0.0004,0.0112,0.1 all.csv >out 2>err
[ "$(sed -n 2p out)" = "* 0.700 0.200 0.100" ] || fail "1.12 % not with 95 %: $(cat out)"
"$calibrate" --rates 0.0004,0.0112,0.1 --confidence 0.8 all.csv >out 2>err
[ "$(sed -n 2p out)" = "* 0.700 0.300 0.100" ] || fail "but with 80 %: $(cat out)"
"$calibrate" --may-raise all.csv >out 2>err
[ "$(sed -n 2p out)" = "* 0.900 0.200 0.200" ] || fail "raised: $(cat out)"
"$calibrate" --proxied 0.01 all.csv >out 2>err
[ "$(sed -n 2p out)" = "* 0.700 0.300 0.100" ] || fail "without proxied ones: $(cat out)"

# A file: the thresholds are there, the table on standard output.
echo old >thresholds
"$calibrate" -o thresholds all.csv >out 2>err || fail "-o ends with $?"
[ "$(sed -n 2p thresholds)" = "* 0.700 0.200 0.100" ] && grep -q '^\*: 10,000 connections' out &&
    [ ! -s err ] || fail "-o: $(cat thresholds out err)"
{ echo segment,score; yes 'my-lan/5g,0.2' | head -n 10000; yes '*,0.2' | head -n 10; } >names.csv
"$calibrate" names.csv 2>/dev/null >out
grep -qx '\* 0.200 0.200 0.100' out && [ "$(wc -l <out)" -eq 3 ] ||
    fail "segments that are as the root is have no line: $(cat out)"
{ echo segment,score; yes 'my-lan/5g,0.2' | head -n 200; yes 'x,0.9' | head -n 40000; } >names.csv
"$calibrate" names.csv 2>/dev/null >out
grep -qx 'my-lan 0.200 0.200 0.100' out || fail "a segment has no line: $(cat out)"

# What is wrong is named, all of it, and nothing is written.
refused() { # WHAT ARGUMENT...
    local what=$1
    shift
    echo old >thresholds
    "$calibrate" -o thresholds "$@" >out 2>err </dev/null
    [ $? -eq 2 ] || fail "$*: is accepted"
    says "$what"
    [ "$(cat thresholds)" = old ] && [ ! -s out ] ||
        fail "$*: something is written: $(cat thresholds out)"
}
printf 'segment,score\na,0.5\na,x\na,-0.1\na,1.5\na\na,nan\na,0.5\n' >wrong.csv
refused '^wrong.csv:3: score is not a number' all.csv wrong.csv
says '^wrong.csv:4: score is not within 0 to 1'
says '^wrong.csv:5: score is not within 0 to 1'
says '^wrong.csv:6: 1 fields where the header has 2'
says '^wrong.csv:7: score is not'
says '^aroma-calibrate: nothing is written'
[ "$(wc -l <err)" -eq 6 ] || fail "not six lines: $(cat err)"
printf 'segment,score\nmy lan,0.5\n203.0.113.7,0.5\n' >names.csv
refused "^names.csv:2: the segment's name has a character that is no letter" names.csv
says "^names.csv:3: the segment's name has an address in it"
{ echo score; yes x | head -n 50; } >wrong.csv
refused '^wrong.csv: and more' wrong.csv
[ "$(wc -l <err)" -eq 22 ] || fail "not 22 lines: $(cat err)"
printf 'segment,minimum_us,application_us\na,-5,10\na,5000000000,1\n' >wrong.csv
refused '^wrong.csv:2: minimum_us is not a whole number' wrong.csv
says '^wrong.csv:3: minimum_us is out of range'
printf 'score,score\n1,1\n' >wrong.csv
refused '^wrong.csv:1: column score is there twice' wrong.csv
printf 'a,b\n1,1\n' >wrong.csv
refused '^wrong.csv:1: neither a baseline, nor JSON lines, nor CSV' wrong.csv
refused '^all.csv:1: there is no column country' --by country all.csv
printf 'score,segment\n0.5,%s\n' "$(printf 'x%.0s' $(seq 64))" >wrong.csv
refused '^wrong.csv:2: the segment.s name is longer than 63 bytes' wrong.csv
printf '{"score":0.5}\n{"score":"x"}\n{}\n[1]\n{"score":\n{"score":2}\n{"score":0.5,"segment":7}\n' >wrong.json
refused '^wrong.json:2: score is not a number' wrong.json
says '^wrong.json:3: no score'
says '^wrong.json:4: not an object'
says '^wrong.json:5: not JSON'
says '^wrong.json:6: score is not within 0 to 1'
says '^wrong.json:7: segment is no text'
echo '{"score":0.01,"score":0.9}' >wrong.json
refused '^wrong.json:1: score is there twice' wrong.json
printf 'score,segment\r0.5,a\r' >wrong.csv
refused '^wrong.csv:1: its lines end with CR alone' wrong.csv
refused 'the name of the file is empty' all.csv -o ''
refused 'the name of the file is empty' all.csv --plot ''
refused '0x1p-1: give a decimal number' all.csv --confidence 0x1p-1
labelled() { # VALUE: of the label a
    echo '{"status":"success","data":{"resultType":"vector",' \
        '"result":[{"metric":{"le":"1","a":'"$1"'},"value":[1,"2"]}]}}'
}
deep=$(printf '[%.0s' $(seq 200000); printf ']%.0s' $(seq 200000))
for answer in 'Prometheus says: invalid parameter|{"status":"error","errorType":"bad_data","error":"invalid parameter"}' \
    'not an instant vector|{"status":"success","data":{"resultType":"matrix","result":[]}}' 'no connections with a score|'"$(vector "")" \
    'has no label le|{"status":"success","data":{"resultType":"vector","result":[{"metric":{"segment":"a"},"value":[1,"2"]}]}}' \
    'not an answer of Prometheus|{"status":"success"}' 'not an answer of Prometheus|{"status":"success","data":{"resultType":"vector","result":[7]}}' \
    "a label is no text|$(labelled '[]')" \
    "nested deeper than 32 levels|$(labelled "$deep")" \
    'not JSON|{"status":"success","data":' 'not a count or an edge: NaN|'"$(vector "$(answer a 1 NaN)")" 'not a count or an edge: -1|'"$(vector "$(answer a 1 -1)")" \
    'not a count or an edge: 1x|'"$(vector "$(answer a 1x 1)")" 'have no le="1"|'"$(vector "$(answer a 0.5 1)")" \
    'have no edge between 0 and 1, where connections are: ask for every le|'\
"$(vector "$(answer a +Inf 9)")" \
    'have no edge between 0.01 and 0.5, where|'"$(vector "$(answer a 0.01 1 0.5 5 1 9)")" \
    'the same le: 1.0|'"$(vector "$(answer a 0.95 0 1 9 1.0 9)")" \
    'the buckets of .* fall|'"$(vector "$(answer a 0.05 2 1 1)")" \
    'longer than 63 bytes|'"$(vector "$(answer "$(printf 'x%.0s' $(seq 64))" 1 1)")"; do
    printf '%s\n' "${answer#*|}" >wrong.json
    refused "${answer%%|*}" wrong.json
done
sed 's/5000/5001/' half >wrong
refused '^wrong:7: some line is not as it was saved' wrong
head -n 3 half >wrong
refused '^wrong:[0-9]+: the text ends before its last line' wrong
: >empty
refused '^empty:[0-9]+: it is empty' empty
echo score >empty
refused 'no connections with a score' empty
refused '^aroma-calibrate: missing: No such file' missing all.csv
refused '^aroma-calibrate: .*: Is a directory' "$work"
refused '^FILE is required' --may-raise
refused '^aroma-calibrate: not understood: .*--what all.csv' --what all.csv
says '^The following argument was not expected: --what'
refused 'output: 1 required FILE missing' all.csv -o
refused 'three are needed' --rates 0.1,0.2 all.csv
refused 'rates: a: give a decimal number' --rates a,b,c all.csv
refused 'not within 0.000001 to 0.5' --rates 0,0.01,0.1 all.csv
refused 'out of order' --rates 0.02,0.01,0.1 all.csv
refused 'the confidence is not within' --confidence 95 all.csv
refused 'believed to be proxied is not within' --proxied 0.6 all.csv
awk 'BEGIN { print "segment,score"; for (i = 0; i < 18000; ++i) printf "s%d,0.%d\n", i % 300, i % 300 + 100 }' >many.csv
refused 'more than 256 segments with thresholds of their own' --rates 0.0004,0.01,0.5 \
    --may-raise many.csv
"$calibrate" all.csv -o no/such/folder >out 2>err && fail "it writes into no folder"
says '^aroma-calibrate: no/such/folder: its directory does not exist'
# What the system does not do ends with 1; and nothing is written over what is read, or over each
# other.
if command -v flock >/dev/null; then
    for option in -o --plot; do
        [ $option = -o ] || command -v gnuplot >/dev/null || continue
        flock busy.new "$calibrate" $option busy all.csv >out 2>err
        [ $? -eq 1 ] || fail "$option of a busy file is no failure of the system"
        says '^aroma-calibrate: busy: another thread or process is saving this file'
    done
fi
mkdir folder
cp all.csv mine.csv && cp all.csv left.new && ln -s mine.csv link.csv && ln mine.csv second.csv
for wrong in '-o mine.csv mine.csv' '--plot mine.csv mine.csv' '-o folder/../mine.csv mine.csv' \
    '-o mine.csv link.csv' '-o second.csv mine.csv' \
    '-o left left.new' '-o yet --plot ./yet mine.csv' '-o yet.new --plot yet mine.csv' \
    '-o mine.csv -'; do
    # shellcheck disable=SC2086
    "$calibrate" $wrong >out 2>err <mine.csv
    [ $? -eq 2 ] && cmp -s all.csv mine.csv && cmp -s all.csv left.new && [ ! -e yet ] &&
        [ ! -s out ] || fail "$wrong: is written"
    says 'would destroy it: name another file$'
done
"$calibrate" all.csv >/dev/full 2>err && fail "a full disk is not noticed"
says 'the output is not complete: No space'
"$calibrate" --help | grep -q '^usage: aroma-calibrate' || fail "--help"
"$calibrate" --version | grep -qE '^aroma-calibrate [0-9]+\.[0-9]+\.[0-9]+$' || fail "--version"

# The picture, and that gnuplot is asked for.
if command -v gnuplot >/dev/null; then
    "$calibrate" --plot "it's.svg" lan.csv --segment near/us all.csv >out 2>err &&
        grep -q '<svg' "it's.svg" && grep -q "near/us" "it's.svg" || fail "no picture: $(cat err)"
fi
mkdir bare
ln -s "$(command -v sh)" bare/sh
PATH=$work/bare "$calibrate" --plot x.svg all.csv -o thresholds >out 2>err &&
    fail "a picture without gnuplot"
says 'gnuplot is needed'
printf '#!/bin/sh\nprintf "\\033[2Jno font" >&2\nexit 3\n' >bare/gnuplot && chmod 755 bare/gnuplot
PATH=$work/bare:$PATH "$calibrate" --plot x.svg all.csv -o thresholds >out 2>err
[ $? -eq 1 ] || fail "a gnuplot that fails draws"
says 'x.svg: no picture: gnuplot fails: .x1b.2Jno font$'
exit $failed
