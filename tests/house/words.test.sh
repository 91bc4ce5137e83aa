#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# No text has a word of words.txt, and codespell finds none that is misspelt.
#
#     words.test.sh SOURCE
set -u
. "$(dirname "$0")/../support/test.sh"
cd "$1" || exit 1
words=tests/house/words.txt
texts() { # in the tree, without what a build or a recording made
    find . \( -name .git -o -name build -o -name corpus -o -name results \) -prune -o \
        -type f ! -name '*.png' ! -name '*.svg' ! -name "${words##*/}" -print0
}
found=$(texts | xargs -0 grep -nIiwFf $words)
[ -z "$found" ] || fail "a word of $words: another one is plainer"$'\n'"$found"
head -n 1 $words | grep -qiwFf $words || fail "nothing is found"

command -v codespell >/dev/null || { [ "$failed" -eq 0 ] && skip "no codespell"; exit 1; }
# nd is gawk's and a variable, te a header of HTTP/2, recommandation French
misspelt=(codespell --ignore-words-list=nd,te,recommandation)
texts | xargs -0 "${misspelt[@]}" || fail "codespell"
printf 'te%s\n' h | "${misspelt[@]}" - >/dev/null && fail "codespell takes anything"
exit $failed
