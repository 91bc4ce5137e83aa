#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Debian's own linter finds nothing in the packages, down to its pedantic remarks; but that programs
# are not hardened, which are flags of who builds the packages (dpkg-buildflags).
#
#     lintian.test.sh FOLDER      where the .debs are
set -u
command -v lintian >/dev/null || { echo "aroma: skipped: no lintian"; exit 0; }
shopt -s nullglob
packages=("$1"/*.deb)
[ ${#packages[@]} -gt 0 ] || { echo "no package in $1"; exit 1; }
lintian --allow-root --pedantic --display-info --fail-on error,warning,info,pedantic \
    --suppress-tags hardening-no-bindnow,hardening-no-fortify-functions "${packages[@]}"
