#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Installs what is missing, builds the examples, and
#
#     ./examples/run.sh [--port N]      starts the demo, in the foreground, for this machine alone:
#                                       https://localhost:8443/ or N shows your own connection
#     ./examples/run.sh lab             a direct and a proxied browser side by side, with a picture
#                                       of each, and a table of more paths
#
# With --no-install it builds with what is there; --packages lists what it would install, and what
# for.
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh

usage() { sed -n '4,/^set/s/^# \{0,1\}//p' examples/run.sh; }
case ${1:-}/$#/${2:-} in
--help/*) usage; exit ;;
/0/ | --port/2/*) packages=() targets=(demo) ;;
lab/1/)
    packages=(curl openssl microsocks socat haproxy iproute2 util-linux chromium)
    targets=(demo tls_server aroma-link)
    # with Node.js; one that is not the system's excludes the package
    command -v npm >/dev/null || packages+=(npm)
    ;;
*)
    echo "aroma: not understood: $*" >&2
    usage >&2
    exit 2
    ;;
esac
if [ $# -eq 2 ] && { [[ ! $2 =~ ^[0-9]{1,5}$ ]] || [ "$2" -gt 65535 ]; }; then
    echo "aroma: --port $2: a port is a number from 0 to 65535, and 0 takes a free one" >&2
    exit 2
fi
need g++ cmake make libfmt-dev libboost-dev libssl-dev libnghttp2-dev libcli11-dev \
    nlohmann-json3-dev "${packages[@]}" || true
command -v cmake >/dev/null ||
    { echo "aroma: cmake 3.23 or later is needed: apt-get install cmake" >&2; exit 1; }

build=build/examples
log=build/examples.log
build_folder examples || exit 1
echo "aroma: building ${targets[*]} (the first time takes a while)"
alone $build cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DAROMA_BUILD_TESTS=OFF \
    -DAROMA_BUILD_BENCHMARKS=OFF >$log 2>&1 ||
    { cat $log >&2; echo "aroma: CMake says above what is missing" >&2; exit 1; }
grep "aroma: example ${targets[0]} is not built" $log >&2 && exit 1
alone $build cmake --build $build --parallel "$(nproc)" --target "${targets[@]}" >>$log 2>&1 ||
    { tail -n 30 $log >&2; echo "aroma: the build failed; all of it is in $log" >&2; exit 1; }

if [ "${1:-}" = lab ]; then
    link=$PWD/$build/tests/lab/aroma-link
    rm -f $build/direct.png $build/proxied.png
    echo "aroma: two browsers, which takes half a minute"
    bash examples/demo/pictures.sh "$PWD/$build/examples/demo" "$link" "$PWD/$build"
    echo
    bash examples/lab.sh "$PWD/$build/examples/tls_server" "$link"
    status=$?
    [ ! -f $build/direct.png ] ||
        [ ! -f $build/proxied.png ] ||
        printf '\nthe browsers: %s\n              %s\n' "$PWD/$build/direct.png" \
        "$PWD/$build/proxied.png"
    exit $status
fi
exec $build/examples/demo "$@"
