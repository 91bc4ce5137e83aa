#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Makes the reference from the headers' comments: build/docs/html/index.html. Fails where a public entity has none, or a wrong one.
#
#     ./docs/run.sh [--no-install]
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/support/packages.sh
need doxygen || true
exec docs/reference.sh . build/docs
