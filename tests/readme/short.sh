#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# README.md has at most 150 lines and 1,500 words. A first screen of 50 lines has the two commands.
# It links to every page of docs/, and each of those but HOUSE.md says first what it answers.
#
#     short.sh PROJECT
set -u
unset CDPATH
cd "$1" || exit 1
failed=0 pages=0
fail() { echo "FAILED: $*"; failed=1; }
lines=$(wc -l <README.md) words=$(wc -w <README.md)
[ "$lines" -le 150 ] || fail "README.md has $lines lines"
[ "$words" -le 1500 ] || fail "README.md has $words words"
for command in ./examples/run.sh ./tests/run.sh; do
    head -n 50 README.md | grep -q "^$command" ||
        fail "README.md has no $command in its first screen"
done
for page in docs/*.md; do
    pages=$((pages + 1))
    grep -qF "]($page)" README.md || fail "README.md has no link to $page"
    [ "$page" = docs/HOUSE.md ] || sed -n 3p "$page" | grep -q '^This page answers: ' ||
        fail "$page does not say first what it answers"
done
[ $pages -ge 10 ] || fail "only $pages pages"
echo "$lines lines, $words words, $pages pages"
exit $failed
