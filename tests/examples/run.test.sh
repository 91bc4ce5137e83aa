#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# examples/run.sh answers what it does not understand at once, before it installs or builds
# anything.
#
#     run.test.sh RUN_SH
set -u
failed=0
refused() { # WHAT ARGUMENT...
    local what=$1
    shift
    timeout 5 "$1" "${@:2}" >/dev/null 2>"$log"
    [ $? -eq 2 ] && grep -qF -- "$what" "$log" ||
        { echo "FAILED: ${*:2}: $(cat "$log")"; failed=1; }
}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
for arguments in --port "--port 8443 more" "lab extra" "8443"; do
    # shellcheck disable=SC2086
    refused './examples/run.sh [--port N]' "$1" $arguments
done
refused 'not understood: lab extra' "$1" lab extra
for port in 70000 x 80x '' -1 99999999999999999999; do
    refused "--port $port: a port is a number from 0 to 65535" "$1" --port "$port"
done
exit $failed
