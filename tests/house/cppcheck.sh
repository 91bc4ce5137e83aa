#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# cppcheck finds nothing in the headers: three seconds of a core.
#
#     tests/house/cppcheck.sh SOURCE
set -u
. "$(dirname "$0")/../support/test.sh"
cd "$1" || exit 1
command -v cppcheck >/dev/null || skip "no cppcheck"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

# What is off, and why:
off=(
    missingIncludeSystem    # the standard library's headers would take minutes
    noExplicitConstructor   # a duration, a text and an address convert
    shadowFunction          # short scopes, short names; the compilers' -Wshadow is held
    shadowVariable          # the same
    useStlAlgorithm         # <algorithm> takes 200 ms of each user's compiler
    # false, of cppcheck 2.10:
    'constVariable:*/calibration.hpp' # an array of pointers that are written through
    'passedByValue:*/threshold_classifier.hpp' # consteval
    'multiCondition:*/socket.hpp'                   # it takes each requires for the same
    'identicalConditionAfterEarlyExit:*/socket.hpp' # the same
    'ignoredReturnValue:*/transport_excuse.hpp'     # it is an operand of ||
    'clarifyCalculation:*/timing.hpp'               # it reads an initializer's braces as a block
    'unreadVariable:*/timing.hpp'                   # the same
)
# What the compilers and the libraries would define: without it the headers are refused, unread.
mkdir "$work/stubs" && : >"$work/stubs/concepts"
as_compiled=(-D__ATOMIC_ACQUIRE=2 -D__FLT_EVAL_METHOD__=0 -DFMT_VERSION=90100
    -DOPENSSL_VERSION_NUMBER=0x30000000L -D__linux__=1 -D_GNU_SOURCE=1 -I"$work/stubs")
checked() { # FILE: what cppcheck finds in it
    cppcheck "${as_compiled[@]}" --std=c++20 --language=c++ \
        --enable=warning,style,performance,portability -q \
        --error-exitcode=1 -Iinclude "${off[@]/#/--suppress=}" "$1" 2>&1
}

(cd include && find aroma -name '*.hpp' | sort | sed 's/.*/#include <&>/') >"$work/headers.cpp"

# A control: behind all headers, it can find something.
{ cat "$work/headers.cpp"; echo 'int f() { int a[2] = {1, 2}; return a[2]; }'; } \
    >"$work/control.cpp"
checked "$work/control.cpp" >"$work/control" && fail "the control has no finding"
grep -q arrayIndexOutOfBounds "$work/control" || { cat "$work/control"; fail "nor that one"; }

checked "$work/headers.cpp" || fail "cppcheck: the headers"
exit $failed
