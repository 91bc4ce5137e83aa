#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# docs/nginx.md has a row for each directive and each variable of the module and for no other; its
# limits are the module's, and the map that it shows is the sample's.
#
#     nginx.sh PROJECT
set -u
unset CDPATH
cd "$1" || exit 1
failed=0
fail() { echo "FAILED: $*"; failed=1; }
module=examples/nginx/ngx_http_aroma_module.cpp page=docs/nginx.md
same() { # WHAT OF-THE-SOURCE OF-THE-PAGE
    [ "$(wc -l <<<"$2")" -ge 3 ] || fail "no $1 in $module"
    diff <(sort -u <<<"$2") <(sort -u <<<"$3") >/dev/null ||
        fail "$1 of $module: $(echo $2), and of $page: $(echo $3)"
}
same directives "$(awk '/^ngx_command_t commands/ { inside = 1 } /^};/ { inside = 0 } inside' $module | grep -oE 'ngx_string\("[a-z_]+"\)' | cut -d'"' -f2)" \
    "$(sed -n '/^## Directives/,/^## /p' $page | grep -oE '^\| `[a-z_]+' | cut -d'`' -f2)"
same variables "$(awk '/^ngx_str_t variable_names/ { inside = 1 } /};/ { if (inside) print; inside = 0 } inside' $module | grep -oE 'aroma_[a-z_]+' | sort -u)" \
    "$(sed -n '/^## Variables/,/^## /p' $page | grep -oE '^\| `\$[a-z_]+' | cut -d'$' -f2)"
# a limit of the source, and as the page says it
limit() { grep -qE "$2" $module examples/nginx/measured.hpp && grep -q "$3" $page || fail "$1 is not as $page says: $3"; }
limit "how long a token is good" "probe_lifetime = 10'000" 'after 10 s'
limit "the longest URI" 'longest_uri = 2000' 'beyond 2,000 bytes'
limit "the most probes" 'most_probes = 6' 'sent six probes at most'
limit "the most unanswered" 'most_void = 3' 'three redirects, then'
shown=$(awk '/^```nginx$/ { block = 1; next } /^```$/ { block = 0 } block' $page)
whole=$(<examples/nginx/aroma.conf)
[[ -n $shown && $whole = *"$shown"* ]] || fail "the map of $page is not that of aroma.conf"
exit $failed
