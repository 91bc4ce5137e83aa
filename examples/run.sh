#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Installs what is missing, builds the examples, and
#
#     ./examples/run.sh [--port N]      starts the web server, in the foreground, on port 8080 or N
#     ./examples/run.sh lab             shows a TLS server scoring direct clients and clients behind real proxies, at two heights
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/packages.sh

case ${1:-} in
'' | --port) packages=() targets=(epoll_server) ;;
lab) packages=(curl openssl microsocks socat haproxy iproute2 util-linux) targets=(tls_server aroma-link) ;;
*)
    sed -n '4,7s/^# \{0,1\}//p' examples/run.sh >&2
    exit 2
    ;;
esac
need g++ cmake make libfmt-dev libboost-dev libssl-dev "${packages[@]}" || true
command -v cmake >/dev/null || { echo "aroma: cmake 3.23 or later is needed: apt-get install cmake" >&2; exit 1; }

build=build/examples
log=build/examples.log
build_folder examples || exit 1
echo "aroma: building ${targets[*]} (the first time takes a while)"
cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF -DAROMA_BUILD_BENCHMARKS=OFF >$log 2>&1 ||
    { cat $log >&2; echo "aroma: CMake says above what is missing" >&2; exit 1; }
grep "aroma: example ${targets[0]} is not built" $log >&2 && exit 1
cmake --build $build --parallel "$(nproc)" --target "${targets[@]}" >>$log 2>&1 ||
    { tail -n 30 $log >&2; echo "aroma: the build failed; all of it is in $log" >&2; exit 1; }

if [ "${1:-}" = lab ]; then
    exec bash examples/lab.sh "$PWD/$build/examples/tls_server" "$PWD/$build/tests/lab/aroma-link"
fi
exec $build/examples/epoll_server "$@"
