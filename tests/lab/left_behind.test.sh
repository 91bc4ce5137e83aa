#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# A lab that is stopped in its prime, by Ctrl-C, by TERM or by KILL, leaves no process, no device
# and no address behind.
#
#     left_behind.test.sh AROMA_LINK
set -u
. "$(dirname "$0")/../support/lab.sh"
if [ -n "${AROMA_IN_LAB:-}" ] && [ $$ -eq 1 ]; then
    lab_enter "$0" "$@" || exit 77
    AROMA_LINK=$1
    lab_host "left" && lab_host right && lab_link "left" 10.77.1.2 right 10.77.1.1 --delay 1 ||
        exit 1
    echo "the lab is up"
    sleep "$2" # a duration that names this run among all processes
    exit 0
fi
why=$(lab_can) || skip "no lab here: $why"

alive() {
    local file command argument
    for file in /proc/[0-9]*/cmdline; do
        { read -r -d '' command && read -r -d '' argument; } 2>/dev/null <"$file" || continue
        [ "$command $argument" = "sleep $nap" ] && return 0
    done 2>/dev/null
    return 1
}
log=$(mktemp) && trap 'rm -f "$log"' EXIT || exit 1
set -m # children of a shell without job control ignore SIGINT
for signal in INT TERM HUP KILL; do
    nap=30.$$$RANDOM
    (lab_enter "$0" "$1" "$nap") >"$log" 2>&1 &
    lab=$!
    within 10 alive || { echo "FAILED: the lab did not come up: $(cat "$log")"; exit 1; }
    kill -$signal $lab
    if ! within 5 not alive; then
        echo "FAILED: after $signal the lab's sleep $nap is still running"
        failed=1
    fi
    { wait $lab; } 2>/dev/null
done
if ip link show | grep -q wan0 || ip netns list 2>/dev/null | grep -qwE 'left|right'; then
    echo "FAILED: a device or a namespace of the lab is visible outside"
    failed=1
fi
exit $failed
