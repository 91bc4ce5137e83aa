#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# aroma/integrations/fmt.hpp compiles alone wherever fmt does, without exceptions and RTTI too, and
# a wrong format is reported as fmt reports its own: thrown, or the end of the program.
#
#     fmt.sh COMPILER INCLUDE_DIR FMT_INCLUDE_DIR
set -u
. "$(dirname "$0")/../support/test.sh"
compiler=$1 include=$2 fmt=$3
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cat >"$work/log.cpp" <<'CODE'
#include <aroma/integrations/fmt.hpp>
#include <aroma/integrations/fmt.hpp>
#include <cstdio>
int main(int, char** argument)
{
    std::puts(fmt::format(fmt::runtime(argument[1]), aroma::Assessment{}).c_str());
}
CODE
for without in "" -fno-exceptions "-fno-exceptions -fno-rtti"; do
    # shellcheck disable=SC2086
    "$compiler" -std=c++20 $without -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion \
        -Wshadow -Werror -DFMT_HEADER_ONLY -I"$include" -I"$fmt" "$work/log.cpp" \
        -o "$work/log" || { fail "does not compile with -std=c++20 $without"; continue; }
    ends 0 'unknown (no_sample)' "$work/log" '{}'
    # 134: SIGABRT, of an exception that nothing catches or of fmt's own assertion
    ends 134 'the format is {} or, with the numbers, {:l}' "$work/log" '{:x}'
done
exit $failed
