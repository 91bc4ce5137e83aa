# SPDX-License-Identifier: BSL-1.0
#
# Sourced behind test.sh or lab.sh: the system's apache2 with a configuration of its own in a
# temporary folder. Nothing of the system's configuration is read, and no service touched.
#
#     apache_needs                    skips without apache2
#     apache_folder MODULE            makes `work`, with a certificate and a page, and its cleanup
#     apache_ports N                  prints N ports that are free
#     apache_conf MPM <<LINES         writes $work/conf: what every server needs, mod_aroma, LINES
#     apache_start [COMMAND...]       starts it, below the command if there is one (lab_on);
#                                     returns 1 and shows its log if it does not come up
#     apache_stop                     ends it, and fails if it does not end
#     asked SECONDS N                 the last N lines of the access log, once it has N more

apache_modules=/usr/lib/apache2/modules

apache_needs() {
    PATH=$PATH:/usr/sbin
    needs apache2 curl openssl python3
    [ -r "$apache_modules/mod_mpm_event.so" ] || skip "apache2's modules are not in $apache_modules"
}

apache_folder() {
    module=$1 apache=''
    work=$(mktemp -d) && chmod 755 "$work" && mkdir "$work/www" || exit 1
    trap 'kill $apache 2>/dev/null && wait $apache 2>/dev/null; rm -rf "$work"' EXIT
    echo page >"$work/www/index.html"
    certificate "$work/cert" "$work/key" || exit 1
}

apache_ports() {
    python3 - "$1" <<'PY'
import socket, sys
all = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in all:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in all))
PY
}

apache_conf() {
    local name
    {
        printf 'ServerRoot %s\nServerName localhost\nDefaultRuntimeDir %s\nPidFile %s/pid\n' \
            "$work" "$work" "$work"
        printf 'ErrorLog %s/error\nLogLevel warn aroma:info\nDocumentRoot %s/www\n' "$work" "$work"
        [ "$(id -u)" -ne 0 ] || printf 'User www-data\nGroup www-data\n'
        for name in "mpm_$1" authz_core dir headers rewrite setenvif remoteip proxy proxy_http \
            ${apache_tls-ssl http2}; do
            printf 'LoadModule %s_module %s/mod_%s.so\n' "$name" "$apache_modules" "$name"
        done
        printf 'LoadModule aroma_module %s\n' "$module"
        # shellcheck disable=SC2016
        echo 'LogFormat "%{local}p %H %>s %U band=%{aroma_band}n score=%{aroma_score}n'` \
            `' excess=%{aroma_excess_ms}n status=%{aroma_status}n basis=%{aroma_basis}n'` \
            `' probes=%{aroma_probes}n env=%{AROMA_BAND}e" aroma'
        printf 'GlobalLog %s/access aroma\n' "$work"
        cat
    } >"$work/conf"
}

apache_start() {
    : >"$work/error" && : >"$work/access" && rm -f "$work/pid"
    # It ends its whole process group, which must not be this one.
    "$@" setsid apache2 -f "$work/conf" -k start -DFOREGROUND >"$work/said" 2>&1 &
    apache=$!
    within 10 grep -qs 'resuming normal operations' "$work/error" && kill -0 $apache && return
    cat "$work/said" "$work/error"
    return 1
}

apache_stop() {
    kill -TERM $apache
    within 10 not kill -0 $apache 2>/dev/null || fail "apache2 does not end"
    wait $apache
}

# Apache logs a request when its answer is on its way, which may be a moment behind the client.
apache_logged=0
more() { [ "$(wc -l <"$work/access")" -ge $((apache_logged + $1)) ]; }
asked() {
    within "$1" more "$2" || fail "not $2 more lines in the log: $(cat "$work/access")"
    tail -n "+$((apache_logged + 1))" "$work/access"
}
