#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Every command of a page can be pasted: no line of a block has "..." in it, every script that
# it names is there, every preset is one, and what is built in a folder was configured there before.
#
#     commands.sh PROJECT
set -u
unset CDPATH
cd "$1" || exit 1
failed=0 commands=0
fail() { echo "FAILED: $*"; failed=1; }
presets=$(grep -oE '"name": "[a-z]+"' CMakePresets.json | cut -d'"' -f4 | sort -u)
for page in *.md */*.md; do
    [ -f "$page" ] || continue
    configured=$(sed 's/^/build\//' <<<"$presets")
    while IFS= read -r line; do
        commands=$((commands + 1))
        for script in $(grep -oE '(^|[ (])\./[a-z_/]+\.(sh|py)' <<<"$line"); do
            [ -x "${script#[(]}" ] || fail "$page: there is no $script: $line"
        done
        for preset in $(grep -oE -- '--preset [a-z]+' <<<"$line" | cut -d' ' -f2); do
            grep -qx "$preset" <<<"$presets" || fail "$page: there is no preset $preset: $line"
        done
        configured+=$'\n'$(grep -oE 'cmake (-S [a-z_/.]+ )?-B [a-z_/]+' <<<"$line" | grep -oE '[^ ]+$')
        for folder in $(grep -oE 'cmake --(build|install) [a-z_/]+' <<<"$line" | cut -d' ' -f3); do
            grep -qx "$folder" <<<"$configured" || fail "$page: $folder is not configured: $line"
        done
        [[ $line != block:*...* ]] || fail "$page: not to be pasted: ${line#block:}"
    done < <(awk '/^ *```/ { block = !block && /```(sh|cmake)$/; next }
        block { print "block:" $0; next }
        {
            while (match($0, /`[^`]+`/)) {
                print substr($0, RSTART + 1, RLENGTH - 2)
                $0 = substr($0, RSTART + RLENGTH)
            }
        }' "$page")
done
[ $commands -gt 100 ] || fail "only $commands commands and names"
exit $failed
