#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# What the library detects, measured: real clients over paths whose truth is known, direct and behind real proxies, each connection one
# JSON line, then the judge's table and the plots. Installs what is missing and builds it; root and /dev/net/tun are needed.
#
#     lab.sh [--short] [--jobs N] [--out FOLDER]     the whole grid takes about an hour, the short one some minutes
#     lab.sh --judge [--out FOLDER]                  the table and plots anew, of what has been recorded
#
# FOLDER, build/lab unless given: connections.jsonl, table.md, *.svg. A run that was stopped goes on where it was; a new one begins
# in a new folder.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/packages.sh
. tests/lab/lab.sh
. tests/lab/proxies.sh
. tests/lab/layer3.sh

usage() { sed -n '7,11p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }
grid=full jobs=6 out=build/lab run=yes
while [ $# -gt 0 ]; do
    case $1 in
    --short) grid=short ;;
    --judge) run='' ;;
    --jobs) jobs=${2:-} && shift ;;
    --out) out=${2:-} && shift ;;
    *) usage ;;
    esac
    shift
done
[[ $jobs =~ ^[1-9][0-9]*$ ]] && [ "$out" ] || usage

need g++ cmake make libfmt-dev libboost-dev libssl-dev libnghttp2-dev nlohmann-json3-dev gnuplot-nox curl jq iproute2 util-linux python3-websockets chromium \
    "${proxy_packages[@]}" "${layer3_packages[@]}" || true
build=build/benchmarks
log=build/lab.log
build_folder benchmarks || exit 1
echo "aroma: building (the first time takes a while)"
{ cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF -DAROMA_BUILD_EXAMPLES=ON && cmake --build $build --parallel "$(nproc)"; } >$log 2>&1 ||
    { tail -n 30 $log >&2; echo "aroma: the build failed; all of it is in $log" >&2; exit 1; }
mkdir -p "$out" && [ -w "$out" ] || { echo "aroma: cannot write to $out" >&2; exit 1; }
lines=$out/connections.jsonl

if [ "$run" ]; then
    why=$(lab_can) || { echo "aroma: skipped: no lab here: $why" >&2; exit 77; }
    for program in tls_server http2_ping websocket_ping; do
        [ -x "$build/examples/$program" ] || { grep "aroma: example $program is not built" $log >&2; exit 1; }
    done
    work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM HUP
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null ||
        { echo "aroma: openssl cannot make a certificate" >&2; exit 1; }
    export LAB_CERTIFICATE=$work/cert.pem LAB_KEY=$work/key.pem PROGRAMS=$PWD/$build/examples AROMA_LINK=$PWD/$build/tests/lab/aroma-link \
        AROMA_EVASIVE_PROXY=$PWD/$build/tests/lab/aroma-evasive-proxy

    # One cell: all its lines or none, so that a run can be stopped at any time.
    cell() {
        local lines=$1 work=$2 mine
        shift 2
        ! grep -qxF "$*" "$lines.cells" || return 0
        mine=$(mktemp -p "$work")
        if timeout 900 benchmarks/lab/cell.sh $* >"$mine" 2>"$mine.log" && [ -s "$mine" ]; then
            flock "$lines" bash -c 'cat "$1" >>"$2" && echo "$3" >>"$2.cells"' - "$mine" "$lines" "$*"
            echo "$* $(grep -o '"seen":.*' "$mine" | sed 's/.*\],"band":"\([a-z]*\)".*/\1/' | sort | uniq -c | tr -s ' \n' ' ') $(grep -c '"failed"' "$mine" | sed 's/^0$//; s/^[1-9].*/FAILED: &/')"
        else
            echo "$* did not end: $(tail -n 1 "$mine.log")"
        fi
        rm -f "$mine" "$mine.log"
    }
    export -f cell
    touch "$lines" "$lines.cells"
    benchmarks/lab/grid.sh $grid >"$work/cells" || exit 1
    echo "aroma: $(grep -vxFc -f "$lines.cells" "$work/cells") of $(wc -l <"$work/cells") cells to go, $jobs at a time"
    grep -v client=chromium "$work/cells" | xargs -r -d '\n' -P "$jobs" -n 1 bash -c 'cell "$1" "$2" $3' - "$lines" "$work"
    grep client=chromium "$work/cells" | xargs -r -d '\n' -P 1 -n 1 bash -c 'cell "$1" "$2" $3' - "$lines" "$work"
fi

[ -s "$lines" ] || { echo "aroma: nothing was recorded in $lines" >&2; exit 1; }
[ -x $build/benchmarks/aroma-judge ] || { grep "aroma-judge is not built" $log >&2; exit 1; }
status=0
{
    echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores, Linux $(uname -r | cut -d. -f1,2)"
    echo
    $build/benchmarks/aroma-judge --data "$out/data" "$lines" || status=$?
} >"$out/table.md"
[ $status -le 1 ] || exit $status
cat "$out/table.md"
benchmarks/plots.sh "$out/data" "$out" || status=$?
exit $status
