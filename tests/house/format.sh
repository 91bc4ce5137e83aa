#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# All C++ is as clang-format 14 leaves it (Debian's package clang-format-14), and no line of it has
# more than 100 columns but in a raw string.
#
#     tests/house/format.sh SOURCE          names what is not
#     tests/house/format.sh SOURCE --fix    formats it
set -u
unset CDPATH
cd "$1" || exit 1
formatter=''
for candidate in clang-format-14 clang-format; do
    [[ $($candidate --version 2>/dev/null) = *' version 14.'* ]] && formatter=$candidate && break
done
[ "$formatter" ] || { echo "aroma: skipped: no clang-format 14"; exit 0; }
mapfile -t files \
    < <(find include examples benchmarks tests -name '*.[ch]pp' ! -path '*/build/*' | sort)
[ ${#files[@]} -gt 100 ] || { echo "only ${#files[@]} files: not a checkout of aroma"; exit 1; }
if [ "${2:-}" = --fix ]; then
    "$formatter" -i "${files[@]}"
    exit
fi
failed=0
"$formatter" --dry-run -Werror "${files[@]}" || {
    echo "run $0 $1 --fix, with clang-format 14"
    failed=1
}
awk '
FNR == 1 { raw = "" }
raw == "" && match($0, /R"[a-z]*\(/) { raw = ")" substr($0, RSTART + 2, RLENGTH - 3) "\""; begun = 1 }
length > 100 && raw == "" { print FILENAME ":" FNR ": " length " columns"; bad = 1 }
raw != "" && index(begun ? substr($0, RSTART) : $0, raw) { raw = "" }
{ begun = 0 }
END { exit bad }' "${files[@]}" || failed=1
exit $failed
