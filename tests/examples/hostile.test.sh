#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The servers with clients that mean harm: hostile.py has them.
#
#     hostile.test.sh PROGRAM...
set -u
. "$(dirname "$0")/../support/test.sh"
needs python3 openssl prlimit:util-linux
exec python3 "$(dirname "$0")/hostile.py" "$@"
