#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Each size that a page or a comment of a header states, such as "7,768 bytes", has its line in
# sizes.txt, each line is still stated, and what it claims holds: the compiler is asked.
#
#     sizes.sh PROJECT COMPILER
set -u
unset CDPATH
table=$(cd "$(dirname "$0")" && pwd)/sizes.txt
cd "$1" || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
size='\b[0-9]+(,[0-9]+)* (bytes|KiB|MiB)'
{
    grep -oE "$size" README.md SECURITY.md CONTRIBUTING.md docs/*.md examples/*.md
    # comments alone, and a number that ends a line with its unit on the next
    for header in $(find include/aroma -name '*.hpp' | sort); do
        grep -oE '//.*' "$header" | sed -E 's#^//+ *##' | tr '\n' ' ' | grep -oE "$size" |
            sed "s#^#$header:#"
    done
} | sed 's/:/|/' | sort -u >"$folder/stated"
grep -vE '^(#|$)' "$table" | cut -d'|' -f1,2 | sort -u >"$folder/listed"
diff "$folder/listed" "$folder/stated" >"$folder/diff" ||
    { echo "FAILED: what is stated is not what sizes.txt lists:"; cat "$folder/diff"; exit 1; }
{
    printf '#include <aroma/%s>\n' connection_history.hpp decide/evidence.hpp linux/sock_diag.hpp \
        operate/baseline_file.hpp operate/prometheus.hpp operate/threshold_file.hpp
    echo 'namespace aroma {'
    grep -vE '^(#|$)' "$table" | while IFS='|' read -r file says expression; do
        case $expression in -*) ;; *) echo "static_assert($expression, \"$file: $says\");" ;; esac
    done
    echo '}'
    echo 'using Four = aroma::Baseline<4>;'
    echo 'aroma::FileResult saved(Four const& from) { return save_file(from, "baseline"); }'
    echo 'aroma::MergedFile merged(Four& into) { return merge_file("baseline", into); }'
} >"$folder/sizes.cpp"
"$2" -std=c++20 -O2 -fstack-usage -Iinclude -c "$folder/sizes.cpp" -o "$folder/sizes.o" || exit 1
# No deeper than all functions of files together; of one template at most one instantiation is
# running, since a text is read for one purpose after the other.
stack=$(awk -F'\t' '{
        split($1, at, ":")
        where = at[1] ":" at[2]
        if ($2 > most[where]) most[where] = $2
    }
    END { for (where in most) sum += most[where]; print sum + 0 }' "$folder"/*.su)
[ "$stack" -gt 10000 ] && [ "$stack" -le 32768 ] ||
    { echo "FAILED: files take $stack bytes of stack, not 32 KiB at most"; exit 1; }
echo "$(grep -c static_assert "$folder/sizes.cpp") sizes, $stack bytes of stack"
