#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The cells of the grid, one a line, as cell.sh takes them.
#
#     grid.sh full|short
#
# A cell differs from the others of its group in one thing at a time, rather than every proxy in
# every network: each group asks one question. The order is mixed, always in the same way, so that a
# run which is stopped has something of everything; Chromium, which needs the machine for itself,
# comes last.
set -u
unset CDPATH
cd "$(dirname "$0")/../../tests" || exit 1
. support/proxies.sh
. support/profiles.sh
both=(cubic bbr)

# Direct paths, near and far, straight and crooked.
direct_full() {
    for near in 1 2 5 10 20 40 80 150 300; do
        for jitter in 0 5 20 40; do
            for loss in 0 0.5 1 2; do
                for congestion in "${both[@]}"; do echo "path=direct near=$near jitter=$jitter" \
                    "loss=$loss congestion=$congestion n=14"; done
            done
        done
    done
    for profile in "${profile_names[@]}"; do
        for near in 2 60; do
            for congestion in "${both[@]}"; do
                echo "path=direct near=$near profile=$profile congestion=$congestion n=12"
            done
        done
    done
    # A queue that is full before the client comes, and one that fills while it is there.
    for queue in 100 300 1000; do
        for congestion in "${both[@]}"; do
            for near in 20 80; do
                echo "path=direct near=$near load=download queue=$queue congestion=$congestion n=8"
            done
            echo "path=direct near=20 load=later queue=$queue congestion=$congestion n=6"
        done
    done
    for client in curl-tls12 curl-resumed curl-h2 websocket; do
        for near in 2 20 100; do
            for crooked in "jitter=0 loss=0" "jitter=20 loss=1"; do
                echo "path=direct client=$client near=$near $crooked n=8"
            done
        done
    done
    # As many probes as a page's assets may bring, for what can be told from them alone.
    for near in 2 20 80; do
        for jitter in 0 5 20 40; do
            for loss in 0 1 2; do
                echo "path=direct client=curl-probes near=$near jitter=$jitter loss=$loss n=84"
            done
        done
    done
    for path in routed nat openvpn; do
        for leg in 20 100; do
            for congestion in "${both[@]}"; do
                echo "path=$path near=1 leg=$leg congestion=$congestion n=10"
            done
        done
    done
}

legs=(2 5 10 15 20 30 45 60 100 160 300)
proxied_full() {
    for path in "${proxy_names[@]}"; do
        for leg in "${legs[@]}"; do echo "path=$path near=1 leg=$leg n=6"; done
    done
    # How far the proxy is from the server.
    for path in microsocks haproxy squid v2ray; do
        for leg in "${legs[@]}"; do
            for near in 0.2 5 20 100; do
                echo "path=$path near=$near leg=$leg congestion=bbr n=4"
            done
        done
    done
    # A crooked way to the proxy.
    for path in microsocks haproxy ssh; do
        for leg in 15 20 30 60 160; do
            for crooked in "jitter=5 loss=0" "jitter=20 loss=1" "jitter=40 loss=2"; do
                for congestion in "${both[@]}"; do
                    echo "path=$path near=1 leg=$leg $crooked congestion=$congestion n=6"
                done
            done
        done
    done
    for profile in "${profile_names[@]}"; do
        for path in microsocks haproxy; do
            echo "path=$path near=1 leg=15 profile=$profile n=8"
        done
    done
    for client in curl-tls12 curl-resumed curl-h2 websocket; do
        for leg in 15 30 60; do
            echo "path=microsocks client=$client near=1 leg=$leg n=6"
            [ $client = websocket ] || echo "path=haproxy client=$client near=1 leg=$leg n=6"
        done
    done
    for path in "${proxy_names_evasive[@]}"; do
        for leg in 15 30 60 160; do echo "path=$path near=1 leg=$leg n=8"; done
    done
    for leg in 15 30 60 160; do echo "path=evasive-delay-acks near=20 leg=$leg n=8"; done
    for path in microsocks haproxy squid; do
        for near in 1 20; do
            for jitter in 0 5; do
                echo "path=$path client=curl-probes near=$near leg=5 jitter=$jitter n=20"
            done
        done
    done
    for path in "${proxy_names_slow[@]}"; do
        for leg in 15 60; do echo "path=$path near=1 leg=$leg n=10"; done
    done
}

chromium_full() {
    for near in 1 2 5 20 60 150; do
        for jitter in 0 20; do
            echo "path=direct client=chromium near=$near jitter=$jitter n=8"
        done
    done
    for near in 2 20 60; do echo "path=direct client=chromium-once near=$near n=8"; done
    for path in microsocks tinyproxy haproxy squid; do
        for leg in 15 30 60 160; do echo "path=$path client=chromium near=1 leg=$leg n=4"; done
    done
}

direct_short() {
    for near in 2 20 150; do
        echo "path=direct near=$near congestion=cubic n=6"
        echo "path=direct near=$near jitter=20 loss=1 congestion=bbr n=6"
    done
    for profile in "${profile_names[@]}"; do echo "path=direct near=5 profile=$profile n=2"; done
    echo "path=direct near=20 load=download queue=300 n=4"
    for path in nat openvpn; do echo "path=$path near=1 leg=30 n=2"; done
    for client in curl-tls12 curl-resumed curl-h2 websocket; do
        echo "path=direct client=$client near=20 n=2"
    done
}
proxied_short() {
    for path in "${proxy_names[@]}"; do echo "path=$path near=1 leg=30 n=2"; done
    for leg in 15 60; do
        for path in microsocks haproxy; do echo "path=$path near=1 leg=$leg n=4"; done
    done
    echo "path=microsocks near=1 leg=30 jitter=20 loss=1 congestion=bbr n=4"
    echo "path=squid near=100 leg=30 n=2"
}
chromium_short() {
    echo "path=direct client=chromium near=20 n=2"
    echo "path=direct client=chromium-once near=20 n=2"
    echo "path=microsocks client=chromium near=1 leg=60 n=2"
}

case ${1:-} in
full | short) ;;
*)
    echo "usage: grid.sh full|short" >&2
    exit 2
    ;;
esac
{
    "direct_$1" && "proxied_$1"
} | awk 'BEGIN { srand(1) } { print rand() "\t" $0 }' | sort -n | cut -f 2-
"chromium_$1"
