#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# All headers of aroma beside one whose macros have ordinary names, before it and behind it, and
# between the first of them and the others.
#
#     neighbours.sh COMPILER INCLUDE_DIR NEIGHBOUR PACKAGE HEADER...
set -u
. "$(dirname "$0")/../support/test.sh"
compiler=$1 include=$2 neighbour=$3 package=$4
shift 4
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
beside="#include <$neighbour>"
compiles() { "$compiler" -std=c++20 -fsyntax-only -I"$include" -x c++ - <<<"$1"; }
compiles "$beside" 2>"$work/said" ||
    { cat "$work/said"; skip "no <$neighbour> (package $package)"; }

case $neighbour in X11/*) undo='#undef Status' ;; *) undo='' ;; esac
headers=$(printf '#include <%s>\n' "$@")
compiles "$beside
$undo
$headers" || fail "<$neighbour> before aroma"
compiles "$headers
$beside" || fail "<$neighbour> behind aroma"
compiles "#include <$1>
$beside
$undo
$headers" || fail "<$neighbour> behind $1"
exit $failed
