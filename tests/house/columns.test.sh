#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# No line of a script, of CMake's files or of YAML has more than 100 columns; what stands in quotes,
# texts and data, is not counted. C++ has format.sh.
#
#     columns.test.sh SOURCE
set -u
. "$(dirname "$0")/../support/test.sh"
long() { # FILE...: the lines that are
    awk '{
        line = $0
        if (length(line) > 100) gsub(/"([^"\\]|\\.)*"|\047[^\047]*\047/, "", line)
        if (length(line) > 100) print FILENAME ":" FNR ": " length " columns"
    }' "$@"
}
cd "$1" || exit 1
mapfile -t files < <(find . \( -name .git -o -name build -o -name corpus \) -prune -o -type f \
    \( -name '*.sh' -o -name '*.py' -o -name '*.awk' -o -name '*.cmake' -o -name CMakeLists.txt \
    -o -name '*.yml' -o -name .clang-tidy -o -path './.ci/*' \) -print)
[ ${#files[@]} -gt 150 ] || fail "only ${#files[@]} files: not a checkout of aroma"
found=$(long "${files[@]}")
[ -z "$found" ] || fail "break these lines"$'\n'"$found"

# A line that is too long is found, with quotes in it and without.
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
x=$(printf '%0101d' 0)
for line in "$x" "# $x" "echo 'a' $x" "$x \"a\"" "a = \"b\" + $x"; do
    [ "$(long <(echo "$line") | wc -l)" -eq 1 ] || fail "not found: $line"
done
for line in "${x#0}" "echo '$x'" "echo \"a \\\" $x\"" "fail \"$x\" '$x'"; do
    [ -z "$(long <(echo "$line"))" ] || fail "found: $line"
done
exit $failed
