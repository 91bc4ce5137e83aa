#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Builds the demo and opens many connections to it on this machine: memory, handshakes, waiting
# times, and floods (many_connections.py says how).
#
#     ./benchmarks/many_connections.sh [N]      10000 unless said otherwise; --no-install: with what
#                                               is there
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh
[ "${1:-}" != --help ] || { sed -n '4,/^set/s/^# \{0,1\}//p' benchmarks/many_connections.sh; exit; }
[[ ${1:-10000} =~ ^[1-9][0-9]{1,4}$ &&
    $# -le 1 ]] || {
        echo "usage: benchmarks/many_connections.sh [N], from 10 to 99999; not understood: $*" >&2
        exit 2
    }
need g++ cmake make libfmt-dev libboost-dev libssl-dev libnghttp2-dev libcli11-dev \
    nlohmann-json3-dev python3 || true
build_folder examples || exit 1
alone build/examples cmake -S . -B build/examples -DCMAKE_BUILD_TYPE=Release \
    -DAROMA_BUILD_TESTS=OFF -DAROMA_BUILD_BENCHMARKS=OFF >build/examples.log 2>&1 &&
    alone build/examples cmake --build build/examples --parallel "$(nproc)" --target demo \
        >>build/examples.log 2>&1 ||
    {
        tail -n 30 build/examples.log >&2
        echo "aroma: the demo is not built; all of it is in build/examples.log" >&2
        exit 1
    }
PYTHONPATH=tests/support exec python3 benchmarks/many_connections.py build/examples/examples/demo \
    "${1:-10000}"
