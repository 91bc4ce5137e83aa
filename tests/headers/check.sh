#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# One public header against its promises: it compiles alone and twice, costs no more than its budget
# of preprocessed lines, pulls in nothing that is slow or that clashes with its user's includes, and
# defines no macro but its include guard.
#
#     check.sh COMPILER INCLUDE_DIR HEADER MAX_LINES
set -u
compiler=$1 include=$2 header=$3 max_lines=$4
failed=0
fail() { echo "$header: $*"; failed=1; }

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
printf '#include <%s>\n#include <%s>\nint main() {}\n' "$header" "$header" >"$work/alone.cpp"

for standard in c++20 gnu++20; do
    "$compiler" -std=$standard -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
        -Werror -fno-exceptions -fno-rtti \
        -fsyntax-only -I"$include" "$work/alone.cpp" ||
        fail "does not compile alone with -std=$standard"
done

lines=$("$compiler" -std=c++20 -E -P -I"$include" "$work/alone.cpp" | wc -l)
[ "$lines" -gt 0 ] || fail "the preprocessor gave nothing"
[ "$lines" -le "$max_lines" ] || fail "$lines preprocessed lines, over its budget of $max_lines"

# The forbidden: slow ones (chrono 425 ms, system_error 245 ms, ...), and the two that clash with
# each other. A great circle needs <cmath>.
"$compiler" -std=c++20 -M -I"$include" "$work/alone.cpp" | tr -s ' \\' '\n' >"$work/included"
grep -q "/$header\$" "$work/included" ||
    fail "is not among its own includes: the check reads nothing"
for slow in algorithm any chrono cmath functional iostream istream memory ostream random ranges \
    regex sstream stdexcept string \
    string_view system_error thread vector; do
    [ "$header $slow" = "aroma/decide/distance.hpp cmath" ] && continue
    grep -E "/c\+\+/([0-9.]+/|v1/)?$slow\$" "$work/included" | sed "s|^|$header: includes |" |
        grep . && failed=1
done
grep -E '/(linux|netinet)/tcp\.h$|/fmt/' "$work/included" | sed "s|^|$header: includes |" |
    grep . && failed=1

# The portable core knows no operating system.
case $header in
aroma/linux/* | aroma/aroma.hpp | aroma/operate/*_file.hpp) ;;
*)
    grep -E '/(sys/(socket|types|uio)|netinet/[a-z]+|unistd|errno|fcntl)\.h$' "$work/included" |
        sed "s|^|$header: includes |" |
        grep -v "^aroma/decide/distance.hpp: includes .*/sys/types.h$" | grep . && failed=1 # <cmath> includes it
    ;;
esac

# Macros that are other ones after the include: the guards alone.
"$compiler" -std=c++20 -E -dD -I"$include" "$work/alone.cpp" |
    awk -v dir="$include/" '/^# [0-9]+ "/ { split($0, part, "\""); ours = index(part[2], dir) == 1 }
        ours && /^#(define|undef) / { print $2 }' >"$work/macros"
guard=$(echo "$header" | tr 'a-z/.' 'A-Z__')
grep -qx "$guard" "$work/macros" || fail "has no include guard $guard: the check reads nothing"
grep -vE '^AROMA_[A-Z_]+_HPP$' "$work/macros" | sed "s|^|$header: defines |" | grep . && failed=1

# The same text whatever the flags: two units with other ones would else define the same thing
# differently. What is of Linux is there or not, and a refusal, which ends the compilation, defines
# nothing.
awk '{ line[NR] = $0 }
END {
    for (i = 1; i <= NR; ++i)
        if (line[i] ~ /^#if / && line[i + 1] ~ /^#error ".*"$/ &&
            line[i + 2] == "#include <the_error_above_says_what_to_do>" &&
            line[i + 3] == "#endif") {
            print "\n\n\n"
            i += 3
        } else print line[i]
}' "$include/$header" >"$work/without_refusals"
grep -nE '^ *# *(if|elif|pragma|else)' "$work/without_refusals" |
    grep -vE "^[0-9]+:#(ifndef $guard|if defined\(__linux__\))\$" |
    sed "s|^|$header: depends on a macro, line |" | grep . && failed=1

echo "$header: $lines preprocessed lines of at most $max_lines"
exit $failed
