#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Installs what is missing, builds with g++, optimised, and with clang++, as it is written, and passes every test. A test whose tool or right
# is not to be had is skipped by name. What no compiler can change (networks, browsers, others' programs, the examples' behaviour) is tested
# with the first one alone.
#
#     ./tests/run.sh [CTEST-ARGUMENT...]      for example: ./tests/run.sh -L live
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/packages.sh

. tests/lab/proxies.sh
. tests/lab/layer3.sh
framework_packages=(pkg-config libasio-dev libcpp-httplib-dev libevent-dev libgrpc++-dev libmicrohttpd-dev libncurses-dev libpistache-dev libpoco-dev liburing-dev libuv1-dev tmux)
need g++ clang cmake ninja-build catch2 libfmt-dev libboost-dev libssl-dev libnghttp2-dev nlohmann-json3-dev gnuplot-nox prometheus valgrind curl jq doxygen lintian \
    iproute2 util-linux \
    g++-mingw-w64-x86-64-posix chromium python3-websockets "${framework_packages[@]}" \
    "${proxy_packages[@]}" "${layer3_packages[@]}" || true
command -v npm >/dev/null || need npm || true # for falco and Playwright; apart from the others, since a Node.js that is not the system's excludes it

command -v cmake >/dev/null || { echo "aroma: cmake 3.23 or later is needed: apt-get install cmake" >&2; exit 1; }
generator=()
command -v ninja >/dev/null && generator=(-G Ninja)

compilers=(g++ clang++)
# Not to optimise takes clang++ half of the time, and what is asserted is then looked at: NDEBUG is not defined.
declare -A build_types=([g++]=Release [clang++]=None)

# COMPILER: configures and builds all that it is to test.
build_with() {
    cmake -S . -B "build/tests-$1" "${generator[@]}" -DCMAKE_CXX_COMPILER="$1" -DCMAKE_BUILD_TYPE="${build_types[$1]}" || { failed+=("$1: configure"); return 1; }
    cmake --build "build/tests-$1" --parallel "$(nproc)" || { failed+=("$1: build"); return 1; }
}

tried=0 failed=() which=(--no-tests=error) next=''
for i in "${!compilers[@]}"; do
    compiler=${compilers[i]}
    if ! command -v $compiler >/dev/null; then
        echo "aroma: skipped: no $compiler"
        continue
    fi
    tried=$((tried + 1))
    build=build/tests-$compiler
    build_folder tests-$compiler || { failed+=("$compiler: no build folder"); continue; }
    if [ "$next" ]; then
        wait "$next"
        cat build/tests-$compiler.log
    fi
    echo "aroma: $($compiler --version | head -n 1)"
    build_with $compiler || continue # where it is built already, there is nothing left to do
    # Most tests of networks wait for packets, and the next compiler takes the time that they leave: SCHED_IDLE gives way at once.
    following=${compilers[i + 1]:-}
    if [ "$following" ] && command -v "$following" >/dev/null && command -v chrt >/dev/null && build_folder "tests-$following"; then
        (chrt --idle --pid 0 $BASHPID; build_with "$following") >"build/tests-$following.log" 2>&1 &
        next=$!
    fi
    ctest --test-dir "$build" --parallel "$(nproc)" --output-on-failure "${which[@]}" "$@" || failed+=("$compiler: tests")
    which=(--no-tests=ignore -LE '^(lab|browser|edge|fleet|examples)$')
done
if [ $tried -eq 0 ]; then
    echo "aroma: no compiler: apt-get install g++ or clang" >&2
    exit 1
fi
if [ ${#failed[@]} -gt 0 ]; then
    printf 'aroma: FAILED: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "aroma: every test passed"
