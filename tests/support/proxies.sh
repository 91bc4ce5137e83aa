# SPDX-License-Identifier: BSL-1.0
#
# Sourced behind lab.sh: real proxies, each started by one function that leaves in `via` the curl
# arguments that lead through it.
#
#     proxy_start NAME PROXY-HOST PROXY-ADDRESS CLIENT-HOST SERVER-ADDRESS SERVER-PORT
#         PROXY-ADDRESS: of the proxy as the client sees it; returns 1 and says why where the
#         program is missing or does not start
#     proxy_names=(...)                              all that there are, but for
#     proxy_names_slow=(...)                         those that take their time to start: Tor some
#                                                    10 to 25 s
#     proxy_names_evasive=(...)                      those that defend themselves against being
#                                                    measured: aroma-evasive-proxy, which
#                                                    CMake built and which AROMA_EVASIVE_PROXY names
#
# Every instance has ports of its own, so that many run on one host. Configurations and logs lie in
# the lab's private /run.

proxy_names=(microsocks dante socat tinyproxy squid haproxy haproxy-sni nginx shadowsocks stunnel \
    trojan v2ray v2ray-ws ssh chain redsocks redsocks-local)
proxy_names_slow=(tor)
proxy_names_evasive=(evasive-answer-first evasive-quickack evasive-delay-acks \
    evasive-hold-acks evasive-hold-all-acks)
proxy_packages=(microsocks dante-server socat tinyproxy squid haproxy nginx libnginx-mod-stream \
    shadowsocks-libev stunnel4 trojan v2ray openssh-server openssh-client openssl redsocks \
    nftables tor)
proxy_next_port=20000

# The address by which a host reaches another.
proxy_source() {
    ip -n "$1" -o route get "$2" | sed -n 's/.* src \([0-9.]*\).*/\1/p'
}

# A certificate for the proxies that speak TLS between their two halves.
proxy_certificate() {
    [ -f /run/proxy.pem ] || certificate /run/proxy.crt /run/proxy.key proxy.test &&
        cat /run/proxy.key /run/proxy.crt >/run/proxy.pem
}

# The transparent ones. redsocks cannot dial by itself, so microsocks does it, on the proxy's host.
# Nothing may connect to redsocks itself: it would send that to itself.
proxy_redsocks() { # host, folder, port, SOCKS server's address and port
    printf 'base { log_info = on; log = stderr; daemon = off; redirector = iptables; }\nredsocks { local_ip = 0.0.0.0; local_port = %s; ip = %s; port = %s; type = socks5; }\n' \
        "$3" "$4" "$5" >"$2/conf"
    : >"$2/log"
    lab_on "$1" redsocks -c "$2/conf" >"$2/log" 2>&1 &
    within 10 grep -q started "$2/log" ||
        { echo "redsocks does not start: $(tail -n 2 "$2/log")"; return 1; }
}
proxy_redirect() { # host, hook, port, condition...
    local host=$1 hook=$2 port=$3
    shift 3
    lab_on "$host" nft "add table ip aroma; add chain ip aroma $hook { type nat hook $hook priority -100; }; add rule ip aroma $hook $* redirect to :$port"
}

# What a host sends to the server without data, SYN, FIN or RST is thrown away, so that data alone
# acknowledges: for the first 10 kB, which holds a handshake and some pages; later a download would
# wait for its ACKs.
proxy_hold_acks() { # host, server's address and port, mark, condition
    local words rules="add table ip aroma; add chain ip aroma output { type filter hook output priority 0; };"
    for words in 5 6 7 8 9 10 11 12 13 14 15; do # of the TCP header; the IP header has 5
        rules+="add rule ip aroma output mark $4 ip daddr $2 tcp dport $3 tcp flags & (syn | fin | rst) == 0 tcp doff $words ip length $((20 + 4 * words)) ct reply bytes < 10000 $5 drop;"
    done
    lab_on "$1" nft "$rules"
}

# A Tor network of its own: an authority, who is a relay too, and two more relays, the fewest that
# make a circuit; all are exits. Every second of its life is set by when the authority votes: 5 s
# after its start, then every 10 s. relays' host and address, client's host, folder, authority's
# port for directories, relays' three ports, SOCKS port
proxy_tor() {
    local host=$1 address=$2 client=$3 dir=$4 directory=$5 ports=("${@:6:3}") socks=$9 i v3 identity
    mkdir -m 700 "$dir"/{0,1,2,client} "$dir/0/keys" && : >"$dir/none" && : >"$dir/local.log" ||
        return 1
    (cd "$dir/0/keys" && tor-gencert --create-identity-key --passphrase-fd 0 -m 1 -a "$address:$directory" <<<'') >"$dir/gencert.log" 2>&1
    v3=$(sed -n 's/^fingerprint //p' "$dir/0/keys/authority_certificate")
    identity=$(tor --quiet --defaults-torrc "$dir/none" -f "$dir/none" --DataDirectory "$dir/0" \
        --ORPort "${ports[0]}" --Nickname relay0 --list-fingerprint |
        sed -n 's/^relay0 //p' | tr -d ' ')
    [ "$v3" ] && [ "$identity" ] ||
        { echo "Tor's authority gets no keys: $(tail -n 1 "$dir/gencert.log")"; return 1; }
    printf 'TestingTorNetwork 1\nAssumeReachable 1\nDirAuthority relay0 orport=%s no-v2 v3ident=%s %s:%s %s\n' \
        "${ports[0]}" "$v3" "$address" "$directory" "$identity" >"$dir/common"
    cat >"$dir/0/torrc" <<CONF
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
DirPort $directory IPv4Only
ContactInfo nobody
TestingV3AuthInitialVotingInterval 5
TestingV3AuthInitialVoteDelay 2
TestingV3AuthInitialDistDelay 2
V3AuthVotingInterval 10
V3AuthVoteDelay 2
V3AuthDistDelay 2
TestingDirAuthVoteGuard *
TestingDirAuthVoteExit *
CONF
    for i in 0 1 2; do
        cat >>"$dir/$i/torrc" <<CONF
DataDirectory $dir/$i
Nickname relay$i
Address $address
ORPort ${ports[i]} IPv4Only
SocksPort 0
ExitRelay 1
ExitPolicyRejectPrivate 0
ExitPolicy accept *:*
ServerDNSAllowBrokenConfig 1
CONF
        lab_on "$host" tor --defaults-torrc "$dir/common" -f "$dir/$i/torrc" >"$dir/$i/log" 2>&1 &
    done
    printf 'DataDirectory %s\nSocksPort 127.0.0.1:%s\nClientRejectInternalAddresses 0\n' \
        "$dir/client" "$socks" >"$dir/client/torrc"
    proxy_relays() { [ "$(grep -cs '^r ' "$1")" = 3 ]; }
    within 60 proxy_relays "$dir/0/cached-microdesc-consensus" ||
        { echo "the relays do not know of each other: $(tail -n 1 "$dir/0/log")"; return 1; }
    lab_on "$client" tor --defaults-torrc "$dir/common" -f "$dir/client/torrc" \
        >"$dir/local.log" 2>&1 &
    within 60 grep -q 'Bootstrapped 100%' "$dir/local.log" ||
        { echo "the client finds no circuit: $(tail -n 1 "$dir/local.log")"; return 1; }
}

proxy_start() {
    local name=$1 host=$2 address=$3 client=$4 server=$5 server_port=$6 transport=tcp from device
    local port=$((proxy_next_port++)) inner=$((proxy_next_port++)) local_port=$((proxy_next_port++))
    local dir=/run/$name.$port log=/run/$name.$port/log program needed PATH=$PATH:/usr/sbin:/sbin
    case $name in
    dante) program=danted ;; haproxy-sni) program=haproxy ;; shadowsocks) \
        program="ss-server ss-local" ;; ssh) program="sshd ssh ssh-keygen" ;;
    stunnel) program="stunnel microsocks" ;; v2ray-ws) program=v2ray ;; chain) \
        program="tinyproxy microsocks" ;;
    redsocks*) program="redsocks microsocks nft" ;; tor) \
        program="tor tor-gencert" ;; evasive-hold-*) program=nft ;;
    evasive-*) program='' ;; *) program=$name ;;
    esac
    for needed in $program; do
        command -v $needed >/dev/null || { echo "no $needed"; return 1; }
    done
    program=$(command -v ${program%% *})
    case $name in
    evasive-*) program=$(command -v "${AROMA_EVASIVE_PROXY:-aroma-evasive-proxy}") ||
        { echo "no aroma-evasive-proxy"; return 1; } ;;
    esac
    mkdir -p "$dir" && chmod 777 "$dir"
    via=()
    case $name in
    microsocks)
        lab_on "$host" "$program" -p $port >"$log" 2>&1 &
        via=(--socks5 "$address:$port")
        ;;
    dante)
        cat >"$dir/conf" <<CONF
logoutput: $log
internal: 0.0.0.0 port = $port
external.rotation: route
external: $(proxy_source "$host" "$server")
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
CONF
        lab_on "$host" "$program" -f "$dir/conf" >"$log" 2>&1 &
        via=(--socks5 "$address:$port")
        ;;
    socat)
        lab_on "$host" "$program" "TCP-LISTEN:$port,fork,reuseaddr,nodelay" \
            "TCP:$server:$server_port,nodelay" >"$log" 2>&1 &
        via=(--connect-to "::$address:$port")
        ;;
    tinyproxy | chain)
        printf 'Port %s\nTimeout 60\nMaxClients 100\nLogFile "%s"\n' $port "$dir/tinyproxy.log" \
            >"$dir/conf"
        lab_on "$host" "$program" -d -c "$dir/conf" >"$log" 2>&1 &
        via=(--proxy "http://$address:$port")
        if [ "$name" = chain ]; then # two in a row
            lab_on "$host" microsocks -p $inner >"$dir/socks.log" 2>&1 &
            lab_listens "$host" 127.0.0.1 $inner ||
                { echo "its microsocks does not listen: $(tail -n 2 "$dir/socks.log")"; return 1; }
            via+=(--preproxy "socks5://$address:$inner")
        fi
        ;;
    squid)
        cat >"$dir/conf" <<CONF
http_port $port
http_access allow all
cache deny all
cache_log $dir/cache.log
access_log none
pid_filename $dir/pid
coredump_dir $dir
shutdown_lifetime 0 seconds
visible_hostname lab
CONF
        lab_on "$host" "$program" -N -f "$dir/conf" >"$log" 2>&1 &
        via=(--proxy "http://$address:$port")
        ;;
    haproxy | haproxy-sni)
        {
            printf 'defaults\n mode tcp\n timeout connect 10s\n timeout client 60s\n timeout server 60s\nfrontend f\n bind :%s\n' $port
            [ "$name" = haproxy ] || printf ' tcp-request inspect-delay 5s\n tcp-request content accept if { req_ssl_hello_type 1 }\n use_backend b if { req_ssl_sni -m found }\n'
            printf ' default_backend b\nbackend b\n server s %s:%s\n' "$server" "$server_port"
        } >"$dir/conf"
        lab_on "$host" "$program" -db -f "$dir/conf" >"$log" 2>&1 &
        via=(--connect-to "::$address:$port")
        ;;
    nginx)
        cat >"$dir/conf" <<CONF
$([ -f /usr/lib/nginx/modules/ngx_stream_module.so ] &&
            echo 'load_module /usr/lib/nginx/modules/ngx_stream_module.so;')
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/error.log;
events {}
stream { server { listen $port; proxy_pass $server:$server_port; } }
CONF
        lab_on "$host" "$program" -c "$dir/conf" >"$log" 2>&1 &
        via=(--connect-to "::$address:$port")
        ;;
    shadowsocks)
        lab_on "$host" "$program" -s 0.0.0.0 -p $port -k secret -m aes-256-gcm -u >"$log" 2>&1 &
        lab_on "$client" ss-local -s "$address" -p $port -b 127.0.0.1 -l $local_port -k secret \
            -m aes-256-gcm >"$dir/local.log" 2>&1 &
        via=(--socks5 "127.0.0.1:$local_port")
        ;;
    stunnel)
        proxy_certificate || return 1
        lab_on "$host" microsocks -p $inner >"$dir/socks.log" 2>&1 &
        printf 'foreground = yes\npid =\n[s]\naccept = %s\nconnect = 127.0.0.1:%s\ncert = /run/proxy.pem\n' $port $inner >"$dir/server"
        printf 'foreground = yes\npid =\n[c]\nclient = yes\naccept = 127.0.0.1:%s\nconnect = %s:%s\n' $local_port "$address" $port >"$dir/client"
        lab_on "$host" "$program" "$dir/server" >"$log" 2>&1 &
        lab_on "$client" "$program" "$dir/client" >"$dir/local.log" 2>&1 &
        via=(--socks5 "127.0.0.1:$local_port")
        ;;
    trojan)
        proxy_certificate || return 1
        cat >"$dir/server" <<CONF
{"run_type": "server", "local_addr": "0.0.0.0", "local_port": $port,
 "remote_addr": "127.0.0.1", "remote_port": 9, "password": ["secret"], "log_level": 2,
 "ssl": {"cert": "/run/proxy.crt", "key": "/run/proxy.key", "alpn": ["http/1.1"]}, "tcp": {"no_delay": true}}
CONF
        cat >"$dir/client" <<CONF
{"run_type": "client", "local_addr": "127.0.0.1", "local_port": $local_port,
 "remote_addr": "$address", "remote_port": $port, "password": ["secret"], "log_level": 2,
 "ssl": {"verify": false, "verify_hostname": false, "sni": "proxy.test", "alpn": ["http/1.1"]}, "tcp": {"no_delay": true}}
CONF
        # It checks at its start that something listens where it sends strangers.
        lab_on "$host" "$program" -c "$dir/server" >"$log" 2>&1 &
        lab_on "$client" "$program" -c "$dir/client" >"$dir/local.log" 2>&1 &
        via=(--socks5 "127.0.0.1:$local_port")
        ;;
    v2ray | v2ray-ws)
        [ "$name" = v2ray ] || transport=ws
        cat >"$dir/server.json" <<CONF
{"log": {"loglevel": "warning"}, "inbounds": [{"port": $port, "protocol": "vmess",
 "settings": {"clients": [{"id": "27848739-7e62-4138-9fd3-098a63964b6b", "alterId": 0}]},
 "streamSettings": {"network": "$transport"}}], "outbounds": [{"protocol": "freedom"}]}
CONF
        cat >"$dir/client.json" <<CONF
{"log": {"loglevel": "warning"}, "inbounds": [{"port": $local_port,
 "listen": "127.0.0.1", "protocol": "socks", "settings": {"udp": false}}],
 "outbounds": [{"protocol": "vmess", "settings": {"vnext": [{"address": "$address", "port": $port,
 "users": [{"id": "27848739-7e62-4138-9fd3-098a63964b6b", "alterId": 0,
 "security": "aes-128-gcm"}]}]},
 "streamSettings": {"network": "$transport"}}]}
CONF
        lab_on "$host" "$program" -config "$dir/server.json" >"$log" 2>&1 &
        lab_on "$client" "$program" -config "$dir/client.json" >"$dir/local.log" 2>&1 &
        via=(--socks5 "127.0.0.1:$local_port")
        ;;
    ssh)
        mkdir -p /run/sshd
        ssh-keygen -q -t ed25519 -N '' -f "$dir/host" &&
            ssh-keygen -q -t ed25519 -N '' -f "$dir/user" && chmod 600 "$dir/host" "$dir/user" ||
            return 1
        cp "$dir/user.pub" "$dir/authorized"
        printf 'Port %s\nHostKey %s\nAuthorizedKeysFile %s\nPidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nAllowTcpForwarding yes\n' $port "$dir/host" "$dir/authorized" >"$dir/conf"
        lab_on "$host" "$program" -D -e -f "$dir/conf" >"$log" 2>&1 &
        lab_listens "$host" 127.0.0.1 $port ||
            { echo "sshd does not listen: $(tail -n 2 "$log")"; return 1; }
        lab_on "$client" ssh -N -D "127.0.0.1:$local_port" -i "$dir/user" -p $port \
            -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
            -o IdentitiesOnly=yes "root@$address" >"$dir/local.log" 2>&1 &
        via=(--socks5 "127.0.0.1:$local_port")
        ;;
    redsocks)
        # On the path, as a carrier's is: it takes what comes from this client, for this server, and
        # no other traffic of its host.
        from=$(proxy_source "$client" "$address") &&
            device=$(ip -n "$host" -o route get "$from" | sed -n 's/.* dev \([^ ]*\).*/\1/p') ||
            return 1
        lab_on "$host" microsocks -p $port >"$dir/socks.log" 2>&1 &
        ip -n "$client" route replace "$server" via "$address" &&
            proxy_redsocks "$host" "$dir" $inner 127.0.0.1 $port &&
            proxy_redirect "$host" prerouting $inner iifname "$device" ip daddr "$server" tcp \
            dport "$server_port" || return 1
        ;;
    redsocks-local)
        # On the client's host, where it takes only what comes from these ports: so that it stands
        # in nobody else's way.
        lab_on "$host" microsocks -p $port >"$dir/socks.log" 2>&1 &
        ip -n "$client" route replace "$server" via "$address" &&
            proxy_redsocks "$client" "$dir" $local_port "$address" $port &&
            proxy_redirect "$client" output $local_port ip daddr "$server" tcp dport \
            "$server_port" tcp sport 10000-19999 || return 1
        via=(--local-port 10000-19999)
        ;;
    tor)
        proxy_tor "$host" "$address" "$client" "$dir" $((proxy_next_port++)) $port $inner \
            $((proxy_next_port++)) $local_port || return 1
        via=(--socks5 "127.0.0.1:$local_port")
        ;;
    evasive-answer-first | evasive-quickack | evasive-delay-acks)
        lab_on "$host" "$program" --port $port "--${name#evasive-}" >"$log" 2>&1 &
        via=(--socks5 "$address:$port")
        ;;
    evasive-hold-acks | evasive-hold-all-acks)
        lab_on "$host" "$program" --port $port --delay-acks --mark $port >"$log" 2>&1 &
        proxy_hold_acks "$host" "$server" "$server_port" $port \
            "$([ "$name" = evasive-hold-all-acks ] || echo 'ct original packets > 2')" || return 1
        via=(--socks5 "$address:$port")
        ;;
    *)
        echo "no proxy is called $name; there are: ${proxy_names[*]}"
        return 1
        ;;
    esac
    lab_listens "$host" 127.0.0.1 $port ||
        { echo "does not listen: $(tail -n 2 "$log")"; return 1; }
    case ${via[1]:-} in
    127.0.0.1:*) lab_listens "$client" 127.0.0.1 $local_port ||
        { echo "its client's half does not listen: $(tail -n 2 "$dir/local.log")"; return 1; } ;;
    esac
}
