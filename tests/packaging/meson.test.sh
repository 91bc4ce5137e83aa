#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Meson finds an installation by the files of CMake and by those of pkg-config.
#
#     meson.test.sh BUILD MAIN
set -u
. "$(dirname "$0")/../support/test.sh"
needs meson:meson ninja:ninja-build cmake:cmake pkg-config:pkg-config
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cmake --install "$1" --component libaroma-dev --prefix "$work/prefix" >"$work/said" ||
    { cat "$work/said"; exit 1; }
mkdir "$work/project" && cp "$2" "$work/project/main.cpp" || exit 1
cat >"$work/project/meson.build" <<'PROJECT'
project('consumer', 'cpp', default_options: ['cpp_std=c++20'])
by_cmake = dependency('aroma', method: 'cmake', modules: ['aroma::aroma'])
by_pkg_config = dependency('aroma', method: 'pkg-config')
executable('by_cmake', 'main.cpp', dependencies: by_cmake)
executable('by_pkg_config', 'main.cpp', dependencies: by_pkg_config)
PROJECT
meson setup "$work/build" "$work/project" --cmake-prefix-path "$work/prefix" \
    --pkg-config-path "$work/prefix/share/pkgconfig" >"$work/said" 2>&1 &&
    ninja -C "$work/build" >>"$work/said" 2>&1 ||
    { cat "$work/said"; fail "Meson does not build it"; exit 1; }
for program in by_cmake by_pkg_config; do
    "$work/build/$program" || fail "$program"
done
exit $failed
