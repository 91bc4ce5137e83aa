#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Mutation testing of the headers: mutate.py says how, with --help. --no-install: with what is
# there.
set -u
unset CDPATH
cd "$(dirname "$0")/../.." || exit 1
. tests/support/packages.sh
case " $* " in *" --help "* | *" -h "*) exec python3 tests/mutate/mutate.py --help ;; esac
! command -v python3 >/dev/null || python3 tests/mutate/mutate.py --check "$@" || exit
need g++ python3 catch2 libfmt-dev || true
command -v python3 >/dev/null || { echo "aroma: skipped: python3 is needed"; exit 0; }
build_folder mutate || exit 1
exec python3 tests/mutate/mutate.py "$@"
