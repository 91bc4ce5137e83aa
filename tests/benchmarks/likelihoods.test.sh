#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# aroma-likelihoods on connections whose tenths can be counted by hand: R = 50 ms / 9, so that an
# excess of 50 ms scores 0.1, the edge of the second tenth, one of 51 ms lies in the first, and none
# in the last.
#
#     likelihoods.test.sh AROMA_LIKELIHOODS
set -u
. "$(dirname "$0")/../support/test.sh"
likelihoods=$1
needs jq
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1

# HALF TRUTH PATH CELL EXCESS-us...: one TLS reply each, 20 ms away.
line() {
    local excess
    for excess in "${@:5}"; do
        jq -nc --arg half "$1" --arg truth "$2" --arg path "$3" --arg cell "$4" \
            --argjson excess "$excess" '{cell: $cell, half: $half, truth: $truth,
            path: $path, client: "curl", near_ms: 20, leg_ms: 20, jitter_ms: 0,
            seen: {tick_us: 4000, band: "", moments: [{moment: "tls", status: "ok",
            application_us: (20000 + $excess), minimum_us: 20000, smoothed_us: 20000,
            variation_us: 100}]}}'
    done
}
expect() { # LINE OUTPUT
    tr -s ' ' <"$2" | grep -qxF -- "$1" ||
        { echo "FAILED: not among what it said: $1"; cat "$2"; failed=1; }
}

{
    line choose direct direct a 0 0 50000 51000
    line choose direct direct b 0 13000
    line report direct direct a 0
    line choose proxy haproxy c 51000 51000 60000
    # which docs/limits.md says are not seen: not counted
    line choose proxy evasive-hold-all-acks d 0
} >"$work/lab.jsonl"
printf 'label,gap_ms,reply_excess_ms\nproxy,60,60\nproxy,0,-1\nproxy,0,20\n' >"$work/recorded.csv"

"$likelihoods" "$work/lab.jsonl" "$work/recorded.csv" >"$work/choose" || fail "exit status $?"
expect "reply direct 1, 1, 1, 0, 0, 0, 0, 0, 0, 3" "$work/choose"
expect "reply behind a proxy 3, 0, 0, 0, 0, 0, 0, 0, 0, 0" "$work/choose"
# the first and the third line
expect "reply recorded, proxied 1, 0, 1, 0, 0, 0, 0, 0, 0, 0" "$work/choose"
# one exchange alone: a band better, on its edge
expect "connection_history_tls direct 0, 1, 0, 2, 0, 0, 0, 0, 0, 3" "$work/choose"
"$likelihoods" --half report "$work/lab.jsonl" "$work/recorded.csv" >"$work/report" ||
    fail "exit status $?"
expect "reply direct 0, 0, 0, 0, 0, 0, 0, 0, 0, 1" "$work/report"
expect "reply recorded, proxied 0, 0, 0, 0, 0, 0, 0, 0, 0, 1" "$work/report"

# Two cells of two that agree within themselves, and two that do not.
{ line choose direct direct a 0 0; line choose direct direct b 51000 51000; } >"$work/same.jsonl"
{ line choose direct direct a 0 51000; line choose direct direct b 51000 0; } >"$work/mixed.jsonl"
"$likelihoods" "$work/same.jsonl" >"$work/same" &&
    expect "reply within one path: direct 1.00, behind a proxy -" "$work/same"
"$likelihoods" "$work/mixed.jsonl" >"$work/mixed" &&
    expect "reply within one path: direct -1.00, behind a proxy -" "$work/mixed"

printf 'label,gap_ms\nproxy,60\n' >"$work/wrong.csv"
"$likelihoods" "$work/lab.jsonl" "$work/wrong.csv" >/dev/null 2>"$work/why" &&
    fail "a column is missing, and it says nothing"
grep -q "no columns gap_ms and reply_excess_ms" "$work/why" ||
    fail "said instead: $(cat "$work/why")"
for none in /dev/null "$work/nothing" "$work"; do
    "$likelihoods" $none >"$work/out" 2>&1
    [ $? -eq 2 ] && [ "$(wc -l <"$work/out")" -eq 1 ] || fail "$none is counted: $(cat "$work/out")"
done
"$likelihoods" >/dev/null 2>&1
[ $? -eq 2 ] || fail "a wrong call is not 2"
"$likelihoods" --half third "$work/lab.jsonl" >/dev/null 2>&1
[ $? -eq 2 ] || fail "a third half is not 2"
"$likelihoods" --help | grep -q "usage: aroma-likelihoods" || fail "no --help"
[ $failed -eq 0 ] && echo "the tenths are those counted by hand"
exit $failed
