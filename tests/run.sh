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

presets=(gcc clang)
declare -A compilers=([gcc]=g++ [clang]=clang++)
# The kinds of tests. For `honest` the examples are compiled once more, and the fuzz targets at all:
# by clang++, in half the time.
alone='static;headers;rejects;unit;fuzz;benchmarks;packaging' # disturb no other, nor are they
both="$alone;live;threads;openssl"
declare -A kinds=([gcc]="${both/fuzz;/};examples;edge;fleet;lab;adversary;readme;house;docs"
    [clang]="$both;honest")
for compiler in "${compilers[@]}"; do
    command -v "$compiler" >/dev/null || kinds=()
done

# A command has a process group of its own (setsid), which ends with this script. Bash looks at a
# signal only while it waits for what runs behind it.
running='' next='' tests_failed=3 alone_labels="^(${alone//;/|})\$"
stop() {
    trap '' INT TERM HUP
    [ -z "$running" ] || kill -TERM -- -"$running" "$running" 2>/dev/null
    [ -z "$next" ] || kill -TERM "$next" 2>/dev/null
    exit "$1"
}
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM

# WHAT COMMAND...: runs it, and keeps how long it took
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
    timed "$1: configure" cmake --preset "$1" "${generator[@]}" "$only" &&
        timed "$1: build" cmake --build --preset "$1" --parallel "$(nproc)"
}

# PRESET CTEST-ARGUMENT...
test_with() {
    local preset=$1
    shift
    # one more than cores, since many tests wait
    timed "$preset: tests" ctest --preset "$preset" --parallel $(($(nproc) + 1)) "$@"
}

tried=0 failed=() which=(--no-tests=error)
mkdir -p build && : >$checks
for i in "${!presets[@]}"; do
    preset=${presets[i]} compiler=${compilers[${presets[i]}]}
    if ! command -v "$compiler" >/dev/null; then
        echo "aroma: skipped: no $compiler"
        continue
    fi
    tried=$((tried + 1))
    build_folder "$preset" || { failed+=("$preset: no build folder"); continue; }
    echo "aroma: $($compiler --version | head -n 1)"
    if [ "$next" ]; then
        wait "$next"
        status=$?
        cat "build/$preset.log"
    else
        build_with "$preset"
        status=$?
    fi
    case $status in
        0) ;;
        "$tests_failed") failed+=("$preset: tests") ;;
        *) failed+=("$preset: configure or build"); continue ;;
    esac
    # Most tests of networks wait for packets, and the next compiler takes the time that they leave:
    # SCHED_IDLE gives way at once.
    following=${presets[i + 1]:-}
    if [ "$following" ] && command -v "${compilers[$following]}" >/dev/null &&
        command -v chrt >/dev/null && build_folder "$following"; then
        (
            trap 'stop 143' TERM
            chrt --idle --pid 0 $BASHPID
            build_with "$following" || exit 1
            test_with "$following" -L "$alone_labels" --no-tests=ignore "$@" || exit "$tests_failed"
        ) >"build/$following.log" 2>&1 &
        next=$!
    fi
    test_with "$preset" "${which[@]}" "$@" || failed+=("$preset: tests")
    which=(--no-tests=ignore)
    [ -z "$next" ] || which+=(-LE "$alone_labels")
done
if [ $tried -eq 0 ]; then
    echo "aroma: no compiler: apt-get install g++ or clang" >&2
    exit 1
fi
printf '\naroma: what took how long (clang++ builds while the tests of g++ run):\n'
cat $checks
printf '%-24s %5d s\n' "in all" $SECONDS
if [ ${#failed[@]} -gt 0 ]; then
    printf 'aroma: FAILED: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "aroma: every test passed"
