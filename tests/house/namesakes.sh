#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# A header's tests are found by its name (tests/README.md): each header of include/aroma but the
# umbrella has a file of tests of its name, and each file of tests of headers has a header's name.
#
#     tests/house/namesakes.sh SOURCE
set -u
unset CDPATH
cd "$1" || exit 1
failed=0
declare -A headers=() # how many headers have a file name

mapfile -t public \
    < <(cd include/aroma && find . -name '*.hpp' ! -path ./aroma.hpp | cut -c3- | sort)
[ ${#public[@]} -gt 0 ] || { echo "no headers in include/aroma"; exit 1; }
for header in "${public[@]}"; do
    name=$(basename "$header" .hpp)
    headers[$name]=$((${headers[$name]:-0} + 1))
done

declare -A names=() # of tests
for header in "${public[@]}"; do
    name=$(basename "$header" .hpp) folder=$(dirname "$header")
    [ "${headers[$name]}" -eq 1 ] || [ "$folder" = . ] || name=$(basename "$folder")_$name
    names[$name]=1
    compgen -G "tests/*/$name.cpp" >/dev/null || {
        echo "aroma/$header has no tests: no tests/KIND/$name.cpp"
        failed=1
    }
done
while read -r name; do names[$name]=1; done < <(
    find examples benchmarks -name '*.hpp' -exec basename {} .hpp \;)

for test in tests/{static,layout,unit,live,threads}/*.cpp; do
    name=$(basename "$test" .cpp)
    until [ -n "${names[$name]:-}" ]; do
        [[ $name = *_* ]] || { echo "$test has no header's name"; failed=1; break; }
        name=${name%_*}
    done
done
echo "${#public[@]} headers"
exit $failed
