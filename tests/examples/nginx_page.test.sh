#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The commands of docs/nginx.md, line by line as they stand there, with private copies of the
# system's folders that they write to: they end with the log that the page shows. The packages of
# its first line have to be there.
#
#     nginx_page.test.sh PROJECT
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/lab.sh"
lab_enter "$0" "$@" || exit 77
[ "$(stat -c %u /etc/nginx 2>/dev/null)" = "$(id -u)" ] || skip "nginx of a package, and root, are needed"
cd "$1" || exit 1
PATH=$PATH:/usr/sbin
page=docs/nginx.md
ip link set lo up

commands=$(awk '/^## In five minutes/ { section = 1 } /^```$/ && block { exit } block { print } section && /^```sh$/ { block = 1 }' $page)
shown=$(awk '/^## In five minutes/ { section = 1 } /^## Directives/ { exit } section && /^127\.0\.0\.1 / { print }' $page)
[ "$(wc -l <<<"$commands")" -ge 8 ] && [ "$(wc -l <<<"$shown")" = 2 ] || { echo "the page has no commands and log: $commands $shown"; exit 1; }
mkdir -p build/nginx 2>/dev/null || skip "a checkout that can be written to is needed"
for folder in /etc/nginx /var/log/nginx /var/lib/nginx /var/www /usr/lib/nginx/modules "$PWD/build/nginx"; do
    mkdir -p "$folder" "/run/copy$folder" && { [[ $folder = "$PWD"/* ]] || cp -a "$folder/." "/run/copy$folder"; } &&
        mount --bind "/run/copy$folder" "$folder" || exit 1
done
rm -f /var/log/nginx/*

while IFS= read -r command; do
    case $command in
    "apt-get install "*)
        for package in ${command#apt-get install }; do
            dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || skip "$package is needed"
        done
        continue
        ;;
    esac
    bash -c "$command" >/run/said 2>&1 </dev/null || { echo "FAILED: $command: $(cat /run/said)"; exit 1; }
done <<<"$commands"

# The last command has printed the log. Its form is that of the page: the numbers differ.
form() { sed -E 's/aroma_probe=[0-9a-f]{32}/aroma_probe=TOKEN/; s/[0-9]+\.[0-9]{3}/N/g; s/band=(normal|unstable)/band=B/'; }
diff <(form <<<"$shown") <(form </run/said) || fail "the log is not as the page shows it"
cat /run/said
exit $failed
