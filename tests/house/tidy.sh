#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# clang-tidy 14 (Debian's package clang-tidy-14) finds nothing by the checks of .clang-tidy.
#
#     tests/house/tidy.sh SOURCE             in the headers: ten seconds of a core
#     tests/house/tidy.sh SOURCE --whole     in the sources of examples and benchmarks too: they are
#                                            configured in build/tidy
set -u
. "$(dirname "$0")/../support/test.sh"
cd "$1" || exit 1
tidy=
for candidate in clang-tidy-14 clang-tidy; do
    [[ $($candidate --version 2>/dev/null) = *' version 14.'* ]] && tidy=$candidate && break
done
[ "$tidy" ] || skip "no clang-tidy 14"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
# FILE ARGUMENT...: what it finds; it counts on standard error what it suppresses
finds_nothing() {
    "$tidy" --quiet --config-file=.clang-tidy "$@" >"$work/found" 2>"$work/said" && return
    cat "$work/found"
    grep -vE '^[0-9]+ warnings? generated' "$work/said"
    fail "clang-tidy: $1"
}

# A control: it can find something.
echo 'int f(int a) { if (a > 0); return a; }' >"$work/control.cpp"
finds_nothing "$work/control.cpp" -- -std=c++20 >"$work/control"
[ $failed -eq 1 ] && grep -q bugprone-suspicious-semicolon "$work/control" ||
    { cat "$work/control" "$work/said"; fail "the control has no finding"; exit 1; }
failed=0

for header in $(cd include && find aroma -name '*.hpp' | sort); do
    case $header in
    */fmt.hpp) echo '#if __has_include(<fmt/format.h>)' ;;
    */openssl.hpp) echo '#if __has_include(<openssl/ssl.h>)' ;;
    *) echo '#if true' ;;
    esac
    printf '#include <%s>\n#endif\n' "$header"
done >"$work/headers.cpp"
finds_nothing "$work/headers.cpp" -- -std=c++20 "-I$PWD/include"

if [ "${2:-}" = --whole ]; then
    needs cmake jq
    cmake --preset clang -B build/tidy -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DAROMA_TESTS= \
        >"$work/configured" || { cat "$work/configured"; exit 1; }
    pages=examples/demo_files/demo_files.hpp
    grep -q "$pages" build/tidy/build.ninja 2>/dev/null && cmake --build build/tidy --target $pages
    mapfile -t sources < <(jq -r '.[].file' build/tidy/compile_commands.json | sort -u)
    [ ${#sources[@]} -gt 10 ] || { fail "only ${#sources[@]} sources"; exit 1; }
    for source in "${sources[@]}"; do
        echo "${source#"$PWD/"}"
        finds_nothing "$source" -p build/tidy
    done
fi
exit $failed
