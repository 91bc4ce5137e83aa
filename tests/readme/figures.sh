#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The figures that a page shows are those of the last full run: each line of a table behind
# `<!-- from FILE -->`, which is a table of benchmarks/results or of a page, is a line of that file.
#
#     figures.sh PROJECT
set -u
unset CDPATH
cd "$1" || exit 1
failed=0 tables=0
for page in *.md */*.md; do
    file='' table=''
    while IFS= read -r line; do
        if [[ $line =~ ^'<!-- from '([^ ]+)' -->'$ ]]; then
            file=${BASH_REMATCH[1]} table=''
            tables=$((tables + 1))
            [ -r "$file" ] || { echo "FAILED: $page: there is no $file"; exit 1; }
            continue
        fi
        case $line in
        '|'* | '  '*)
            [ -z "$file" ] || grep -qxF -- "$line" "$file" ||
                { echo "FAILED: $page: not in $file: $line"; failed=1; }
            table=yes
            ;;
        *) [ -z "$table" ] || file='' ;;
        esac
    done <"$page"
done
[ $tables -gt 1 ] || { echo "FAILED: only $tables tables of figures"; failed=1; }
echo "$tables tables"
exit $failed
