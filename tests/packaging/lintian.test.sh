#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Debian's own linter finds nothing in the package, down to its pedantic remarks.
#
#     lintian.test.sh FOLDER      where a .deb is
set -u
command -v lintian >/dev/null || { echo "aroma: skipped: no lintian"; exit 0; }
shopt -s nullglob
packages=("$1"/*.deb)
[ ${#packages[@]} -eq 1 ] || { echo "no package in $1"; exit 1; }
lintian --allow-root --pedantic --display-info --fail-on error,warning,info,pedantic "${packages[0]}"
