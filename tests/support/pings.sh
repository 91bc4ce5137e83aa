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
    band=$(sed -n 's/.*"band":"\([a-z]*\)".*"basis":"reference_over_excess","status":"ok".*/\1/p' <<<"$1")
    [ -n "$band" ] || { echo "FAILED: not scored across the layers"; return 1; }
    local replies probes form='^\{"tick_us":[0-9]*,"replies":([0-9]*),"probes":([0-9]*),'
    form+='"cleared":(true|false),.*'
    read -r replies probes cleared < <(sed -nE "s/$form/\1 \2 \3/p" <<<"$1")
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
