#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Runs the cells of the grid that FILE does not have yet, and appends their connections to it, one
# JSON line each.
#
#     run.sh full|short FILE JOBS      PROGRAMS: the folder of the examples; AROMA_LINK,
#                                      AROMA_EVASIVE_PROXY
#
# A cell's lines are appended together or not at all, and FILE.cells has the cells that are done, so
# a run can be stopped at any time and goes on where it was.
set -u
here=$(dirname "$0")
. "$here/../../tests/support/lab.sh"
grid=$1 lines=$2 jobs=$3 running=''
why=$(lab_can) || skip "no lab here: $why" >&2
needs curl jq openssl flock >&2
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
trap 'kill -KILL $running 2>/dev/null; exit 130' INT TERM HUP
certificate "$work/cert.pem" "$work/key.pem" >&2 || exit 1
export here lines work LAB_CERTIFICATE=$work/cert.pem LAB_KEY=$work/key.pem

cell() {
    local mine
    mine=$(mktemp -p "$work")
    # shellcheck disable=SC2086
    if setpriv --pdeathsig KILL timeout --foreground 900 setpriv --pdeathsig KILL "$here/cell.sh" \
        $1 >"$mine" 2>"$mine.log" && [ -s "$mine" ]; then
        # What was missing, a program above all, is tried again by the next run.
        if grep -q '"seen":' "$mine"; then
            flock "$lines" bash -c 'cat "$1" >>"$2" && echo "$3" >>"$2.cells"' - "$mine" "$lines" \
                "$1"
        else
            cat "$mine" >>"$work/failed"
        fi
        echo "$1: $(jq -r '.seen.band // "FAILED: " + .failed' "$mine" | sort | uniq -c |
            awk '{ n = $1; sub(/^ *[0-9]+ /, ""); printf "%s%d %s", (NR > 1 ? ", " : ""), n, $0 }')"
    else
        echo "$1: did not end, and is not recorded: $(tail -n 1 "$mine.log")"
    fi
    rm -f "$mine" "$mine.log"
}
export -f cell
touch "$lines" "$lines.cells" && "$here/grid.sh" "$grid" | grep -vxFf "$lines.cells" >"$work/cells"
echo "aroma: $(wc -l <"$work/cells") cells to go, $jobs at a time"
run_cells() { # of which file, how many at a time
    setpriv --pdeathsig KILL xargs -a "$1" -r -d '\n' -P "$2" -n 1 setpriv --pdeathsig KILL bash \
        -c 'cell "$1"' - &
    running=$!
    wait $running
}
grep -v client=chromium "$work/cells" >"$work/most" || true
grep client=chromium "$work/cells" >"$work/chromium" || true
run_cells "$work/most" "$jobs"
run_cells "$work/chromium" 1
[ ! -s "$work/failed" ] ||
    jq -r '"aroma: not run: \(.failed) (\(.path), \(.client))"' "$work/failed" | sort | uniq -c
exit 0
