#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Installs what is missing, builds with g++ and clang++, and passes every test. A test whose tool or right is not to be had
# is skipped by name. What no compiler can change (networks, browsers, others' programs) is tested with the first one alone.
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

tried=0 failed=() which=(--no-tests=error)
for compiler in g++ clang++; do
    if ! command -v $compiler >/dev/null; then
        echo "aroma: skipped: no $compiler"
        continue
    fi
    tried=$((tried + 1))
    build=build/tests-$compiler
    build_folder tests-$compiler || { failed+=("$compiler: no build folder"); continue; }
    echo "aroma: $($compiler --version | head -n 1)"
    cmake -S . -B "$build" "${generator[@]}" -DCMAKE_CXX_COMPILER=$compiler -DCMAKE_BUILD_TYPE=Release ||
        { failed+=("$compiler: configure"); continue; }
    cmake --build "$build" --parallel "$(nproc)" || { failed+=("$compiler: build"); continue; }
    ctest --test-dir "$build" --parallel "$(nproc)" --output-on-failure "${which[@]}" "$@" || failed+=("$compiler: tests")
    which=(--no-tests=ignore -LE '^(lab|browser|edge|fleet)$')
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
