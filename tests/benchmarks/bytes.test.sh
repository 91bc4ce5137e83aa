#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# How many bytes of code and constants a caller takes (benchmarks/bytes.sh): more than bytes.txt
# allows is a regression; where the change is worth it, write the new figures there (--update prints
# them).
#
#     bytes.test.sh COMPILER COMPILER-ID COMPILER-VERSION [--update]
set -u
. "$(dirname "$0")/../support/test.sh"
here=$(cd "$(dirname "$0")" && pwd)
needs size:binutils
[ "$(uname -m)" = x86_64 ] || skip "the figures are of x86-64"
compiler=$2-${3%%.*}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$here/../../benchmarks/bytes.sh" "$1" | sort >"$work/taken"
if [ "${4:-}" = --update ]; then
    sed "s/^/$compiler /" "$work/taken"
    exit
fi
grep -q "^$compiler " "$here/bytes.txt" || skip "bytes.txt has no figures of $compiler"
rows=0
while read -r _ function allowed; do
    taken=$(awk -v f="$function" '$1 == f { print $2 }' "$work/taken")
    [ "$taken" ] || { fail "$function was not compiled"; continue; }
    rows=$((rows + 1))
    echo "$function: $taken bytes of $allowed"
    # One in fifty is what another patch release of the compiler may change.
    [ $((taken * 50)) -le $((allowed * 51)) ] ||
        fail "$function takes $taken bytes, where $allowed were enough"
done < <(grep "^$compiler " "$here/bytes.txt")
[ $rows -eq "$(wc -l <"$work/taken")" ] ||
    fail "$rows functions have figures, and $(wc -l <"$work/taken") were compiled"
exit $failed
