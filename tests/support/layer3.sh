# SPDX-License-Identifier: BSL-1.0
#
# Sourced behind lab.sh and proxies.sh: paths that carry a client's packets and end no TCP
# connection, so no proxies. Each leads one client's packets for one server over a router, which
# reaches the server; where it returns 0, `curl https://SERVER` on the client goes that way. Returns
# 1 and says why where a program is missing or the path does not come up.
#
#     layer3_route   CLIENT-HOST ROUTER-HOST ROUTER-ADDRESS SERVER-ADDRESS [SERVER-HOST]
#     layer3_nat     CLIENT-HOST ROUTER-HOST ROUTER-ADDRESS SERVER-ADDRESS
#     layer3_openvpn CLIENT-HOST ROUTER-HOST ROUTER-ADDRESS SERVER-ADDRESS       over UDP, and a NAT
#     behind it, as VPN services have it
#         ROUTER-ADDRESS: of the router as the client sees it; layer3_route alone has to tell the
#         server (the host
#         `server`, unless it says another) the way back

layer3_packages=(nftables openvpn openssl)
layer3_next=0

layer3_forward() {
    lab_on "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# One server's packets get the router's own address, those that come from one address or network.
layer3_masquerade() { # router, from, server
    lab_on "$1" nft "add table ip aroma;
        add chain ip aroma postrouting { type nat hook postrouting priority 100; };
        add rule ip aroma postrouting ip saddr $2 ip daddr $3 masquerade" && layer3_forward "$1"
}

layer3_route() {
    local client
    client=$(proxy_source "$1" "$3") && layer3_forward "$2" &&
        ip -n "$1" route replace "$4" via "$3" &&
        ip -n "${5:-server}" route replace "$client" via "$(proxy_source "$2" "$4")"
}

layer3_nat() {
    local client PATH=$PATH:/usr/sbin:/sbin
    command -v nft >/dev/null || { echo "no nft"; return 1; }
    client=$(proxy_source "$1" "$3") && layer3_masquerade "$2" "$client" "$4" &&
        ip -n "$1" route replace "$4" via "$3"
}

# TLS, since the static key of old OpenVPN is being retired; both ends have the same certificate,
# which is its own authority.
layer3_openvpn() {
    local number=$((layer3_next++)) program dir common PATH=$PATH:/usr/sbin:/sbin
    local port=$((1194 + number)) device=vpn$number
    for program in nft openvpn openssl; do
        command -v $program >/dev/null || { echo "no $program"; return 1; }
    done
    dir=/run/openvpn.$number && mkdir -p "$dir" && : >"$dir/client.log" && : >"$dir/router.log" &&
        proxy_certificate || return 1
    common=(--dev "$device" --dev-type tun --proto udp --port $port --ca /run/proxy.crt \
        --cert /run/proxy.crt --key /run/proxy.key
        --cipher AES-256-GCM --data-ciphers AES-256-GCM --verb 3)
    lab_on "$2" openvpn "${common[@]}" --tls-server --dh none --ifconfig "10.78.$number.1" \
        "10.78.$number.2" >"$dir/router.log" 2>&1 &
    lab_on "$1" openvpn "${common[@]}" --tls-client --remote "$3" --ifconfig "10.78.$number.2" \
        "10.78.$number.1" --route "$4" >"$dir/client.log" 2>&1 &
    within 20 grep -q 'Sequence Completed' "$dir/client.log" &&
        within 20 grep -q 'Sequence Completed' "$dir/router.log" ||
        { echo "the tunnel does not come up: $(tail -n 2 "$dir/client.log")"; return 1; }
    layer3_masquerade "$2" "10.78.$number.0/24" "$4"
}
