# SPDX-License-Identifier: BSL-1.0
#
# Sourced by what needs a network of its own: hosts (network namespaces), wide-area links between
# them, and the certainty that nothing of it is left behind. The whole script runs in private
# process, mount and network namespaces: when its first process ends, however it ends, the kernel
# takes all the others, their devices and their addresses with it.
#
#     . tests/support/lab.sh && lab_enter "$0" "$@"      first lines of a script; says why and
#                                                        returns 1 where there can be no lab
#                                                    (test.sh is sourced too)
#     lab_host NAME                                  a host with a loopback
#     lab_link A ADDRESS B ADDRESS [LINK-OPTION...]  a link between two hosts; prints nothing, ready
#                                                    when it returns
#     lab_on HOST COMMAND...                         a command on a host
#     lab_listens HOST ADDRESS PORT                  returns 1 if HOST cannot connect there within
#                                                    ten seconds
#     lab_visits HOST URL PROCESSES CONNECTIONS [CURL-ARGUMENT...]
#                                                    that many curls at once, each with that many
#                                                    new connections, one after another

. "$(dirname "${BASH_SOURCE[0]}")/test.sh"

lab_can() {
    [ "$(uname)" = Linux ] || { echo "a Linux kernel is needed"; return 1; }
    command -v unshare >/dev/null && command -v nsenter >/dev/null ||
        { echo "unshare and nsenter are needed (package util-linux)"; return 1; }
    command -v ip >/dev/null || { echo "ip is needed (package iproute2)"; return 1; }
    [ -r /dev/net/tun ] && [ -w /dev/net/tun ] ||
        { echo "/dev/net/tun is not there or not open to this user: run as root"; return 1; }
    lab_unshare=(unshare --net --mount --pid --fork --kill-child --mount-proc)
    [ "$(id -u)" -eq 0 ] || lab_unshare+=(--user --map-root-user)
    local why
    why=$("${lab_unshare[@]}" true 2>&1) ||
        { echo "namespaces need root, or to be open to everyone ($why)"; return 1; }
}

lab_enter() {
    if [ -z "${AROMA_IN_LAB:-}" ] || [ $$ -ne 1 ]; then
        local why
        why=$(lab_can) || { echo "aroma: skipped: no lab here: $why"; return 1; }
        lab_can
        AROMA_IN_LAB=1 setpriv --pdeathsig KILL "${lab_unshare[@]}" bash "$@" &
        local inside=$!
        trap 'kill -KILL $inside 2>/dev/null; exit 130' INT TERM HUP
        wait $inside
        exit
    fi
    mount -t tmpfs none /run && mkdir /run/netns ||
        { echo "aroma: cannot mount a private /run" >&2; return 1; }
    lab_links=0
}

lab_host() {
    ip netns add "$1" && ip -n "$1" link set lo up
}

lab_on() {
    local host=$1
    shift
    nsenter --net="/run/netns/$host" "$@"
}

lab_listens() {
    within 10 lab_on "$1" bash -c ": </dev/tcp/$2/$3" 2>/dev/null
}

lab_visits() {
    local host=$1 url=$2 processes=$3 connections=$4
    shift 4
    lab_on "$host" bash -c 'processes=$1; shift
        for i in $(seq "$processes"); do
            curl -sk --http1.1 --no-sessionid -H "Connection: close" --max-time 60 \
                -o /dev/null "$@" &
        done
        wait' \
        - "$processes" "$@" "$url?[1-$connections]"
}

# AROMA_LINK is the program that CMake built.
lab_link() {
    local a=$1 a_address=$2 b=$3 b_address=$4 device log
    shift 4
    device=wan$((lab_links++))
    log=/run/$device.log
    ip -n "$a" tuntap add dev "$device" mode tun &&
        ip -n "$a" address add "$a_address" peer "$b_address" dev "$device" &&
        ip -n "$b" tuntap add dev "$device" mode tun &&
        ip -n "$b" address add "$b_address" peer "$a_address" dev "$device" &&
        ip -n "$a" link set "$device" up && ip -n "$b" link set "$device" up || return 1
    : >"$log"
    "$AROMA_LINK" "$a" "$device" "$b" "$device" "$@" >"$log" 2>&1 &
    within 5 grep -q ready "$log" ||
        { echo "aroma: the link $a - $b does not come up: $(cat "$log")" >&2; return 1; }
}
