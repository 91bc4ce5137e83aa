#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Runs a command in a network namespace of its own, where 10.0.0.0/8 is this host and nobody else
# is: growth_namespace.sh COMMAND...
set -u
command -v unshare >/dev/null && command -v ip >/dev/null && command -v ss >/dev/null ||
    { echo "aroma: skipped: unshare and ip are needed (packages util-linux, iproute2)"; exit 77; }
unshare --net true 2>/dev/null ||
    { echo "aroma: skipped: no network namespace (root is needed)"; exit 77; }
# shellcheck disable=SC2016
exec unshare --net bash -c 'ip link set lo up && ip address add 10.0.0.1/8 dev lo &&
    echo "1024 65535" >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"' - "$@"
