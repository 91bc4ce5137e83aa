#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Every row of the table of frameworks in examples/README.md names a program, and calls that stand
# in it, word for word; every program of frameworks/ has a row; and the library's part of each is at
# most fifteen lines, which a newcomer copies.
#
#     calls.sh EXAMPLES
set -u
unset CDPATH
cd "$1" || exit 1
failed=0 rows=0
fail() { echo "FAILED: $*"; failed=1; }
named=$(mktemp) || exit 1
trap 'rm -f "$named"' EXIT
while IFS='|' read -r _ framework call write _ program _; do
    file=$(sed -nE 's/.*\]\(([^)]*)\).*/\1/p' <<<"$program")
    [ -f "$file" ] || { fail "$framework: no file $file"; continue; }
    echo "$file" >>"$named"
    code=$(sed -nE 's/^ *`([^`]*)`.*/\1/p' <<<"$call")
    grep -qF -- "$code" "$file" || fail "$file has no: $code"
    while read -r code; do
        grep -qF -- "${code//\`/}" "$file" || fail "$file has no: $code"
    done < <(grep -oE '`[^`]*`' <<<"$write")
    lines=$(grep -vE '^ *//' "$file" | grep -cE 'aroma|[Hh]istory')
    [ "$lines" -le 15 ] || fail "$file: the library's part is $lines lines"
    rows=$((rows + 1))
done < <(grep -E '^\| .*\]\((frameworks|servers)/[a-z_0-9]*\.cpp\) \| [0-9]' README.md)
[ $rows -ge 13 ] || fail "only $rows rows"
for file in frameworks/*.cpp; do grep -qxF "$file" "$named" || fail "$file has no row"; done
exit $failed
