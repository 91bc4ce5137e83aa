# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the tests of the ping servers.
#
#     ping_expect JSON                its connection is scored across the layers, by at least three
#                                     replies to five probes; sets band and cleared
#     ping_clears COMMAND...          the same of what a direct client prints, and one of its first
#                                     three connections is cleared

ping_expect() {
    echo "$1"
    local basis status replies probes
    read -r basis status band cleared replies probes < <(
        jq -r '"\(.basis) \(.status) \(.band) \(.cleared) \(.replies) \(.probes)"' <<<"$1")
    [ "$basis $status" = "reference_over_excess ok" ] ||
        { echo "FAILED: not scored across the layers"; return 1; }
    [ "${replies:-0}" -ge 3 ] || { echo "FAILED: ${replies:-no} replies"; return 1; }
    [ "$probes" -eq 5 ] || { echo "FAILED: $probes probes, not TLS and four pings"; return 1; }
}

ping_clears() {
    local attempt
    for attempt in 1 2 3; do
        ping_expect "$("$@")" || return 1
        [ "$cleared" = true ] && return
    done
    echo "FAILED: not cleared in $attempt attempts"
    return 1
}
