#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The figures that a page shows are those of the last full run: each line of a table behind `<!-- from benchmarks/results/FILE -->` is a
# line of that file.
#
#     figures.sh PROJECT PAGE...
set -u
project=$1 failed=0 tables=0
shift
for page in "$@"; do
    file='' table=''
    while IFS= read -r line; do
        case $line in
        '<!-- from benchmarks/results/'*' -->')
            file=${line#<!-- from } file=$project/${file% -->} table=''
            tables=$((tables + 1))
            [ -r "$file" ] || { echo "FAILED: $page: there is no $file"; exit 1; }
            ;;
        '|'* | '  '*)
            [ -z "$file" ] || grep -qxF -- "$line" "$file" || { echo "FAILED: $page: not in $file: $line"; failed=1; }
            table=yes
            ;;
        *) [ -z "$table" ] || file='' ;;
        esac
    done <"$project/$page"
done
[ $tables -gt 1 ] || { echo "FAILED: only $tables tables of figures"; failed=1; }
exit $failed
