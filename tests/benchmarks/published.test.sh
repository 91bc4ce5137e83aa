#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What benchmarks/results and decide/likelihood.hpp say is what today's rules say of the connections
# that are published beside it.
#
#     published.test.sh PROJECT AROMA_JUDGE AROMA_LIKELIHOODS [RECORDINGS]
set -u
. "$(dirname "$0")/../support/test.sh"
project=$1 judge=$2 likelihoods=$3 recordings=${4:-}
needs xz
results=$project/benchmarks/results header=$project/include/aroma/decide/likelihood.hpp
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

xz -dc "$results/connections.jsonl.xz" >"$work/lab.jsonl" || fail "connections.jsonl.xz is damaged"
"$judge" "$work/lab.jsonl" >"$work/table" 2>"$work/errors" ||
    fail "exit status $?: $(cat "$work/errors")"
# Above its first empty line table.md names the machine that recorded.
sed '1,/^$/d' "$results/table.md" | diff - "$work/table" ||
    fail "table.md is of other connections or other rules:" \
        "./benchmarks/lab.sh --published --publish"

# The counts of the lab alone, and with recordings all of them.
"$likelihoods" "$work/lab.jsonl" >"$work/counts" || fail "exit status $?"
grep -v recorded "$results/likelihoods.txt" | diff - "$work/counts" ||
    fail "likelihoods.txt is of other connections or other rules"
if [ -r "$recordings/two_exchanges.csv" ]; then
    "$likelihoods" "$work/lab.jsonl" "$recordings/two_exchanges.csv" |
        diff "$results/likelihoods.txt" - ||
        fail "likelihoods.txt is of other recordings"
fi

# RULE TRUTH/...: the counts of those rows, added up. Columns as aroma-likelihoods prints them.
sum() {
    awk -v rule="$1" -v truths="/$2/" '
        { truth = substr($0, 24, 18); sub(/ +$/, "", truth) }
        $1 == rule && index(truths, "/" truth "/") {
            split(substr($0, 43), counts, ", ")
            for (j = 1; j <= 10; ++j) all[j] += counts[j]
        }
        END { for (j = 1; j <= 10; ++j) printf("%s%d", (j > 1 ? ", " : ""), all[j]) }
    ' "$results/likelihoods.txt"
}
# NAME RULE PROXIED: the constants of the header
compare() {
    local name=$1 rule=$2 proxied=$3 said
    said=$(sed -n "/ $name = /,/^});/p" "$header")
    for row in ".proxied = {$(sum "$rule" "$proxied")}" ".direct = {$(sum "$rule" direct)}"; do
        grep -qF -- "$row" <<<"$said" || fail "$name is not counted like that; counted are $row"
    done
}
compare connection_likelihood connection_history_tls "behind a proxy/recorded, proxied"
compare reply_likelihood reply "behind a proxy/recorded, proxied"
compare transport_likelihood min_over_smoothed "behind a proxy"
exit $failed
