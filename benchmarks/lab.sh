#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What the library detects, measured: real clients over paths whose truth is known, direct and
# behind real proxies, each connection one JSON line, then the judge's table and the plots. Installs
# what is missing and builds it; root and /dev/net/tun are needed.
#
#     lab.sh [--short] [--jobs N] [--out FOLDER]     the whole grid takes about half an hour, the
#                                                    short one some minutes
#     lab.sh --seed TEXT ...                         with other delays and losses
#     lab.sh --judge [--out FOLDER]                  the table and plots anew, of what has been
#                                                    recorded
#     lab.sh --published [--out FOLDER]              the same of the connections in
#                                                    benchmarks/results
#     lab.sh ... --publish                           and into benchmarks/results, where the pages
#                                                    show them
#     lab.sh ... --no-install                        with what is there; --packages lists what it
#                                                    would install, and what for
#
# FOLDER, build/lab or build/published unless given: connections.jsonl, table.md, *.svg. A run that
# was stopped goes on where it was; a new one begins in a new folder.
set -u
called_from=$PWD
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh
. tests/support/proxies.sh
. tests/support/layer3.sh

usage() { sed -n '7,/^set/s/^# \{0,1\}//p' benchmarks/lab.sh; exit "${1:-2}"; }
grid=full jobs=6 out='' run=yes publish='' published='' kept=build/lab
while [ $# -gt 0 ]; do
    case $1 in
    --short) grid=short ;;
    --judge) run='' ;;
    --published) run='' kept=build/published published=benchmarks/results/connections.jsonl.xz ;;
    --publish) publish=yes ;;
    --jobs) jobs=${2:-} && shift ;;
    --out) out=${2:?a folder after --out} && shift ;;
    --seed) export AROMA_LAB_SEED=${2:-} && shift ;;
    --help) usage 0 ;;
    *) usage >&2 ;;
    esac
    shift
done
[[ $jobs =~ ^[1-9][0-9]*$ ]] && [ -z "$publish" -o $grid = full ] || usage >&2
case $out in '') out=$kept ;; /*) ;; *) out=$called_from/$out ;; esac

need g++ cmake make libfmt-dev libboost-dev libssl-dev libnghttp2-dev libcli11-dev \
    nlohmann-json3-dev gnuplot-nox xz-utils curl jq iproute2 util-linux python3-websockets \
    chromium \
    "${proxy_packages[@]}" "${layer3_packages[@]}" || true
build=build/benchmarks
log=build/lab.log
build_folder benchmarks || exit 1
echo "aroma: building (the first time takes a while)"
{ alone $build cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF \
    -DAROMA_BUILD_EXAMPLES=ON &&
    alone $build cmake --build $build --parallel "$(nproc)"; } >$log 2>&1 ||
    { tail -n 30 $log >&2; echo "aroma: the build failed; all of it is in $log" >&2; exit 1; }
mkdir -p "$out" && [ -w "$out" ] || { echo "aroma: cannot write to $out" >&2; exit 1; }
lines=$out/connections.jsonl

if [ "$run" ]; then
    for program in tls_server http2_ping websocket_ping; do
        [ -x "$build/examples/$program" ] ||
            { grep "aroma: example $program is not built" $log >&2; exit 1; }
    done
    PROGRAMS=$PWD/$build/examples AROMA_LINK=$PWD/$build/tests/lab/aroma-link \
        AROMA_EVASIVE_PROXY=$PWD/$build/tests/lab/aroma-evasive-proxy \
        benchmarks/lab/run.sh $grid "$lines" "$jobs" || exit
fi

# The machine that recorded them stays in the table's first line.
processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
machine="$processor, $(nproc) cores, Linux $(uname -r | cut -d. -f1,2)"
if [ "$published" ]; then
    xz -dc "$published" >"$lines" || exit 1
    machine=$(head -n 1 benchmarks/results/table.md)
fi

[ -s "$lines" ] || { echo "aroma: nothing was recorded in $lines" >&2; exit 1; }
[ -x $build/benchmarks/aroma-judge ] || { grep "aroma-judge is not built" $log >&2; exit 1; }
status=0
{
    echo "$machine"
    echo
    $build/benchmarks/aroma-judge --data "$out/data" "$lines" || status=$?
} >"$out/table.md"
[ $status -le 1 ] || exit $status
cat "$out/table.md"
benchmarks/plots.sh "$out/data" "$out" || exit
if [ "$publish" ]; then
    [ $status -eq 0 ] ||
        { echo "aroma: not published: some lines were not understood" >&2; exit $status; }
    mkdir -p benchmarks/results && cp "$out/table.md" "$out"/*.svg benchmarks/results/ || exit 1
    [ "$published" ] || xz -9e -c "$lines" >benchmarks/results/connections.jsonl.xz || exit 1
    recordings=${AROMA_RECORDINGS:-../shared/data}
    if [ -r "$recordings/two_exchanges.csv" ]; then
        $build/benchmarks/aroma-likelihoods "$lines" "$recordings/two_exchanges.csv" \
            >benchmarks/results/likelihoods.txt || exit
    else
        echo "aroma: skipped: likelihoods.txt stays as it is:" \
            "no recorded connections in $recordings"
    fi
    if [ -x $build/benchmarks/aroma-replay ] && [ -r "$recordings/connections.csv" ]; then
        for file in connections two_exchanges tcp_info; do
            echo "### $file.csv"
            $build/benchmarks/aroma-replay "$recordings/$file.csv" || exit
            echo
        done >benchmarks/results/recorded.txt
    else
        echo "aroma: skipped: recorded.txt stays as it is: no recorded connections in" \
            "$recordings, or aroma-replay is not built"
    fi
fi
exit $status
