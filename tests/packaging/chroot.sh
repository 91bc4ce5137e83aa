#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The Debian package in a bare Debian: dpkg installs it, CMake and pkg-config find it, and it can be
# removed without a trace. Needs root and a mirror; some minutes, and 650 MiB under build/, so it is
# no part of CI.
#
#     ./tests/packaging/chroot.sh [SUITE [MIRROR]]        bookworm, and the mirror of this machine's
#                                                         apt; --no-install: with what is there
set -u
unset CDPATH
cd "$(dirname "$0")/../.." || exit 1
. tests/support/packages.sh
[[ $# -le 2 && ${1:-} != -* ]] ||
    {
        sed -n '4,/^set/s/^# \{0,1\}//p' tests/packaging/chroot.sh
        [ "$1" = --help ]
        exit $(($? * 2))
    }
need debootstrap || true
command -v debootstrap >/dev/null || { echo "aroma: skipped: no debootstrap"; exit 0; }
[ "$(id -u)" -eq 0 ] || { echo "aroma: skipped: a chroot needs root"; exit 0; }
suite=${1-bookworm}
mirror=${2-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)}

work=$PWD/build/chroot root=$PWD/build/chroot/root
rm -rf --one-file-system "$work" && mkdir -p "$work" || exit 1
cmake -S . -B "$work/build" -DAROMA_BUILD_TESTS=OFF -DAROMA_BUILD_EXAMPLES=OFF \
    -DAROMA_BUILD_BENCHMARKS=OFF >/dev/null &&
    (cd "$work/build" && cpack -G DEB >/dev/null) || { echo "the package cannot be made"; exit 1; }
debootstrap --variant=minbase --include=g++,cmake,make,pkg-config "$suite" "$root" "$mirror" \
    >"$work/debootstrap.log" 2>&1 ||
    {
        tail -n 5 "$work/debootstrap.log"
        echo "aroma: skipped: debootstrap cannot make a Debian here: see above"
        exit 0
    }
find "$root" -xdev ! -path "$root/var/*" ! -path "$root/tmp/*" | sort >"$work/before"
cp "$work"/build/*.deb "$root/tmp/" && cp -r tests/packaging/consumer "$root/tmp/consumer" || exit 1

chroot "$root" bash -euc '
    dpkg -i /tmp/libaroma-dev_*_all.deb
    cd /tmp/consumer
    cmake -S . -B by_cmake -DAROMA_FROM=find_package && cmake --build by_cmake && by_cmake/consumer
    g++ -std=c++20 $(pkg-config --cflags aroma) main.cpp -o by_pkg_config && ./by_pkg_config
    dpkg --purge libaroma-dev
' >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
grep '^aroma' "$work/said"
find "$root" -xdev ! -path "$root/var/*" ! -path "$root/tmp/*" | sort | diff "$work/before" - ||
    { echo "the package leaves traces"; exit 1; }
echo "installed, found by CMake and by pkg-config, and removed"
