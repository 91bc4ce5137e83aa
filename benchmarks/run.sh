#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What the library costs, as the tables of the README: its time over a bare getsockopt, its code, its includes. Times are medians
# of runs that take turns; on a busy machine look at the ratios.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/packages.sh
need g++ cmake make binutils iproute2 libfmt-dev libssl-dev || true
build=build/benchmarks
build_folder benchmarks || exit 1
{ cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF -DAROMA_BUILD_EXAMPLES=OFF && cmake --build $build; } >$build.log 2>&1 ||
    { tail -n 30 $build.log >&2; echo "aroma: the build failed; all of it is in $build.log" >&2; exit 1; }

echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, Linux $(uname -r | cut -d. -f1,2), $(g++ --version | head -n 1)"
echo
echo "| this | time | against | time | ratio |"
echo "|---|---:|---|---:|---:|"
$build/benchmarks/benchmark-score-fd || exit 1
$build/benchmarks/benchmark-sock-diag || exit 1
$build/benchmarks/benchmark-baseline || exit 1
if [ -x $build/benchmarks/benchmark-openssl ]; then
    $build/benchmarks/benchmark-openssl || exit 1
else
    echo "aroma: skipped: benchmark-openssl: OpenSSL was not found" >&2
fi

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cat >"$work/score.cpp" <<'CODE'
#include <aroma/aroma.hpp>
int band(int fd) { return static_cast<int>(aroma::score(fd).band); }
CODE
cat >"$work/bare.cpp" <<'CODE'
#include <netinet/in.h>
#include <sys/socket.h>
int band(int fd)
{
    unsigned bytes[38];
    socklen_t length = sizeof bytes;
    if (getsockopt(fd, IPPROTO_TCP, 11, bytes, &length) != 0 || length < sizeof bytes || !bytes[17] || !bytes[37] || bytes[37] == ~0u)
        return 0;
    double const score = static_cast<double>(bytes[37]) / bytes[17];
    return score >= 0.7 ? 1 : score >= 0.3 ? 2 : score >= 0.1 ? 3 : 4;
}
CODE
echo
echo "| machine code and constants of a function that returns the band, -O2 | score(fd) | the bare minimum by hand |"
echo "|---|---:|---:|"
for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    for file in score bare; do
        $compiler -std=c++20 -O2 -fno-asynchronous-unwind-tables -Iinclude -c "$work/$file.cpp" -o "$work/$file.o" || exit 1
        bytes[${#file}]=$(size -A "$work/$file.o" | awk '$1 ~ /^\.(text|rodata)/ { sum += $2 } END { print sum }')
    done
    echo "| $compiler | ${bytes[5]} bytes | ${bytes[4]} bytes |"
done

echo
echo "| included header | CPU time over an empty file, g++ | preprocessed lines |"
echo "|---|---:|---:|"
headers=("" "<cstdint>" "<optional>" "<aroma/score.hpp>" "<aroma/assessment.hpp>" "<aroma/aroma.hpp>" "<aroma/linux/sock_diag.hpp>" "<aroma/baseline.hpp>" "<string>" "<chrono>" "<fmt/format.h>" "<aroma/fmt.hpp>")
for i in "${!headers[@]}"; do
    echo "${headers[i]:+#include ${headers[i]}}" >"$work/$i.cpp"
done
TIMEFORMAT='%U %S'
for _ in $(seq 15); do
    for i in $(shuf -e "${!headers[@]}"); do
        { time g++ -std=c++20 -fsyntax-only -Iinclude "$work/$i.cpp" 2>&1; } 2>&1 | awk '{ print ($1 + $2) * 1000 }' >>"$work/$i.times"
    done
done
middle() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
empty=$(middle "$work/0.times")
for i in "${!headers[@]}"; do
    [ "$i" -gt 0 ] || continue
    lines=$(g++ -std=c++20 -E -P -Iinclude "$work/$i.cpp" | wc -l)
    echo "| \`${headers[i]}\` | $(awk "BEGIN { printf \"%.0f\", $(middle "$work/$i.times") - $empty }") ms | $lines |"
done
