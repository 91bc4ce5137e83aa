#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Installs what is missing, builds with g++, optimised, and with clang++, as it is written (the
# presets gcc and clang of CMakePresets.json), and passes every test. A test whose tool or right is
# missing is skipped by name. What no compiler can change (networks, browsers, others'
# programs, the examples' behaviour) is tested with one of them.
#
#     ./tests/run.sh [CTEST-ARGUMENT...]      for example: ./tests/run.sh -L live
#     ./tests/run.sh --no-install ...         with what is there
#     ./tests/run.sh --packages               lists what it would install, and what for
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh
[ "${1:-}" != --help ] || { sed -n '4,/^set/s/^# \{0,1\}//p' tests/run.sh; exit; }

. tests/support/proxies.sh
. tests/support/layer3.sh
framework_packages=(pkg-config libasio-dev libcpp-httplib-dev libevent-dev libgrpc++-dev
    libmicrohttpd-dev libncurses-dev libpistache-dev libpoco-dev liburing-dev libuv1-dev tmux
    apache2 apache2-dev nghttp2-client qtbase5-dev trafficserver trafficserver-dev)
need g++ clang cmake ninja-build catch2 libfmt-dev libboost-dev libssl-dev libnghttp2-dev \
    libcli11-dev nlohmann-json3-dev gnuplot-nox prometheus valgrind curl jq xz-utils doxygen \
    doxygen-awesome-css mkdocs mkdocs-material lintian \
    iproute2 util-linux clang-format-14 clang-tidy-14 cppcheck codespell \
    g++-mingw-w64-x86-64-posix chromium \
    python3-websockets libx11-dev libwolfssl-dev android-libboringssl-dev meson \
    nginx-dev nghttp2-client \
    "${framework_packages[@]}" "${proxy_packages[@]}" "${layer3_packages[@]}" || true
# For falco and Playwright; apart from the others, since a Node.js that is not the system's excludes
# it.
command -v npm >/dev/null || need npm || true

cmake --list-presets >/dev/null || {
    echo "aroma: cmake 3.25 or later is needed to read CMakePresets.json: apt-get install cmake" >&2
    exit 1
}
generator=()
command -v ninja >/dev/null || generator=(-G "Unix Makefiles")

declare -A compilers=([gcc]=g++ [clang]=clang++)
# The kinds of tests. For `honest` the examples are compiled once more, and the fuzz targets at all:
# by clang++, in half the time.
alone='static;headers;rejects;unit;fuzz;benchmarks;packaging' # disturb no other, nor are they
both="$alone;live;threads;openssl"
declare -A kinds=([gcc]="${both/fuzz;/};examples;edge;fleet;lab;adversary;readme;house;docs"
    [clang]="$both;honest")
presets=()
for preset in gcc clang; do
    if command -v "${compilers[$preset]}" >/dev/null; then
        presets+=("$preset")
    else
        echo "aroma: skipped: no ${compilers[$preset]}"
        kinds=() # the other one tests all
    fi
done
if [ ${#presets[@]} -eq 0 ]; then
    echo "aroma: no compiler: apt-get install g++ or clang" >&2
    exit 1
fi

# A command has a process group of its own (setsid), which ends with this script. Bash looks at a
# signal only while it waits for what runs behind it.
running='' behind='' alone_labels="^(${alone//;/|})\$"
stop() {
    trap '' INT TERM HUP
    [ -z "$running" ] || kill -TERM -- -"$running" "$running" 2>/dev/null
    [ -z "$behind" ] || kill -TERM "$behind" 2>/dev/null
    exit "$1"
}
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM

# WHAT COMMAND...: runs it, and keeps how long it took and whether it failed
checks=build/checks
timed() {
    local what=$1 begun=$SECONDS status
    shift
    setsid "$@" &
    running=$!
    wait "$running"
    status=$?
    running=''
    printf '%-24s %5d s%s\n' "$what" $((SECONDS - begun)) \
        "$([ $status -eq 0 ] || echo '   FAILED')" >>$checks
    return $status
}

# PRESET: configures and builds all that it is to test.
build_with() {
    local only=-UAROMA_TESTS
    [ -z "${kinds[$1]:-}" ] || only=-DAROMA_TESTS=${kinds[$1]}
    "${compilers[$1]}" --version | head -n 1
    build_folder "$1" || { echo "$1: build folder   FAILED" >>$checks; return 1; }
    timed "$1: configure" cmake --preset "$1" "${generator[@]}" "$only" &&
        timed "$1: build" cmake --build --preset "$1" --parallel "$(nproc)" && built+=("$1")
}

# WHAT PRESET CTEST-ARGUMENT...
test_with() {
    local what=$1 preset=$2
    shift 2
    # one more than cores, since many tests wait
    timed "$preset: $what" ctest --preset "$preset" --parallel $(($(nproc) + 1)) "$@"
}

mkdir -p build && : >$checks || exit 1
built=() first=${presets[0]} second=${presets[1]:-}
if build_with "$first"; then
    ctest --preset "$first" -N "$@" | grep 'Total Tests: 0$' &&
        { echo "aroma: no test is called that" >&2; exit 1; }
    # Most tests of networks wait for packets. The other compiler, and the tests that disturb none,
    # take the time that they leave: SCHED_IDLE gives way at once, and nice soon.
    (
        trap 'stop 143' TERM
        chrt --idle --pid 0 $BASHPID || renice -n 19 -p $BASHPID
        [ -z "$second" ] || build_with "$second"
        for preset in "${built[@]}"; do
            test_with "tests alone" "$preset" -L "$alone_labels" --no-tests=ignore "$@"
        done
    ) >build/behind.log 2>&1 &
    behind=$!
    test_with "other tests" "$first" -LE "$alone_labels" --no-tests=ignore "$@"
    wait "$behind" || echo "what ran beside   FAILED" >>$checks
    behind=''
    cat build/behind.log
    if [ "$second" ] && ! grep -qE "^$second: (configure|build).*FAILED" $checks; then
        test_with "other tests" "$second" -LE "$alone_labels" --no-tests=ignore "$@"
    fi
elif [ "$second" ] && build_with "$second"; then
    test_with tests "$second" --no-tests=error "$@"
fi
printf '\naroma: what took how long (what is alone runs while others wait for packets):\n'
cat $checks
printf '%-24s %5d s\n' "in all" $SECONDS
if grep -q FAILED $checks; then
    echo "aroma: FAILED, see above" >&2
    exit 1
fi
echo "aroma: every test passed"
