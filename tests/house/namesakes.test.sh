#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The rule holds, and each breach of it is found in a copy that has it.
#
#     tests/house/namesakes.test.sh SOURCE
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
source=$1
"$here/namesakes.sh" "$source" || exit 1

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
failed=0
finds() { # MESSAGE, after a breach in $work/copy
    local said
    said=$("$here/namesakes.sh" "$work/copy") && { echo "not found: $1"; failed=1; }
    grep -qxF -- "$1" <<<"$said" || { printf 'not said: %s\nbut:\n%s\n' "$1" "$said"; failed=1; }
}
copy() {
    rm -rf "$work/copy" && mkdir "$work/copy" && (cd "$source" &&
        find include examples benchmarks tests -name '*.[ch]pp' ! -path '*/build/*' \
            ! -path '*/node_modules/*' -exec cp --parents -t "$work/copy" {} +)
}

copy && rm "$work"/copy/tests/*/likelihood.cpp
finds "aroma/decide/likelihood.hpp has no tests: no tests/KIND/likelihood.cpp"
copy && : >"$work/copy/include/aroma/detail/new.hpp"
finds "aroma/detail/new.hpp has no tests: no tests/KIND/new.cpp"
copy && : >"$work/copy/include/aroma/operate/new.hpp" && : >"$work/copy/tests/unit/new_one.cpp"
finds "aroma/operate/new.hpp has no tests: no tests/KIND/new.cpp"
# Two of one file name: the core's is found by it alone, the other with its folder.
copy && rm "$work"/copy/tests/*/linux_score.cpp
finds "aroma/linux/score.hpp has no tests: no tests/KIND/linux_score.cpp"
copy && : >"$work/copy/include/aroma/decide/duration.hpp"
finds "aroma/decide/duration.hpp has no tests: no tests/KIND/decide_duration.cpp"
copy && : >"$work/copy/tests/live/odds_and_ends.cpp"
finds "tests/live/odds_and_ends.cpp has no header's name"
exit $failed
