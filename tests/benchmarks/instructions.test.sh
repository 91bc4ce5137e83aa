#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What each operation takes in instructions of the user's side, counted by callgrind: a figure that
# no load of the machine changes. More than instructions.txt allows is a regression; where the
# change is worth it, write the new figures there (--update prints them).
#
#     instructions.test.sh PROGRAM COMPILER-ID COMPILER-VERSION [--update]
set -u
. "$(dirname "$0")/../support/test.sh"
here=$(cd "$(dirname "$0")" && pwd)
command -v valgrind >/dev/null && command -v callgrind_annotate >/dev/null ||
    skip "valgrind is needed"
[ "$(uname -m)" = x86_64 ] || skip "the figures are of x86-64"
compiler=$2-${3%%.*}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
valgrind --tool=callgrind --callgrind-out-file="$work/counts" "$1" >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
callgrind_annotate --inclusive=yes --threshold=100 "$work/counts" |
    sed -nE 's/^ *([0-9,]+) .*:op_([a-z_]+) .*/\2 \1/p' | tr -d , |
    awk '{ printf "%s %d\n", $1, ($2 + 999) / 1000 }' | sort >"$work/taken" # of a thousand calls, each
if [ "${4:-}" = --update ]; then
    sed "s/^/$compiler /" "$work/taken"
    exit
fi
grep -q "^$compiler " "$here/instructions.txt" ||
    skip "instructions.txt has no figures of $compiler"
rows=0
while read -r _ operation allowed; do
    taken=$(awk -v o="$operation" '$1 == o { print $2 }' "$work/taken")
    [ "$taken" ] || { fail "$operation was not counted"; continue; }
    rows=$((rows + 1))
    echo "$operation: $taken instructions of $allowed"
    # One in fifty is what another version of the standard library may change.
    [ $((taken * 50)) -le $((allowed * 51)) ] ||
        fail "$operation takes $taken instructions, where $allowed were enough"
done < <(grep "^$compiler " "$here/instructions.txt")
[ $rows -eq "$(wc -l <"$work/taken")" ] ||
    fail "$rows operations have figures, and $(wc -l <"$work/taken") were counted"
exit $failed
