#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Two units that include every header, under flags that differ as those of two libraries in one
# program do, and are optimised together when they are linked: nothing is defined twice, nothing
# differently.
#
#     two_units.sh COMPILER SOURCE HEADER...
#
# Only g++ compares the two units' types and functions then (-Wodr). Of clang++ this shows that the
# link is possible and that the program does what it should.
set -u
compiler=$1 source=$2
shift 2
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
printf '#include <%s>\n' "$@" >"$work/every.hpp"
# A control beside them: the same name for two types, which must be found.
printf 'struct Control { int a; virtual ~Control(); };\nControl::~Control() {}\nint main() { Control c; return c.a; }\n' >"$work/control_1.cpp"
printf 'struct Control { long a, b; virtual ~Control(); };\nlong control(Control& c) { return c.b; }\n' >"$work/control_2.cpp"

first=(-O2 -std=c++20 -DNDEBUG -fno-exceptions -fno-rtti)
second=(-O1 -std=gnu++20 -g0 -fno-strict-aliasing)
link=(-O2 -flto)
if "$compiler" --version | grep -q clang; then
    command -v ld.lld >/dev/null ||
        { echo "aroma: skipped: no ld.lld, with which clang++ optimises across units"; exit 0; }
    link+=(-fuse-ld=lld)
else
    link+=(-Wodr -Werror)
fi

build() { # INTO FIRST SECOND FLAG...
    local into=$1 one=$2 two=$3
    shift 3
    "$compiler" -flto "${first[@]}" "$@" -c "$one" -o "$work/1.o" &&
        "$compiler" -flto "${second[@]}" "$@" -c "$two" -o "$work/2.o" &&
        "$compiler" "${link[@]}" "$work/1.o" "$work/2.o" -o "$into"
}
build "$work/program" "$source/tests/includes/all.cpp" "$source/tests/includes/another_unit.cpp" \
    -I"$source/include" -include "$work/every.hpp" \
    -Wall -Wextra -Werror || { echo "the two units do not link"; exit 1; }
"$work/program" || { echo "the program says that its two units differ"; exit 1; }
if ! "$compiler" --version | grep -q clang; then
    build "$work/control" "$work/control_1.cpp" "$work/control_2.cpp" >"$work/said" 2>&1 &&
        { echo "two types of one name were not found"; exit 1; }
    grep -q 'Werror=odr' "$work/said" ||
        { echo "two types of one name were refused for another reason:"; cat "$work/said"; exit 1; }
fi
