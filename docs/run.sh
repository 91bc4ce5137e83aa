#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Makes the site of the pages and of the headers' comments: build/docs/html/index.html, to be opened
# as a file or served. Fails if a public entity has no text, or that of another one.
#
#     ./docs/run.sh [--no-install]
set -u
unset CDPATH
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh
[ $# -eq 0 ] || { sed -n '4,/^set/s/^# \{0,1\}//p' docs/run.sh; [ "$1" = --help ] && exit; exit 2; }
need doxygen doxygen-awesome-css mkdocs mkdocs-material python3 || true
mkdir -p build/docs 2>/dev/null && [ -w build/docs ] ||
    { echo "aroma: cannot write to $PWD/build/docs: use a checkout of your own" >&2; exit 1; }
exec docs/site.sh . build/docs
