#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# How cost grows with the connections of a host: score(fd), dumps by sock_diag and by ss, aroma-top,
# a baseline of 4,096 segments and its Prometheus page. Real connections of several processes in a
# network namespace of their own, which leaves nothing behind: root is needed, and for each 100,000
# of them 0.4 GB of memory.
#
#     growth.sh [N...]               1000 10000 100000 300000 unless said otherwise: three minutes
#     growth.sh ... --publish        and into benchmarks/results, where the pages show them
#     growth.sh ... --no-install     with what is there; --packages lists what it would install, and
#                                    what for
#
# Its results are in build/growth: growth.jsonl, growth.md, growth.svg.
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh
usage() { sed -n '4,/^set/s/^# \{0,1\}//p' benchmarks/growth.sh; exit "${1:-2}"; }
publish='' sizes=()
for argument; do
    case $argument in
    --publish) publish=yes ;;
    --help) usage 0 ;;
    [1-9][0-9][0-9]*) [[ $argument =~ ^[0-9]{3,6}$ ]] && sizes+=("$argument") || usage >&2 ;;
    *) usage >&2 ;;
    esac
done
[ ${#sizes[@]} -gt 0 ] || sizes=(1000 10000 100000 300000)
need g++ cmake make libfmt-dev libncurses-dev libcli11-dev nlohmann-json3-dev gnuplot-nox iproute2 \
    util-linux python3 || true
build=build/benchmarks out=build/growth
build_folder benchmarks || exit 1
{
    alone $build cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF \
        -DAROMA_BUILD_EXAMPLES=ON &&
        alone $build cmake --build $build --parallel "$(nproc)" --target benchmark-growth aroma-top
} >$build.log 2>&1 ||
    {
        tail -n 30 $build.log >&2
        echo "aroma: the build failed; all of it is in $build.log" >&2
        exit 1
    }
mkdir -p $out || exit 1
benchmarks/growth_namespace.sh python3 benchmarks/growth.py $build/benchmarks/benchmark-growth \
    $build/examples/aroma-top "${sizes[@]}" >$out/growth.jsonl ||
    { status=$?; cat $out/growth.jsonl; exit $status; }
{
    echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo |
        head -n 1), $(nproc) cores, Linux $(uname -r | cut -d. -f1,2), $(g++ --version | head -n 1)"
    echo
    python3 benchmarks/growth_table.py <$out/growth.jsonl
} >$out/growth.md &&
    python3 benchmarks/growth_table.py --data <$out/growth.jsonl >$out/growth.dat || exit 1
cat $out/growth.md
command -v gnuplot >/dev/null || { echo "aroma: no plot: apt-get install gnuplot-nox" >&2; exit; }
# gnuplot names itself; a reader who cannot see the plot hears what it shows.
gnuplot -e "data = '$out/growth.dat'; out = '$out/growth.svg'" benchmarks/growth.gnuplot &&
    sed -i -e "s|<title>.*</title>|<title>How cost grows</title>|" \
    -e "s|^<svg *\$|<svg role=\"img\"|" \
        -e "s|<desc>.*</desc>|<desc>CPU time against the connections of a host, both on logarithmic axes, of dumps, of ss and of a refresh of aroma-top.</desc>|" \
        $out/growth.svg || exit 1
[ ! "$publish" ] || cp $out/growth.{jsonl,md,svg} benchmarks/results/
