#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The grid's short form: real clients on direct paths and behind every proxy there is, judged. No
# direct connection is called a proxy, hardly one is suspicious, hardly a proxied one is missed;
# TCP's ratio goes blind past the delayed-ACK timer; a second run has nothing left to do.
#
#     grid.test.sh EXAMPLES-FOLDER AROMA_LINK AROMA_EVASIVE_PROXY AROMA_JUDGE
set -u
. "$(dirname "$0")/../support/test.sh"
here=$(dirname "$0")/../../benchmarks
export PROGRAMS=$1 AROMA_LINK=$2 AROMA_EVASIVE_PROXY=$3
judge=$4
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
lines=$work/connections.jsonl
"$here/lab/run.sh" short "$lines" 4 >"$work/log"
status=$?
cat "$work/log"
[ $status -eq 0 ] || exit $status
count() { jq -s "map(select($1)) | length" "$lines"; }

# Where a program is not installed, its cells say so; nothing else may be wrong.
while read -r _ _ _ _ why; do
    [[ $why == "no "* ]] || fail "$why"
done < <(grep '^ *[0-9]* aroma: not run:' "$work/log")
if grep 'did not end' "$work/log"; then failed=1; fi

"$judge" --json --half both "$lines" >"$work/figures" || failed=1
direct=$(count '.truth == "direct" and .seen') proxied=$(count '.truth == "proxy" and .seen and .leg_ms >= 15')
holds "$direct >= 50" "direct connections"
holds "$proxied >= 20" "proxied connections"
# A browser that is judged by a single exchange is as slow as this machine, with which the tests
# have other plans too.
accused=$(count '.truth == "direct" and .seen.band == "proxy"') suspicious=$(count '.truth == "direct" and .seen.band == "suspicious" and .client != "chromium-once"')
missed=$(count '.truth == "proxy" and .leg_ms >= 15 and .seen and .seen.band != "suspicious" and .seen.band != "proxy"')
echo "$direct direct connections: $accused proxy, $suspicious suspicious; $proxied behind" \
    "proxies: $missed missed"
holds "$accused == 0" "direct connections in the worst band"
holds "$suspicious <= $direct / 25" "direct connections suspicious"
holds "$missed <= $proxied / 25" "proxied connections missed"
# The judge has what the servers had: else its table is not of what they would say.
changed=$(jq -s 'map(.changed // empty)[0]' "$work/figures")
holds "$changed <= ($direct + $proxied) / 100" "connections of which the judge says another band"

# On the same connections, at a leg of 30 ms and at one of 60 and more, per cent in suspicious or
# worse.
leg() { jq -s "[.[] | select(.table == \"leg\" and .rule == \"$1\" and $2) | .suspicious] | 100 * (map(.hits) | add) / (map(.of) | add)" "$work/figures"; }
near=$(leg min_over_smoothed '.leg_ms == 30') far=$(leg min_over_smoothed '.leg_ms >= 60')
history=$(leg connection_history '.leg_ms >= 60')
echo "TCP's ratio: $near % of those 30 ms behind their proxy, $far % of those farther off;" \
    "ConnectionHistory: $history %"
holds "$far < $near" "the ratio past 40 ms" # of ten connections some 45 %
holds "$history >= 96" "cross-layer RTT past 40 ms"

# It goes on where it was, which is the end.
before=$(cksum <"$lines")
"$here/lab/run.sh" short "$lines" 4 |
    grep -q "^aroma: $(grep -c FAILED: "$work/log") cells to go" || fail "cells are run again"
[ "$(cksum <"$lines")" = "$before" ] || fail "a second run has changed the first one's connections"

# Stopped in its prime it takes all of its labs along, and what it has is whole.
cp "$AROMA_LINK" "$work/link"
alive() { grep -lsaq "^$work/link" /proc/[0-9]*/cmdline; }
for signal in TERM INT KILL; do
    set -m # children of a shell without job control ignore SIGINT
    AROMA_LINK=$work/link "$here/lab/run.sh" short "$work/stopped.jsonl" 2 >/dev/null 2>&1 &
    run=$!
    set +m
    within 10 alive || fail "no cell was begun"
    kill -$signal $run
    { wait $run; } 2>/dev/null
    within 10 not alive || fail "after $signal there is still a link of it"
done
jq -s . "$work/stopped.jsonl" >/dev/null || fail "half a line was written"
exit $failed
