#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Input that is no plain text, has no end or would write elsewhere, for the tools and the judges:
# byte order marks and other encodings, controls of a terminal, endless pipes within a memory that
# is counted, deep nesting, pictures and data beside links.
#
#     hostile_input.test.sh PROGRAM...      aroma-calibrate, aroma-vcl, aroma-judge,
#                                           aroma-likelihoods, aroma-replay, each if it is built
set -u
. "$(dirname "$0")/../support/test.sh"
[ $# -gt 0 ] || skip "no program is built"
declare -A programs=()
for program in "$@"; do programs[$(basename "$program")]=$(realpath "$program"); done
plots=$(realpath "$(dirname "$0")/../../benchmarks/plots.sh")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
has() { [ "${programs[aroma-$1]:-}" ] || { echo "not tried: aroma-$1 is not built"; return 1; }; }
says() { grep -qF -- "$1" err || fail "nothing like '$1' in: $(head -c 500 err)"; }
# STATUS TEXT PROGRAM ARGUMENT...: ends so, and says so on standard error, as plain text.
ends() {
    local status=$1 text=$2 program=${programs[aroma-$3]}
    timeout 20 "$program" "${@:4}" >out 2>err
    local ended=$?
    [ $ended -eq "$status" ] || fail "aroma-$3 ${*:4}: ends with $ended: $(head -c 500 err)"
    says "$text"
    plain err
}
# No control of a terminal in a file: C0 but ends of line, DEL, C1, those that turn the direction.
plain() {
    local controls='[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c'
    controls+='|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]'
    LC_ALL=C grep -qP "$controls" "$1" &&
        fail "it would reach the terminal: $(head -c 300 "$1" | cat -v)"
}
mark=$'\xef\xbb\xbf'
utf16() { iconv -f UTF-8 -t "$1" <<<"$2"; }
line='{"half":"choose","truth":"direct","path":"direct","near_ms":20,"leg_ms":0,'
line+='"seen":{"tick_us":4000,"moments":[]}}'
printf 'segment,score\na,0.9\n' >scores.csv
printf 'label,gap_ms,reply_excess_ms\nx,1,1\n' >gaps.csv
echo "$line" >lab.json
printf 'aroma-thresholds 1\n* 0.8 0.4 0.1\nend\n' >thresholds

# A byte order mark is no part of the text.
marked() { # PROGRAM FILE ARGUMENT...: says the same of the file with the mark
    local program=${programs[aroma-$1]} file=$2
    shift 2
    "$program" "$@" "$file" >out 2>err || fail "$program $file: $(cat err)"
    { printf %s "$mark"; cat "$file"; } >"$file.bom"
    "$program" "$@" "$file.bom" >out.bom 2>err.bom ||
        fail "$program $file with a byte order mark: $(cat err.bom)"
    cmp -s out out.bom || fail "$program says else of $file with a byte order mark"
}
if has calibrate; then
    echo '{"score":0.9}' >score.json
    echo '{"status":"success","data":{"resultType":"vector","result":[' \
        '{"metric":{"le":"0.95"},"value":[1,"0"]},{"metric":{"le":"1"},"value":[1,"9"]}]}}' \
        >prometheus.json
    printf 'aroma-baseline 2\nsegment x\nscores 950:5\ntransport\napplication\nunknown\n' >baseline
    python3 - <<'PYTHON' >>baseline
h = 0xcbf29ce484222325
text = open("baseline", "rb").read()
for byte in text:
    h = (h ^ byte) * 0x100000001b3 & 2**64 - 1
print("end %d %016x" % (text.count(b"\n") + 1, h))
PYTHON
    for file in scores.csv score.json prometheus.json baseline; do marked calibrate $file; done
    for encoding in UTF-16 UTF-16BE UTF-16LE; do
        utf16 $encoding $'score\n0.5' >wide.csv
        why="it is UTF-16: save it as UTF-8, e.g. iconv -f $encoding -t UTF-8"
        ends 2 "aroma-calibrate: wide.csv: $why" calibrate wide.csv
    done
    printf 'segment;score\na;0,9\n' >semicolons.csv
    why='its fields are separated by semicolons: save it with commas between them and points in'
    ends 2 "semicolons.csv:1: $why numbers, e.g. tr ';,' ',.'" calibrate semicolons.csv
    tr ';,' ',.' <semicolons.csv | "${programs[aroma-calibrate]}" - >out 2>err ||
        fail "what it says does not help: $(cat err)"
    printf 'segment\tscore\na\t0.9\n' >tabs.csv
    ends 2 "tabs.csv:1: its fields are separated by tabs" calibrate tabs.csv
fi
if has vcl; then
    marked vcl thresholds --thresholds
    "${programs[aroma-vcl]}" --print-template >template
    marked vcl template --template
    utf16 UTF-16 x >wide
    ends 2 "wide: it is UTF-16" vcl --thresholds wide
    ends 2 "wide: it is UTF-16" vcl --template wide
fi
if has replay; then
    marked replay gaps.csv
    utf16 UTF-16LE label,gap_ms >wide
    ends 2 "wide: it is UTF-16" replay wide
    printf 'label;gap_ms\nx;1\n' >semicolons.csv
    ends 2 "semicolons.csv:1: its fields are separated by semicolons" replay semicolons.csv
fi
if has judge; then
    marked judge lab.json
    utf16 UTF-16 "$line" >wide
    ends 2 "wide: it is UTF-16" judge wide
fi
if has likelihoods; then
    marked likelihoods gaps.csv lab.json
    ends 2 "wide: it is UTF-16" likelihoods wide
    ends 2 "semicolons.csv:1: its fields are separated by semicolons" likelihoods lab.json \
        semicolons.csv
fi

# What names and input have for a terminal is shown, and not obeyed: escapes, C1 in UTF-8, the
# direction, ends of line; what is plain in another language stays.
nasty=$'\e]0;gone\a\xc2\x9b2J\xe2\x80\xaetxt\xe2\x80\xa8\r\nroot: all is well\x7f\xff'
shown='\x1b]0;gone\x07\xc2\x9b2J\xe2\x80\xaetxt\xe2\x80\xa8\x0d\x0aroot: all is well\x7f\xff'
for tool in calibrate vcl replay likelihoods judge; do
    has $tool || continue
    file=(); [ $tool != vcl ] || file=(--template); [ $tool != likelihoods ] || file=(lab.json)
    ends 2 "$shown: No such file" $tool "${file[@]}" "$nasty"
    ends 2 "not understood: --$shown" $tool "--$nasty" lab.json
    says 'not expected: '
    ends 2 'ñandú-路-😀: No such file' $tool "${file[@]}" 'ñandú-路-😀'
done
if has calibrate; then
    ends 2 "there is no column $shown" calibrate --by "$nasty" scores.csv
    control='\u001b[2J\u009b\u202e\n'
    vector='"status":"success","data":{"resultType":"vector","result":[{"metric":{"le":"'
    for part in '"status":"error","error":"'"$control"'"' \
        "$vector$control"'"},"value":[1,"9"]}]}' \
        "$vector"'0.5","a":"'"$control"'"},"value":[1,"9"]}]}'; do
        echo "{$part}" >answer.json
        ends 2 'answer.json:1: ' calibrate answer.json
    done
    echo '{"score":"'"$control"'"}' >score.json
    ends 2 'score is not a number' calibrate score.json
fi
if has vcl; then
    printf '{{%b}}\n' '\033[2J' >wrong
    ends 2 'wrong:1:1: {{\x1b[2J}} is not known' vcl --template wrong
fi
if has replay; then
    printf 'label,gap_ms\na\xe2\x80\xaeb,1\nx,\x1b[2J\n' >wrong
    ends 2 'wrong:2: label is not UTF-8, or has control characters' replay wrong
    plain out
fi
if has judge; then
    control='\u001b[2J\u009b\u202e'
    report=${line/choose/report}
    printf '%s\n' "${report/:\"direct\",\"path\":\"direct\"/:\"direct\",\"path\":\"$control\"}" \
        "${line/choose/$control}" >wrong
    ends 1 'wrong:2: half is "\x1b[2J' judge wrong
    plain out
fi

# Input without an end: it ends, or is read on, within a memory that is its own and some more.
within_memory() { # MIB STATUS TEXT PROGRAM ARGUMENT...
    local before=$(ulimit -v) limit=$1
    shift
    ulimit -Sv $((limit * 1024))
    ends "$@"
    ulimit -Sv "$before"
}
mkfifo fifo
if has calibrate; then
    within_memory 200 2 \
        'no end of line within 16 MiB: it is no text, and nothing behind it is read' \
        calibrate /dev/zero
    within_memory 200 2 'neither a baseline' calibrate - < <(yes)
    within_memory 200 2 'standard input: and more' calibrate - < <(echo score; yes)
    within_memory 200 2 'standard input: and more' calibrate - < <(yes '{"score":2}')
    within_memory 700 2 'more than 256 MiB, which no baseline has' calibrate - \
        < <(yes aroma-baseline)
    within_memory 200 2 "more than 16 MiB, which no answer of Prometheus' has" calibrate - \
        < <(echo '{"status":"success","data":['; yes '{},')
    { head -c 70000 /dev/zero | tr '\0' x; echo; echo '{"score":0.5}'; } >long
    ends 2 'neither a baseline' calibrate <(echo x; cat long)
    { echo '{"score":0.5}'; cat long; } >long.json
    ends 2 'long.json:2: longer than 65535 bytes' calibrate long.json
    # What is valid may be as long as it likes: 90 MiB of lines, which take no more than one.
    { printf '{"score":0.5,"x":"'; head -c 60000 /dev/zero | tr '\0' x; printf '"}\n'; } >one
    within_memory 120 0 ': 1,500 connections' calibrate - \
        < <(for _ in $(seq 1500); do cat one; done)
    printf '%s,' {1..3000} >fields
    within_memory 120 0 ': 1,500 connections' calibrate - \
        < <(echo "$(<fields)score"; for _ in $(seq 1500); do echo "$(<fields)0.5"; done)
    awk 'BEGIN {
        print "segment,score"
        for (i = 0; i < 4000; ++i)
            printf "%04x/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w,0.5\n", i
    }' >deep.csv
    within_memory 500 2 'more than 16384 segments' calibrate deep.csv
    {
        printf '{"score":'
        head -c 30000 /dev/zero | tr '\0' '['
        head -c 30000 /dev/zero | tr '\0' ']'
        echo '}'
    } >deep.json
    ends 2 'deep.json:1: nested deeper than 32 levels' calibrate deep.json
    ends 2 'Is a directory' calibrate "$work"
    (echo segment,score; sleep 0.2; echo a,0.9) >fifo &
    ends 0 'a: 1 connections' calibrate fifo
    ends 2 'standard input:1: it is empty' calibrate - - <scores.csv # the second time
fi
if has vcl; then
    within_memory 150 2 '/dev/zero: more than 1 MiB, which no template has' vcl --template /dev/zero
    within_memory 150 2 'standard input: more than 1 MiB, which no file of thresholds has' vcl \
        --thresholds - < <(yes)
    head -c 1000000 /dev/zero >wrong
    ends 2 'wrong:1: ' vcl --thresholds wrong
fi
if has replay; then
    within_memory 150 2 'no end of line within 16 MiB' replay /dev/zero
    within_memory 150 2 'not a header that is known' replay - < <(yes)
    within_memory 250 2 'more than 10000 labels' replay - \
        < <(echo label,gap_ms; awk 'BEGIN { for (i = 0; i < 10001; ++i) print i ",1" }')
    ends 2 'label is longer than 255 bytes' replay <(printf 'label,gap_ms\n%0300d,1\n' 7)
fi
if has judge; then
    within_memory 150 2 'no end of line within 16 MiB' judge /dev/zero
    sed "s/\\[\\]/[$(printf '[%.0s' {1..20000}; printf ']%.0s' {1..20000})]/" lab.json >deep.json
    ends 2 'deep.json:1: nested deeper than 32 levels' judge deep.json
fi
! has likelihoods || within_memory 150 2 'no end of line within 16 MiB' likelihoods /dev/zero

# Files: no link is followed, what another reads is whole, and a name is no command.
if has calibrate; then
    echo precious >precious
    ln -s precious link.svg
    if command -v gnuplot >/dev/null; then
        ends 2 'link.svg: not a regular file but a directory, link' calibrate --plot link.svg \
            scores.csv
        [ "$(cat precious)" = precious ] && [ -L link.svg ] || fail "--plot follows a link"
        name=$'x.svg\'\nset print "made"; print 1; system("touch made2")\n`touch made3`.svg'
        echo old >"$name"
        exec 3<"$name"
        ends 0 '' calibrate --plot "$name" scores.csv
        [ "$(cat <&3)" = old ] && grep -q '</svg>' "$name" && [ "$(ls | grep -c '^made')" -eq 0 ] ||
            fail "--plot: not in one step, or as a command: $(ls)"
        exec 3<&-
        ends 2 'its directory does not exist' calibrate --plot no/such/folder.svg scores.csv
    fi
    ln -s precious link
    ends 2 'link: not a regular file' calibrate -o link scores.csv
    [ "$(cat precious)" = precious ] || fail "-o follows a link"
fi
if has judge; then
    mkdir "data"
    ln -s ../precious data/roc_own.dat
    echo precious >precious
    ends 2 'data/roc_own.dat: not a regular file' judge --half both --data data lab.json
    [ "$(cat precious)" = precious ] || fail "--data follows a link"
    rm data/roc_own.dat
    odd="it's \$(touch made); \`touch made\`"
    "${programs[aroma-judge]}" --half both --data "$odd" lab.json >out 2>err ||
        fail "--data: $(cat err)"
    if command -v gnuplot >/dev/null; then
        moment='{"moment":"tls","status":"ok","application_us":50000,"minimum_us":20000,'
        moment+='"smoothed_us":20000,"variation_us":1}'
        { cat lab.json; for leg in 20 60; do
            sed -e 's/"direct","path":"direct"/"proxy","path":"x"/' \
                -e 's/"near_ms":20,"leg_ms":0/"near_ms":2,"leg_ms":'$leg'/' \
                -e 's/\[\]/['"$moment"']/' lab.json
        done; } >some.json
        "${programs[aroma-judge]}" --half both --data "$odd" some.json >out 2>err ||
            fail "--data: $(cat err)"
        "$plots" "$odd" "in to" 2>err && grep -q '</svg>' "in to/roc.svg" && [ ! -e made ] &&
            [ "$(ls "in to" | wc -l)" -eq 3 ] ||
            fail "plots.sh: $(cat err; ls . "in to")"
    fi
fi
exit $failed
