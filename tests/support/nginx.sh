# SPDX-License-Identifier: BSL-1.0
#
# Sourced behind lab.sh by what starts the stock nginx with the module in a lab.
#
#     nginx_conf FOLDER [DIRECTIVE...] <HTTP    makes FOLDER/nginx.conf: this in http, and the
#                                               directives outside of it; nginx_module is loaded,
#                                               unless it is empty
#     nginx_start FOLDER [COMMAND...]           runs nginx by it, below the command if there is one
#                                               (lab_on, valgrind); sets nginx_pid
#     nginx_stop FOLDER                         gracefully; returns its status
#     nginx_says FOLDER                         prints what `nginx -t` prints

PATH=$PATH:/usr/sbin
nginx_module=''

nginx_conf() {
    local folder=$1
    shift
    mkdir -p "$folder/temporary"
    {
        [ -z "$nginx_module" ] || echo "load_module $nginx_module;"
        printf '%s\n' "user root; pid $folder/pid; error_log $folder/error.log info; daemon off; events {}" "$@"
        echo "http {"
        for kind in client_body proxy fastcgi uwsgi scgi; do
            echo "${kind}_temp_path $folder/temporary/$kind;"
        done
        echo "access_log off;"
        cat
        echo "}"
    } >"$folder/nginx.conf"
}

nginx_says() { nginx -t -c "$1/nginx.conf" -e "$1/error.log" 2>&1; }

nginx_start() {
    local folder=$1
    shift
    rm -f "$folder/pid"
    "$@" nginx -c "$folder/nginx.conf" -e "$folder/error.log" >"$folder/out" 2>&1 &
    nginx_pid=$!
    # the master writes it behind its sockets
    nginx_is_up() { test -s "$folder/pid" || ! kill -0 $nginx_pid 2>/dev/null; }
    within 20 nginx_is_up && kill -0 $nginx_pid 2>/dev/null ||
        { echo "nginx does not start: $(cat "$folder/out" "$folder/error.log")"; return 1; }
}

nginx_stop() {
    kill -QUIT "$(cat "$1/pid")"
    wait "$nginx_pid"
}
