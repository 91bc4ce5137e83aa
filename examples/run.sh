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
'' | --port) packages=() ;;
lab) packages=(curl openssl microsocks socat haproxy iproute2 util-linux) ;;
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
echo "aroma: building the examples (the first time takes half a minute)"
{ cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF -DAROMA_BUILD_BENCHMARKS=OFF &&
    cmake --build $build --parallel "$(nproc)"; } >$log 2>&1 || { tail -n 30 $log >&2; echo "aroma: the build failed; all of it is in $log" >&2; exit 1; }
for program in epoll_server tls_server; do
    [ -x $build/examples/$program ] || { grep 'aroma:' $log >&2; exit 1; }
done

if [ "${1:-}" = lab ]; then
    exec bash examples/lab.sh "$PWD/$build/examples/tls_server" "$PWD/$build/tests/lab/aroma-link"
fi
exec $build/examples/epoll_server "$@"
