#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What the library costs, as the tables of docs/performance.md: its time over a bare getsockopt, its
# code, its includes. Times are medians of runs that take turns; on a busy machine look at the
# ratios.
#
#     ./benchmarks/run.sh [--no-install | --packages]      installs what is missing; not; or lists
#                                                          it, and what for
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh
[ $# -eq 0 ] || {
    sed -n '4,/^set/s/^# \{0,1\}//p' benchmarks/run.sh
    [ "$1" = --help ] && exit
    exit 2
}
need g++ clang cmake make binutils iproute2 libfmt-dev libssl-dev libasio-dev libboost-dev catch2 \
    libcli11-dev libeigen3-dev libmsgsl-dev libcpp-httplib-dev \
    nlohmann-json3-dev librange-v3-dev rapidjson-dev libspdlog-dev || true
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
build=build/benchmarks
build_folder benchmarks || exit 1
{ alone $build cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF \
    -DAROMA_BUILD_EXAMPLES=OFF && alone $build cmake --build $build; } >$build.log 2>&1 ||
    {
        tail -n 30 $build.log >&2
        echo "aroma: the build failed; all of it is in $build.log" >&2
        exit 1
    }

echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo |
    head -n 1), $(nproc) cores, Linux $(uname -r | cut -d. -f1,2), $(g++ --version | head -n 1)"
echo
echo "| this | time | against | time | ratio |"
echo "|---|---:|---|---:|---:|"
# A process's pages lie where they lie, which is some per cent more or less: of nine processes the
# one in the middle, for each row.
for _ in 1 2 3 4 5 6 7 8 9; do $build/benchmarks/benchmark-score-fd || exit 1; done >"$work/rows"
cut -d'|' -f2 "$work/rows" | awk '!seen[$0]++' | while read -r row; do
    grep -F "| $row |" "$work/rows" | sort -t'|' -k6,6n | sed -n 5p
done
$build/benchmarks/benchmark-sock-diag || exit 1
$build/benchmarks/benchmark-baseline || exit 1
$build/benchmarks/benchmark-operations || exit 1
[ ! -x $build/benchmarks/benchmark-samples ] || $build/benchmarks/benchmark-samples || exit 1
if [ -x $build/benchmarks/benchmark-openssl ]; then
    $build/benchmarks/benchmark-openssl || exit 1
else
    echo "aroma: skipped: benchmark-openssl: OpenSSL was not found" >&2
fi

echo
echo "| machine code and constants of a function that returns the band, -O2 | score(fd) | the same by hand | bare | score(fd, history) |"
echo "|---|---:|---:|---:|---:|"
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    benchmarks/bytes.sh $compiler >"$work/bytes" || exit 1
    bytes() { awk -v of="$1" '$1 == of { print $2 }' "$work/bytes"; }
    echo "| $compiler | $(bytes score) bytes | $(bytes by_hand) bytes | $(bytes bare) bytes | $(bytes score_history) bytes |"
done

echo
# Each public header, and ten header-only libraries that many know, beside it; of those, what is
# installed.
headers=("" "<cstdint>" "<optional>" "<string>" "<chrono>")
for header in include/aroma/*.hpp include/aroma/linux/*.hpp; do
    headers+=("<${header#include/}>")
done
others=("<CLI/CLI.hpp>" "<Eigen/Core>" "<asio.hpp>" "<boost/beast.hpp>" "<catch2/catch.hpp>" \
    "<gsl/gsl>" "<httplib.h>" "<nlohmann/json.hpp>"
    "<range/v3/all.hpp>" "<rapidjson/document.h>" "<spdlog/spdlog.h>")
TIMEFORMAT='%U %S'
# COMPILER INDEX: the CPU time in ms of the file of that index
timed() {
    {
        time $1 -std=c++20 -fsyntax-only -Iinclude -isystem /usr/include/eigen3 \
            -DASIO_STANDALONE "$work/$2.cpp" 2>&1
    } 2>&1 | awk 'END { print ($1 + $2) * 1000 }'
}
for i in "${!others[@]}"; do
    echo "#include ${others[i]}" >"$work/there.cpp"
    g++ -std=c++20 -fsyntax-only -isystem /usr/include/eigen3 -DASIO_STANDALONE "$work/there.cpp" \
        2>"$work/why" && headers+=("${others[i]}") ||
        echo "aroma: skipped: ${others[i]} is not installed" >&2
done
for i in "${!headers[@]}"; do
    echo "${headers[i]:+#include ${headers[i]}}" >"$work/$i.cpp"
done
compilers=()
for compiler in g++ clang++; do command -v $compiler >/dev/null && compilers+=($compiler); done
for _ in $(seq 9); do
    for i in $(shuf -e "${!headers[@]}"); do
        for compiler in "${compilers[@]}"; do timed $compiler "$i" >>"$work/$i.$compiler"; done
    done
done
middle() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
echo
echo "| included header: CPU time over an empty file |$(printf ' %s |' "${compilers[@]}") preprocessed lines |"
echo "|---|$(printf -- '---:|%.0s' "${compilers[@]}")---:|"
for i in "${!headers[@]}"; do
    [ "$i" -gt 0 ] || continue
    row="| \`${headers[i]}\` |"
    for compiler in "${compilers[@]}"; do
        row+=$(awk "BEGIN { printf \" %.0f ms |\", $(middle "$work/$i.$compiler") - $(middle "$work/0.$compiler") }")
    done
    lines=$(g++ -std=c++20 -E -P -Iinclude -isystem /usr/include/eigen3 \
        -DASIO_STANDALONE "$work/$i.cpp" 2>/dev/null | wc -l)
    echo "$row $lines |"
done
